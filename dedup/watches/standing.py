"""A watch as it stands: the watch itself, and what was so when it was put."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from dedup.admission import admit, check_types, id_key
from dedup.errors import InvalidDocument, InvalidInput
from dedup.model import Document, Watch
from dedup.scheme import Scheme
from dedup.search.filters import Filter
from dedup.search.question import Question
from dedup.sketching.tokens import tokenize

_LEAST = {"word": 7, "character": 40}  # ADR 31
LONGEST_NAME = 400  # a hit's id holds the name too, and an id has at most 480 bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """A watch as it stands.

    Attributes:
        watch: the watch.
        metadata: of the document whose text it has, as they were when it was put; none of a text alone.
        since: documents of smaller numbers came in before it was put.
    """

    watch: Watch
    metadata: Mapping[str, Any]
    since: int

    @property
    def question(self) -> Question:
        """What is asked of a document."""
        one = self.watch
        return Question(
            min_words=one.min_words,
            min_similarity=one.min_similarity,
            passages=one.passages,
            filter=one.filter,
            reworded=one.reworded,
        )

    def asks_as(self, other: Self) -> bool:
        """Return whether the other one asks for the same; hits may be sent elsewhere."""
        here = replace(self.watch, webhook=other.watch.webhook, webhook_text=other.watch.webhook_text)
        return (here, self.metadata) == (other.watch, other.metadata)

    @property
    def filter(self) -> Filter | None:
        """What a document's metadata must meet, as of now."""
        return Filter.of(self.watch.filter, self.metadata)

    def document(self) -> Document:
        """Return what is written of it."""
        fields = msgspec.to_builtins(self.watch)
        name, text = fields.pop("name"), fields.pop("text")
        return Document(name, text, {"watch": fields, "metadata": dict(self.metadata), "since": self.since})

    @classmethod
    def of(cls, document: Document) -> Self:
        """Return the watch that is written so."""
        fields: Mapping[str, Any] = document.metadata
        watch = Watch(document.id, document.text, **fields["watch"])
        return cls(watch, fields["metadata"], fields["since"])

    def encoded(self, scheme: Scheme) -> bytes:
        """Return its metadata as JSON, if it is a watch that an index of that scheme can have.

        Raises:
            InvalidInput: a limit, a condition or the webhook makes no sense.
            InvalidDocument: the name or the text cannot be.
        """
        document = self.document()
        check_types(document, "name")
        id_key(document.id, "the watch's name", LONGEST_NAME)
        if self.question.filter and self.watch.id is None:
            Filter.of(self.watch.filter, None)
        _check_webhook(self.watch.webhook)
        encoded = admit(document)
        _check_words(document.text, scheme)
        return encoded


def least_words(scheme: Scheme) -> int:
    """Return how many tokens the text of a watch must have."""
    return max(_LEAST[scheme.unit], scheme.w + scheme.k - 1)


def _check_webhook(url: str | None) -> None:
    try:
        parts = urlsplit(url) if isinstance(url, str | None) else None
    except ValueError:
        parts = None
    if parts is None or (url is not None and not (parts.scheme in ("http", "https") and parts.hostname)):
        raise InvalidInput(f"webhook {url!r}: give a URL that begins with http:// or https:// and names a host")


def _check_words(text: str, scheme: Scheme) -> None:
    """Refuse a text that might stand in a document and not be found: any run of so many tokens is."""
    words, least = len(tokenize([text], scheme.unit).hashes), least_words(scheme)
    if words < least:
        raise InvalidDocument(
            "short_text", f"the watch's text has {words} {scheme.unit}s; give {least} or more: shorter ones are missed"
        )
