"""`dedup resemble`: what each query resembles, in the order given."""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Annotated

import typer

from dedup.cli import options

if TYPE_CHECKING:
    from dedup.cli.rejects import Rejects
    from dedup.engine import Index
    from dedup.formats import Item
    from dedup.model import Document


def resemble(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PATH…|-]", help="Queries: what `ingest` takes, or - for a text or JSONL on stdin."),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--id", metavar="ID", help="A document of the index as the query; may be repeated."),
    ] = None,
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
    limit: options.Limit = 10,
    min_words: options.MinWords = 12,
    min_similarity: options.MinSimilarity = 0.6,
    passages: options.Passages = True,
    rejects: options.Rejects = None,
) -> None:
    """Say what texts resemble: documents with their figures, then the passages shared, under each other.

    A query that is in the index under the same id does not match itself.
    """
    if not paths and not names:
        raise typer.BadParameter("give a path, - for standard input, or --id ID", param_hint="PATH")
    from dedup.cli.opening import open_index, prepare_kernels
    from dedup.cli.rejects import Rejects
    from dedup.errors import InvalidDocument
    from dedup.formats import Rejected, read_queries

    streams = [read_queries(path) for path in paths or ()]
    show = _show_json if json else _show
    with Rejects(rejects) as rejected, open_index(index, read_only=True) as opened:
        prepare_kernels()
        items = chain(chain.from_iterable(streams), _documents(opened, names or ()))
        for item in items:
            if isinstance(item, Rejected):
                rejected.add(item)
                continue
            ...
    raise typer.Exit(rejected.exit_code)
