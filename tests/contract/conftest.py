"""The kinds of store that the contract suite runs on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from model_store import ModelStore
from servers.fixtures import ON_SERVERS, url_on

from dedup.stores import lmdb_runs, lmdb_settled, open_store
from dedup.stores.base import Snapshot, Store

type_of_url = {"memory": "memory:", "lmdb": "lmdb:{}", "lmdb-settled": "lmdb:{}", "lmdb-reopened": "lmdb:{}"}


class Reopened:
    """An index that is opened for each call and closed after it: nothing may live in the process alone."""

    def __init__(self, url: str) -> None:
        """Start a new index."""
        self._url = url
        open_store(url, create=True).close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Read for one look-up, in an opening of its own."""
        store = open_store(self._url, create=False)
        try:
            with store.snapshot() as now:
                yield now
        finally:
            store.close()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Return the store's method, between an opening and a closing."""

        def call(*args: Any, **keywords: Any) -> Any:
            store = open_store(self._url, create=False)
            try:
                answer = getattr(store, name)(*args, **keywords)
                if name == "arrivals":
                    return answer[0], iter(list(answer[1]))
                return iter(list(answer)) if name == "scan" else answer
            finally:
                store.close()

        return call


def url_of(kind: str, request: pytest.FixtureRequest, folder: Path, namespace: str) -> str:
    """Return where an empty index of that kind goes."""
    server = kind.removesuffix("-reopened")
    if server in ON_SERVERS:
        return f"{url_on(server, request)}?namespace={namespace}"
    return type_of_url[kind].format(folder)


@pytest.fixture(params=["model", *type_of_url, *ON_SERVERS, "redis-reopened"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """An empty index of each kind, and the model."""
    if request.param == "model":
        yield ModelStore()
        return
    url = url_of(request.param, request, tmp_path / "index", namespace)
    if request.param == "lmdb-settled":
        monkeypatch.setattr(lmdb_runs, "RECENT_MOST", 10)
        monkeypatch.setattr(lmdb_settled, "LISTED", 2)
        monkeypatch.setattr(lmdb_settled, "_OFTEN", 1)
    opened: Any = Reopened(url) if request.param.endswith("-reopened") else open_store(url, create=True)
    yield opened
    opened.close()
