"""`kill -9` in the middle of `dedup ingest`: run again, it ends as if it had never been interrupted."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dedup
from dedup.engine import Index

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


@pytest.fixture(scope="module")
def uninterrupted(
    collection: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[float, list[str], tuple[object, ...]]:
    """How long an undisturbed run writes, some queries, and the index it makes."""
    url = f"lmdb:{tmp_path_factory.mktemp('whole') / 'index'}"
    with ingest(collection, url) as run:
        assert run.wait() == 0
        seconds = json.loads(run.stdout.read())["seconds"] if run.stdout else 0
    queries = [json.loads(line)["text"] for line in collection.read_text().splitlines()[:: DOCUMENTS // 10]]
    with dedup.open(url) as index:
        return seconds, queries, state(index, queries)


def kill_and_finish(
    collection: Path, folder: Path, moment: float, expected: tuple[list[str], tuple[object, ...]]
) -> bool:
    """Kill a run so long after it began to write, check the index, finish it; return whether it was in the middle."""
    url = f"lmdb:{folder / 'index'}"
    with ingest(collection, url) as run:
        while run.poll() is None and not (folder / "index").exists():
            time.sleep(0.001)
        time.sleep(moment)
        run.kill()
    caught = 0
    if (folder / "index").exists():
        with dedup.open(url) as index:
            report = index.check()
            assert (report.orphans, report.missing) == (0, 0)
            caught = report.documents
    with ingest(collection, url) as run:
        assert run.wait() == 0
        last = json.loads(run.stdout.read()) if run.stdout else {}
    assert (last["put"], last["unchanged"], last["replaced"]) == (DOCUMENTS - caught, caught, 0)
    queries, whole = expected
    with dedup.open(url) as index:
        assert state(index, queries) == whole
        assert index.check().sound
    return 0 < caught < DOCUMENTS


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.timeout(3000)
def test_killed_at_random_moments(
    collection: Path,
    tmp_path: Path,
    uninterrupted: tuple[float, list[str], tuple[object, ...]],
    kills: int,
) -> None:
    """Whenever the run is killed the index is sound, and the same command completes it to the uninterrupted one."""
    seconds, *expected = uninterrupted
    moments = [seconds * random.uniform(0.0, 1.0) for _ in range(kills)]  # noqa: S311 - any moment will do
    caught = [
        kill_and_finish(collection, tmp_path / str(i), moment, (expected[0], expected[1]))
        for i, moment in enumerate(moments)
    ]
    assert sum(caught) >= kills // 5
