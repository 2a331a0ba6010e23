"""report.html: the network for people, from the figures of a run."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.network.csv_files import Documents
from dedup.corpus.network.edges import Edges, Nodes
from dedup.corpus.network.job import Job
from dedup.corpus.network.parts import largest
from dedup.corpus.network.roster import Roster
from dedup.corpus.network.summary import Summary, documents_in
from dedup.corpus.results_folder import REPORT
from dedup.model import Document
from dedup.printings.clusters import Printings
from dedup.report import views
from dedup.report.collection import Table
from dedup.report.network import Drawing, NetworkPage, Node, Printing, Reprinted, draw, write
from dedup.report.render import HUES
from dedup.report.stretch import beginning, both_ends, whole_words
from dedup.report.timeline import timeline
from dedup.report.views import counted

DRAWN, LINES = 300, 3000  # not measured: documents and pairs that an eye tells apart
TEXTS, MEMBERS, BEGINNING, ENDS = 20, 50, 400, 200  # not measured: texts, printings and letters that can be read
SERIES, PAIRS = 12, 25  # not measured: rows of tables


def write_page(
    folder: Path,
    summary: Summary,
    printings: Printings,
    edges: Edges,
    nodes: Nodes,
    roster: Roster,
    documents: Documents,
    job: Job,
    name: str,
) -> None:
    """Write the report on the collection called `name`."""
    page = NetworkPage(
        collection=name,
        lead=_lead(summary),
        totals=_totals(summary),
        drawing=_drawing(edges, nodes, roster, documents) if len(edges.a) else None,
        reprinted=list(_reprinted(printings, roster, documents)),
        tables=list(_tables(edges, roster, documents, job)),
        made=datetime.now(UTC),
        settings=", ".join(
            f"{key.replace('_', ' ')} {views.as_words(value)}"
            for key, value in (summary.settings | summary.scheme).items()
            if value is not None
        ),
    )
    with (folder / REPORT).open("w", encoding="utf-8") as file:
        write(file, page)


def _lead(summary: Summary) -> str:
    left = (
        f" For {counted(summary.truncated, 'document')} something was left unread that is too common to compare with "
        "all: there may be more pairs."
        if summary.truncated
        else ""
    )
    undated = f" {counted(summary.undated, 'document')} without a date that could be read come last."
    alone = f" The field {summary.settings['series']!r} is missing in {counted(summary.without_series, 'document')}."
    unit = summary.settings["unit"]
    return (
        f"Of {counted(summary.documents, 'document')}, {summary.linked:,} share a passage with another; "
        f"{counted(summary.compared, 'pair')} of documents were compared {unit} by {unit}. Where both dates are known "
        "the earlier document is the first of a pair, which does not say that the later one took the text from "
        f"it.{undated * bool(summary.undated)}{alone * bool(summary.without_series)}{left}"
    )


def _totals(summary: Summary) -> Sequence[tuple[str, str]]:
    shown = {"documents": "documents", "linked": "share a passage", "edges": "pairs of documents"}
    shown |= {
        "passages": "passages",
        "clusters": "texts reprinted",
        "largest": "documents print the most reprinted text",
    }
    return [(words, f"{getattr(summary, name):,}") for name, words in shown.items()]


def _drawing(edges: Edges, nodes: Nodes, roster: Roster, documents: Documents) -> Drawing:
    """Draw the largest parts of the network."""
    chosen = largest(edges, nodes, DRAWN)
    inside = np.isin(edges.a, chosen) & np.isin(edges.b, chosen)
    held = np.flatnonzero(inside)
    held = held[np.argsort(-edges.words[held], kind="stable")]
    numbers, names = _most_frequent(roster.series[chosen], roster.names)
    degrees = nodes.degree[np.searchsorted(nodes.place, chosen)]
    drawn = [
        Node(views.name(document).title, degree, series)
        for document, degree, series in zip(documents(chosen.tolist()), degrees.tolist(), numbers, strict=True)
    ]
    ends = np.searchsorted(chosen, np.column_stack([edges.a[held], edges.b[held]]))
    note = "A circle is a document, larger the more documents it shares passages with; a line is a pair."
    if len(chosen) < len(nodes.place):
        note += f" The {len(chosen):,} documents of the largest parts are drawn, of {len(nodes.place):,}."
    if len(held) > LINES:
        note += f" The {LINES:,} pairs with most in common are drawn, of {len(held):,} among these."
    return draw(drawn, ends, edges.words[held], LINES, names, note)


def _most_frequent(series: NDArray[np.int64], names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return a colour's number for each document, -1 for none, and the names of the series that have a colour."""
    counts = np.bincount(series[series >= 0], minlength=len(names))
    colours = np.argsort(-counts, kind="stable")[: min(HUES, int((counts > 0).sum()))].tolist()
    of_series = {number: colour for colour, number in enumerate(colours)}
    return [of_series.get(number, -1) for number in series.tolist()], [names[number] for number in colours]


