"""Near-duplicate and shared-passage detection: what does this text resemble, and which lines?

Nothing heavy is imported until a name is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dedup.errors import ResemblesError
from dedup.model import (
    Answer,
    Containment,
    Document,
    Duplicated,
    Hit,
    Hits,
    Match,
    Passage,
    Placed,
    Reject,
    Report,
    Span,
    Watch,
)
from dedup.scheme import Scheme
from dedup.search.question import Question

if TYPE_CHECKING:
    from dedup.client import AsyncClient, Client
    from dedup.engine import Index, compare
    from dedup.engine import open_index as open  # noqa: A004 - dedup.open reads as what it does
    from dedup.sketching.sketches import Sketch, sketch, to_datasketch
    from dedup.stories.story import Member, Outline, Printing, Reprinted, Stories, Story

_LATER = {
    "AsyncClient": ("dedup.client", "AsyncClient"),
    "Client": ("dedup.client", "Client"),
    "Index": ("dedup.engine", "Index"),
    "Member": ("dedup.stories.story", "Member"),
    "Outline": ("dedup.stories.story", "Outline"),
    "Printing": ("dedup.stories.story", "Printing"),
    "Reprinted": ("dedup.stories.story", "Reprinted"),
    "Sketch": ("dedup.sketching.sketches", "Sketch"),
    "Stories": ("dedup.stories.story", "Stories"),
    "Story": ("dedup.stories.story", "Story"),
    "compare": ("dedup.engine", "compare"),
    "open": ("dedup.engine", "open_index"),
    "sketch": ("dedup.sketching.sketches", "sketch"),
    "to_datasketch": ("dedup.sketching.sketches", "to_datasketch"),
}

__all__ = [
    "Answer",
    "AsyncClient",
    "Client",
    "Containment",
    "Document",
    "Duplicated",
    "Hit",
    "Hits",
    "Index",
    "Match",
    "Member",
    "Outline",
    "Passage",
    "Placed",
    "Printing",
    "Question",
    "Reject",
    "Report",
    "Reprinted",
    "ResemblesError",
    "Scheme",
    "Sketch",
    "Span",
    "Stories",
    "Story",
    "Watch",
    "compare",
    "open",
    "sketch",
    "to_datasketch",
]


def __getattr__(name: str) -> Any:
    """Import what a public name stands for at its first use."""
    if name not in _LATER:
        raise AttributeError(f"module 'dedup' has no attribute {name!r}")
    module, attribute = _LATER[name]
    globals()[name] = value = getattr(import_module(module), attribute)
    return value
