"""Arguments and help of the commands about watches; the work is done in a module that is imported when one is run."""

from collections.abc import Callable
from typing import Annotated

import typer

from dedup.cli import options
from dedup.search.question import Question

DEFAULT = Question()
Name = Annotated[str, typer.Argument(metavar="NAME", help="The watch's name.")]


def add(
    name: Name,
    path: Annotated[
        str | None,
        typer.Argument(metavar="PATH", help="The text to watch for: a file of any ending; - reads standard input."),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="Watch for this text.")] = None,
    id: Annotated[  # noqa: A002 - the option's name
        str | None, typer.Option("--id", metavar="ID", help="Watch for the text of a document of the index.")
    ] = None,
    index: options.Index = options.DEFAULT_INDEX,
    conditions: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="FIELD=VALUE",
            help="Only documents whose metadata have this value are hits; VALUE may be a condition in JSON, as in "
            '\'published={">=": "-7d"}\'. May be repeated.',
        ),
    ] = None,
    min_words: options.MinWords = DEFAULT.min_words,
    min_similarity: options.MinSimilarity = DEFAULT.min_similarity,
    passages: options.Passages = DEFAULT.passages,
    verbatim: options.Verbatim = False,
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help="Where the service sends the hits.")
    ] = None,
    webhook_text: Annotated[
        bool, typer.Option("--webhook-text", help="The service sends the documents' texts, too.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Watch for a text from now on.

    Each document that comes in and resembles the text is a hit. A watch of the same name is replaced.
    """
    from dedup.cli.ingest_where import conditions as read_conditions
    from dedup.cli.watch import Wanted, add

    if sum(one is not None for one in (path, text, id)) != 1:
        raise typer.BadParameter("give a path, - for standard input, --text TEXT or --id ID: one of them")
    add(
        Wanted(name, path, text, id),
        index,
        {
            "min_words": min_words,
            "min_similarity": min_similarity,
            "passages": passages,
            "reworded": not verbatim,
            "filter": read_conditions(conditions or []) or None,
        },
        webhook=webhook,
        webhook_text=webhook_text,
        json=json,
    )


def show(index: options.Index = options.DEFAULT_INDEX, json: options.JsonLines = False) -> None:
    """List what is watched for."""
    from dedup.cli.watch import show

    show(index, json=json)


def remove(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="The watches' names.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Remove watches, and their hits.

    A name that no watch has is no error.
    """
    from dedup.cli.watch import remove

    remove(names, index, json=json)


def hits(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The watch (default: all).")] = None,
    index: options.Index = options.DEFAULT_INDEX,
    after: Annotated[
        str, typer.Option("--after", metavar="ID", help="Begin after the hit of this id (default: with the first).")
    ] = "",
    # not called `limit`: a project's setting of that name is about look-ups
    most: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Show at most N hits (default: all).")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Wait for more when all are shown, until interrupted.")
    ] = False,
    json: options.JsonLines = False,
) -> None:
    """Show what came in that is watched for.

    What came in first comes first. Hits are kept for 30 days.
    """
    from dedup.cli.watch import hits

    hits(name, index, after, most, follow=follow, json=json)


WATCH_COMMANDS: dict[str, Callable[..., None]] = {"add": add, "list": show, "remove": remove, "hits": hits}
