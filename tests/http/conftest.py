"""A service for the tests that need no settings of their own, and a way to start others."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from servers.service import RANDOM, Serving, Start, serving


@pytest.fixture(autouse=True)
def _fresh_texts(request: pytest.FixtureRequest) -> None:
    """Seed the texts by the test's name, so that a failure can be repeated alone."""
    RANDOM.seed(request.node.nodeid)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A service with default settings; tests use ids of their own."""
    with serving(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return what starts a service with settings of its own, in a `with` statement."""
    return partial(serving, tmp_path)
