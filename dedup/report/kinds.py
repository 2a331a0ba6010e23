"""How a passage's kind is shown: copied, reworded, or boilerplate."""

from typing import Final

KINDS: Final = ("copied", "reworded", "boilerplate")
"""In the order of weight: where several passages lie, the first of these is drawn."""

COUNTED: Final = frozenset({"copied", "reworded"})
"""Those that count as found elsewhere unless a reader chooses otherwise, as in `Answer.coverage`."""

_OF_KIND: Final = {"passage": "copied", "reworded": "reworded", "boilerplate": "boilerplate"}


def shown_kind(kind: str) -> str:
    """Return how a passage's kind is shown."""
    return _OF_KIND[kind]
