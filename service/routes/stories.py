"""Stories: the newest and the largest, and each as it is told."""

from functools import partial
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from dedup.stories.newest import MOST, since_of
from dedup.stories.story import Order
from service.backend import Shared, wanted
from service.ids import StoryName
from service.json import JsonAnswer
from service.openapi import refusals
from service.story_schemas import StoriesOut, StoryOut
from service.strict_json import StrictRoute

router = APIRouter(prefix="/v1", tags=["stories"], route_class=StrictRoute)
Since = Annotated[
    str | None,
    Query(
        max_length=100,
        description="Consider documents that came in from that number on (`next` of an earlier answer); or, if it is "
        "no number, those dated from then on: a date, a time, or `-7d`.",
    ),
]


@router.get("/stories", response_model=StoriesOut, responses=refusals())
async def stories(
    service: Shared,
    since: Since = None,
    order: Annotated[Order, Query(description="`largest`: those of most of the documents considered.")] = "newest",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
) -> JsonAnswer:
    """List the stories of the newest documents."""
    listed = partial(service.index.stories, watch=wanted)
    return JsonAnswer(msgspec.to_builtins(await service.read(listed, since_of(since), limit, order)))


@router.get("/stories/{name:path}", response_model=StoryOut, responses=refusals(404))
async def story(
    service: Shared,
    name: StoryName,
    cursor: Annotated[int, Query(ge=0, lt=1 << 32, description="`next` of the part before.")] = 0,
) -> JsonAnswer:
    """Tell a story: its documents, who took from whom, and the passages that travelled."""
    told = partial(service.index.story, watch=wanted)
    return JsonAnswer(msgspec.to_builtins(await service.read(told, name, cursor)))
