"""The files that other tools read: the runs, what stays and what goes."""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.kept import Kept, Lines
from dedup.corpus.lines import Line
from dedup.corpus.output import GONE, with_rows, write
from dedup.corpus.results_folder import REMOVED, RUNS, WORK
from dedup.corpus.runs.joints import Cut, without
from dedup.corpus.units import has_words
from dedup.record import dumps, loads

_NAMED = """
CREATE TABLE named AS
SELECT run, runs.words, runs.document, runs.source AS source_document, runs.first, runs.source_first,
    copy.id, a.start, a.stop, a.before, a.after,
    origin.id AS source, b.start AS source_start, b.stop AS source_stop, b.before AS source_before,
    b.after AS source_after, origin.indexed AS in_index
FROM runs
JOIN documents AS copy ON copy.document = runs.document JOIN documents AS origin ON origin.document = runs.source
JOIN places AS a ON (a.document, a.first, a.words) = (runs.document, runs.first, runs.words)
JOIN places AS b ON (b.document, b.first, b.words) = (runs.source, runs.source_first, runs.words)
"""
_RUNS = """
SELECT id, start, stop AS "end", words, source, source_start, source_stop AS source_end, in_index AS source_in_index
FROM named ORDER BY run
"""
_COPIES = "SELECT document, start, stop, before, after, source, source_start, source_stop, in_index FROM named"
_SOURCES = """
SELECT source_document, source_start, source_stop, source_before, source_after, id, start, stop, in_index
FROM named WHERE NOT in_index
QUALIFY row_number() OVER (PARTITION BY source_document, source_first, words ORDER BY run) = 1
"""
_IN_ORDER = "SELECT * FROM ({rows}) ORDER BY document, start, stop, source, source_start"


def write_table(join: Join, folder: Path) -> None:
    """Give the runs the user's ids, and write `runs.parquet`."""
    join.run(_NAMED)
    write(folder / RUNS, join.table(_RUNS))


def write_documents(join: Join, folder: Path, kept: Kept, job: Job, advance: Callable[[int], None]) -> tuple[int, int]:
    """Give what is left of each document to `kept`, write a line for each run cut out; return how many there are.

    Both keep the order of the input.
    """
    rows = f"{_COPIES} UNION ALL ({_SOURCES})" if job.keep.rule == "none" else _COPIES
    with closing(Lines(folder / REMOVED, job.threads)) as removed, closing(kept):
        table = join.table(_IN_ORDER.format(rows=rows))
        for line, cuts in with_rows(join, folder / WORK, table, job, advance):
            _sort_out(line, cuts, kept, removed, job)
    return kept.count, removed.count


def _sort_out(line: Line, cuts: Sequence[tuple[Any, ...]], kept: Kept, removed: Lines, job: Job) -> None:
    """Write one document without its cuts, and a line for each of them."""
    if not cuts:
        kept.add(line)
        return
    record, fields = loads(line.data), line.fields
    text = record[fields.text]
    left = without(text, [Cut(*row[1:5]) for row in cuts])
    gone = not has_words(left, job)
    for _, start, end, _, _, source, source_start, source_end, in_index in cuts:
        cut = {fields.id: record[fields.id], "start": start, "end": end, fields.text: text[start:end], GONE: gone}
        of = {"id": source, "start": source_start, "end": source_end, "in_index": in_index}
        removed.write(dumps(cut | {"duplicate_of": of}))
    if not gone:
        kept.add(line, left)
