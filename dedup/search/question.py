"""What is asked of a text, with its defaults: the same for the library, the client, the command line and HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from dedup.errors import InvalidInput
from dedup.search.filters import Filter

MOST = 1 << 24  # no text has more words, see dedup.admission.LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a text.

    Attributes:
        limit: matches to return at most; of more, those that cover most of the query between them.
        min_words: matched words that a passage needs at least.
        min_similarity: similarity that a passage needs at least, above 0, up to 1.
        passages: look for passages; if not, only documents that are alike as a whole are matched.
        filter: conditions that a document's metadata must meet, field by field; see `dedup.search.filters.Filter`.

    Raises:
        InvalidInput: a limit or condition makes no sense.
    """

    limit: int = 10
    min_words: int = 12
    min_similarity: float = 0.6
    passages: bool = True
    filter: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        """Refuse limits and conditions that make no sense."""
        for name in ("limit", "min_words"):
            value = getattr(self, name)
            if type(value) is not int or not 1 <= value <= MOST:
                raise InvalidInput(f"{name} {value!r}: give a whole number from 1 to {MOST:,}")
        if type(self.min_similarity) not in (int, float) or not 0 < self.min_similarity <= 1:
            raise InvalidInput(f"min_similarity {self.min_similarity!r}: give a number above 0, up to 1")
        if type(self.passages) is not bool:
            raise InvalidInput(f"passages {self.passages!r}: give true or false")
        Filter.of(self.filter, {})


class PassageFields(TypedDict, total=False):
    """The fields of a question that say what a passage is, as keywords of a call."""

    min_words: int
    min_similarity: float


class QuestionFields(PassageFields, total=False):
    """The fields of a question, as keywords of a call."""

    limit: int
    passages: bool
    filter: Mapping[str, Any] | None
