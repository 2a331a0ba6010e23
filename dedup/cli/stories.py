"""Stories for programs and for people."""

import msgspec

from dedup.cli.opening import open_index
from dedup.cli.terminal import line, note
from dedup.cli.warm import prepare_kernels
from dedup.report.views import counted
from dedup.stories.newest import OUTLINED, since_of
from dedup.stories.story import Order, Story


def story(name: str, url: str, cursor: int, *, json: bool) -> None:
    """Print a story."""
    prepare_kernels()
    with open_index(url, read_only=True) as index:
        found, unit = index.story(name, cursor), index.scheme.unit
    if json:
        print(line(msgspec.to_builtins(found)))
        return
    from dedup.cli.print_story import show_story  # noqa: PLC0415 - Rich is loaded for people only

    show_story(found, unit)
    _tell_unread(found)


def _tell_unread(found: Story) -> None:
    if found.compared < len(found.members):
        note(f"the {found.compared:,} earliest of {counted(len(found.members), 'document')} were compared")
    if found.next is not None:
        note(f"{found.count:,} documents are in the story; --cursor {found.next} shows those that came in later")
    elif len(found.members) < found.count:
        note(f"{found.count:,} documents are in the story; this is the last part")


def stories(url: str, since: str | None, limit: int, order: Order, *, json: bool) -> None:
    """Print the newest or the largest stories."""
    with open_index(url, read_only=True) as index:
        found = index.stories(since_of(since), limit, order)
    if json:
        print(line(msgspec.to_builtins(found)))
        return
    from dedup.cli.print_story import show_stories  # noqa: PLC0415 - the same

    show_stories(found, order)
    if any(one.partial for one in found.stories):
        note(f"of stories of more than {OUTLINED} documents the dates are those of the first and the newest {OUTLINED}")
    if found.truncated:
        note(f"the newest documents were read, {found.read:,} of them; there may be more stories")
