"""Races: every way is run once in each round, in an order that turns, so that what disturbs befalls all alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.harness.row import middle


@dataclass(slots=True)
class Times:
    """Seconds that one way took in each round, of processor time and by the wall clock."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def rates(self, amount: float, *, threads: int = 1) -> tuple[float, float, float]:
        """Return median and spread of `amount` a second, and the median by the wall clock.

        The first two are of processor time on one thread, which a neighbour disturbs least; on more of the wall clock.
        """
        wall = [amount / seconds for seconds in self.wall]
        return (*middle([amount / seconds for seconds in self.cpu] if threads == 1 else wall), middle(wall)[0])


def timed(call: Callable[[], Any], times: Times) -> Any:
    """Call, note how long it took, and return what it gave."""
    begun, start = time.perf_counter(), time.process_time()
    result = call()
    times.cpu.append(max(time.process_time() - start, 1e-9))
    times.wall.append(time.perf_counter() - begun)
    return result


def race(ways: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, Times]:
    """Run each way once to warm up, then once a round."""
    for way in ways.values():
        way()
    names, taken = list(ways), {name: Times() for name in ways}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            timed(ways[name], taken[name])
    return taken
