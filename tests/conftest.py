"""What all tests share: properties are not timed, because the first call of a kernel compiles it; real servers."""

from hypothesis import settings

pytest_plugins = ["servers.fixtures"]

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
