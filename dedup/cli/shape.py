"""The JSON that programs rely on."""

import json
from typing import Any

from dedup.model import Answer, Match, Passage, Span


def line(value: dict[str, Any]) -> str:
    """Return one line of ASCII: lone surrogates survive, and nothing can steer a terminal."""
    return json.dumps(value)


def answer_json(query: str, found: Answer) -> dict[str, Any]:
    """Return what a query resembles."""
    short = {"too_short": True} if found.too_short else {}
    matches = [match_json(one) for one in found]
    return {"query": query, "truncated": found.truncated, **short, "matches": matches}


def match_json(found: Match) -> dict[str, Any]:
    """Return one match."""
    return {
        "id": found.id,
        "jaccard": found.jaccard,
        "containment": {
            "query_in_document": found.containment.query_in_document,
            "document_in_query": found.containment.document_in_query,
        },
        "metadata": dict(found.metadata),
        "passages": [_passage(one) for one in found.passages],
    }


def _passage(found: Passage) -> dict[str, Any]:
    return {
        "query": _span(found.query),
        "document": _span(found.document),
        "matched_words": found.matched_words,
        "similarity": found.similarity,
        "documents": found.documents,
        "kind": found.kind,
    }


def _span(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}
