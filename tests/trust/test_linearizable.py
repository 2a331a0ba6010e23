"""The history checker tells good histories from bad ones, made by hand, and finds what makes a bad one bad."""

import math
import random
from dataclasses import replace

import pytest
from trust.linearizable import ANY, Call, interrupted, linearizable, minimal


def call(kind: str, value: str | None, result: object, made: float, returned: float = math.inf) -> Call:
    """Return a call between two times."""
    return Call(kind, value, result, made, returned)


PUT_A = call("put", "a", "put", 0, 1)
GOOD = {
    "nothing": [],
    "put, then read": [PUT_A, call("read", None, "a", 2, 3)],
    "a read during a put sees the old": [call("put", "a", "put", 0, 5), call("read", None, None, 1, 2)],
    "a read during a put sees the new": [call("put", "a", "put", 0, 5), call("read", None, "a", 1, 2)],
    "a read that outlives a put sees the time before it": [PUT_A, call("read", None, None, 0.5, 3)],
    "of two puts at once either comes first": [
        *(call("put", "a", "replaced", 0, 5), call("put", "b", "put", 0, 5)),
        call("read", None, "a", 6, 7),
    ],
    "put, removed, created": [PUT_A, call("remove", None, 1, 2, 3), call("create", "b", "put", 4, 5)],
    "the second of two creates keeps the first": [
        *(call("create", "a", "put", 0, 5), call("create", "b", "kept", 1, 4)),
        call("read", None, "a", 6, 7),
    ],
    "a killed put may have happened": [call("put", "a", ANY, 0), call("read", None, "a", 9, 10)],
    "a killed put may not have happened": [call("put", "a", ANY, 0), call("read", None, None, 9, 10)],
    "a killed put may happen late": [
        *(call("put", "a", ANY, 0), call("read", None, None, 5, 6)),
        call("read", None, "a", 9, 10),
    ],
    "equal content is unchanged": [PUT_A, call("put", "a", "unchanged", 2, 3), call("remove", None, 1, 4, 5)],
}
BAD = {
    "an acknowledged put is not found": [PUT_A, call("read", None, None, 2, 3)],
    "a version is read that nobody put": [PUT_A, call("read", None, "b", 2, 3)],
    "a removed document comes back": [PUT_A, call("remove", None, 1, 2, 3), call("read", None, "a", 4, 5)],
    "a reader goes back in time": [
        *(PUT_A, call("put", "b", "replaced", 2, 9)),
        *(call("read", None, "b", 3, 4), call("read", None, "a", 5, 6)),
    ],
    "created twice": [call("create", "a", "put", 0, 5), call("create", "b", "put", 1, 4)],
    "created over a killed put that was read": [
        *(call("put", "a", ANY, 0), call("read", None, "a", 1, 2)),
        call("create", "b", "put", 3, 4),
    ],
    "removed twice": [PUT_A, call("remove", None, 1, 2, 5), call("remove", None, 1, 3, 4)],
    "a replaced document is missing for a moment": [
        *(PUT_A, call("put", "b", "replaced", 2, 5), call("read", None, None, 3, 4)),
    ],
    "a killed put happens twice": [
        *(call("put", "a", ANY, 0), call("read", None, "a", 1, 2), call("put", "b", "replaced", 3, 4)),
        call("read", None, "a", 5, 6),
    ],
    "unchanged, and was another": [PUT_A, call("put", "b", "unchanged", 2, 3)],
}


@pytest.mark.parametrize("history", GOOD.values(), ids=GOOD.keys())
def test_good_history(history: list[Call]) -> None:
    """What may happen one call at a time is no fault."""
    assert linearizable(history)


@pytest.mark.parametrize("history", BAD.values(), ids=BAD.keys())
def test_bad_history(history: list[Call]) -> None:
    """What cannot is one."""
    assert not linearizable(history)


@pytest.mark.parametrize(("lag", "possible"), [(0.0, False), (2.0, True), (0.5, False)])
def test_failover_takes_back_what_is_recent(lag: float, possible: bool) -> None:
    """A failover may take back acknowledged changes that are more recent than the lag, and no others."""
    history = [PUT_A, call("put", "b", "replaced", 2, 3), call("failover", None, None, 4, 5)]
    assert linearizable([*history, call("read", None, "a", 6, 7)], lag) == possible
    assert linearizable([*history, call("read", None, "b", 6, 7)], lag)
    assert not linearizable([*history, call("read", None, None, 6, 7)], lag)


def test_call_that_a_death_interrupts() -> None:
    """It may have been done twice and say what it met either time; what it did is there, and other calls are exact."""
    death = Call("restart", None, None, 2.5, 2.7)
    again = [PUT_A, call("put", "b", "replaced", 2, 5), call("remove", None, 1, 3, 4), call("read", None, "b", 6, 7)]
    assert linearizable(interrupted(again, [death]))
    assert not linearizable(interrupted(again, [replace(death, made=8, returned=9)]))
    lost = [*again[:2], call("read", None, "a", 6, 7)]
    assert not linearizable(interrupted(lost, [death]))
    assert not linearizable(interrupted([*again, call("put", "c", "put", 8, 9)], [death]))


def simulated(rng: random.Random, calls: int) -> list[Call]:
    """Return a history that did happen one call at a time, each at a moment between its beginning and its end."""
    version: str | None = None
    history = list[Call]()
    for moment in range(calls):
        kind = rng.choice(["put", "create", "remove", "read"])
        value, before, result = str(moment) if kind in ("put", "create") else None, version, object()
        if kind == "put" or (kind == "create" and version is None):
            version, result = value, "replaced" if before else "put"
        elif kind == "create":
            result = "kept"
        elif kind == "remove":
            version, result = None, int(before is not None)
        else:
            result = before
        history.append(Call(kind, value, result, moment - 4 * rng.random(), moment + 4 * rng.random()))
    return history


def test_simulated_histories() -> None:
    """300 calls at once by many, made from one register, are possible; a stale read among them is told apart."""
    for seed in range(10):
        history = simulated(random.Random(seed), 300)  # noqa: S311 - reproducible
        assert linearizable(history)
        assert not linearizable([*history, Call("read", None, "0", 1000, 1001)])


def test_minimal_history() -> None:
    """Of 200 calls with a stale read after them that read is left, or it with what it contradicts."""
    history = simulated(random.Random(1), 200)  # noqa: S311 - reproducible
    ends = [Call("put", "last", status, 300, 301) for status in ("put", "replaced")]
    (last,) = (end for end in ends if linearizable([*history, end]))
    invented = Call("read", None, "never", 302, 303)
    assert minimal([*history, last, invented, Call("read", None, "last", 304, 305)]) == [invented]
    lost = replace(invented, result=None)
    found = minimal([*history, last, lost, Call("read", None, None, 304, 305)])
    assert found[1:] == [lost]
