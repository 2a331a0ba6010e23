"""Stories for people: a table of the documents, then each passage that travelled with who printed it."""

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dedup.cli.print_answer import Terminal
from dedup.cli.print_id import Id
from dedup.cli.terminal import clean
from dedup.dates import unread
from dedup.report.story import BEGINNING, undated
from dedup.report.stretch import beginning
from dedup.report.views import as_words, counted
from dedup.scheme import Unit
from dedup.stories.story import Member, Order, Stories, Story

OPENING = 60  # not measured: letters of a story's beginning
RAW = 20  # not measured: letters of what stands in place of a date
SHOWN = 10  # not measured: passages that are read; --json has all


def show_story(story: Story, unit: Unit) -> None:
    """Print a story."""
    out = Terminal()
    out.print(Text(clean(story.name), "bold"), f"{counted(story.count, 'document')}{undated(story)}")
    out.print(_members(story, unit))
    for one in story.passages[:SHOWN]:
        out.print(Text(f"in {counted(one.documents, 'document')}, first in {clean(one.source)}", "cyan"))
        printings = ", ".join(f"{clean(at.id)} line {at.span.line}" for at in one.printings)
        out.print(Padding(Text(f"{clean(beginning(one.text, BEGINNING))}\n{printings}"), (0, 0, 1, 2)))
    if story.see_also:
        out.print(f"see also {', '.join(map(clean, story.see_also))}")


def _members(story: Story, unit: Unit) -> Table:
    table = _table()
    table.add_column("document")
    table.add_column("date", no_wrap=True)
    table.add_column("took most from")
    for heading in (f"{unit}s\nalike", "of its\nown"):
        table.add_column(heading, justify="right")
    for one in story.members:
        words = (f"{one.matched_words:,}", f"{100 * one.share:.0f} %") if one.parent else ("", "")
        table.add_row(Id(one.id, "cyan"), _lines(one.date) or _raw(one), _took(one, story.compared), *words)
    return table


def _took(one: Member, compared: int) -> Text | Id:
    """Say from whom a document took, or why nobody is named; the first of several stands alone as any root does."""
    if one.parent:
        return Id(one.parent)
    if not one.compared:
        return Text("not compared", "dim")
    return Text("shares nothing with the others" if one.alone and compared > 1 else "", "dim")


def show_stories(found: Stories, order: Order) -> None:
    """Print a list of stories, the dates whole; how a story begins gets what room is left."""
    out, table = Terminal(), _table()
    some = any(one.new < one.count for one in found.stories)
    table.add_column("story")
    table.add_column("begins", overflow="fold")
    for heading in ("documents", *["of these\nread"] * some):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("first", "last"):
        table.add_column(heading, no_wrap=True)
    for one in found.stories:
        opening, read = Text(clean(beginning(one.opening, OPENING))), [f"{one.new:,}"] * some
        dates = _lines(one.first), _lines(one.last)
        table.add_row(Id(one.name, "cyan"), opening, f"{one.count:,}", *read, *dates)
    left = found.found - len(found.stories)
    shown = f"; showing the {order} {len(found.stories):,}" if left else ""
    out.print(f"{counted(found.read, 'document')} of {counted(found.found, 'story')}{shown}")
    if found.stories:
        out.print(table)


def _lines(date: str | None) -> str:
    """Return a date with its time, if it has one, on a line of its own: so narrow that it is never cut."""
    return (date or "").replace("T", "\n")


def _raw(one: Member) -> str:
    """Return what stands in place of a date."""
    return clean(beginning(as_words(unread(one.metadata) or ""), RAW))


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False)
