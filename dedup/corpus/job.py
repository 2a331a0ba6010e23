"""What is asked of a collection, and the scheme that finds it."""

from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from dedup.admission import LONGEST_TEXT
from dedup.corpus.keep import Keep
from dedup.errors import InvalidInput
from dedup.scheme import Scheme, Unit

Level = Literal["documents", "passages", "runs"]
Measure = Literal["jaccard", "containment"]
Closure = Literal["survivor", "transitive"]

_CHOICES = {"level": Level, "measure": Measure, "closure": Closure, "unit": Unit}
_BYTES = {"MB": 10**6, "GB": 10**9}
FULL = 512  # ADR 29: at 64 a tenth of the licences' pairs by containment is missed, at 256 one in 2,000
STAR = 64  # ADR 6: cost stays linear, pairs lost are mostly those of documents removed anyway
RECALL = 0.995  # not measured: a choice; what others give is in `dedup corpus tune`
HIGHEST = 0.99  # not measured: at 1 a band would be the whole signature
PERMUTATIONS = (128, 256, 512, 1024)  # ADR 6: the fewest that suffice; 256 compares a third less and costs more
LEAST = {"word": 12, "character": 40}  # not measured: a choice
LEAST_OF_A_RUN = {"word": 50, "character": 250}  # the 50 tokens of Lee et al. 2022, and five characters for a word
WINDOW = 8  # not measured: half the postings of 4; runs of 11 tokens are found for certain


@dataclass(frozen=True, slots=True)
class Job:
    """What counts as a duplicate, and which of them stays.

    Attributes:
        threshold: least similarity of a duplicate to what it is a duplicate of, above 0 and at most 1.
        level: whether documents are compared, or their paragraphs; or whether runs of words are found, at any boundary,
            that stand elsewhere, for which there is neither threshold, measure nor closure.
        measure: "jaccard", or "containment": the share of the lower ranked one's shingles that the other one holds.
        keep: which of several stays.
        closure: "survivor": a duplicate resembles what it is a duplicate of; "transitive": it resembles something
            that does, and so on.
        cut: take repeated paragraphs or runs out of the texts.
        min_words: fewest words of a paragraph that is compared, by default 12, or of a run, by default 50; or fewest
            characters, by default 40 and 250.
        threads: how many work; the result is the same.
        memory: what the join may take before it spills to disk: a whole number of MB or GB, as in "2GB".
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
        self._check_choices()
        if not 0 < self.threshold <= 1:
            raise InvalidInput(f"threshold is {self.threshold}; give a number above 0 and at most 1")
        if self.cut and self.level == "documents":
            raise InvalidInput(
                "only passages and runs can be cut out; give --level passages or runs, or leave --cut out"
            )
        if self.level == "runs":
            self._check_runs()
        elif self.keep.rule == "none":
            raise InvalidInput("keep none takes the first copy of a run out too; give --level runs, or another rule")

    def _check_choices(self) -> None:
        """Refuse a name that is none of the choices, which Python does not check."""
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in get_args(choices):
                raise InvalidInput(f"{name} is {getattr(self, name)!r}; give {' or '.join(get_args(choices))}")
        if not isinstance(self.keep, Keep):
            raise InvalidInput(f"keep is {self.keep!r}; give a Keep, as in Keep.parse({str(self.keep)!r})")
        if self.min_words is not None and self.min_words < 1:
            raise InvalidInput(f"min_words is {self.min_words}; give 1 or more, or leave it out")
        _ = self.bytes_of_memory

    def _check_runs(self) -> None:
        """Refuse what says nothing about runs."""
        usual = {one.name: one.default for one in fields(self)}
        for name in ("threshold", "measure", "closure"):
            if getattr(self, name) != usual[name]:
                raise InvalidInput(f"runs are the same word by word: leave --{name} out, or give another --level")
        if self.least < 2:  # a window of one token may follow one of another document
            raise InvalidInput(f"a run has two {self.unit}s or more; give --min-words 2 or more")
        if self.least > LONGEST_TEXT:
            raise InvalidInput(f"no text has {self.least:,} {self.unit}s; give --min-words {LONGEST_TEXT} or less")
        if self.keep.rule == "none" and not self.cut:
            raise InvalidInput("keep none says what is cut out; give --cut, or another rule")

    @property
    def least(self) -> int:
        """Fewest tokens of a paragraph that is compared, or of a run."""
        return self.min_words or (LEAST_OF_A_RUN if self.level == "runs" else LEAST)[self.unit]

    @property
    def bytes_of_memory(self) -> int:
        """The memory in bytes.

        Raises:
            InvalidInput: it is written otherwise than a number above 0 with MB or GB.
        """
        number, unit = self.memory[:-2], self.memory[-2:]
        if not number.isdecimal() or not int(number) or unit not in _BYTES:
            raise InvalidInput(f"memory is {self.memory!r}; give a whole number of MB or GB, as in 2GB")
        return int(number) * _BYTES[unit]

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
