"""What is asked of a text, with its defaults: the same for the library, the client, the command line and HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from dedup.errors import InvalidInput
from dedup.scheme import Unit
from dedup.search.filters import Filter
from dedup.search.verdict import HALF

USUAL = {"word": (12, 0.6), "character": (40, 0.45)}
"""Matched words and similarity of a passage where nothing is asked for. Words: ADR 10; characters: ADR 17."""
CONTAINED = 0.8
"""ADR 32: of copies with one word in twenty edited two thirds are near-duplicates; at .7 some that lost a third are."""
Fold = Literal["story"]
MOST = 1 << 24  # no text has more words, see dedup.admission.LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a text.

    Attributes:
        limit: matches to return at most; of more, those that cover most of the query between them.
        min_words: leave out passages of fewer matched words. Copied ones of so many count even if chance might give
            them, if they are similar by `min_similarity`, or .6 (.45 of characters). By default evidence alone decides
            what counts.
        min_similarity: leave out passages that are less similar; above 0, up to 1.
        passages: look for passages; if not, only documents that are alike as a whole are matched.
        filter: conditions that a document's metadata must meet, field by field; see `dedup.search.filters.Filter`.
        reworded: look for passages that are told in other words, too.
        contained: from this share of its shingles on a text counts as contained in another, .5 to 1; it decides the
            verdict, see `dedup.model.Match`, and not what is found.
        fold: "story" for the best match of each story alone; then `limit` counts stories.

    Raises:
        InvalidInput: a limit or condition makes no sense.
    """

    limit: int = 10
    min_words: int | None = None
    min_similarity: float | None = None
    passages: bool = True
    filter: Mapping[str, Any] | None = None
    reworded: bool = True
    contained: float = CONTAINED
    fold: Fold | None = None

    def __post_init__(self) -> None:
        """Refuse limits and conditions that make no sense."""
        for name, count in (("limit", self.limit), ("min_words", 1 if self.min_words is None else self.min_words)):
            if type(count) is not int or not 1 <= count <= MOST:
                raise InvalidInput(f"{name} {count!r}: give a whole number from 1 to {MOST:,}")
        if self.min_similarity is not None and not (_is_number(self.min_similarity) and 0 < self.min_similarity <= 1):
            raise InvalidInput(f"min_similarity {self.min_similarity!r}: give a number above 0, up to 1")
        if not (_is_number(self.contained) and HALF <= self.contained <= 1):
            raise InvalidInput(f"contained {self.contained!r}: give a number from {HALF} to 1")
        for name, switch in (("passages", self.passages), ("reworded", self.reworded)):
            if type(switch) is not bool:
                raise InvalidInput(f"{name} {switch!r}: give true or false")
        if self.fold not in (None, "story"):
            raise InvalidInput(f'fold {self.fold!r}: give "story", or leave it out')
        Filter.of(self.filter, {})

    def usual_words(self, unit: Unit) -> int:
        """Return the matched tokens of a copied passage that is reported always, if need be as boilerplate."""
        return self.min_words or USUAL[unit][0]

    def usual_similarity(self, unit: Unit) -> float:
        """Return the similarity that it needs where that is the unit."""
        return self.min_similarity or USUAL[unit][1]


def _is_number(value: object) -> bool:
    return type(value) in (int, float)


class PassageFields(TypedDict, total=False):
    """The fields of a question that say what a passage is, as keywords of a call."""

    min_words: int | None
    min_similarity: float | None
    reworded: bool


class PairFields(PassageFields, total=False):
    """The fields of a question that can be asked of two texts, as keywords of a call."""

    contained: float


class WatchFields(PassageFields, total=False):
    """The fields of a question that a watch may have, as keywords of a call."""

    passages: bool
    filter: Mapping[str, Any] | None


class QuestionFields(PairFields, WatchFields, total=False):
    """The fields of a question, as keywords of a call."""

    limit: int
    fold: Fold | None
