"""What watches promise when something fails: no hit is lost, and each is there once by its id."""

import subprocess
import sys
from pathlib import Path

import pytest
from contract.conftest import url_of
from contract.watching import RELEASES, Unsettled, about, every, named

import dedup
from dedup import Document
from dedup.stores.base import Entry, PostingsOf, Store

ROOT = Path(__file__).parents[1]
KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
import dedup
from contract.watching import about
from dedup.engine.watching import Watching
from dedup.watches.hits import HitList

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

add = HitList.add
if {moment!r} == "before the hits":
    Watching.settle = die
elif {moment!r} == "before the cursor":
    HitList.add = lambda self, hits, cursor: (add(self, hits, 0), die())
else:
    HitList.add = lambda self, hits, cursor: (add(self, hits, cursor), die())
with dedup.open({url!r}) as index:
    index.put([dedup.Document(f"d{{i}}", about(i % 12, seed=i)) for i in range(50)])
"""
SETTLING = """
import sys
sys.path[:0] = {path!r}
import dedup
with dedup.open({url!r}) as index:
    sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
    print(index.settle())
"""
EXPECTED = [(f"release-{i % 12}", f"d{i}") for i in range(50)]


def started(script: str, url: str, moment: str = "") -> "subprocess.Popen[str]":
    """Start a process that runs one of the scripts."""
    code = script.format(path=[str(ROOT), str(ROOT.parent)], url=url, moment=moment)
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)


def watch_all(url: str) -> None:
    """Put a watch for each release."""
    with dedup.open(url) as index:
        for i, release in enumerate(RELEASES):
            index.watch(f"release-{i}", release)


@pytest.mark.parametrize("moment", ["before the hits", "before the cursor", "after the cursor"])
@pytest.mark.parametrize("kind", ["lmdb", "redis"])
def test_killed_between_put_and_hits(
    kind: str, moment: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str
) -> None:
    """Whenever a writer is killed behind its put, whoever asks next finds every hit, each once."""
    url = url_of(kind, request, tmp_path / "index", namespace)
    watch_all(url)
    with started(KILLED, url, moment) as child:
        assert child.wait() == -9
    with dedup.open(url) as index:
        hits = every(index)
    assert named(hits) == EXPECTED
    assert len({hit.id for hit in hits}) == len(EXPECTED)


@pytest.mark.parametrize("kind", ["redis", "lmdb"])
def test_two_processes_settle_at_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, namespace: str
) -> None:
    """Two that settle the same documents write each hit once, and count it once between them."""
    url = url_of(kind, request, tmp_path / "index", namespace)
    watch_all(url)
    with dedup.open(url) as index:
        Unsettled(index._store).put([Document(f"d{i}", about(i % 12, seed=i)) for i in range(50)])
    children = [started(SETTLING, url) for _ in range(2)]
    for child in children:
        assert child.stdout
        child.stdout.readline()
    counts = [int(child.communicate("go\n")[0]) for child in children]
    with dedup.open(url) as index:
        hits = every(index)
    assert (named(hits), sum(counts)) == (EXPECTED, len(EXPECTED))


def damage(store: Store, name: str, postings_of: PostingsOf) -> None:
    """Cut the payload of an entry short; its postings stay."""
    (stored,) = store.get([name])
    assert stored
    postings = tuple(postings_of(stored))
    store.put([Entry(name, b"damaged".ljust(16), stored.payload[:-3], postings)], lambda _: postings)


def test_what_is_damaged_blocks_nothing(tmp_path: Path) -> None:
    """A watch, a hit and a document that cannot be read are passed over by all others, and `check` names them."""
    with dedup.open(f"lmdb:{tmp_path / 'index'}") as index:
        for name in ("bad", "good"):
            index.watch(name, RELEASES[0])
        index.put([Document("first", about(0, seed=1))])
        beside = index._beside()
        damage(beside["watches"][0], "bad", beside["watches"][1])
        damage(beside["hits"][0], "0000000000:bad", beside["hits"][1])
        Unsettled(index._store).put([Document("broken", about(0, seed=2))])
        damage(index._store, "broken", index._postings_of)
        index.put([Document("second", about(0, seed=3))])
        assert named(every(index)) == [("good", "first"), ("good", "second")]
        assert [watch.name for watch in index.watches()] == ["good"]
        assert index.check().damaged == ("broken", "hits/0000000000:bad", "watches/bad")
        index.watch("bad", RELEASES[0])
        index.put([Document("third", about(0, seed=4))])
        assert named(every(index, "bad")) == [("bad", "third")]


def test_a_backup_holds_watches_and_hits(tmp_path: Path) -> None:
    """A backup goes on where the index was: with its watches, its hits, and what is not settled yet."""
    with dedup.open(f"lmdb:{tmp_path / 'index'}") as index:
        index.watch("one", RELEASES[0])
        index.put([Document("a", about(0, seed=1))])
        Unsettled(index._store).put([Document("unsettled", about(0, seed=2))])
        index.backup(tmp_path / "backup")
        index.put([Document("not in it", about(0, seed=3))])
    with dedup.open(f"lmdb:{tmp_path / 'backup'}") as backup:
        assert named(backup.hits()) == [("one", "a"), ("one", "unsettled")]
        backup.put([Document("b", about(0, seed=4))])
        assert named(backup.hits("one")) == [("one", "a"), ("one", "unsettled"), ("one", "b")]


def test_a_moved_folder_keeps_its_watches(tmp_path: Path) -> None:
    """Watches and hits are in the index's folder and move with it."""
    with dedup.open(f"lmdb:{tmp_path / 'index'}") as index:
        index.watch("one", RELEASES[0])
        index.put([Document("a", about(0, seed=1))])
    (tmp_path / "index").rename(tmp_path / "elsewhere")
    with dedup.open(f"lmdb:{tmp_path / 'elsewhere'}") as index:
        index.put([Document("b", about(0, seed=2))])
        assert named(index.hits()) == [("one", "a"), ("one", "b")]
