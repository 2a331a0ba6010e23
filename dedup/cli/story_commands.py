"""The arguments and help of the commands about stories."""

from typing import Annotated

import typer

from dedup.cli import options
from dedup.stories.story import Order


def story(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The story's name.")],
    index: options.Index = options.DEFAULT_INDEX,
    cursor: Annotated[
        int, typer.Option("--cursor", min=0, metavar="N", help="Go on where the part before says that more follow.")
    ] = 0,
    json: options.Json = False,
) -> None:
    """Show who took what from whom in a story.

    Shows its documents, earliest first, and the passages that travelled. The index must have been made with
    `dedup index create --stories`.
    """
    from dedup.cli.stories import story

    story(name, index, cursor, json=json)


def stories(
    index: options.Index = options.DEFAULT_INDEX,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="WHEN",
            help="Consider documents dated from then on: a date, a time, or -7d for the last seven days; or, if it is "
            "a number, those that came in from it on (`next` of an earlier --json); a year alone is a number.",
        ),
    ] = None,
    # not called `limit`: a project's setting of that name is about look-ups
    most: Annotated[int, typer.Option("--limit", min=1, max=200, metavar="N", help="Show at most N stories.")] = 20,
    order: Annotated[
        Order, typer.Option("--order", help="The newest first, or those of most of the documents considered.")
    ] = "newest",
    json: options.Json = False,
) -> None:
    """List the stories of the newest documents."""
    from dedup.cli.stories import stories

    stories(index, since, most, order, json=json)


STORY_COMMANDS = (story, stories)
