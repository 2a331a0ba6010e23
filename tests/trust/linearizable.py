"""Whether a history of calls on one id could have happened one call at a time (Herlihy and Wing 1990).

The search is that of Wing and Gong (1993) with the memory of Lowe (2017): a set of calls done and the state they lead
to is tried once. A call without a return may have happened at any time after it was made, or never.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

ANY = "?"
"""The result of a call that nobody was told of."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call on one id.

    Attributes:
        kind: "put", "create", "remove", "read", or "failover", which may take back what was done shortly before.
        value: the version that is put or created.
        result: the status of a put or create, how many were removed, the version that was read (None: no document).
        made: when the call was made, in seconds.
        returned: when it returned, or was known to be over; infinity if it was not.
        who: what made it.
        sure: whether the result is what the call met: a call that a server's death interrupts is made again, and tells
            what its last attempt met.
    """

    kind: str
    value: str | None
    result: object
    made: float
    returned: float = math.inf
    who: str = ""
    sure: bool = True

    @property
    def optional(self) -> bool:
        """Whether it may not have happened at all: nobody was told."""
        return self.result == ANY

    def __str__(self) -> str:
        """Return a line of a history."""
        end = f"{self.returned:.6f}" if self.returned < math.inf else "no return"
        result = self.result if self.sure else f"{self.result}, interrupted"
        return f"{self.made:.6f} to {end}  {self.who}: {self.kind} {self.value or ''} -> {result}"


State = tuple[str | None, frozenset[str | None]]
"""The version that the id has, and those that a failover may take it back to."""


def linearizable(calls: Iterable[Call], lag: float = 0.0) -> bool:
    """Whether there is an order of the calls, each between its beginning and its end, that explains all results.

    Args:
        calls: those on one id, which has no document at first.
        lag: how many seconds of acknowledged changes a failover may take back.
    """
    history = sorted(calls, key=lambda call: call.made)
    needed = sum(1 << place for place, call in enumerate(history) if not call.optional)
    frozen = min((call.made for call in history if call.kind == "failover"), default=math.inf) - lag
    states: list[tuple[int, State]] = [(0, (None, frozenset((None,))))]
    seen = set(states)
    while states:
        done, state = states.pop()
        if done & needed == needed:
            return True
        for place in _next(history, done):
            for following in _after(history[place], state, frozen):
                one = (done | 1 << place, following)
                if one not in seen:
                    seen.add(one)
                    states.append(one)
    return False


def _next(history: Sequence[Call], done: int) -> Iterator[int]:
    """Yield the calls that may come next: none that is left returned before they were made."""
    first, last = math.inf, history[done.bit_length() - 1].made if done else -math.inf
    place = (~done & (done + 1)).bit_length() - 1  # all before this one are done
    while place < len(history) and history[place].made <= first:
        call = history[place]
        if not done >> place & 1:
            first = first if call.optional else min(first, call.returned)
            if call.returned >= last:
                yield place
        place += 1


def _after(call: Call, state: State, frozen: float) -> Iterator[State]:
    """Yield the states that a call may lead to; none if its result is not what it would have been."""
    version, kept = state
    if call.kind == "failover":
        yield from ((one, frozenset((one,))) for one in kept)
        return
    exact = call.sure or call.result == "kept"  # what is kept is there, however often a call is made
    following, result = _done(call, version if exact else None)
    if call.optional or call.result == result or not exact:
        settled = call.returned < frozen and not call.optional
        yield following, frozenset((following,)) if settled else kept | {following}


def _done(call: Call, version: str | None) -> tuple[str | None, object]:
    """Return the version after a call and the call's result."""
    if call.kind == "put":
        return call.value, "put" if version is None else "unchanged" if version == call.value else "replaced"
    if call.kind == "create":
        return (call.value, "put") if version is None else (version, "kept")
    if call.kind == "remove":
        return None, int(version is not None)
    return version, version


def interrupted(calls: Iterable[Call], deaths: Sequence[Call]) -> Iterator[Call]:
    """Yield the calls; those during which a server was away may have been done once more before, with any result."""
    for call in calls:
        met = any(call.made <= death.returned and death.made <= call.returned for death in deaths)
        if call.kind == "read" or call.optional or not met:
            yield call
        else:
            yield replace(call, sure=False)
            yield _forgotten(call)


def minimal(calls: Sequence[Call], lag: float = 0.0) -> list[Call]:
    """Return as few of the calls of an impossible history as are impossible by themselves.

    A call is left out if the history stays impossible though that call may have had any result, or not happened, and
    if no read that is kept is of what it put.
    """
    ends = sorted(call.returned for call in calls if not call.optional)
    first = bisect_left(ends, True, key=lambda end: not linearizable(_until(calls, end), lag))
    kept = _until(calls, ends[first])
    for call in sorted(kept, key=lambda call: (call.kind != "read", -call.made)):
        rest = [one for one in kept if one is not call]
        is_read = call.value is not None and any(one.kind == "read" and one.result == call.value for one in rest)
        if call.kind != "failover" and not is_read and not linearizable([*rest, _forgotten(call)], lag):
            kept = rest
    return kept


def _until(calls: Iterable[Call], now: float) -> list[Call]:
    """Return what was known at that time: what had not returned yet may have any result."""
    known = [
        call if call.returned <= now else replace(_forgotten(call), returned=math.inf)
        for call in calls
        if call.made <= now
    ]
    return sorted(known, key=lambda call: call.made)


def _forgotten(call: Call) -> Call:
    return replace(call, result=ANY)
