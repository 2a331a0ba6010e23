"""What the suites of `make test-trust` share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from trust.shim import shim

__all__ = ["shim"]


@pytest.fixture
def world() -> Iterator[Path]:
    """A folder in memory: what matters is the order of calls, not how fast a disk takes them."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108 - of a random name
        yield Path(folder)
