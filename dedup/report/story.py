"""A story as it is shown: its times, who took from whom, what travelled, and where that stands in its sources."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dedup.dates import published, unread
from dedup.model import Document
from dedup.report.differences import Segment
from dedup.report.kinds import shown_kind
from dedup.report.lineage import Lineage, lineage
from dedup.report.marks import Mark, Run, blocks
from dedup.report.reflow import collapsible, reflowed
from dedup.report.stretch import beginning
from dedup.report.timeline import Timeline, timeline
from dedup.report.views import LONG, Name, name, name_of
from dedup.stories.story import Printing, Reprinted, Story

SHOWN = 20  # not measured: texts that are read
SOURCES = 3  # not measured: documents whose whole text is shown
BEGINNING = 400  # not measured: letters of a text


@dataclass(frozen=True, slots=True)
class Travelled:
    """A text that several documents hold, with its number, from 1, and who printed it."""

    number: int
    text: str
    told: Reprinted
    source: Name
    printings: Sequence[tuple[Name, Printing]]


@dataclass(frozen=True, slots=True)
class SourceText:
    """A document that others took from; what travelled is marked in its text. `cut`: only its beginning is shown."""

    name: Name
    count: int
    blocks: Sequence[list[Run]]
    collapsed: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class StoryView:
    """What is shown of a story."""

    story: Story
    first: Name
    undated: str
    names: Sequence[Name]
    timeline: Timeline | None
    lineage: Lineage
    travelled: Sequence[Travelled]
    sources: Sequence[SourceText]


def sources_of(story: Story) -> list[str]:
    """Return the ids of the documents from which most of the texts shown come, at most three."""
    counts = Counter(one.source for one in story.passages[:SHOWN])
    return [source for source, _ in counts.most_common(SOURCES)]


def view(story: Story, sources: Iterable[Document]) -> StoryView:
    """Return what is shown of a story; `sources` are the documents of `sources_of` that are still there."""
    names = {one.id: name_of(one.id, one.metadata) for one in story.members}
    dated = [(when, names[one.id].title) for one in story.members if (when := published(one.metadata))]
    travelled = [_travelled(number, one, names) for number, one in enumerate(story.passages[:SHOWN], 1)]
    return StoryView(
        story,
        names[story.members[0].id],
        undated(story),
        [names[one.id] for one in story.members if not one.compared],
        timeline(dated),
        lineage(story.members),
        travelled,
        [_source(document, travelled) for document in sources],
    )


def undated(story: Story) -> str:
    """Say how many documents have no date, and how many one that cannot be read; empty if all have one."""
    written = sum(unread(one.metadata) is not None for one in story.members)
    without = story.undated - written
    parts = [f"{without:,} without a date"] * bool(without) + [f"{written:,} whose date cannot be read"] * bool(written)
    return "".join(f", {part}" for part in parts)


def _travelled(number: int, one: Reprinted, names: Mapping[str, Name]) -> Travelled:
    printings = [(names[printing.id], printing) for printing in one.printings]
    return Travelled(number, beginning(one.text, BEGINNING), one, names[one.source], printings)


def _source(document: Document, travelled: Sequence[Travelled]) -> SourceText:
    text = document.text[:LONG]
    shown, marks = reflowed(text), list[Mark]()
    for one in travelled:
        first = one.printings[0][1]
        start, end = first.span.start, min(first.span.end, len(text))
        if first.id == document.id and start < end:
            marks.append(
                Mark(one.number, start, end, shown_kind(first.kind), [Segment(shown[start:end], differs=False)])
            )
    return SourceText(
        name(document),
        len(marks),
        list(blocks(shown, marks)),
        collapsible(shown, text),
        cut=len(text) < len(document.text),
    )
