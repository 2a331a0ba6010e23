"""The page's addresses: a form, matches, two texts side by side, documents, a passage's history."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from dedup.engine import Index, compare
from dedup.errors import InvalidInput
from dedup.model import Document
from dedup.report.render import asset
from dedup.report.views import listed, name, other_facts, pair, sentence
from dedup.search.question import Question
from service.backend import Shared
from service.json import NOSNIFF
from service.page.browse import search
from service.page.form import read_text
from service.page.html import ASSETS, PageRoute, show
from service.page.sightings import sightings
from service.problems import Problem

LIMIT = 20  # not measured: a list that can be read
EXCERPT = 1_500  # not measured: a screen of text
LONGEST_PASSAGE = 20_000  # not measured: characters; bounds the look-up that a link starts

router = APIRouter(route_class=PageRoute, include_in_schema=False)
Id = Annotated[str, Query(alias="id")]
With = Annotated[str, Query(alias="with")]


@router.get("/")
async def home(service: Shared) -> Response:
    """Show the form."""
    return await service.read(_home, service.index)


@router.get("/matches")
async def matches_of_document(service: Shared, own: Id) -> Response:
    """Show what a document resembles."""
    return await service.read(lambda: _matches(service.index, service.index.document(own)))


@router.post("/matches")
async def matches_of_text(service: Shared, request: Request) -> Response:
    """Show what a pasted text resembles."""
    form = await read_text(request, service)
    return await service.read(_matches, service.index, _pasted(form["text"]))


@router.get("/pair")
async def pair_of_documents(service: Shared, own: Id, other: With) -> Response:
    """Show two documents side by side."""
    return await service.read(lambda: _pair(service.index, service.index.document(own), other))


@router.post("/pair")
async def pair_with_text(service: Shared, request: Request) -> Response:
    """Show a pasted text and a document side by side."""
    form = await read_text(request, service)
    return await service.read(_pair, service.index, _pasted(form["text"]), form.get("with", ""))


@router.get("/documents")
async def documents(service: Shared, q: str = "", after: str = "") -> Response:
    """List documents."""
    return await service.read(_documents, service.index, q.strip(), after)


@router.get("/passage")
async def passage_of_document(service: Shared, own: Id, start: int, end: int) -> Response:
    """Show where a stretch of a document occurs."""
    return await service.read(_stretch, service.index, own, start, end)


@router.post("/passage")
async def passage_pasted(service: Shared, request: Request) -> Response:
    """Show where a pasted passage occurs."""
    form = await read_text(request, service)
    return await service.read(_passage, service.index, form["text"])


@router.get("/static/{file}")
async def static(file: str) -> Response:
    """Return a stylesheet, script or picture."""
    if file not in ASSETS:
        raise Problem(404, "not_found", "this file does not exist; start at the first page")
    headers = {"Cache-Control": "public, max-age=31536000, immutable", **NOSNIFF}
    return Response(asset(file), media_type=ASSETS[file], headers=headers)


def _home(index: Index) -> Response:
    return show("home.html", documents=index.stats().documents)


def _matches(index: Index, query: Document) -> Response:
    answer = index.resemble(query.text, id=query.id or None, limit=LIMIT)
    return show(
        "matches.html",
        query=query,
        name=name(query),
        facts=other_facts(query),
        excerpt=query.text[:EXCERPT],
        cut=len(query.text) > EXCERPT,
        summary=sentence(answer),
        found=[listed(query.text, match) for match in answer],
    )


def _pair(index: Index, query: Document, other: str) -> Response:
    lookup = index.look_up(query.text, query.id or None, Question(limit=LIMIT))
    document = lookup.documents.get(other) or index.document(other)
    # the look-up's own figures know how frequent each passage is, those of two texts alone do not
    match = lookup.figures.get(other) or compare(query.text, document.text, scheme=index.scheme)
    return show("pair.html", query=query, other=other, pair=pair(query, document, match))


def _documents(index: Index, words: str, after: str) -> Response:
    return show("documents.html", words=words, after=after, listing=search(index, words, after))


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
        cut=LONGEST_PASSAGE if len(text) > LONGEST_PASSAGE else 0,
        k=index.scheme.k,
        sightings=sightings(index, passage),
    )


def _pasted(text: str) -> Document:
    return Document("", text, {"title": "Your text"})
