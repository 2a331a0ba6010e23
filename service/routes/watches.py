"""Watches: put, get, remove, list; their hits, a page at a time or as server-sent events."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from dedup.model import Watch
from dedup.record import hits_json, watch_json
from service.backend import Service, Shared
from service.ids import WatchName
from service.json import JsonAnswer
from service.listing import cut
from service.openapi import refusals
from service.problems import unknown
from service.streams import MEDIA_TYPE, Events, cursor_of
from service.strict_json import StrictRoute, bounded, few_conditions
from service.watch_schemas import HitsOut, NewWatch, WatchesOut, WatchOut
from service.webhooks.targets import Host, target

router = APIRouter(prefix="/v1", tags=["watches"], route_class=StrictRoute)
Cursor = Annotated[str, Query(max_length=2_000, description="`next` of the page before, or the id of a hit.")]
Limit = Annotated[int, Query(ge=1, le=1_000)]
LastEvent = Annotated[str, Header(max_length=2_000, description="Of a stream: the id of the last event received.")]


@router.get(
    "/watches/hits",
    response_model=HitsOut,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}, **refusals()},
)
async def every_hit(
    service: Shared, request: Request, cursor: Cursor = "", limit: Limit = 100, last_event_id: LastEvent = ""
) -> Response:
    """Return the hits of all watches; with `Accept: text/event-stream` send them, and those to come, as events."""
    if MEDIA_TYPE in request.headers.get("accept", ""):
        return Events(service, cursor_of(last_event_id) or cursor)
    return JsonAnswer(await service.read(_hits, service, None, cursor, limit))


@router.get("/watches/{name:path}/hits", response_model=HitsOut, responses=refusals(404))
async def hits(service: Shared, name: WatchName, cursor: Cursor = "", limit: Limit = 100) -> JsonAnswer:
    """Return the hits of a watch, in the order in which the documents came in."""
    return JsonAnswer(await service.read(_hits, service, name, cursor, limit))


def _hits(service: Service, name: str | None, cursor: str, limit: int) -> dict[str, Any]:
    return hits_json(service.index.hits(name, cursor, limit))


@router.put(
    "/watches/{name:watch}",
    response_model=WatchOut,
    responses={201: {"model": WatchOut, "description": "The name is new."}, **refusals(404, 413, 415, 507)},
)
async def put(service: Shared, name: WatchName, asked: NewWatch) -> JsonAnswer:
    """Hold every document that comes in from now on against a text; a watch with the same name is replaced."""
    bounded(service, asked.text)
    few_conditions(asked.filter)
    if asked.webhook is not None:
        target(asked.webhook, [Host.of(one) for one in service.settings.webhook_hosts])
    known, watch = await service.write(_put, service, name, asked)
    return JsonAnswer(watch_json(watch), 200 if known else 201)


def _put(service: Service, name: str, asked: NewWatch) -> tuple[bool, Watch]:
    known = service.index.watched(name) is not None
    return known, service.index.watch(name, **asked.model_dump())


@router.get("/watches/{name:watch}", response_model=WatchOut, responses=refusals(404))
async def get(service: Shared, name: WatchName) -> JsonAnswer:
    """Return a watch."""
    watch = await service.read(service.index.watched, name)
    if watch is None:
        raise unknown("unknown_watch")
    return JsonAnswer(watch_json(watch))


@router.delete("/watches/{name:watch}", status_code=204, responses=refusals(404))
async def remove(service: Shared, name: WatchName) -> Response:
    """Remove a watch and its hits."""
    if not await service.write(service.index.unwatch, name):
        raise unknown("unknown_watch")
    return Response(status_code=204)


@router.get("/watches", response_model=WatchesOut, responses=refusals())
async def list_watches(service: Shared, cursor: Cursor = "", limit: Limit = 100) -> JsonAnswer:
    """List watches, in order of the name's UTF-8 bytes."""
    return JsonAnswer(await service.read(_page, service, cursor, limit))


def _page(service: Service, cursor: str, limit: int) -> dict[str, Any]:
    following = ((one, one.name) for one in service.index.watches_from(cursor))
    watches, last = cut(following, limit, service.settings.document_bytes, watch_json)
    return {"watches": watches, "next": last}
