"""Look-ups and comparisons."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from dedup.engine import explain
from dedup.errors import ResemblesError
from dedup.record import answer_json, match_json
from dedup.search.lookup import Lookup, Question
from service.backend import Service, Shared
from service.ids import DocumentId
from service.json import Answer
from service.openapi import refusals
from service.problems import Problem, of_error
from service.schemas import (
    AnswerOut,
    Asked,
    Batch,
    BatchOut,
    Compare,
    ComparedOut,
    Limit,
    MinSimilarity,
    MinWords,
    Offsets,
    Passages,
    Resemble,
)
from service.strict_json import StrictRoute, bounded
from service.units import converted, converter

router = APIRouter(prefix="/v1", tags=["resemble"], route_class=StrictRoute)


@router.post("/resemble", response_model=AnswerOut, responses=refusals(404, 413, 415))
async def resemble(service: Shared, asked: Resemble) -> Answer:
    """Say what a text, or a document already known, resembles."""
    bounded(service, asked.text)
    return Answer(await service.read(_answer, service, asked, asked.text, asked.id))


@router.post("/resemble:batch", response_model=BatchOut, responses=refusals(413, 415))
async def resemble_batch(service: Shared, batch: Batch) -> Answer:
    """Answer several look-ups; one that fails has a problem in its place."""
    if len(batch.queries) > service.settings.batch:
        raise Problem(413, "long_batch", f"more than {service.settings.batch} queries; send them in parts")
    return Answer({"answers": [await _one(service, asked) for asked in batch.queries]})


async def _one(service: Service, asked: Resemble) -> dict[str, Any]:
    try:
        bounded(service, asked.text)
        return await service.read(_answer, service, asked, asked.text, asked.id)
    except ResemblesError as error:
        return of_error(error).body
    except Problem as refusal:
        return refusal.body


async def _asked(
    limit: Annotated[Limit, Query()] = 10,
    min_words: Annotated[MinWords, Query()] = 12,
    min_similarity: Annotated[MinSimilarity, Query()] = 0.6,
    passages: Annotated[Passages, Query()] = True,
    offsets: Annotated[Offsets, Query()] = "codepoints",
    explain: Annotated[bool, Query()] = False,
) -> Asked:
    return Asked(
        limit=limit,
        min_words=min_words,
        min_similarity=min_similarity,
        passages=passages,
        offsets=offsets,
        explain=explain,
    )


@router.get("/documents/{id:path}/resembles", response_model=AnswerOut, responses=refusals(404))
async def resembles(service: Shared, name: DocumentId, asked: Annotated[Asked, Depends(_asked)]) -> Answer:
    """Say what a document of the index resembles."""
    return Answer(await service.read(_answer, service, asked, None, name))


def _answer(service: Service, asked: Asked, text: str | None, name: str | None) -> dict[str, Any]:
    question = Question(asked.limit, asked.min_words, asked.min_similarity, asked.passages, asked.filter)
    found = service.index.look_up(text, name, question, service.metrics.stopwatch())
    body = answer_json(name, found.answer)
    if asked.offsets != "codepoints" and found.seen:
        query = converter(found.text, asked.offsets)
        body["matches"] = [
            match_json(converted(one, query, converter(found.seen.read[one.id].text, asked.offsets)))
            for one in found.answer
        ]
    return {**body, "explanation": _explanation(service, found, question, asked)} if asked.explain else body


def _explanation(service: Service, found: Lookup, question: Question, asked: Asked) -> dict[str, Any]:
    if found.seen is None:
        return {"buckets": 0, "postings": 0, "chunks_found": 0, "candidates": []}
    query, candidates = converter(found.text, asked.offsets), list[dict[str, Any]]()
    for one in service.index.explain(found, question):
        figures = None
        if one.figures:
            figures = match_json(converted(one.figures, query, converter(found.seen.read[one.id].text, asked.offsets)))
        shared = asdict(one.shared)
        candidates.append(
            {"id": one.id, "shared": shared, "estimate": one.estimate, "figures": figures, "rejected": one.rejected}
        )
    return {
        "buckets": len(found.seen.sketched.buckets),
        "postings": len(found.seen.postings.numbers),
        "chunks_found": found.seen.found,
        "candidates": candidates,
    }


@router.post("/compare", response_model=ComparedOut, responses=refusals(413, 415))
async def compare(service: Shared, asked: Compare) -> Answer:
    """Compare two texts; the match's id is "b"."""
    bounded(service, asked.a, asked.b)
    return Answer(await service.read(_compared, service, asked))


def _compared(service: Service, asked: Compare) -> dict[str, Any]:
    found = explain(asked.a, asked.b, Question(1, asked.min_words, asked.min_similarity), service.index.scheme)
    match = converted(found.match, converter(asked.a, asked.offsets), converter(asked.b, asked.offsets))
    if not asked.explain:
        return match_json(match)
    reasons = {
        "reason": found.reason,
        "shared": asdict(found.shared),
        "estimate": found.estimate,
        "words": list(found.words),
    }
    return {**match_json(match), "explanation": reasons}
