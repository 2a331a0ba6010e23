"""Four processes put, create, remove, get and look up the same three documents: their history is linearizable for each.

Every store, in peace and under kills: of a writer for LMDB, of a server for Redis. A call that never returned may have
happened or not; all others must have, once, between their beginning and their end. Only a call during which a server
died may have happened twice, and what it says of what it replaced may be of either time. A failure prints the shortest
impossible history and the seed. Which moments the kills hit differs from run to run.
"""

import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from servers.cluster import running_cluster
from servers.sentinel import running_sentinels
from servers.server import Server, running
from trust.caller import IDS, Caller, asked, calls_of, document
from trust.linearizable import Call, interrupted, linearizable, minimal
from waiting import until

import dedup

pytestmark = pytest.mark.trust

CALLERS = 4  # twice the cores of the machine that CI gives: calls overlap
PEACE, WAR = 8.0, 12.0  # seconds of calls: eight runs in under four minutes
EVERY = 1.5  # seconds between kills: a killed server is back, and was used, before the next one
LAG = 1.0  # seconds of acknowledged changes that a failover may take back; docs/operations.md says what is usual
SYNCED = ("--appendfsync", "always")  # a kill then loses nothing acknowledged: docs/operations.md
SEED = os.environ.get("TRUST_SEED", "1")
ROOT = Path(__file__).parents[2]

Kill = Callable[["Callers"], Call | None]
"""Kills something; returns when a server was away, as a call, and whether it came back or another took over."""


class Callers:
    """The processes, each with a log."""

    def __init__(self, url: str, folder: Path, seconds: float) -> None:
        """Start them; they end by themselves after so many seconds."""
        self._url, self._folder, self._end = url, folder, time.monotonic() + seconds
        self._started = 0
        folder.mkdir()
        dedup.open(url).close()
        with dedup.open("memory:") as index:  # the kernels are compiled now, and not by four at once
            index.put([document("a", "1")])
            asked(index)
        self.processes = [self._start() for _ in range(CALLERS)]

    def _start(self) -> "subprocess.Popen[bytes]":
        seed, self._started = f"{SEED}.{self._started}", self._started + 1
        left = f"{max(0.0, self._end - time.monotonic()):.3f}"
        program = [sys.executable, "-m", "trust.caller", self._url, seed, left, str(self._folder / f"{seed}.log")]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT}"}
        return subprocess.Popen(program, env=environment, cwd=self._folder)

    def kill(self, place: int) -> None:
        """End a process as a crash would, and start another in its stead."""
        self.processes[place].kill()
        self.processes[place].wait()
        self.processes[place] = self._start()

    def calls(self) -> dict[str, list[Call]]:
        """Return the history of each id."""
        history = defaultdict[str, list[Call]](list)
        for log in sorted(self._folder.glob("*.log")):
            for name, call in calls_of(log):
                history[name].append(call)
        return history


def history_of(url: str, folder: Path, seconds: float, kill: Kill | None = None) -> dict[str, list[Call]]:
    """Let processes call for a while, kill now and then, look at the end, and return the history of each id."""
    callers, deaths = Callers(url, folder, seconds), list[Call]()
    end = time.monotonic() + seconds
    try:
        while kill and time.monotonic() + 2 * EVERY < end:
            time.sleep(EVERY)
            if death := kill(callers):
                deaths.append(death)
        assert [process.wait(90) for process in callers.processes] == [0] * CALLERS
    finally:
        for process in callers.processes:
            process.kill()
            process.wait()
    with dedup.open(url, create=False) as index:
        Caller(index, "last", folder / "last.log").look()
        assert index.check(repair=True).missing == 0
        assert index.check().sound
    failovers = [death for death in deaths if death.kind == "failover"]
    return {name: [*interrupted(calls, deaths), *failovers] for name, calls in callers.calls().items()}


def hold(histories: dict[str, list[Call]]) -> None:
    """Hold the history of each id to what one call at a time could have done."""
    assert {*histories} == {*IDS}
    print(f"{sum(map(len, histories.values()))} calls")  # noqa: T201 - pytest shows it of a failure, and with -s
    for name, history in histories.items():
        if not linearizable(history, LAG):
            lines = "\n".join(map(str, minimal(history, LAG)))
            pytest.fail(f"impossible for {name!r}, seed {SEED}:\n{lines}", pytrace=False)


def restarted(server: Server) -> Call:
    """Kill a server and start it again; return when it was away."""
    began = time.monotonic()
    server.kill()
    server.start()
    return Call("restart", None, None, began, time.monotonic())


def test_embedded(tmp_path: Path) -> None:
    """LMDB, in peace."""
    hold(history_of(f"lmdb:{tmp_path / 'index'}", tmp_path / "logs", PEACE))


def test_embedded_writers_killed(tmp_path: Path) -> None:
    """LMDB, a process killed at random every 1.5 seconds."""
    rng = random.Random(SEED)  # noqa: S311 - reproducible
    hold(
        history_of(
            f"lmdb:{tmp_path / 'index'}", tmp_path / "logs", WAR, lambda callers: callers.kill(rng.randrange(CALLERS))
        )
    )


@pytest.mark.parametrize("kills", [False, True], ids=["peace", "kills"])
def test_redis(kills: bool, redis_path: str, tmp_path: Path) -> None:
    """One Redis server, which may be killed."""
    with running(redis_path, tmp_path / "server", *SYNCED) as server:
        kill = (lambda _: restarted(server)) if kills else None
        hold(history_of(server.url(), tmp_path / "logs", WAR if kills else PEACE, kill))


@pytest.mark.parametrize("kills", [False, True], ids=["peace", "kills"])
def test_cluster(kills: bool, redis_path: str, tmp_path: Path) -> None:
    """A cluster of three, of which any node may be killed."""
    rng = random.Random(SEED)  # noqa: S311 - reproducible
    with running_cluster(redis_path, tmp_path / "cluster", *SYNCED) as cluster:
        kill = (lambda _: restarted(rng.choice(cluster.nodes))) if kills else None
        hold(history_of(cluster.url, tmp_path / "logs", WAR if kills else PEACE, kill))


@pytest.mark.parametrize("kills", [False, True], ids=["peace", "kills"])
def test_sentinel(kills: bool, redis_path: str, tmp_path: Path) -> None:
    """Master and replica under Sentinels; the master may be killed once, and may then lose its last second."""
    with running_sentinels(redis_path, tmp_path / "sentinel", *SYNCED) as sentinels:

        def fail_over(_: Callers) -> Call | None:
            old = sentinels.master()
            if old != sentinels.servers[0].port:
                return None
            began = time.monotonic()
            sentinels.servers[0].kill()
            until(lambda: sentinels.master() != old)
            return Call("failover", None, None, began, time.monotonic(), who="Sentinel")

        hold(history_of(sentinels.url, tmp_path / "logs", WAR if kills else PEACE, fail_over if kills else None))
