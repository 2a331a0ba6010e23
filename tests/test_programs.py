"""What a run without some programs says, and that CI installs all of them."""

import re
from pathlib import Path

import pytest
from programs import PACKAGES, left_out, needed

ROOT = Path(__file__).parents[1]


def test_what_was_left_out_is_one_line_with_one_command() -> None:
    """Skips for want of programs are counted by package; other skips are no matter of installing."""
    reasons = [f"Skipped: {name} is not here: apt-get install {name}" for name in ("valgrind", "chromium", "valgrind")]
    said = left_out([*reasons, "Skipped: needs the right to mount a small disk"])
    assert said == (
        "left out: 1 for want of chromium, 2 for want of valgrind; to run them too: apt-get install chromium valgrind"
    )
    assert left_out([]) == ""


def test_a_missing_program_fails_in_ci_and_is_left_out_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program the reason ends in the command that installs it."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(PACKAGES, "no-such-program", "its-package")
    for ci, outcome in (("1", pytest.fail.Exception), ("", pytest.skip.Exception)):
        monkeypatch.setenv("CI", ci)
        with pytest.raises(outcome, match=r"apt-get install its-package$"):
            needed("no-such-program")


@pytest.mark.parametrize("script", [".ci/run", ".github/workflows/ci.yml"])
def test_ci_installs_every_program(script: str) -> None:
    """Each Debian package that a test may want is installed before the tests run in CI."""
    words = set(re.findall(r"[\w-]+", (ROOT / script).read_text("utf-8")))
    assert set(PACKAGES.values()) - {"redis-tools"} <= words  # redis-server brings redis-tools
