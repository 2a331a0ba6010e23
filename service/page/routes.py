"""The page's addresses: a form, a text with its sources, two texts, documents, a passage's history, saved results."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dedup.dates import Moment
from dedup.engine import Index, explain
from dedup.errors import InvalidInput
from dedup.model import Match
from dedup.report.render import asset
from dedup.report.views import other_facts, pair, sentence
from dedup.report.whole import whole
from service.backend import Service, Shared, wanted
from service.catalogue import MOST, Sort, Wanted
from service.json import NOSNIFF
from service.page.asked import LIMIT, Asked, asked, form, pasted
from service.page.browse import browse
from service.page.exports import EXPORTS, export
from service.page.html import ASSETS, HEADERS, PageRoute, show
from service.page.origin import refuse_other_sites
from service.page.sightings import sightings
from service.problems import Problem
from service.saved import Fields, Saved
from service.schemas import MOST_MATCHES

LONGEST_PASSAGE = 20_000  # not measured: characters; bounds the look-up that a link starts
BEGINNING = 600  # not measured: characters; more of a long passage is folded away
WAYS = ["GET", "POST"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Id = Annotated[str, Query(alias="id")]


@router.get("/")
async def home(service: Shared) -> Response:
    """Show the form."""
    return await service.read(_home, service.index)


@router.api_route("/matches", methods=WAYS)
async def matches(service: Shared, request: Request) -> Response:
    """Show a text or a document with what it resembles."""
    return await service.read(_matches, service, await asked(request, service))


@router.api_route("/matches.{kind}", methods=WAYS)
async def exported(service: Shared, request: Request, kind: str) -> Response:
    """Send what a text or a document resembles as a file."""
    if kind not in EXPORTS:
        raise Problem(404, "not_found", f"matches are exported as {', '.join(EXPORTS)}; take one of them")
    return await service.read(export, service, await asked(request, service), kind)


@router.api_route("/pair", methods=WAYS)
async def side_by_side(service: Shared, request: Request) -> Response:
    """Show a text or a document beside a document that it resembles."""
    return await service.read(_pair, service, await asked(request, service))


@router.get("/compare")
async def two_texts() -> Response:
    """Show the form for two texts."""
    return show("compare.html")


@router.post("/compare")
async def compared(service: Shared, request: Request) -> Response:
    """Show two pasted texts side by side."""
    return await service.read(_compare, service, _two(await form(request, service)))


@router.post("/saved")
async def save(service: Shared, request: Request) -> Response:
    """Save what a form asks, and lead to its address."""
    refuse_other_sites(request)
    saved, fields = _saved(service), await form(request, service)
    _refuse_nonsense(fields)
    name = await service.write(saved.save, fields)
    return Response(status_code=303, headers={**HEADERS, "Location": f"saved?id={name}"})


@router.get("/saved")
async def saved_result(service: Shared, name: Id) -> Response:
    """Show what was saved, asked anew."""
    return await service.read(_saved_result, service, name)


@router.get("/documents")
async def documents(service: Shared, q: str = "", sort: Sort = "id", cursor: str = "") -> Response:
    """List documents."""
    return await service.read(_documents, service, Wanted(q.strip(), sort, cursor))


@router.get("/passage")
async def passage_of_document(service: Shared, own: Id, start: int, end: int) -> Response:
    """Show where a stretch of a document occurs."""
    return await service.read(_stretch, service.index, own, start, end)


@router.post("/passage")
async def passage_pasted(service: Shared, request: Request) -> Response:
    """Show where a pasted passage occurs."""
    sent = await asked(request, service)
    return await service.read(lambda: _passage(service.index, sent.document(service.index).text))


@router.get("/static/{file}")
async def static(file: str) -> Response:
    """Return a stylesheet, script or picture."""
    if file not in ASSETS:
        raise Problem(404, "not_found", "this file does not exist; start at the first page")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", **NOSNIFF}
    return Response(asset(file), media_type=ASSETS[file], headers=headers)


def _home(index: Index) -> Response:
    documents, scheme = index.stats().documents, index.scheme
    return show(
        "home.html",
        documents=documents,
        asked=Asked({}),
        limit=LIMIT,
        unit=scheme.unit,
    )


def _saved(service: Service) -> Saved:
    if service.saved is None:
        raise Problem(404, "not_found", "this service saves no results; keep the report of a result instead")
    return service.saved


def _saved_result(service: Service, name: str) -> Response:
    found = _saved(service).get(name)
    if found is None:
        raise Problem(404, "unknown_id", "no result is saved at this address, or its time is over; ask again")
    fields, until = found
    return _compare(service, _two(fields), until) if _compares(fields) else _matches(service, Asked.of(fields), until)


def _matches(service: Service, asked: Asked, until: Moment | None = None) -> Response:
    query, lookup = asked.look_up(service)
    answer, unit = lookup.answer, service.index.scheme.unit
    return show(
        "matches.html",
        asked=asked,
        query=query,
        facts=other_facts(query),
        summary=sentence(answer, unit),
        whole=whole(query, answer, unit, asked.view),
        documents=service.index.stats().documents,
        most=min(answer.found - sum(match.folded for match in answer), MOST_MATCHES),
        limit=LIMIT,
        k=service.index.scheme.k,
        saved=service.saved,
        until=until,
    )


def _pair(service: Service, asked: Asked) -> Response:
    (query, lookup), other = asked.look_up(service), asked.sent.get("with", "")
    document = lookup.documents.get(other) or service.index.document(other)
    answered = {match.id: match for match in lookup.answer}
    # the look-up's own figures know how frequent each passage is and who was first, those of two texts alone do not
    match = answered.get(other) or lookup.figures.get(other) or _compared(service.index, query.text, document.text)
    scheme = service.index.scheme
    beside = pair(query, document, match, scheme.unit)
    return show("pair.html", asked=asked, query=query, other=other, pair=beside, scheme=scheme)


def _compares(fields: Fields) -> bool:
    return "a" in dict(fields)


def _refuse_nonsense(fields: Fields) -> None:
    if _compares(fields):
        _two(fields)
    else:
        _ = Asked.of(fields).question


def _two(fields: Fields) -> dict[str, str]:
    texts = {name: text for name, text in fields if name in {"a", "b"} and text.strip()}
    if len(texts) != len("ab"):
        raise InvalidInput("one of the two texts is missing; paste both")
    return texts


def _compare(service: Service, texts: Mapping[str, str], until: Moment | None = None) -> Response:
    first, second = pasted(texts["a"], "The first text"), pasted(texts["b"], "The second text")
    match = _compared(service.index, first.text, second.text)
    scheme = service.index.scheme
    shown = pair(first, second, match, scheme.unit)
    return show("compared.html", pair=shown, scheme=scheme, other="", texts=texts, saved=service.saved, until=until)


def _compared(index: Index, a: str, b: str) -> Match:
    return explain(a, b, scheme=index.scheme, watch=wanted).match


def _documents(service: Service, wanted: Wanted) -> Response:
    exact, listing = browse(service, wanted)
    fields = ["id", *service.settings.search_fields]
    return show("documents.html", wanted=wanted, exact=exact, listing=listing, fields=fields, most=MOST)


def _stretch(index: Index, own: str, start: int, end: int) -> Response:
    text = index.document(own).text
    if not 0 <= start < end <= len(text):
        raise InvalidInput(f"document {own!r} has no passage from {start} to {end}: it may have changed; open it again")
    return _passage(index, text[start:end])


def _passage(index: Index, text: str) -> Response:
    passage = text[:LONGEST_PASSAGE]
    return show(
        "passage.html",
        passage=passage,
        beginning=BEGINNING,
        cut=LONGEST_PASSAGE if len(text) > LONGEST_PASSAGE else 0,
        k=index.scheme.k,
        unit=index.scheme.unit,
        sightings=sightings(index, passage),
    )
