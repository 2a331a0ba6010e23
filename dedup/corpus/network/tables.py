"""`passages.parquet` and `pairs.parquet`: a row for each printing of a text, and for each passage of two documents."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.corpus.intake import TableFile
from dedup.corpus.network.csv_files import Documents
from dedup.corpus.network.roster import Roster
from dedup.printings.clusters import Printings
from dedup.printings.pairs import Pairs
from dedup.scheme import Unit
from dedup.sketching.tokens import tokenize

ROWS = 1 << 12  # not measured: printings whose texts are held at once
CLUSTER = "%s:%d-%d"
"""A cluster's name: the id of its first printing's document, where it starts and where it ends."""
PASSAGES = pa.schema(
    {
        "cluster": pa.string(),
        "document": pa.string(),
        "start": pa.int64(),
        "end": pa.int64(),
        "date": pa.string(),
        "text": pa.large_string(),
        "words": pa.int64(),
        "kind": pa.string(),
        "pairs": pa.int64(),
        "similarity": pa.float64(),
        "evidence": pa.float64(),
    }
)
PAIRS = pa.schema(
    {
        "cluster": pa.string(),
        "a": pa.string(),
        "a_start": pa.int64(),
        "a_end": pa.int64(),
        "b": pa.string(),
        "b_start": pa.int64(),
        "b_end": pa.int64(),
        "matched_words": pa.int64(),
        "similarity": pa.float64(),
        "evidence": pa.float64(),
        "kind": pa.string(),
        "days": pa.int64(),
        "directed": pa.bool_(),
    }
)


def names(found: Printings, roster: Roster) -> NDArray[np.object_]:
    """Return the name of each cluster, that of its first printing: the document's id, a colon, its start and end.

    No two are equal, for clusters that have a printing in common are one.
    """
    columns = (column[found.firsts].tolist() for column in (found.document, found.start, found.end))
    return np.array([CLUSTER % (roster.ids[place], *span) for place, *span in zip(*columns, strict=True)], object)


def write_passages(path: Path, found: Printings, roster: Roster, documents: Documents, unit: Unit) -> None:
    """Write a row for each printing, cluster by cluster."""
    called = names(found, roster)
    with TableFile(path, PASSAGES, compression="zstd") as file:
        for first in range(0, len(found.document), ROWS):
            rows = slice(first, first + ROWS)
            texts = list(_texts(found, rows, documents))
            file.write_table(pa.table(_passages(found, rows, called, roster) | written(texts, unit), PASSAGES))


def _passages(found: Printings, rows: slice, called: NDArray[np.object_], roster: Roster) -> dict[str, Any]:
    places = found.document[rows].tolist()
    columns: dict[str, Any] = {
        "cluster": called[found.cluster[rows]],
        "document": [roster.ids[place] for place in places],
        "start": found.start[rows],
        "end": found.end[rows],
        "date": [date.machine if (date := roster.dates[place]) else None for place in places],
        "kind": _kinds(found.reworded[rows]),
        "pairs": found.pairs[rows],
        "similarity": found.similarity[rows],
        "evidence": found.evidence[rows],
    }
    return columns


def _texts(found: Printings, rows: slice, documents: Documents) -> Iterator[str]:
    """Yield the text of each printing."""
    spans = zip(found.start[rows].tolist(), found.end[rows].tolist(), strict=True)
    for document, (start, end) in zip(documents(found.document[rows].tolist()), spans, strict=True):
        yield document.text[start:end]


def written(texts: list[str], unit: Unit) -> dict[str, Any]:
    """Return texts as a table can hold them, with their words; a lone surrogate, which is no UTF-8, as an escape."""
    return {
        "text": [text.encode(errors="backslashreplace").decode() for text in texts],
        "words": np.diff(tokenize(texts, unit).offsets),
    }


def write_pairs(path: Path, pairs: Pairs, found: Printings, roster: Roster) -> None:
    """Write a row for each passage of two documents, by the earlier document, then by the later."""
    called, order = names(found, roster), np.lexsort((pairs["a_start"], pairs["b"], pairs["a"]))
    with TableFile(path, PAIRS, compression="zstd") as file:
        for rows in np.split(order, range(ROWS, len(order), ROWS)):
            some = pairs[rows]
            columns: dict[str, Any] = {
                name: some[name] for name in ("a_start", "a_end", "b_start", "b_end", "similarity", "evidence")
            }
            days = roster.days(some["a"], some["b"])
            columns |= {
                "cluster": called[found.cluster[found.of_pair[rows, 0]]],
                "a": [roster.ids[place] for place in some["a"].tolist()],
                "b": [roster.ids[place] for place in some["b"].tolist()],
                "matched_words": some["matched"],
                "kind": _kinds(some["reworded"]),
                "days": pa.array(days, pa.int64(), mask=days < 0),
                "directed": roster.earlier(some["a"], some["b"]),
            }
            file.write_table(pa.table(columns, PAIRS))


def _kinds(reworded: NDArray[np.bool_]) -> NDArray[np.object_]:
    return np.where(reworded, "reworded", "passage").astype(object)
