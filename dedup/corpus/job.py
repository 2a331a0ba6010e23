"""What is asked of a collection, and the scheme that finds it."""

from dataclasses import dataclass, field
from typing import Literal

from dedup.corpus.keep import Keep
from dedup.errors import InvalidInput
from dedup.scheme import Scheme, Unit

Level = Literal["documents", "passages"]
Measure = Literal["jaccard", "containment"]
Closure = Literal["survivor", "transitive"]

STAR = 64  # ADR 6: cost stays linear, pairs lost are mostly those of documents removed anyway
RECALL = 0.995  # not measured: a choice; what others give is in `dedup corpus tune`
HIGHEST = 0.99  # not measured: at 1 a band would be the whole signature
PERMUTATIONS = (128, 256, 512, 1024)  # ADR 6: the fewest that suffice; 256 compares a third less and costs more
LEAST = {"word": 12, "character": 40}  # not measured: a choice
WINDOW = 8  # not measured: half the postings of 4; runs of 11 tokens are found for certain


@dataclass(frozen=True, slots=True)
class Job:
    """What counts as a duplicate, and which of them stays.

    Attributes:
        threshold: least similarity of a duplicate to what it is a duplicate of, above 0 and at most 1.
        level: whether documents are compared, or their paragraphs.
        measure: "jaccard", or "containment": the share of the lower ranked one's shingles that the other one holds.
        keep: which of several stays.
        closure: "survivor": a duplicate resembles what it is a duplicate of; "transitive": it resembles something
            that does, and so on.
        cut: take repeated paragraphs out of the texts.
        min_words: fewest words of a paragraph that is compared, by default 12, or fewest characters, by default 40.
        threads: how many work; the result is the same.
        memory: what the join may take before it spills to disk, as DuckDB writes it.
        unit: what is compared: words, or characters, for texts that were misread.
    """

    threshold: float = 0.8
    level: Level = "documents"
    measure: Measure = "jaccard"
    keep: Keep = field(default_factory=Keep)
    closure: Closure = "survivor"
    cut: bool = False
    min_words: int | None = None
    threads: int = 2
    memory: str = "2GB"
    unit: Unit = "word"

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not 0 < self.threshold <= 1:
            raise InvalidInput(f"threshold is {self.threshold}; give a number above 0 and at most 1")
        if self.cut and self.level != "passages":
            raise InvalidInput("only passages can be cut out; give --level passages, or leave --cut out")

    @property
    def least(self) -> int:
        """Fewest tokens of a paragraph that is compared."""
        return self.min_words or LEAST[self.unit]

    @property
    def scheme(self) -> Scheme:
        """The scheme whose buckets find at least `RECALL` of the pairs at the threshold.

        For Jaccard the longest bands that do, of as few permutations as will. A text that is contained in a longer
        one has no similar signature: there the buckets are window minima.
        """
        if self.measure == "containment":
            return Scheme(w=WINDOW, num_perm=1, bands=1, rows=1, unit=self.unit)
        return scheme_for(self.threshold, self.unit)


def scheme_for(threshold: float, unit: Unit = "word") -> Scheme:
    """Return the scheme of fewest permutations that finds `RECALL` of the pairs at that Jaccard similarity.

    Raises:
        InvalidInput: no scheme does.
    """
    for permutations in PERMUTATIONS:
        if 1 - (1 - threshold) ** permutations >= RECALL:
            return Scheme.for_threshold(min(threshold, HIGHEST), recall=RECALL, num_perm=permutations, unit=unit)
    raise InvalidInput(f"threshold {threshold} is too low: no signature finds such pairs; give 0.01 or more")
