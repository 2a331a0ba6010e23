"""`edges.csv` and `nodes.csv`: what Gephi's importer, pandas and a spreadsheet read."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from dedup.corpus.network.edges import Edges, Nodes
from dedup.corpus.network.roster import Roster
from dedup.model import Document
from dedup.record import dumps
from dedup.report.views import name

EDGES = ("Source", "Target", "Type", "Weight", "Passages", "Reworded", "Similarity", "Days")
NODES = ("Id", "Label", "Date", "Degree", "InDegree", "OutDegree", "InWeight", "OutWeight")
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


def write_nodes(path: Path, found: Nodes, roster: Roster, documents: Documents) -> None:
    """Write a row for each document in a pair, with its metadata: a column for each field that any of them has."""
    places = found.place.tolist()
    fields = list(dict.fromkeys(chain.from_iterable(one.metadata for one in documents(places))))
    columns = (found.degree, found.earlier, found.later, found.words_earlier, found.words_later)
    figures = zip(*(column.tolist() for column in columns), strict=True)
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([*NODES, *headings(fields)])
        for place, document, own in zip(places, documents(places), figures, strict=True):
            date = roster.dates[place]
            values = [_value(document.metadata.get(field)) for field in fields]
            rows.writerow([cell(document.id), cell(name(document).title), date.machine if date else "", *own, *values])


def headings(fields: Iterable[str]) -> Iterator[str]:
    """Yield the heads of the columns of metadata: Gephi tells no capitals from others, and refuses a head twice."""
    taken = {head.lower() for head in NODES}
    for field in fields:
        head = cell(field)
        while head.lower() in taken:
            head += "_"
        taken.add(head.lower())
        yield head


def _value(value: Any) -> Any:
    """Return a value of JSON as a cell; what is no text and no number is JSON."""
    if isinstance(value, str):
        return cell(value)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    return dumps(value).decode()
