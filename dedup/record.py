"""Answers as the JSON that programs rely on, and back: one shape for the command line, the service and its client."""

from collections.abc import Mapping
from typing import Any

from dedup.model import Answer, Containment, Document, Match, Passage, Span

Json = Mapping[str, Any]


def answer_json(query: str | None, found: Answer) -> dict[str, Any]:
    """Return what a query resembles; `too_short` only where it is."""
    short = {"too_short": True} if found.too_short else {}
    return {"query": query, "truncated": found.truncated, **short, "matches": [match_json(one) for one in found]}


def answer_of(value: Json) -> Answer:
    """Return the answer that `answer_json` wrote."""
    return Answer(tuple(map(match_of, value["matches"])), value["truncated"], value.get("too_short", False))


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
        "passages": [_passage_json(one) for one in found.passages],
    }


def match_of(value: Json) -> Match:
    """Return the match that `match_json` wrote."""
    both = value["containment"]
    containment = Containment(both["query_in_document"], both["document_in_query"])
    return Match(
        value["id"], value["jaccard"], containment, value["metadata"], tuple(map(_passage_of, value["passages"]))
    )


def document_json(document: Document) -> dict[str, Any]:
    """Return one document."""
    return {"id": document.id, "text": document.text, "metadata": dict(document.metadata)}


def document_of(value: Json) -> Document:
    """Return the document that `document_json` wrote."""
    return Document(value["id"], value["text"], value["metadata"])


def _passage_json(found: Passage) -> dict[str, Any]:
    return {
        "query": {"start": found.query.start, "end": found.query.end},
        "document": {"start": found.document.start, "end": found.document.end},
        "matched_words": found.matched_words,
        "similarity": found.similarity,
        "documents": found.documents,
        "kind": found.kind,
    }


def _passage_of(value: Json) -> Passage:
    query, document = (Span(value[side]["start"], value[side]["end"]) for side in ("query", "document"))
    return Passage(query, document, value["matched_words"], value["similarity"], value["documents"], value["kind"])
