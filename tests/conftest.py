"""What all tests share: properties are not timed, because the first call of a kernel compiles it; real servers."""

import pytest
from hypothesis import settings
from programs import left_out

pytest_plugins = ["servers.fixtures"]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say in the last line what was left out for want of a program, and the command that adds it."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if line := left_out([str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)]):
        reporter.write_line(line, yellow=True)
