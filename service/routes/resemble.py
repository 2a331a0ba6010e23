"""Look-ups and comparisons."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from dedup.dates import published
from dedup.engine import explain
from dedup.errors import InvalidInput
from dedup.model import Document, Match
from dedup.record import answer_json, match_json
from dedup.search.lookup import Lookup
from service.backend import Service, Shared, wanted
from service.ids import DocumentId
from service.json import JsonAnswer
from service.openapi import refusals
from service.problems import Problem, of_error
from service.schemas import (
    AnswerOut,
    BatchOut,
    Compare,
    ComparedOut,
    LookupIn,
    Parameters,
    Queries,
    Resemble,
    long_batch,
)
from service.strict_json import StrictRoute, bounded, few_conditions
from service.units import counting

router = APIRouter(prefix="/v1", tags=["resemble"], route_class=StrictRoute)


@router.post("/resemble", response_model=AnswerOut, responses=refusals(404, 413, 415))
async def resemble(service: Shared, asked: Resemble) -> JsonAnswer:
    """Say what a text, or a document already known, resembles."""
    bounded(service, asked.text)
    few_conditions(asked.filter)
    return JsonAnswer(await service.read(_answer, service, asked, asked.text, asked.id, asked.metadata))


@router.post("/resemble:batch", response_model=BatchOut, responses=refusals(413, 415))
async def resemble_batch(service: Shared, batch: Queries) -> JsonAnswer:
    """Answer several look-ups; one that fails has a problem in its place."""
    if len(batch.queries) > service.settings.batch:
        raise long_batch(service.settings.batch)
    return JsonAnswer({"answers": [await _one(service, asked) for asked in batch.queries]})


async def _one(service: Service, asked: Resemble) -> dict[str, Any]:
    """Answer, or say why not; what fails in passing fails the batch, so that it is sent again."""
    try:
        bounded(service, asked.text)
        few_conditions(asked.filter)
        return await service.read(_answer, service, asked, asked.text, asked.id, asked.metadata)
    except InvalidInput as error:
        return of_error(error).body
    except Problem as refusal:
        if refusal.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return refusal.body


@router.get("/documents/{id:path}/resembles", response_model=AnswerOut, responses=refusals(404))
async def resembles(service: Shared, name: DocumentId, asked: Annotated[Parameters, Query()]) -> JsonAnswer:
    """Say what a document of the index resembles."""
    return JsonAnswer(await service.read(_answer, service, asked, None, name))


def _answer(
    service: Service, asked: LookupIn, text: str | None, name: str | None, metadata: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    lookup = service.index.look_up(text, name, asked.question, service.metrics.stopwatch(), metadata)
    count = counting(asked.offsets, lookup.text, lookup.documents)
    answer = replace(lookup.answer, matches=tuple(map(count, lookup.answer)))
    body = answer_json(name, answer)
    return {**body, "explanation": _explanation(service, lookup, count)} if asked.explain else body


def _explanation(service: Service, lookup: Lookup, count: Callable[[Match], Match]) -> dict[str, Any]:
    candidates = [
        {
            "id": one.id,
            "shared": asdict(one.shared),
            "estimate": one.estimate,
            "figures": match_json(count(one.figures)) if one.figures else None,
            "rejected": one.rejected,
            "published": _date(one.figures.metadata) if one.figures else None,
        }
        for one in service.index.explain(lookup)
    ]
    seen = lookup.seen
    return {
        "buckets": len(seen.sketched.buckets) if seen else 0,
        "postings": len(seen.postings.numbers) if seen else 0,
        "chunks_found": seen.found if seen else 0,
        "published": _date(lookup.metadata),
        "candidates": candidates,
    }


def _date(metadata: Mapping[str, Any]) -> str | None:
    moment = published(metadata)
    return moment.machine if moment else None


@router.post("/compare", response_model=ComparedOut, responses=refusals(413, 415))
async def compare(service: Shared, asked: Compare) -> JsonAnswer:
    """Compare two texts; the match's id is "b"."""
    bounded(service, asked.a, asked.b)
    return JsonAnswer(await service.read(_compared, service, asked))


def _compared(service: Service, asked: Compare) -> dict[str, Any]:
    found = explain(asked.a, asked.b, asked.question, service.index.scheme, wanted)
    count = counting(asked.offsets, asked.a, {"b": Document("b", asked.b)})
    match = match_json(count(found.match))
    if not asked.explain:
        return match
    reasons = {
        "reason": found.reason,
        "shared": asdict(found.shared),
        "estimate": found.estimate,
        "words": list(found.words),
    }
    return {**match, "explanation": reasons}
