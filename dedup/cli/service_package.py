"""The package `service`, which another of that name may hide."""

from importlib.util import find_spec
from pathlib import Path

from dedup.errors import InvalidInput


def require_own_service() -> None:
    """Check that `import service` gives the package that came with this one.

    Raises:
        InvalidInput: another package called `service` comes first on Python's path.
    """
    own = Path(__file__).parents[2] / "service/__init__.py"
    spec = find_spec("service")
    other = spec.origin if spec and spec.origin else "nothing"
    if Path(other).resolve() != own.resolve():
        raise InvalidInput(
            f"`import service` gives {other} instead of the service of resembles; "
            "take its folder out of PYTHONPATH, or rename it"
        )
