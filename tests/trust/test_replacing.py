"""LMDB while documents are replaced: writers that are killed, and readers beside the writer."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import dedup

pytestmark = pytest.mark.trust

DOCUMENTS, KILLS, LOOKUPS = 6_000, 12, 5_000
LINE = " ".join(f"line{place}" for place in range(40))


def text(place: int) -> str:
    """Return the text of a document: of the first 100 the same line, of the others words of their own."""
    return LINE if place < 100 else " ".join(f"w{place}x{word}" for word in range(60))


def write_collection(path: Path, version: int) -> None:
    """Write all documents, with a version in their metadata, in an order of the version's own."""
    places = list(range(DOCUMENTS))
    random.Random(version).shuffle(places)  # noqa: S311 - reproducible
    lines = (json.dumps({"id": f"d{place}", "text": text(place), "version": version}) for place in places)
    path.write_text("\n".join(lines))


def ingest(path: Path, index: Path) -> "subprocess.Popen[bytes]":
    """Start the real command."""
    command = [sys.executable, "-m", "dedup", "ingest", str(path), "--index", str(index), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


@pytest.mark.timeout(1800)
def test_killed_replacing_ingest_leaves_nothing_dead(tmp_path: Path) -> None:
    """`kill -9` at a dozen random moments of an ingest that replaces: no posting is dead, and 64 of 64 matches stay."""
    path, index = tmp_path / "documents.jsonl", tmp_path / "index"
    write_collection(path, 0)
    with ingest(path, index) as run:
        assert run.wait() == 0
    with dedup.open(str(index)) as opened:
        whole = opened.stats()
    rng, caught = random.Random(9), 0  # noqa: S311 - reproducible
    for version in range(1, KILLS + 1):
        write_collection(path, version)
        before = (index / "data.mdb").stat().st_mtime_ns
        with ingest(path, index) as run:
            while run.poll() is None and (index / "data.mdb").stat().st_mtime_ns == before:
                time.sleep(0.001)
            time.sleep(rng.uniform(0, 1.0))
            run.kill()
        with dedup.open(str(index)) as opened:
            report, stats = opened.check(), opened.stats()
            assert (report.documents, report.orphans, report.missing) == (DOCUMENTS, 0, 0)
            assert (stats.chunks, stats.postings) == (whole.chunks, whole.postings)
            assert len(opened.resemble(LINE, limit=64)) == 64
            versions = {document.metadata["version"] for document in opened.documents()}
            caught += len(versions) > 1
    assert caught > 1  # runs that were killed between two batches


REPLACE = """
import sys, dedup
texts = [" ".join(f"t{place}x{word}" for word in range(300)) for place in range(20)]
version = 0
with dedup.open(sys.argv[1]) as index:
    while True:
        version += 1
        index.put(dedup.Document(f"d{place}", text, {"version": version}) for place, text in enumerate(texts))
        if version == 1:
            print("ready", flush=True)
"""


def test_documents_that_are_replaced_are_never_missing(tmp_path: Path) -> None:
    """20 documents, replaced without pause by another process: in 5,000 look-ups none is missing, none comes twice."""
    texts = [" ".join(f"t{place}x{word}" for word in range(300)) for place in range(20)]
    seen: list[set[int]] = [set() for _ in texts]
    with subprocess.Popen([sys.executable, "-c", REPLACE, str(tmp_path / "index")], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"ready\n"
        with dedup.open(str(tmp_path / "index"), read_only=True) as index:
            for asked in range(LOOKUPS):
                place = asked % len(texts)
                answer = index.resemble(texts[place], limit=3)
                assert [match.id for match in answer] == [f"d{place}"], f"look-up {asked}"
                seen[place].add(answer.matches[0].metadata["version"])
        writer.kill()
    assert min(map(len, seen)) > 10  # the documents were replaced meanwhile
