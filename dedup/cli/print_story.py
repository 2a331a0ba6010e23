"""Stories for people: a table of the documents, then each passage that travelled with who printed it."""

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dedup.cli.print_answer import Terminal
from dedup.cli.print_id import Id
from dedup.cli.terminal import clean
from dedup.report.stretch import beginning
from dedup.report.views import counted
from dedup.scheme import Unit
from dedup.stories.story import Stories, Story

OPENING = 60  # not measured: letters of a story's beginning
SHOWN = 10  # not measured: passages that are read; --json has all


def show_story(story: Story, unit: Unit) -> None:
    """Print a story."""
    out = Terminal()
    undated = f", {story.undated:,} without a date" if story.undated else ""
    out.print(Text(clean(story.name), "bold"), f"{counted(story.count, 'document')}{undated}")
    out.print(_members(story, unit))
    for one in story.passages[:SHOWN]:
        out.print(Text(f"in {counted(one.documents, 'document')}, first in {clean(one.source)}", "cyan"))
        printings = ", ".join(f"{clean(at.id)} line {at.span.line}" for at in one.printings)
        out.print(Padding(Text(f"{clean(' '.join(one.text.split()))}\n{printings}"), (0, 0, 1, 2)))
    if story.see_also:
        out.print(f"see also {', '.join(map(clean, story.see_also))}")


def _members(story: Story, unit: Unit) -> Table:
    table = _table()
    for heading in ("document", "date", "took most from"):
        table.add_column(heading)
    for heading in (f"{unit}s\nalike", "of its\nown"):
        table.add_column(heading, justify="right")
    for one in story.members:
        took = (f"{one.matched_words:,}", f"{100 * one.share:.0f} %") if one.parent else ("", "")
        table.add_row(Id(one.id, "cyan"), one.date or "", Id(one.parent or ""), *took)
    return table


def show_stories(found: Stories) -> None:
    """Print a list of stories."""
    out, table = Terminal(), _table()
    for heading in ("story", "begins"):
        table.add_column(heading)
    for heading in ("documents", "of these\nread"):
        table.add_column(heading, justify="right")
    for heading in ("first", "last"):
        table.add_column(heading)
    for one in found.stories:
        counts = f"{one.count:,}", f"{one.new:,}"
        opening = clean(beginning(one.opening, OPENING))
        table.add_row(Id(one.name, "cyan"), Text(opening), *counts, one.first or "", one.last or "")
    out.print(f"{counted(found.read, 'document')} of {counted(found.found, 'story')}")
    if found.stories:
        out.print(table)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False)
