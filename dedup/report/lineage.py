"""Who took from whom, drawn: a row for each document, below the one that it took most from, a line between the two."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dedup.dates import unread
from dedup.report.views import Name, as_words, name_of
from dedup.stories.story import Member

ROW, LANE = 64, 16  # sixteenths of a rem, as page.css has the rows
LANES = 6  # not measured: steps of descent that have a lane of their own; deeper ones share the last
_BEND, _THINNEST, _WIDEST = 14, 1.5, 3.5


@dataclass(frozen=True, slots=True)
class Branch:
    """A document's row; `parent` is whom it took most from, `written` what stands in place of a date."""

    name: Name
    member: Member
    parent: Name | None
    written: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Descended:
    """A line from one row to another, wider the larger the share that was taken."""

    path: str
    width: float


@dataclass(frozen=True, slots=True)
class Lineage:
    """All rows and lines, in a frame of `width` by `height`."""

    rows: Sequence[Branch]
    lines: Sequence[Descended]
    width: int
    height: int


def lineage(members: Sequence[Member]) -> Lineage:
    """Draw the members of a story that were compared."""
    children = defaultdict[str | None, list[Member]](list)
    for one in members:
        if one.compared:
            children[one.parent].append(one)
    names = {one.id: name_of(one.id, one.metadata) for one in members}
    rows = [
        Branch(
            names[one.id],
            one,
            names[one.parent] if one.parent else None,
            as_words(unread(one.metadata) or ""),
            _lane(depth),
            ROW * place + ROW // 2,
        )
        for place, (depth, one) in enumerate(_descending(children))
    ]
    at = {row.name.id: row for row in rows}
    lines = [_line(at[row.parent.id], row) for row in rows if row.parent]
    return Lineage(rows, lines, max((row.x for row in rows), default=0) + LANE // 2 + 1, ROW * len(rows))


def _descending(children: dict[str | None, list[Member]]) -> Iterator[tuple[int, Member]]:
    """Yield each member with its depth, and before its next sister all that descends from it."""
    waiting = [(0, one) for one in reversed(children[None])]
    while waiting:
        depth, one = waiting.pop()
        yield depth, one
        waiting += [(depth + 1, child) for child in reversed(children.get(one.id, []))]


def _lane(depth: int) -> int:
    return LANE // 2 + 1 + LANE * min(depth, LANES - 1)


def _line(start: Branch, end: Branch) -> Descended:
    width = round(_THINNEST + (_WIDEST - _THINNEST) * end.member.share, 1)
    if start.x == end.x:
        return Descended(f"M{start.x} {start.y}V{end.y}", width)
    return Descended(f"M{start.x} {start.y}V{end.y - _BEND}Q{start.x} {end.y} {end.x} {end.y}", width)
