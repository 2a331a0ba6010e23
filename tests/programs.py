"""Programs that tests need and no wheel brings: without one its tests are left out, but not in CI."""

import os
import re
import shutil
from collections import Counter

import pytest

PACKAGES = {
    "cc": "build-essential",
    "chromium": "chromium",
    "java": "default-jre-headless",
    "nginx": "nginx-light",
    "redis-cli": "redis-tools",
    "redis-server": "redis-server",
    "valgrind": "valgrind",
}
"""The Debian package of each."""


def needed(name: str) -> str:
    """Return a program's path; without the program skip the test, or fail in CI."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    reason = f"{name} is not here: apt-get install {PACKAGES[name]}"
    if path is None and os.environ.get("CI"):
        pytest.fail(reason)
    return path or pytest.skip(reason)


def left_out(reasons: list[str]) -> str:
    """Return what a run says of the tests that were skipped for want of a program; nothing if there were none."""
    wanting = Counter(found[1] for reason in reasons if (found := re.search(r"apt-get install ([\w-]+)$", reason)))
    if not wanting:
        return ""
    counts = ", ".join(f"{count} for want of {package}" for package, count in sorted(wanting.items()))
    return f"left out: {counts}; to run them too: apt-get install {' '.join(sorted(wanting))}"
