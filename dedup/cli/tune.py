"""Which threshold and which scheme suit a collection, by a sample of it."""

from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import typer

from dedup.cli.corpus_options import check_memory, threads_or_all
from dedup.cli.corpus_progress import Stages
from dedup.cli.files import open_for
from dedup.cli.print_answer import show_comparison
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import clean, line
from dedup.cli.warm import prepare_kernels
from dedup.engine import compare
from dedup.formats import Item, Meter
from dedup.scheme import Scheme

if TYPE_CHECKING:
    from dedup.corpus.tune import Tuning


def run(
    items: Generator[Item],
    meter: Meter,
    threshold: float,
    pairs: int,
    *,
    name: str,
    html: str | None,
    threads: int | None,
    memory: str,
    json: bool,
    rejects: str | None,
) -> None:
    """Show pairs of the sample, called `name`, and what thresholds and schemes would do."""
    from dedup.corpus.tune import tune  # noqa: PLC0415 - what it needs is an extra

    check_memory(memory)
    with ExitStack() as stack:
        stack.enter_context(closing(items))
        rejected = stack.enter_context(Rejects(rejects))
        progress = stack.enter_context(Stages(meter))
        prepare_kernels()
        found = tune(
            items,
            threshold,
            pairs=pairs,
            threads=threads_or_all(threads),
            memory=memory,
            reject=rejected.add,
            watch=progress,
        )
    if html:
        _write(html, found, name)
    if json:
        print(line(_json(found)))
    else:
        _show(found)
    raise typer.Exit(rejected.exit_code)


def _show(found: "Tuning") -> None:
    for sample in found.samples:
        print(f"\nJaccard {sample.similarity:.3f}: {clean(sample.a.id)}, {clean(sample.b.id)}")
        show_comparison(sample.a, sample.b, replace(compare(sample.a.text, sample.b.text), id=sample.b.id), Scheme())
    print(f"{found.documents:,} documents\n\nthreshold    pairs  removed")
    for choice in found.choices:
        print(f"{choice.threshold:9g} {choice.pairs:8,} {choice.removed:8,}")
    print(f"\nfor a threshold of {found.threshold:g}:")
    print("permutations  bands × rows  at threshold  recall  compared a document")
    for cost in found.costs:
        shape = f"{cost.scheme.bands} × {cost.scheme.rows}"
        figures = f"{cost.at_threshold:13.4f} {cost.recall:7.4f} {cost.compared:20.2f}"
        print(f"{cost.scheme.num_perm:12} {shape:>13} {figures}{'  <- dedup corpus uses these' * cost.chosen}")
    print(f"\n{_written(found)}")


def _written(found: "Tuning") -> str:
    scheme = found.scheme
    return f"Scheme(num_perm={scheme.num_perm}, bands={scheme.bands}, rows={scheme.rows})"


def _json(found: "Tuning") -> dict[str, Any]:
    return {
        "documents": found.documents,
        "threshold": found.threshold,
        "scheme": asdict(found.scheme),
        "choices": [asdict(choice) for choice in found.choices],
        "costs": [asdict(cost) for cost in found.costs],
        "pairs": [{"similarity": one.similarity, "a": one.a.id, "b": one.b.id} for one in found.samples],
        "histogram": list(found.histogram),
    }


def _write(path: str, found: "Tuning", name: str) -> None:
    from dedup.corpus.tune_page import write_page  # noqa: PLC0415 - Jinja is loaded for a page only

    with open_for("--html", path) as file:
        write_page(file, found, _written(found), name)
