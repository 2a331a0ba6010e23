"""The n-th call that an operation makes of its files fails, for every n: a typed error, nothing half."""

import json
from pathlib import Path

import pytest
from trust.shim import run_watched

pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]


def test_every_call_that_fails_is_a_typed_error_and_nothing_is_half(shim: Path, world: Path) -> None:
    """Whichever call fails, the index is as before or after, and goes on once the fault has gone."""
    said = json.loads(run_watched(shim, world, "trust.failing", world))
    print(f"{said['tried']:,} cases")  # noqa: T201 - the figure is reported
    for problem, cases in said["problems"].items():
        print(f"{len(cases)} cases, {cases[:5]} …: {problem}")  # noqa: T201 - the same
    assert said["tried"] > 300
    assert not said["problems"]
