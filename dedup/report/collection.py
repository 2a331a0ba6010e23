"""The page about a collection: totals, charts, tables, and pairs side by side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from dedup.report.about import made
from dedup.report.charts import Chart
from dedup.report.render import asset, environment
from dedup.report.views import Name, SideBySide


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures; `chosen` is the row to show in bold, -1 for none."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    chosen: int = -1


@dataclass(frozen=True, slots=True)
class Cluster:
    """Documents that are alike: the names of some, what stays first; how many there are; how the first begins."""

    names: tuple[Name, ...]
    size: int
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Two texts side by side, and why they are shown."""

    pair: SideBySide
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the page shows.

    `collection` is what the collection is called, if anything; `rules` say what was asked; `samples` can be read once.
    """

    title: str
    collection: str
    lead: str
    totals: Sequence[tuple[str, str]]
    charts: Sequence[Chart]
    clusters: Sequence[Cluster]
    tables: Sequence[Table]
    samples: Iterable[Sample]
    rules: Sequence[tuple[str, str]]
    made: datetime
    settings: str


def write(file: TextIO, page: Page) -> None:
    """Write the page: one file that needs no other."""
    shown = {name: getattr(page, name) for name in Page.__slots__ if name not in ("made", "rules")}
    collection = [("Collection", page.collection)] if page.collection else []
    shown["about"] = [*collection, *page.rules, *made(page.made)]
    template = environment().get_template("corpus.html")
    file.writelines(template.generate(**shown, style=asset("page.css"), script=asset("page.js")))
