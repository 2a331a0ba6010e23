"""`kill -9` in the middle of `dedup ingest`: run again, it ends as if it had never been interrupted."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from servers.server import Server

import dedup
from dedup.engine import Index
from dedup.errors import StoreUnreachable

DOCUMENTS = 9_000


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of documents, some of which share passages."""
    rng, path = random.Random(4), tmp_path_factory.mktemp("collection") / "documents.jsonl"  # noqa: S311 - reproducible
    passages = [" ".join(f"w{rng.randrange(5000)}" for _ in range(30)) for _ in range(200)]
    with path.open("w") as lines:
        for i in range(DOCUMENTS):
            text = " ".join([rng.choice(passages), *(f"w{rng.randrange(5000)}" for _ in range(20))])
            lines.write(json.dumps({"id": f"d{i}", "text": text, "n": i}) + "\n")
    return path


def ingest(collection: Path, url: str) -> "subprocess.Popen[bytes]":
    """Start the real command."""
    command = [sys.executable, "-m", "dedup", "ingest", str(collection), "--index", url, "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def state(index: Index, queries: list[str]) -> tuple[object, ...]:
    """Return everything that two equal indexes have in common."""
    stats = index.stats()
    answers = [index.resemble(query, limit=5) for query in queries]
    return stats.documents, stats.chunks, stats.postings, list(index.documents()), answers


class Whole(NamedTuple):
    """What an undisturbed run does: how long it writes, and the index it makes, of which some queries are asked."""

    seconds: float
    queries: list[str]
    state: tuple[object, ...]


def uninterrupted(collection: Path, url: str) -> Whole:
    """Let a run end."""
    with ingest(collection, url) as run:
        assert run.wait() == 0
        seconds = json.loads(run.stdout.read())["seconds"] if run.stdout else 0
    queries = [json.loads(line)["text"] for line in collection.read_text().splitlines()[:: DOCUMENTS // 10]]
    with dedup.open(url) as index:
        return Whole(seconds, queries, state(index, queries))


def started(url: str) -> bool:
    """Whether there is an index."""
    try:
        dedup.open(url, create=False).close()
    except StoreUnreachable:
        return False
    return True


def kill_and_finish(collection: Path, url: str, moment: float, whole: Whole) -> bool:
    """Kill a run so long after it began to write, check the index, finish it; return whether it was in the middle."""
    with ingest(collection, url) as run:
        while run.poll() is None and not started(url):
            time.sleep(0.001)
        time.sleep(moment)
        run.kill()
    caught = 0
    if started(url):
        with dedup.open(url) as index:
            report = index.check()
            assert report.missing == 0
            assert report.orphans == 0 or not url.startswith("lmdb:")
            caught = report.documents
    with ingest(collection, url) as run:
        assert run.wait() == 0
        last = json.loads(run.stdout.read()) if run.stdout else {}
    assert (last["put"], last["unchanged"], last["replaced"]) == (DOCUMENTS - caught, caught, 0)
    with dedup.open(url) as index:
        assert index.check(repair=True).sound
        assert state(index, whole.queries) == whole.state
    return 0 < caught < DOCUMENTS


def killed_at_random_moments(collection: Path, url: Callable[[int], str], kills: int) -> None:
    """Hold each of so many killed runs to one that was not."""
    whole = uninterrupted(collection, url(0))
    moments = [whole.seconds * random.uniform(0.0, 1.0) for _ in range(kills)]  # noqa: S311 - any moment will do
    caught = [kill_and_finish(collection, url(i), moment, whole) for i, moment in enumerate(moments, 1)]
    assert sum(caught) >= kills // 5


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.timeout(3000)
def test_killed_at_random_moments(collection: Path, tmp_path: Path, kills: int) -> None:
    """Whenever the run is killed the index is sound, and the same command completes it to the uninterrupted one."""
    killed_at_random_moments(collection, lambda i: f"lmdb:{tmp_path / str(i)}", kills)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.usefixtures("dead_at_once")
def test_killed_at_random_moments_on_redis(collection: Path, redis_server: Server, namespace: str) -> None:
    """So it is on a server, where no posting is missing; what a killed writer left there is swept."""
    killed_at_random_moments(collection, lambda i: f"{redis_server.url()}?namespace={namespace}k{i}", 10)


@pytest.fixture
def dead_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a writer that was killed for dead at once, not after its lease."""
    monkeypatch.setattr("dedup.stores.redis.records.LEASE", -1)
