"""What the page shows of watches: a list with the newest hits of each, and a form for one more."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response

from dedup.errors import InvalidInput
from dedup.model import Document, Hit, Watch
from dedup.report.views import Name, name_of
from service.backend import Service, Shared
from service.listing import cut
from service.page.asked import SETTINGS, Asked, asked, form
from service.page.html import HEADERS, PageRoute, show
from service.page.origin import refuse_other_sites

LISTED = 50  # not measured: watches of a page
HITS = 5  # not measured: hits shown of each
CHARACTERS = 1 << 20  # not measured: of the texts of a page's watches together
BEGINNING = 300  # not measured: characters shown of a text

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A watch in the list, and its newest hits, each with the name of its document."""

    watch: Watch
    hits: list[tuple[Name, Hit]]


@router.get("/watches")
async def watches(service: Shared, cursor: str = "") -> Response:
    """List watches."""
    return await service.read(_list, service, cursor)


@router.api_route("/watching", methods=["GET", "POST"])
async def watching(service: Shared, request: Request) -> Response:
    """Show the form that watches for a text or a document that was looked up, with the limits and filters it had."""
    return await service.read(_form, service, await asked(request, service))


@router.post("/watches")
async def put(service: Shared, request: Request) -> Response:
    """Put the watch that a form asks for."""
    refuse_other_sites(request)
    fields = await form(request, service)
    await service.write(_put, service, dict(fields).get("name", "").strip(), Asked.of(fields))
    return _back()


@router.post("/unwatch")
async def remove(service: Shared, request: Request) -> Response:
    """Remove the watch that a form names."""
    refuse_other_sites(request)
    fields = await form(request, service)
    await service.write(service.index.unwatch, dict(fields).get("name", ""))
    return _back()


def _back() -> Response:
    return Response(status_code=303, headers={**HEADERS, "Location": "watches"})


def _list(service: Service, cursor: str) -> Response:
    following = ((one, one.name) for one in service.index.watches_from(cursor))
    rows, after = cut(following, LISTED, CHARACTERS, lambda watch: _row(service, watch))
    return show("watches.html", rows=rows, next=after, beginning=BEGINNING)


def _row(service: Service, watch: Watch) -> Row:
    hits = service.index.newest(watch.name, HITS)
    return Row(watch, [(name_of(hit.match.id, hit.match.metadata), hit) for hit in hits])


def _form(service: Service, asked: Asked) -> Response:
    document: Document = asked.document(service.index)
    settings = {name: asked[name] for name in SETTINGS if asked[name]}
    return show("watching.html", asked=asked, document=document, settings=settings, beginning=BEGINNING)


def _put(service: Service, name: str, asked: Asked) -> None:
    question = asked.question
    if service.index.watched(name):
        raise InvalidInput(f"there is a watch {name!r} already; give another name, or remove that one first")
    service.index.watch(
        name,
        None if asked.id else asked.sent["text"],
        id=asked.id or None,
        min_words=question.min_words,
        min_similarity=question.min_similarity,
        reworded=question.reworded,
        filter=question.filter,
    )
