"""What all tests share: real servers, and how properties are tried.

They are not timed, because the first call of a kernel compiles it. A failure prints the line that repeats it. In CI the
examples are the same in every run: a commit fails by what it changes, and never by chance.
"""

import os

from hypothesis import settings

pytest_plugins = ["servers.fixtures"]

settings.register_profile("local", deadline=None, print_blob=True)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
