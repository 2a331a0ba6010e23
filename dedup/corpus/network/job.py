"""What is asked of a collection's network."""

from dataclasses import dataclass

from dedup.scheme import Scheme, Unit
from dedup.search.question import Question


@dataclass(frozen=True, slots=True)
class Job:
    """Which passages make a pair, and which pairs count.

    Attributes:
        date: the metadata field with a document's date; by default `published`, else `date`.
        series: a metadata field; documents with the same value in it are no pair. By default all are compared.
        within: seconds that the dates of a pair may be apart at most; a document without a date is in no pair then. By
            default any.
        min_words: fewest words (or characters) that a passage has in common; by default evidence decides.
        min_similarity: least similarity of a passage; by default evidence decides.
        reworded: find passages that are told in other words, too.
        unit: what is compared: words, or characters, for texts that were misread.
        threads: how many work; the result is the same.

    Raises:
        InvalidInput: a limit makes no sense.
    """

    date: str | None = None
    series: str | None = None
    within: int | None = None
    min_words: int | None = None
    min_similarity: float | None = None
    reworded: bool = True
    unit: Unit = "word"
    threads: int = 2

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        _ = self.question

    @property
    def question(self) -> Question:
        """What is asked of each document."""
        return Question(min_words=self.min_words, min_similarity=self.min_similarity, reworded=self.reworded)

    @property
    def scheme(self) -> Scheme:
        """The scheme of the index that is made for a run: window minima, which find passages, and no signatures."""
        return Scheme(num_perm=1, bands=1, rows=1, unit=self.unit)
