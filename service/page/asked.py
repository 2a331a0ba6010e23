"""What a reader asks, as the page's form and addresses say it: a text or an id, limits, filters, what is counted."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote_plus, urlencode

from fastapi import Request

from dedup.engine import Index
from dedup.errors import InvalidInput
from dedup.model import Document
from dedup.report.kinds import COUNTED
from dedup.report.whole import View
from dedup.search.lookup import Lookup
from dedup.search.question import Question
from dedup.search.verdict import HALF
from service.backend import Service
from service.page.filters import NAMES, conditions
from service.page.form import fields_of, files_of, packed, unpacked
from service.problems import Problem
from service.saved import Fields
from service.schemas import MOST_MATCHES
from service.strict_json import is_longer, media_type, unsupported

FORM, FILES = "application/x-www-form-urlencoded", "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([^";,]+)', re.IGNORECASE)
FIELDS = 2 * MOST_MATCHES + 32  # a switch for each source, and the form's other fields
LIMIT = 20  # not measured: a list that can be read
PACKED = "packed"
MOST_PACKED = 1 << 17  # not measured: characters; longer ones are too long for an address, packed too
LONGEST_ADDRESS = 8_000  # RFC 9110, 4.1: what every server and proxy should take


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    Attributes:
        sent: the fields of the form, the last of each name.
        kinds: those of the passages that are to count, as they are shown.
        off: ids of sources that are not to count.
    """

    sent: Mapping[str, str]
    kinds: frozenset[str] = COUNTED
    off: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fields: Fields) -> Self:
        """Return what the fields of a form ask.

        Raises:
            Problem: 422 if there is neither a text nor an id.
            InvalidInput: the text is empty.
        """
        values = dict(fields)
        if not values.get("id") and "text" not in values:
            raise Problem(422, "invalid_request", "there is no text and no id of a document; start at the first page")
        if not values.get("id") and not values["text"].strip():
            raise InvalidInput("the text is empty; paste the text that you want to look up")
        kinds = frozenset(value for name, value in fields if name == "kind")
        off = frozenset(value for name, value in fields if name == "off")
        return cls(values, kinds & {"copied", "reworded", "boilerplate"} if kinds else COUNTED, off)

    @property
    def id(self) -> str:
        """The id of the document that is asked for; empty for a text."""
        return self.sent.get("id", "")

    def __getitem__(self, name: str) -> str:
        """Return a field's value, empty if it was not sent."""
        return self.sent.get(name, "").strip()

    def document(self, index: Index) -> Document:
        """Return the query."""
        return index.document(self.id) if self.id else pasted(self.sent["text"])

    def look_up(self, service: Service) -> tuple[Document, Lookup]:
        """Return the query and what its look-up found."""
        query = self.document(service.index)
        watch = service.metrics.stopwatch()
        return query, service.index.look_up(query.text, query.id or None, self.question, watch)

    @property
    def view(self) -> View:
        """What is counted and drawn."""
        return View(self.kinds, self.sent.get("only", ""), self.off)

    @property
    def question(self) -> Question:
        """The limits and the filter.

        Raises:
            InvalidInput: one of them makes no sense.
        """
        given = dict[str, Any](limit=min(_whole(self["limit"], "limit") or LIMIT, MOST_MATCHES))
        if least := _whole(self["min_words"], "length of a passage"):
            given["min_words"] = least
        if self["min_similarity"]:
            given["min_similarity"] = _percent(self["min_similarity"], "similarity of a passage at least")
        if self["contained"]:
            given["contained"] = _percent(self["contained"], "a text counts as contained from", HALF)
        if self["reworded"] == "no":
            given["reworded"] = False
        if self["fold"]:
            given["fold"] = self["fold"]
        return Question(**given, filter=conditions(self.sent) or None)

    @property
    def settings(self) -> str:
        """The query string of limits and filters alone."""
        return urlencode({name: value for name, value in self.sent.items() if name in SETTINGS and value.strip()})

    @property
    def filtered(self) -> bool:
        """Whether any limit or filter but the number of sources was set."""
        return any(self[name] for name in SETTINGS if name not in {"limit", "source_is", "is"})

    @property
    def address(self) -> str:
        """The query string that asks the same again; empty if the text is too long for an address."""
        chosen = {name: value for name, value in self.sent.items() if name in {"id", "text", "only"} and value}
        if "text" in chosen:
            chosen |= _shortest(chosen.pop("text"))
        kinds = [("kind", kind) for kind in ("", *sorted(self.kinds))] if self.kinds != COUNTED else []
        off = [("off", one) for one in sorted(self.off)]
        parts = [urlencode([*chosen.items(), *kinds, *off], errors="replace"), self.settings]
        whole = "&".join(part for part in parts if part)
        return whole if len(whole) < LONGEST_ADDRESS else ""


SETTINGS = ("limit", "min_words", "min_similarity", "contained", "reworded", "fold", *NAMES)


def pasted(text: str, title: str = "Your text") -> Document:
    """Return a pasted text as a document without an id."""
    return Document("", text, {"title": title})


async def asked(request: Request, service: Service) -> Asked:
    """Return what a form or an address asks of a text or a document, or raise as `form` and `Asked.of` do."""
    return Asked.of(await form(request, service))


async def form(request: Request, service: Service) -> Fields:
    """Return the fields of a form or an address, with line ends as they were before the browser made them CRLF.

    Raises:
        Problem: 415 if the body is no form, 413 if a text is longer than a document may be.
        InvalidInput: there are too many fields, or a file is no text in UTF-8.
    """
    if request.method == "POST":
        sent = await _posted(request, service)
    else:
        sent = await service.unpack(_addressed, request.url.query.encode(), service.settings.document_bytes)
    most = service.settings.document_bytes
    if any(is_longer(value, most) for _, value in sent):
        raise Problem(413, "long_text", f"the text has more than {most:,} bytes of UTF-8; paste a part of it")
    return sent


async def _posted(request: Request, service: Service) -> Fields:
    kind = media_type(request)
    boundary = _BOUNDARY.search(request.headers.get("content-type", ""))
    if kind == FILES and boundary:
        return await service.unpack(files_of, await request.body(), boundary[1].encode(), FIELDS)
    if kind != FORM:
        raise unsupported(FORM)
    return await service.unpack(fields_of, await request.body(), FIELDS)


def _addressed(encoded: bytes, most: int) -> Fields:
    fields = fields_of(encoded, FIELDS)
    return [("text", unpacked(value, most)) if name == PACKED else (name, value) for name, value in fields]


def _shortest(text: str) -> dict[str, str]:
    """Return the field that holds a text in an address: as it is, or packed if that is shorter."""
    if len(text) > MOST_PACKED:
        return {"text": text}
    short = packed(text)
    return {PACKED: short} if len(short) < len(quote_plus(text, errors="replace")) else {"text": text}


def _whole(value: str, what: str) -> int:
    if value and not value.isdecimal():
        raise InvalidInput(f"{what} {value!r}: give a whole number")
    return int(value[:12] or 0)


def _percent(value: str, field: str, least: float = 0) -> float:
    """Return the share that a percentage is, from `least` on and above 0; `field` is the form's name for it."""
    with suppress(ValueError):
        number = float(value) / 100
        if number > 0 and least <= number <= 1:
            return number
    allowed = f"from {100 * least:g}" if least else "above 0, up"
    raise InvalidInput(f"{field} {value} %: give a percentage {allowed} to 100")
