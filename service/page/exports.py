"""What a text resembles as a file: a table of its passages, the answer as JSON, the report."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from io import StringIO

from fastapi import Response
from fastapi.responses import StreamingResponse

from dedup.dates import published
from dedup.model import Document, Match, Passage
from dedup.record import answer_json, dumps
from dedup.report.about import about
from dedup.report.kinds import shown_kind
from dedup.report.render import report, section
from dedup.report.views import name_of
from dedup.search.lookup import Lookup
from dedup.stores.urls import shown
from service.backend import Service
from service.page.asked import Asked
from service.page.html import HEADERS

COLUMNS = (
    *("document", "title", "source", "published", "direction"),
    *("jaccard", "query_in_document", "document_in_query", "verdict"),
    *("passage", "kind", "matched_words", "similarity", "documents", "earliest"),
    *("query_start", "query_end", "query_line", "document_start", "document_end", "document_line"),
    *("query_text", "document_text"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(service: Service, asked: Asked, kind: str) -> Response:
    """Return the file of that kind, a name of EXPORTS; it is written while it is sent, a pair of texts at a time."""
    query, lookup = asked.look_up(service)
    media, written = EXPORTS[kind]
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="matches.{kind}"'}
    pieces = (piece.encode("utf-8", "replace") for piece in written(service, asked, query, lookup))
    return StreamingResponse(service.reading(pieces), media_type=media, headers=headers)


def _csv(_service: Service, _asked: Asked, query: Document, lookup: Lookup) -> Iterator[str]:
    yield _line(COLUMNS)
    for match in lookup.answer:
        for row in _rows(query.text, lookup.documents[match.id].text, match):
            yield _line([_cell(value) for value in row])


def _line(row: Sequence[object]) -> str:
    file = StringIO()
    csv.writer(file).writerow(row)
    return file.getvalue()


def _rows(query: str, document: str, match: Match) -> Iterator[list[object]]:
    """Yield a row for each passage; a single row without a passage for a document that is alike as a whole."""
    called, when = name_of(match.id, match.metadata), published(match.metadata)
    named: list[object] = [match.id, called.title, called.source, when.machine if when else "", match.direction or ""]
    both = match.containment
    shares: list[object] = [match.jaccard, both.query_in_document, both.document_in_query, match.verdict]
    for number, one in enumerate(match.passages, 1):
        yield [*named, *shares, number, *_passage(one, query, document)]
    if not match.passages:
        yield named + shares


def _passage(one: Passage, query: str, document: str) -> list[object]:
    here, there = one.query, one.document
    figures = [shown_kind(one.kind), one.matched_words, one.similarity, one.documents, "yes" if one.source else "no"]
    places = [here.start, here.end, here.line, there.start, there.end, there.line]
    return [*figures, *places, query[here.start : here.end], document[there.start : there.end]]


def _cell(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula: an apostrophe goes before a text that begins as one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _json(service: Service, asked: Asked, query: Document, lookup: Lookup) -> Iterator[str]:
    told = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "index": shown(service.settings.index),
        "question": asdict(asked.question),
        "text": query.text,
        **answer_json(query.id or None, lookup.answer),
    }
    yield dumps(told).decode()


def _report(service: Service, asked: Asked, query: Document, lookup: Lookup) -> Iterator[str]:
    documents = service.index.stats().documents
    told = about(asked.question, service.settings.index, documents, datetime.now(UTC))
    return report([section(query, lookup, service.index.scheme.unit, asked.view)], told)


EXPORTS: dict[str, tuple[str, Callable[[Service, Asked, Document, Lookup], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "json": ("application/json", _json),
    "html": ("text/html; charset=utf-8", _report),
}
