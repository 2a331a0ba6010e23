"""Servers that must not hold an index, or cannot just now: refused with a typed error that says what to do."""

import time
from pathlib import Path

import pytest
import redis
from faults.served import BUCKETS, opened, own, served, swept, version
from servers.fixtures import url_on
from servers.server import PASSWORD, Server, running

from dedup.errors import SchemeMismatch, StoreError, StoreFull, StoreReadOnly, StoreUnreachable
from dedup.scheme import Scheme
from dedup.stores import open_store
from dedup.stores.base import Entry, Store


@pytest.mark.parametrize("memory", ["0", "64mb"])
@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-random", "volatile-lru", "volatile-ttl"])
def test_evicting_server_is_refused(redis_path: str, tmp_path: Path, policy: str, memory: str) -> None:
    """A server that would drop keys when full is refused, with what to set instead, though it has no limit yet."""
    with running(redis_path, tmp_path, "--maxmemory", memory, "--maxmemory-policy", policy) as server:
        with pytest.raises(StoreError, match=r"(?s)noeviction"):
            open_store(server.url(), create=True)
        with server.client() as client:
            assert client.dbsize() == 0


def test_wrong_password_is_told_and_never_shown(redis_server: Server) -> None:
    """A wrong password, or none, is a typed error at once; messages never hold the password."""
    for secret in ("", ":wrong-secret@"):
        start = time.monotonic()
        with pytest.raises(StoreError, match=r"(?i)password|credential") as refused:
            open_store(f"redis://{secret}127.0.0.1:{redis_server.port}", create=True)
        assert time.monotonic() - start < 5
        assert "wrong-secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "before", "after", "says"),
    [
        ("redis", "redis://", "redis+cluster://", "no node of a cluster; write redis://"),
        ("redis", "redis://", "redis+sentinel://", "no Sentinel; name Sentinels"),
        ("redis-cluster", "redis+cluster://", "redis://", r"a node of a cluster; write redis\+cluster://"),
        (
            "redis-sentinel",
            "redis+sentinel://:for%20tests%20only@",
            "redis://",
            r"is a Sentinel; write redis\+sentinel",
        ),
        ("redis-sentinel", "/index", "/other", "no Sentinel knows a master of that name"),
    ],
)
def test_url_of_another_kind_of_server_is_told(
    request: pytest.FixtureRequest, kind: str, before: str, after: str, says: str
) -> None:
    """A URL that leads to another kind of server, or to a service that no Sentinel watches, says which URL is right."""
    url = url_on(kind, request).replace(before, after)
    if after == "redis+sentinel://":
        url += "/index"
    if after == "redis://":
        url = url.partition(",")[0].partition("/index")[0]
    with pytest.raises(StoreUnreachable, match=says):
        open_store(url, create=True)


def test_replica_answers_and_refuses_to_be_written(redis_path: str, tmp_path: Path) -> None:
    """A read-only replica serves what its master has, and a put is StoreReadOnly."""
    with running(redis_path, tmp_path / "master") as master:
        with opened(master.url()) as store:
            store.put([version("a", 0)], own)
        with running(redis_path, tmp_path / "replica", "--replicaof", f"127.0.0.1 {master.port}") as replica:
            with replica.client() as client:
                while client.info("replication")["master_link_status"] != "up":
                    time.sleep(0.02)
            with pytest.raises(StoreReadOnly), opened(replica.url(), create=False) as store:
                store.put([version("b", 0)], own)
            reader = open_store(replica.url(), create=False, read_only=True)
            assert served(reader, "a", [0]) == 0
            reader.close()


def test_loading_server_is_waited_for(own_server: Server) -> None:
    """While the server reads its files an opening waits for it, and then finds everything."""
    with opened(own_server.url()) as store:
        store.put([version(f"d{place}", 0) for place in range(100)], own)
    rewrite_log(own_server)
    own_server.kill()
    own_server.launch("--key-load-delay", "500", "--loading-process-events-interval-bytes", "1024")
    with own_server.client() as client:
        while not seen_loading(client):
            time.sleep(0.01)
    with opened(own_server.url(), create=False) as store:
        assert served(store, "d99", [0]) == 0


def rewrite_log(server: Server) -> None:
    """Rewrite the log, which is then a snapshot: while a server reads one it answers."""
    with server.client() as client:
        client.bgrewriteaof()
        while (
            client.info("persistence")["aof_rewrite_in_progress"] or client.info("persistence")["aof_rewrite_scheduled"]
        ):
            time.sleep(0.02)


def seen_loading(client: redis.Redis) -> bool:
    """Whether a server answers that it is loading."""
    try:
        return bool(client.info("persistence")["loading"])
    except redis.ConnectionError:
        return False


def test_other_scheme_is_refused(redis_server: Server, namespace: str) -> None:
    """An index on a server is never searched with another scheme than its own."""
    url = f"{redis_server.url()}?namespace={namespace}"
    open_store(url, Scheme(k=4), create=True).close()
    with pytest.raises(SchemeMismatch, match=r"(?s)k=4.*k=5") as refused:
        open_store(url, Scheme(k=5), create=True)
    assert PASSWORD not in str(refused.value)


def put_until_full(store: Store, batches: list[list[Entry]]) -> int:
    """Put batches until the store has no room, and return how many it took."""
    for done, batch in enumerate(batches):
        try:
            store.put(batch, own)
        except StoreFull as error:
            assert "maxmemory" in str(error)  # noqa: PT017 - the others must pass
            return done
    return len(batches)


def test_full_server_can_be_emptied(redis_path: str, tmp_path: Path) -> None:
    """Out of memory, documents can still be removed, all of them; then there is room for others."""
    batches = [[version(f"{batch}-{place}", 0) for place in range(100)] for batch in range(200)]
    with running(redis_path, tmp_path, "--maxmemory", "4mb") as server, opened(server.url()) as store:
        done = put_until_full(store, batches)
        with server.client() as client:
            client.config_set("maxmemory", "1mb")  # so far over the limit that one removal does not make room
        for turn, batch in enumerate(batches[: done + 1]):
            removed = store.remove([entry.id for entry in batch], own)
            assert all(removed) or turn == done  # of the batch that met the limit some may be in
            assert all(served(store, entry.id, [0]) is None for entry in batch[::10])
        with server.client() as client:
            client.config_set("maxmemory", "4mb")
        store.put(batches[0], own)
        assert all(served(store, entry.id, [0]) == 0 for entry in batches[0])
        swept(store)
        stats = store.stats()
        assert (stats.documents, stats.chunks, stats.postings) == (100, 200, 100 * BUCKETS)


def test_full_server_refuses_and_stays_sound(redis_path: str, tmp_path: Path) -> None:
    """Memory runs out in mid-batch: StoreFull, whole documents or none, reads work; with more memory it goes on."""
    batches = [[version(f"{batch}-{place}", 0) for place in range(100)] for batch in range(200)]
    with running(redis_path, tmp_path, "--maxmemory", "4mb") as server, opened(server.url()) as store:
        done = put_until_full(store, batches)
        assert 0 < done < len(batches)
        assert all(served(store, entry.id, [0]) == 0 for batch in batches[:done] for entry in batch[::10])
        for entry in batches[done]:
            assert served(store, entry.id, [0]) in (None, 0)
        assert store.check(own, repair=False).missing == 0
        with server.client() as client:
            client.config_set("maxmemory", "64mb")
        store.put(batches[done], own)
        assert all(served(store, entry.id, [0]) == 0 for entry in batches[done])
        assert swept(store).missing == 0
