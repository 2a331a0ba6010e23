"""The files that other tools read: clusters, pairs, what stays and what goes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dedup.corpus.clusters import KINDS
from dedup.corpus.intake import TableFile, rows_of
from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.kept import Kept, Lines
from dedup.corpus.lines import Line, read_lines
from dedup.corpus.results_folder import CLUSTERS, KEPT_IDS, PAIRS, REMOVED, REMOVED_IDS, WORK
from dedup.corpus.units import has_words
from dedup.record import dumps, loads

if TYPE_CHECKING:
    from numpy.typing import NDArray

GONE = "nothing_left"
"""The field that says of what was cut out whether nothing is left of its document, which is not kept then."""
ROWS_IN_A_GROUP = 1 << 17  # not measured: about DuckDB's own, 122,880
_NAMED = """
CREATE TABLE named AS
SELECT members.rank, survivor AS survivor_rank, kind, shared, similarity, unit.document, unit.indexed,
    unit.start, unit.stop, document.id, best.document AS survivor_document, best.start AS survivor_start,
    best.stop AS survivor_stop, best.indexed AS in_index, keeper.id AS survivor
FROM members
JOIN units AS unit ON unit.rank = members.rank JOIN documents AS document ON document.document = unit.document
JOIN units AS best ON best.rank = members.survivor JOIN documents AS keeper ON keeper.document = best.document
WHERE NOT unit.indexed OR members.rank = members.survivor
QUALIFY min(unit.document) OVER (PARTITION BY survivor_rank) <> max(unit.document) OVER (PARTITION BY survivor_rank)
"""
_KIND = "CASE kind " + " ".join(f"WHEN {i} THEN '{kind}'" for i, kind in enumerate(KINDS)) + " END AS kind"
_PLACES = 'start, stop AS "end", survivor_start, survivor_stop AS survivor_end, '
_CLUSTERS = """
SELECT {cluster} AS cluster, id, {places} survivor, similarity, {kind},
    shared AS shared_shingles, in_index AS survivor_in_index
FROM named ORDER BY survivor_rank, rank
"""
_PAIRS = """
SELECT one.id AS a, {a_places} other.id AS b, {b_places} similarity, shared AS shared_shingles, kind
FROM (
    SELECT better, worse, similarity, shared, 'near' AS kind FROM edges
    UNION ALL SELECT twin, units.rank, 1.0, shingles, 'exact'
    FROM units JOIN twins ON twins.rank = twin WHERE units.rank <> twin AND NOT indexed
) JOIN units AS a ON a.rank = better JOIN documents AS one ON one.document = a.document
JOIN units AS b ON b.rank = worse JOIN documents AS other ON other.document = b.document
ORDER BY better, worse
"""
_GONE = """
SELECT document, start, stop, survivor, survivor_start, survivor_stop, similarity, shared, kind, in_index
FROM named WHERE rank <> survivor_rank AND NOT indexed AND document <> survivor_document
ORDER BY document, start
"""
_IDS = """
SELECT id FROM documents WHERE NOT indexed AND document {which} (
    SELECT document FROM named WHERE rank <> survivor_rank AND NOT indexed AND document <> survivor_document
) ORDER BY document
"""


def name_members(join: Join) -> None:
    """Give the members of clusters the user's ids; repeats within one document are no cluster."""
    join.run(_NAMED)


def write_tables(join: Join, folder: Path, job: Job) -> None:
    """Write `clusters.parquet` and `pairs.parquet`."""
    passages = job.level == "passages"
    places, cluster = (_PLACES, "survivor || ':' || survivor_start") if passages else ("", "survivor")
    write(folder / CLUSTERS, join.table(_CLUSTERS.format(cluster=cluster, places=places, kind=_KIND)))
    a, b = (f"{side}.start AS {side}_start, {side}.stop AS {side}_end, " if passages else "" for side in "ab")
    write(folder / PAIRS, join.table(_PAIRS.format(a_places=a, b_places=b)))


