"""An index that is waited for: a long run survives a server that restarts."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import stamina

from dedup.cli.terminal import note
from dedup.engine import Index
from dedup.errors import StoreBusy, StoreError, StoreUnreachable
from dedup.stores import open_store
from dedup.stores.base import Buckets, Entry, Outcome, Store

SECONDS = 300.0  # seconds; not measured: a choice between waiting and telling
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # not measured: seconds
Result = TypeVar("Result")

stamina.instrumentation.set_on_retry_hooks(())  # each try is told of here


def open_patiently(url: str) -> Index:
    """Open an index, new if there is none, whose writes are tried again for five minutes, with growing pauses."""
    return Index(cast("Store", _Patient(open_store(url, create=True))))


class _Patient:
    """A store whose writes, which may be repeated without harm, outlast faults that may pass."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, entries: Sequence[Entry]) -> list[Outcome]:
        return _patiently(lambda: self._store.put(entries))

    def withdraw(self, postings: Sequence[tuple[int, Buckets]]) -> None:
        _patiently(lambda: self._store.withdraw(postings))


def _patiently(write: Callable[[], Result]) -> Result:
    for attempt in stamina.retry_context(
        on=(StoreBusy, StoreUnreachable),
        attempts=None,
        timeout=SECONDS,
        wait_initial=_FIRST_PAUSE,
        wait_max=_LONGEST_PAUSE,
    ):
        with attempt:
            try:
                return write()
            except (StoreBusy, StoreUnreachable) as error:
                note(f"waiting[{error.code}]: {error}")
                raise
    raise StoreError("the index was not asked")  # pragma: no cover - there is always an attempt
