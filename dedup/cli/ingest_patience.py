"""An index that is waited for: a long run survives a server that restarts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from dedup.cli.opening import lasting
from dedup.cli.terminal import note
from dedup.engine import Index
from dedup.errors import StoreBusy, StoreError, StoreUnreachable
from dedup.model import Status
from dedup.patience import Result, patiently
from dedup.stores import open_store
from dedup.stores.base import Entry, Judge, PostingsOf, Store

SECONDS = 300.0  # seconds; not measured: a choice between waiting and telling
_PAUSES = 0.5, 30.0  # seconds; not measured


def open_patiently(url: str) -> Index:
    """Open an index, new if there is none, whose writes are tried again for five minutes, with growing pauses.

    Raises:
        StoreError: it acknowledges not even a batch without documents; nothing is waited for then but another writer.
    """
    store = open_store(lasting(url), create=True)
    try:
        _outlast(partial(store.put, [], lambda _: ()), StoreBusy)
    except BaseException:
        store.close()
        raise
    return Index(cast("Store", _Patient(store)))


class _Patient:
    """A store whose writes, which may be repeated without harm, outlast faults that may pass."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, entries: Sequence[Entry], postings_of: PostingsOf, judge: Judge | None = None) -> list[Status]:
        return _outlast(partial(self._store.put, entries, postings_of, judge), StoreBusy, StoreUnreachable)


def _outlast(write: Callable[[], Result], *faults: type[StoreError]) -> Result:
    return patiently(
        write,
        lambda error: isinstance(error, faults),
        seconds=SECONDS,
        pauses=_PAUSES,
        before_pause=lambda error: note(f"waiting[{getattr(error, 'code', 'error')}]: {error}"),
    )
