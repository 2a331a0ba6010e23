"""A writer that dies between looking and writing: nobody waits for it long, and nothing of it is taken for a copy."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contract.conftest import url_of

import dedup
from dedup.engine import open_index
from dedup.model import Document
from dedup.scheme import Scheme
from dedup.stores.redis import records

STORY = " ".join(f"word{place}" for place in range(60))
DIES = """
import os, signal, sys
from dedup.newcomers import Newcomers
import dedup

class Dies(Newcomers):
    def __call__(self, now, entries, olds):
        super().__call__(now, entries, olds)
        os.kill(os.getpid(), signal.SIGKILL)

import dedup.engine.index as engine
engine.Newcomers = Dies
with dedup.open(sys.argv[1]) as index:
    index.put([dedup.Document("dead", sys.argv[2])], skip_like=0.8)
"""
KINDS = ["lmdb", "redis", "redis-cluster", "redis-sentinel"]


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path, namespace: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An index in which a writer has announced a document, and died with SIGKILL before it was current."""
    monkeypatch.setattr(records, "AWAITED_SECONDS", 3)
    url = url_of(request.param, request, tmp_path / "index", namespace)
    open_index(url, Scheme(stories=0.5)).close()
    dead = subprocess.run([sys.executable, "-c", DIES, url, STORY], check=False, capture_output=True)
    assert dead.returncode == -signal.SIGKILL, dead.stderr.decode()
    return url


def test_what_a_dead_writer_announced_is_no_original(url: str) -> None:
    """The next document like it goes in, after a few seconds at most, into a story of its own; then all is as usual."""
    began = time.monotonic()
    with dedup.open(url) as index:
        (placed,) = index.put_each([Document("alive", f"{STORY} and more")], skip_like=0.8)
        assert isinstance(placed, dedup.Placed)
        assert (placed.status, placed.story) == ("put", "alive")
        assert time.monotonic() - began < 15
        (again,) = index.put([Document("copy", STORY)], skip_like=0.8).duplicates
        assert again.duplicate_of
        assert again.duplicate_of.id == "alive"
        assert [one.id for one in index.documents()] == ["alive"]


def test_others_do_not_wait_for_it(url: str) -> None:
    """A document that is like nothing the dead writer announced goes in at once."""
    began = time.monotonic()
    with dedup.open(url) as index:
        assert index.put([Document("other", STORY[::-1])], skip_like=0.8).put == 1
    assert time.monotonic() - began < 2.5


def test_what_is_put_beside_it_is_a_hit_also_if_it_is_replaced_at_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hits wait for what the dead writer may still have done, and none is lost meanwhile; they are read in order."""
    with dedup.open(url) as index:
        index.watch("words", STORY)
        index.put([Document("flash", f"{STORY} in brief")])
        index.put([Document("flash", "a correction that says something else in other words than before")])
        index.put([Document("still", f"{STORY} at length")])
        monkeypatch.setattr(records, "LEASE", 2)
        time.sleep(3)
        assert [(hit.watch, hit.match.id) for hit in index.hits()] == [("words", "flash"), ("words", "still")]
