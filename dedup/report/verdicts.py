"""What is said of a passage: copied, reworded, or boilerplate."""

from typing import Final

VERDICTS: Final = ("copied", "reworded", "boilerplate")
"""In the order of weight: where several passages lie, the first of these is drawn."""

COUNTED: Final = frozenset({"copied", "reworded"})
"""Those that count as found elsewhere unless a reader chooses otherwise, as in `Answer.coverage`."""

_OF_KIND: Final = {"passage": "copied", "reworded": "reworded", "boilerplate": "boilerplate"}


def verdict(kind: str) -> str:
    """Return what is said of a passage of that kind."""
    return _OF_KIND[kind]
