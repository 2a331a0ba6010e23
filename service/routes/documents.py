"""Documents: put, get, remove, list."""

from dataclasses import asdict
from functools import partial
from math import inf
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response

from dedup.model import Document, Placed, Reject
from dedup.record import document_json, placed_json
from service.backend import Service, Shared
from service.catalogue import Sort, Wanted
from service.ids import DocumentId
from service.json import JsonAnswer
from service.listing import listing
from service.openapi import refusals
from service.problems import Problem, unknown
from service.routes.bulk import Lines
from service.schemas import DocumentOut, ListOut, NewDocument, PlacedOut
from service.skipping import Skip, Skipping
from service.strict_json import StrictRoute, bounded, media_type, unsupported

router = APIRouter(prefix="/v1", tags=["documents"], route_class=StrictRoute)
JSONL = ("application/x-ndjson", "application/jsonl", "application/json-lines")
Tags = Annotated[str | None, Header(description="Entity tags, or `*`.")]


@router.put(
    "/documents/{id:document}",
    response_model=PlacedOut,
    responses={201: {"model": PlacedOut, "description": "The id is new."}, **refusals(412, 413, 415, 507)},
)
async def put(
    service: Shared, name: DocumentId, document: NewDocument, skip: Skip, if_none_match: Tags = None
) -> JsonAnswer:
    """Index a text. A document with the same id is replaced, unless it is equal; `If-None-Match: *` never replaces.

    With `skip_like` a text that is so much like another document is a `duplicate`, and not indexed.
    """
    bounded(service, document.text)
    new = Document(name, document.text, document.metadata)
    placed = await service.write(_put, service, new, skip, create=if_none_match == "*")
    status = 201 if placed.status == "put" else 200
    tag = {} if placed.duplicate_of else {"ETag": f'"{placed.version}"'}
    return JsonAnswer(placed_json(placed), status, tag)


def _put(service: Service, document: Document, skip: Skipping, *, create: bool) -> Placed:
    (outcome,) = service.index.put_each([document], create=create, skip_like=skip.skip_like, measure=skip.measure)
    if isinstance(outcome, Reject):
        service.metrics.documents.labels("rejected").inc()
        raise Problem(422, outcome.code, outcome.reason)
    if outcome.status == "kept":
        raise Problem(412, "exists", "a document with this id exists; leave out If-None-Match to replace it")
    service.metrics.documents.labels(outcome.status).inc()
    return outcome


@router.get(
    "/documents/{id:document}",
    response_model=DocumentOut,
    responses={304: {"description": "The document is unchanged: it has the tag that was sent."}, **refusals(404)},
)
async def get(service: Shared, name: DocumentId, if_none_match: Tags = None) -> Response:
    """Return a document."""
    document = await service.read(service.index.document, name)
    tag = f'"{document.version}"'
    if if_none_match and (if_none_match == "*" or tag in if_none_match):
        return Response(status_code=304, headers={"ETag": tag})
    about = {"version": document.version, "story": document.story}
    return JsonAnswer({**document_json(document), **about}, headers={"ETag": tag})


@router.delete("/documents/{id:document}", status_code=204, responses=refusals(404))
async def remove(service: Shared, name: DocumentId) -> Response:
    """Remove a document, text and all."""
    if not await service.write(service.index.remove, [name]):
        raise unknown()
    service.metrics.documents.labels("removed").inc()
    return Response(status_code=204)


@router.post(
    "/documents",
    response_class=Response,
    responses={
        200: {"description": "A result a line, in order; then a summary.", "content": {JSONL[0]: {}}},
        **refusals(413, 415),
    },
    openapi_extra={"requestBody": {"required": True, "content": {JSONL[0]: {"schema": {}}}}},
)
async def put_many(service: Shared, request: Request, skip: Skip) -> Lines:
    """Index a document a line (`id`, `text`, `metadata`), streaming both ways; a result a line, in order."""
    if media_type(request) not in JSONL:
        raise unsupported(JSONL[0])
    return Lines(service, request.receive, skip)


@router.get("/documents", response_model=ListOut, responses=refusals())
async def list_documents(
    service: Shared,
    search: Annotated[str, Query(max_length=1000, description="Words: each is a part of the id or a field.")] = "",
    sort: Annotated[Sort, Query(description="`date`: newest first, undated last.")] = "id",
    cursor: Annotated[str, Query(max_length=2000, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    text: Annotated[bool, Query(description="Give the texts too.")] = False,
) -> JsonAnswer:
    """List documents, all or those that words find, in order of the id's UTF-8 bytes or of date."""
    return JsonAnswer(await service.read(_page, service, Wanted(search, sort, cursor, limit), text))


def _page(service: Service, wanted: Wanted, text: bool) -> dict[str, Any]:
    characters = service.settings.document_bytes if text else inf
    return asdict(listing(service, wanted, characters, partial(_listed, text=text)))


def _listed(document: Document, *, text: bool) -> dict[str, Any]:
    listed = {
        "id": document.id,
        "metadata": dict(document.metadata),
        "version": document.version,
        "characters": len(document.text),
    }
    return {**listed, "text": document.text} if text else listed
