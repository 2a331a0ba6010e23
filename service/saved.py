"""Look-ups that are saved: documents of an index of their own, each until its time is over."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import dedup
from dedup.dates import Moment
from dedup.duration import seconds
from dedup.engine import Index
from dedup.errors import InvalidInput
from dedup.model import Document
from dedup.stores.urls import shown
from service.settings import Settings

SWEEP_SECONDS = 3_600  # a sweep among 10,000 saved look-ups took 2 to 5 s on a busy machine: too long for each

Fields = list[tuple[str, str]]


class Saved:
    """Saved look-ups, by ids that nobody guesses: whoever has an id may read what was asked."""

    def __init__(self, index: Index, ttl: int) -> None:
        """Save in `index`, each look-up for `ttl` seconds."""
        self._index, self._ttl, self._sweep_due = index, ttl, 0.0

    @property
    def until(self) -> Moment:
        """Until when a look-up is kept that is saved now."""
        return Moment(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=self._ttl))

    def save(self, fields: Fields) -> str:
        """Save the fields of a form and return their id; what has expired is deleted first, at most once an hour."""
        if time.monotonic() >= self._sweep_due:
            self._sweep_due = time.monotonic() + SWEEP_SECONDS
            self._index.sweep()
        return self._put(fields)

    def get(self, name: str) -> tuple[Fields, Moment] | None:
        """Return the fields that were saved, and until when they are kept; None if the id is unknown or expired."""
        document = self._index.get(name)
        asked = document.metadata if document else {}
        if document is None or document.text != name or "until" not in asked:
            return None  # an index of other documents may have been named
        return [(field, value) for field, value in asked["fields"]], Moment(datetime.fromisoformat(asked["until"]))

    def is_kept_in(self, index: Index) -> bool:
        """Whether what is saved comes into `index`: then they are the same, whatever their URLs are."""
        probe = self._put([])
        there = index.get(probe) is not None
        self._index.remove([probe])
        return there

    def _put(self, fields: Fields) -> str:
        name = secrets.token_hex(16)
        asked = {"until": self.until.machine, "fields": [list(field) for field in fields]}
        # its text is the id again: nobody looks up in here, and a megabyte of text would make 53,000 postings
        self._index.put([Document(name, name, asked)], ttl=self._ttl)
        return name


@contextmanager
def opened(settings: Settings) -> Iterator[Saved | None]:
    """Open what look-ups are saved in; None if they are not to be saved."""
    if not settings.saved_index:
        yield None
        return
    with dedup.open(settings.saved_index) as index:
        yield Saved(index, seconds(settings.saved_ttl))


def refuse_same_index(settings: Settings) -> None:
    """Refuse to save look-ups among the documents that they search.

    Raises:
        InvalidInput: `saved_index` is the index that is served.
    """
    with opened(settings) as saved:
        if saved is None:
            return
        with dedup.open(settings.index) as index:
            same = saved.is_kept_in(index)
    if same:
        raise InvalidInput(
            f"serve: saved_index {shown(settings.saved_index)} is the index that is served; name another one, "
            "where no look-up finds what is saved"
        )
