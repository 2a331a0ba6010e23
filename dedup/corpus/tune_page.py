"""The page of `dedup tune`: pairs side by side, and curves of recall and cost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

from dedup.corpus.tune import LEAST, Cost, Tuning
from dedup.engine import compare
from dedup.report import views
from dedup.report.charts import Chart, curves, histogram, points
from dedup.report.collection import Page, Sample, Table, write


def write_page(file: TextIO, found: Tuning, line: str, name: str) -> None:
    """Write the page on the sample called `name`; `line` is the scheme as it is written in Python."""
    page = Page(
        title="Which threshold, which scheme",
        collection=name,
        lead=f"{found.documents:,} documents compared with each other, down to a Jaccard of {LEAST:g}; what lies below "
        f"is estimated. For a threshold of {found.threshold:g}: {line}",
        totals=[("documents", f"{found.documents:,}")],
        charts=_charts(found),
        rules=(),
        made=datetime.now(UTC),
        clusters=(),
        tables=[_choices(found), _costs(found)],
        samples=_samples(found),
        settings=line,
    )
    write(file, page)


def _charts(found: Tuning) -> list[Chart]:
    chosen_first = sorted(found.costs, key=lambda one: not one.chosen)
    lines = [(_shape(one), one.scheme.rows, one.scheme.bands) for one in chosen_first]
    return [
        histogram("Pairs by similarity", "pairs", found.histogram, found.threshold),
        curves(
            f"Recall: how likely a pair is found; full line: {_shape(chosen_first[0])}, dots: the sample's pairs",
            "share of pairs found",
            lines,
            found.histogram,
            found.threshold,
        ),
        points(
            "Cost: what each scheme compares, and what it finds",
            "pairs compared a document",
            "recall at the threshold",
            [(one.compared, one.at_threshold, f"{_shape(one)}", one.chosen) for one in found.costs],
        ),
    ]


def _shape(cost: Cost) -> str:
    scheme = cost.scheme
    return f"{scheme.bands} bands of {scheme.rows} rows ({scheme.num_perm} permutations)"


def _choices(found: Tuning) -> Table:
    rows = [(f"{one.threshold:g}", f"{one.pairs:,}", f"{one.removed:,}") for one in found.choices]
    return Table("What a threshold means", ("Threshold", "Pairs at or above", "Documents removed"), rows)


def _costs(found: Tuning) -> Table:
    rows = [(_shape(one), f"{one.at_threshold:.4f}", f"{one.recall:.4f}", f"{one.compared:.2f}") for one in found.costs]
    chosen = next(i for i, one in enumerate(found.costs) if one.chosen)
    heads = ("Scheme", "Recall at the threshold", "Recall of the sample's pairs", "Pairs compared a document")
    return Table(f"Schemes for {found.threshold:g}", heads, rows, "In bold what dedup corpus takes.", chosen)


def _samples(found: Tuning) -> Iterator[Sample]:
    for one in found.samples:
        yield Sample(views.pair(one.a, one.b, compare(one.a.text, one.b.text)), f"Jaccard {one.similarity:.4f}")