def write(path: Path, reader: Any) -> int:
    """Write row groups of one size, however the rows come: the same rows are the same bytes; return how many rows."""
    with TableFile(path, reader.schema, compression="zstd") as writer:
        waiting, rows, written = list[Any](), 0, 0
        for batch in reader:
            waiting.append(batch)
            rows += len(batch)
            if rows >= ROWS_IN_A_GROUP:
                table = pa.Table.from_batches(waiting).combine_chunks()
                whole = rows - rows % ROWS_IN_A_GROUP
                writer.write_table(table.slice(0, whole), row_group_size=ROWS_IN_A_GROUP)
                waiting, rows, written = table.slice(whole).to_batches(), rows - whole, written + whole
        if rows:
            writer.write_table(pa.Table.from_batches(waiting).combine_chunks(), row_group_size=ROWS_IN_A_GROUP)
    return written + rows


def write_ids(join: Join, folder: Path) -> tuple[int, int]:
    """Write `kept_ids.parquet` and `removed_ids.parquet`, in the order of the input; return how many ids each has."""
    kept = write(folder / KEPT_IDS, join.table(_IDS.format(which="NOT IN")))
    return kept, write(folder / REMOVED_IDS, join.table(_IDS.format(which="IN")))


def write_documents(join: Join, folder: Path, kept: Kept, job: Job, advance: Callable[[int], None]) -> tuple[int, int]:
    """Give the documents that stay to `kept`, write the others; return how many stay, and how many lines are written.

    Both keep the order of the input. With passages `removed.jsonl.zst` has a line for each paragraph that is cut out.
    """
    with closing(Lines(folder / REMOVED, job.threads)) as removed, closing(kept):
        for line, gone in with_rows(join, folder / WORK, join.table(_GONE), job, advance):
            _sort_out(line, gone, kept, removed, job)
    return kept.count, removed.count


def with_rows(
    join: Join, work: Path, table: Any, job: Job, advance: Callable[[int], None]
) -> Iterator[tuple[Line, Sequence[tuple[Any, ...]]]]:
    """Yield each document of the collection that takes part, with its rows of a table sorted by their first column."""
    found = groupby(chain.from_iterable(map(rows_of, table)), key=lambda row: row[0])
    number, rows = next(found, (-1, iter(())))
    chosen = Chosen(join)
    for lines in read_lines(work, job.threads):
        for line in lines:
            own = list(rows) if line.document == number else []
            if own:
                number, rows = next(found, (-1, iter(())))
            if not line.indexed and line.document in chosen:
                yield line, own
        advance(len(lines))


def _sort_out(line: Line, gone: Sequence[tuple[Any, ...]], kept: Kept, removed: Lines, job: Job) -> None:
    """Write one document where it belongs."""
    if not gone:
        kept.add(line)
        return
    record, fields = loads(line.data), line.fields
    if job.level == "documents":
        removed.write(dumps(record | {"duplicate_of": _evidence(gone[0])}))
        return
    text = record[fields.text]
    left = without(text, [row[1:3] for row in gone])
    empty = not has_words(left, job)
    for row in gone:
        start, end = row[1:3]
        cut = {fields.id: record[fields.id], "start": start, "end": end, fields.text: text[start:end], GONE: empty}
        removed.write(dumps(cut | {"duplicate_of": _evidence(row) | {"start": row[4], "end": row[5]}}))
    if not empty:
        kept.add(line, left)


def without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return the text without these paragraphs, each taken with the white space that follows it."""
    parts, place = list[str](), 0
    for start, end in spans:
        parts.append(text[place:start])
        place = len(text) - len(text[end:].lstrip())
    rest = text[place:]
    return "".join(parts) + rest if rest else "".join(parts).rstrip()


def _evidence(row: Sequence[Any]) -> dict[str, Any]:
    return {
        "id": row[3],
        "in_index": row[9],
        "kind": KINDS[row[8]],
        "similarity": row[6],
        "shared_shingles": row[7],
    }


class Chosen:
    """The documents that take part: those whose id no better one has."""

    def __init__(self, join: Join) -> None:
        """Ask the ranked documents."""
        [numbers] = join.column("SELECT document FROM documents")
        self._chosen: NDArray[np.bool_] = np.zeros(1 + int(numbers.max(initial=-1)), np.bool_)
        self._chosen[numbers] = True

    def __contains__(self, document: int) -> bool:
        """Whether the document of that number takes part."""
        return document < len(self._chosen) and bool(self._chosen[document])
