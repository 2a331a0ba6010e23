"""The page's addresses of stories: the newest and the largest, and each with what travelled in it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from dedup.dates import Moment, moment, published
from dedup.engine import Index
from dedup.report.story import sources_of, view
from dedup.report.stretch import beginning
from dedup.report.timeline import TIME_WIDTH
from dedup.report.views import Name, name_of
from dedup.stories.newest import MOST, since_of
from dedup.stories.story import Order, Outline
from service.backend import Shared, wanted
from service.page.html import PageRoute, show

LISTED = 50  # not measured: stories in a list that can be read; on demand as many as there are at once
OPENING = 160  # not measured: letters of a story's beginning
DATES = (
    ("", "of any date"),
    ("-1d", "of the last day"),
    ("-7d", "of the last 7 days"),
    ("-30d", "of the last 30 days"),
)


class Asked(BaseModel):
    """What of the list is wanted.

    Attributes:
        order: which stories come first.
        since: the dates that count.
        limit: how many stories are listed.
        single: list those of one document, too.
    """

    order: Order = "newest"
    since: str = ""
    limit: Annotated[int, Field(ge=1, le=MOST)] = LISTED
    single: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A story in the list; `last` is when its last document came out, if that is not when the first did."""

    name: Name
    opening: str
    outline: Outline
    last: Moment | None


router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/stories")
async def stories(asked: Annotated[Asked, Query()], service: Shared) -> Response:
    """List the newest or the largest stories."""
    return await service.read(_stories, service.index, asked)


@router.get("/story")
async def story(
    service: Shared, name: Annotated[str, Query(alias="id")], cursor: Annotated[int, Query(ge=0, lt=1 << 32)] = 0
) -> Response:
    """Show a story."""
    return await service.read(_story, service.index, name, cursor)


def _stories(index: Index, asked: Asked) -> Response:
    found = index.stories(since_of(asked.since), MOST, asked.order, watch=wanted)
    wide = [one for one in found.stories if asked.single or one.count > 1]
    rows = [_row(one) for one in wide[: asked.limit]]
    hidden = len(found.stories) - len(wide)
    more = len(wide) - len(rows)
    return show("stories.html", found=found, rows=rows, hidden=hidden, more=more, most=MOST, asked=asked, dates=DATES)


def _row(one: Outline) -> Row:
    last = moment(one.last) if one.last != one.first else None
    return Row(name_of(one.id, one.metadata), beginning(one.opening, OPENING), one, last)


def _story(index: Index, name: str, cursor: int) -> Response:
    story = index.story(name, cursor, watch=wanted)
    sources = filter(None, index.get_many(sources_of(story)))
    dates = [when for one in story.members if (when := published(one.metadata))]
    return show("story.html", view=view(story, sources), dates=dates, time_width=TIME_WIDTH)
