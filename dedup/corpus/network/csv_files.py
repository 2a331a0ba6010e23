"""`edges.csv` and `nodes.csv`: what Gephi's importer, pandas and a spreadsheet read."""

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from dedup.corpus.network.edges import Edges, Nodes
from dedup.corpus.network.fields import NODES, Field, written
from dedup.corpus.network.roster import Roster
from dedup.model import Document
from dedup.report.views import name

EDGES = ("Source", "Target", "Type", "Weight", "Passages", "Reworded", "Similarity", "Days")
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
Documents = Callable[[Sequence[int]], Iterable[Document]]
"""Reads the documents at some places, one after the other."""


def cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula: with an apostrophe before it, if it might.

    A text that begins with an apostrophe gets one more: so different ids stay different, and whoever takes one
    apostrophe away has the id.
    """
    return f"'{text}" if text.startswith((*_FORMULA, "'")) else text


def write_edges(path: Path, found: Edges, roster: Roster) -> None:
    """Write a row for each edge."""
    columns = [column.tolist() for column in (found.a, found.b, found.directed, found.words, found.passages)]
    columns += [column.tolist() for column in (found.reworded, found.similarity.round(4), found.days)]
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(EDGES)
        for a, b, directed, *figures, days in zip(*columns, strict=True):
            ends = cell(roster.ids[a]), cell(roster.ids[b]), "Directed" if directed else "Undirected"
            rows.writerow([*ends, *figures, "" if days < 0 else days])


def write_nodes(path: Path, found: Nodes, roster: Roster, documents: Documents, fields: Sequence[Field]) -> None:
    """Write a row for each document in a pair, with its metadata: a column for each of the fields."""
    places = found.place.tolist()
    columns = (found.degree, found.earlier, found.later, found.words_earlier, found.words_later)
    figures = zip(*(column.tolist() for column in columns), strict=True)
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*NODES, *(cell(field.head) for field in fields)])
        for place, document, own in zip(places, documents(places), figures, strict=True):
            date = roster.dates[place]
            values = [_value(document.metadata.get(field.name)) for field in fields]
            rows.writerow([cell(document.id), cell(name(document).title), date.machine if date else "", *own, *values])


def _value(value: Any) -> Any:
    """Return a value of JSON as a cell; what is no text and no number is JSON."""
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return cell(written(value))