def _reprinted(printings: Printings, roster: Roster, documents: Documents) -> Iterator[Reprinted]:
    """Yield the texts that are printed in most documents."""
    sizes = documents_in(printings)
    bounds = np.append(printings.firsts, len(printings.cluster))
    for cluster in np.argsort(-sizes, kind="stable")[:TEXTS].tolist():
        rows = slice(bounds[cluster], bounds[cluster + 1])
        places = list(dict.fromkeys(printings.document[rows].tolist()))
        shown = slice(rows.start, min(rows.stop, rows.start + MEMBERS))
        dates = [(date, roster.ids[place]) for place in places if (date := roster.dates[place])]
        yield Reprinted(
            beginning(next(_texts(printings, shown, documents))[1], BEGINNING),
            len(places),
            rows.stop - rows.start,
            list(_printings(printings, shown, roster, documents)),
            timeline(dates),
            len(places) - len(dates) if dates else 0,
        )


def _printings(printings: Printings, rows: slice, roster: Roster, documents: Documents) -> Iterator[Printing]:
    places, texts = printings.document[rows].tolist(), _texts(printings, rows, documents)
    for place, (document, text) in zip(places, texts, strict=True):
        yield Printing(replace(views.name(document), published=roster.dates[place]), both_ends(text, ENDS))


def _texts(printings: Printings, rows: slice, documents: Documents) -> Iterator[tuple[Document, str]]:
    """Yield the document of each printing, and the printing in whole words."""
    places, *ends = (column[rows].tolist() for column in (printings.document, printings.start, printings.end))
    for document, start, end in zip(documents(places), *ends, strict=True):
        yield document, whole_words(document.text, start, end)


def _tables(edges: Edges, roster: Roster, documents: Documents, job: Job) -> Iterator[Table]:
    """Yield who reprints whom: by series if the job names a field, else by document."""
    if not len(edges.a):
        return
    if job.series is not None and roster.names:
        yield _matrix(edges, roster)
    else:
        yield _pairs(edges, documents)


def _matrix(edges: Edges, roster: Roster) -> Table:
    """Return how many pairs lead from each series to each other."""
    a, b = roster.series[edges.a], roster.series[edges.b]
    sure = edges.directed & (a >= 0) & (b >= 0)
    counts = np.bincount(np.concatenate([a[sure], b[sure]]), minlength=len(roster.names))
    shown = [number for number in np.argsort(-counts, kind="stable")[:SERIES].tolist() if counts[number]]
    table = np.zeros((len(roster.names), len(shown)), np.int64)
    for column, number in enumerate(shown):
        table[:, column] = np.bincount(a[sure & (b == number)], minlength=len(roster.names))
    left = len(edges.a) - int(table[shown].sum())
    note = "Pairs of documents, the earlier in the row's series, the later in the column's."
    note += f" Left out: {counted(left, 'pair')} of other series, or of no sure order." if left else ""
    rows = [[roster.names[row], *(f"{count:,}" if count else "" for count in table[row].tolist())] for row in shown]
    return Table("Who reprints whom", ["earlier ↓ later →", *(roster.names[one] for one in shown)], rows, note)


def _pairs(edges: Edges, documents: Documents) -> Table:
    """Return the pairs of documents that have most in common."""
    most = np.argsort(-edges.words, kind="stable")[:PAIRS]
    ends = [[views.name(one).title for one in documents(side[most].tolist())] for side in (edges.a, edges.b)]
    columns = (edges.words, edges.passages, edges.days, edges.directed)
    rows = [
        [a, "→" if directed else "–", b, f"{words:,}", f"{passages:,}", f"{days:,}" if days >= 0 else ""]
        for a, b, words, passages, days, directed in zip(
            *ends, *(column[most].tolist() for column in columns), strict=True
        )
    ]
    note = "An arrow leads from the earlier document to the later; a dash says that the order is not known."
    return Table("Pairs that have most in common", ["", "", "", "in common", "passages", "days"], rows, note)
