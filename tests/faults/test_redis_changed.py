"""The servers change under an open index: emptied, started with other data, failed over, or with a writer that died."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faults.served import opened, own, served, swept, version
from servers.server import Server, running

from dedup.errors import InvalidURL, StoreError, StoreGone, StoreUnreachable
from dedup.stores.base import Entry, Store
from dedup.stores.redis.documents import Documents, Flip
from dedup.stores.redis.records import Writer
from dedup.stores.redis.store import RedisStore
from dedup.stores.redis.writing import Journal

CALLS: dict[str, Callable[[Store], object]] = {
    "lookup": lambda store: store.lookup(version("a", 0).postings[0], 64),
    "fetch": lambda store: store.fetch(np.array([1], np.uint32)),
    "get": lambda store: store.get(["a"]),
    "scan": lambda store: list(store.scan()),
    "stats": lambda store: store.stats(),
    "put": lambda store: store.put([version("b", 0)], own),
    "remove": lambda store: store.remove(["a"], own),
    "check": lambda store: store.check(own, repair=True),
    "sweep": lambda store: store.sweep(own),
    "grow": lambda store: store.grow(),
}


@pytest.mark.parametrize("call", CALLS)
def test_index_of_an_emptied_server_is_gone(own_server: Server, call: str) -> None:
    """After FLUSHALL every call says that the index is gone; opened again it is a new, empty one."""
    with opened(own_server.url()) as store:
        store.put([version("a", 0)], own)
        with own_server.client() as client:
            client.flushall()
        with pytest.raises(StoreGone, match="gone"):
            CALLS[call](store)
        with opened(own_server.url()) as again:
            assert again.stats().documents == 0
            with pytest.raises(StoreGone, match="another"):
                CALLS[call](store)
            assert again.put([version("a", 0)], own) == ["put"]
            assert swept(again).sound


def before_the_flip(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have something happen, once, after the next writer has written its records and before it flips its pointers."""
    real = Documents.replace

    def interrupted(documents: Documents, journal: Journal, flips: Sequence[Flip]) -> object:
        monkeypatch.setattr(Documents, "replace", real)
        act()
        return real(documents, journal, flips)

    monkeypatch.setattr(Documents, "replace", interrupted)


