"""Readers that stop amid a transaction, and readers of every kind of process: growth is bounded, answers are right."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from faults.indexes import opened
from trust.steps import INDEX, texts

from dedup.engine import open_index
from dedup.errors import StoreForked
from dedup.model import Document
from dedup.stores.base import Entry

pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]

DOCUMENTS, ROUNDS = 500, 50  # 25,000 documents are replaced beside the reader, and 25,000 after it

READER = """
import os, signal, sys
from dedup.stores.lmdb import LMDBStore
with LMDBStore(sys.argv[1], read_only=True).snapshot() as now:
    now.by_id("1")
    print("reading", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
"""


def versions(turn: int) -> list[Entry]:
    """Return all documents, in a version of their own for each turn, with the same buckets."""
    payload = np.random.default_rng(turn).bytes(500)
    return [
        Entry(
            str(number),
            (turn << 32 | number).to_bytes(16, "big"),
            payload,
            (np.arange(number, number + 20, dtype=np.uint64),),
        )
        for number in range(DOCUMENTS)
    ]


def test_stopped_reader_makes_the_file_grow_only_while_it_lives(world: Path) -> None:
    """What is replaced beside a stopped reader is kept for it; once it is killed, its room is used again."""
    postings_of = {entry.id: entry.postings for entry in versions(0)}
    with opened(world / INDEX, create=True) as store:

        def replace(turns: range) -> int:
            for turn in turns:
                assert set(store.put(versions(turn), lambda stored: postings_of[stored.id])) <= {"put", "replaced"}
            return (world / INDEX / "data.mdb").stat().st_size

        before = replace(range(ROUNDS // 5))
        with subprocess.Popen([sys.executable, "-c", READER, world / INDEX], stdout=subprocess.PIPE) as reader:
            try:
                assert reader.stdout is not None
                assert reader.stdout.readline() == b"reading\n"
                os.waitid(os.P_PID, reader.pid, os.WSTOPPED)
                beside = replace(range(100, 100 + ROUNDS))
            finally:
                reader.send_signal(signal.SIGKILL)
        after = replace(range(200, 200 + ROUNDS))
        print(f"{before:,} bytes; {beside:,} beside the stopped reader; {after:,} when it was gone")  # noqa: T201 - the figures are reported
        assert beside > 5 * before  # or the reader held nothing, and the test says nothing
        assert after <= beside
        assert store.check(lambda stored: postings_of[stored.id], repair=False).sound


def ask(folder: str) -> list[list[str]]:
    """Open the index in this process, and look each document up in one of four threads."""
    wanted, answers = texts(0, 8), dict[str, list[str]]()

    def look_up(names: list[str]) -> None:
        for name in names:
            answers[name] = [match.id for match in index.resemble(wanted[name], min_similarity=0.9).matches]

    with open_index(folder, read_only=True) as index:
        threads = [threading.Thread(target=look_up, args=(list(wanted)[part::4],)) for part in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return [answers.get(name, []) for name in wanted]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_every_kind_of_process_reads_with_threads(world: Path, method: str) -> None:
    """Workers that are forked, spawned or come of a fork server open the index and answer right, beside a writer."""
    wanted = texts(0, 8)
    with open_index(str(world / INDEX)) as index:
        index.put([Document(name, text) for name, text in wanted.items()])
        with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context(method)) as pool:
            answers = [pool.submit(ask, str(world / INDEX)) for _ in range(6)]
            for turn in range(20):
                index.put([Document("other", f"{turn} is a document of its own that nobody looks for {turn}")])
            for answer in answers:
                assert all(name in found for name, found in zip(wanted, answer.result(120), strict=True))


def test_index_of_the_parent_is_refused_in_a_forked_worker(world: Path) -> None:
    """A forked worker that uses its parent's index is told so, and the parent goes on."""
    with open_index(str(world / INDEX)) as index:
        index.put([Document("a", "a text of enough words to be put into an index")])
        child = os.fork()
        if not child:
            try:
                index.get("a")
            except StoreForked:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert index.get("a") is not None
