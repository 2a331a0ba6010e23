"""What all tests share: real servers, and how properties are tried.

They are not timed, because the first call of a kernel compiles it. A failure prints the line that repeats it. In CI the
examples are the same in every run: a commit fails by what it changes, and never by chance.
"""

import os

import pytest
from hypothesis import settings
from programs import left_out

pytest_plugins = ["servers.fixtures"]

settings.register_profile("local", deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say in the last line what was left out for want of a program, and the command that adds it."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    line = left_out([str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)])
    if reporter and line:
        reporter.write_line(line, yellow=True)