def test_put_whose_records_are_lost_is_begun_anew(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that forgets a writer's records and gives its numbers out again makes no document vanish."""
    names, others = [f"a{place}" for place in range(5)], [f"b{place}" for place in range(5)]
    with opened(own_server.url()) as writer, opened(own_server.url()) as other, own_server.client() as client:
        writer.put([version(name, 0) for name in ("old", *names[:2])], own)
        before = {key: client.dump(key) for key in client.scan_iter()}

        def fail_over() -> None:
            client.flushall()
            for key, value in before.items():
                assert isinstance(key, bytes)
                assert isinstance(value, bytes)
                client.restore(key, 0, value)
            other.put([version(name, 0) for name in others], own)

        before_the_flip(monkeypatch, fail_over)
        assert writer.put([version(name, 1) for name in names], own) == ["replaced"] * 2 + ["put"] * 3
        assert [served(writer, name, [0, 1]) for name in names] == [1] * 5
        assert [served(writer, name, [0]) for name in others] == [0] * 5
        assert swept(writer).lost == ()


def test_restart_in_the_middle_of_a_put(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A put that meets a restart is begun anew with numbers that no server can have given out, and says what it did."""

    def restart() -> None:
        own_server.kill()
        own_server.start()

    with opened(own_server.url()) as store:
        store.put([version("old", 0)], own)
        first = max(one.number for one in store.scan())
        before_the_flip(monkeypatch, restart)
        assert store.put([version("old", 1), version("new", 0)], own) == ["replaced", "put"]
        assert min(one.number for one in store.scan()) > first + (1 << 18)
        assert served(store, "old", [0, 1]) == 1
        assert swept(store).documents == 2


def test_pointer_to_anothers_record_is_found_and_mended(own_server: Server) -> None:
    """An id that leads to another's record is absent everywhere, named by checks, dropped by a repair, put again."""
    with opened(own_server.url()) as store, own_server.client() as client:
        store.put([version("a", 0), version("b", 0)], own)
        pointers = {key: client.hgetall(key) for key in client.scan_iter("dedup:x:*")}
        (at,) = (key for key, fields in pointers.items() if b"a" in fields)
        (foreign,) = (fields[b"b"] for fields in pointers.values() if b"b" in fields)
        mine = client.hget(at, "a")
        assert isinstance(mine, bytes)
        client.hset(at, "a", foreign[:4] + mine[4:])
        assert store.get(["a", "b"])[0] is None
        assert [one.id for one in store.scan()] == ["b"]
        report = store.check(own, repair=False)
        assert (report.lost, report.documents, report.sound) == (("a",), 1, False)
        assert store.sweep(own).expired == 0
        mended = store.check(own, repair=True)
        assert (mended.lost, mended.sound) == (("a",), True)
        assert store.check(own, repair=False).sound
        assert store.put([version("a", 0), version("b", 0)], own) == ["put", "unchanged"]
        assert [served(store, name, [0]) for name in "ab"] == [0, 0]


def test_next_put_cleans_up_after_a_writer_that_died(own_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Postings and texts of a writer that died before or after it replaced documents go with the next put."""

    def die() -> None:
        raise KeyboardInterrupt

    names = [f"d{place}" for place in range(8)]
    with opened(own_server.url()) as store, own_server.client() as client:
        store.put([version(name, 0) for name in names], own)
        with monkeypatch.context() as patch:
            patch.setattr(Documents, "entomb", lambda *_: die())
            with pytest.raises(KeyboardInterrupt):
                store.put([version(name, 1) for name in names[:4]], own)
        with monkeypatch.context() as patch:
            patch.setattr(Documents, "replace", lambda *_: die())
            with pytest.raises(KeyboardInterrupt):
                store.put([version(name, 1) for name in names[4:]], own)
        monkeypatch.setattr(Writer, "is_dead", lambda *_: True)
        store.put([version("next", 0)], own)
        assert [served(store, name, [0, 1]) for name in names] == [1] * 4 + [0] * 4
        report = store.check(own, repair=False)
        assert (report.orphans, report.missing, report.lost) == (0, 0, ())
        texts = [key for key in client.scan_iter("dedup:d:*", count=1000) if client.ttl(key) < 0]
        assert len(texts) == 2 * 9  # two chunks each


def test_replaced_document_is_never_missing(own_server: Server) -> None:
    """Of 3,000 look-ups beside a writer that replaces what is looked up, none misses the document."""
    names, stop = [f"d{place}" for place in range(10)], threading.Event()
    buckets = version("same", 0).postings

    def entry(name: str, number: int) -> Entry:
        return replace(version(name, number), postings=buckets)

    def write() -> None:
        with opened(own_server.url()) as store:
            number = 0
            while not stop.is_set():
                number += 1
                store.put([entry(name, number) for name in names], lambda _: buckets)

    with opened(own_server.url()) as reader:
        reader.put([entry(name, 0) for name in names], lambda _: buckets)
        writer = threading.Thread(target=write)
        writer.start()
        missed = 0
        for _ in range(3_000):
            found = reader.lookup(buckets[0], 64)
            there = {one.id for one in reader.fetch(np.unique(found.numbers)) if one}
            missed += there != set(names)
        stop.set()
        writer.join()
    assert missed == 0


@pytest.mark.parametrize(("durability", "says"), [("fsync", "WAITAOF"), ("disk", "memory, fsync, replica")])
def test_durability_that_cannot_be_had_is_refused(redis_server: Server, durability: str, says: str) -> None:
    """A server without WAITAOF refuses `fsync` when the index is opened for writing, and nobody knows `disk`."""
    with redis_server.client() as client:
        version_of = client.info("server")["redis_version"]
    if durability == "fsync" and int(version_of.split(".")[0]) * 100 + int(version_of.split(".")[1]) >= 702:
        pytest.skip("this server has WAITAOF")
    with pytest.raises(InvalidURL, match=says):
        RedisStore(f"{redis_server.url()}?durability={durability}&namespace=refused", create=True)


@pytest.fixture
def without_log(valkey_path: str, tmp_path: Path) -> Iterator[Server]:
    """A server that could sync on demand, had it a log."""
    with running(valkey_path, tmp_path / "server", "--appendonly", "no") as server:
        yield server


def test_fsync_without_a_log_is_refused(without_log: Server) -> None:
    """A server without a log refuses `fsync`, and takes writes that nobody has to sync."""
    with pytest.raises(InvalidURL, match="appendonly yes"):
        RedisStore(f"{without_log.url()}?durability=fsync", create=True)
    with opened(without_log.url()) as store:
        assert store.put([version("a", 0)], own) == ["put"]


def test_replica_that_is_not_there_is_told(valkey_path: str, tmp_path: Path) -> None:
    """Without a replica `replica` acknowledges nothing; once there is one the same put is acknowledged."""
    url = "?durability=replica&patience=1"
    with running(valkey_path, tmp_path / "master") as master, opened(master.url() + url) as store:
        for _ in range(2):
            with pytest.raises(StoreUnreachable, match="no replica has confirmed"):
                store.put([version("a", 0)], own)
        with running(valkey_path, tmp_path / "replica", "--replicaof", f"127.0.0.1 {master.port}") as replica:
            acknowledge(store)
            with replica.client() as client:
                assert client.execute_command("EXISTS", "dedup:{dedup}:meta")


def acknowledge(store: Store) -> None:
    """Put a document until it is acknowledged, as the same one."""
    for _ in range(20):
        with suppress(StoreError):
            assert store.put([version("a", 0)], own) == ["unchanged"]
            return
    pytest.fail("a replica is there, and nothing is acknowledged")
