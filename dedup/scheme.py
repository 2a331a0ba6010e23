"""The parameters that change a hash, frozen, with a fingerprint that is stored with the index."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal, NamedTuple, Self, cast

import xxhash

from dedup.errors import InvalidScheme

FOLD_VERSION = 3
HASH_VERSION = 1
Unit = Literal["word", "character"]


class _Defaults(NamedTuple):
    """What a unit's schemes have where nothing is said: tokens in a shingle, shingles in a window."""

    k: int
    w: int


_DEFAULTS = {"word": _Defaults(4, 4), "character": _Defaults(7, 8)}  # ADR 17: characters
_OF_UNIT = cast("int", None)


@dataclass(frozen=True, slots=True)
class Scheme:
    """How texts become buckets; two indexes agree exactly when their schemes' fingerprints do.

    Attributes:
        k: tokens in a shingle; by default 4 words or 7 characters.
        w: consecutive shingles in a window; any verbatim run of w + k - 1 tokens shares a bucket
            (winnowing: Schleimer, Wilkerson, Aiken, SIGMOD 2003). By default 4, or 8 of characters.
        num_perm: MinHash permutations in a signature.
        bands: LSH bands; bands * rows <= num_perm.
        rows: signature values in a band.
        seed: seed of the permutations, as datasketch's.
        fold: version of the fold table.
        hash: version of the token and shingle hash.
        unit: what a token is: a word, or a character (a letter or digit, whatever the script), for texts that were
            misread, by OCR for instance.
        stories: how alike a document must be to one of a story to join it, 0 to 1; 0: the index has no stories.
    """

    k: int = _OF_UNIT
    w: int = _OF_UNIT
    num_perm: int = 128
    bands: int = 42
    rows: int = 3
    seed: int = 1
    fold: int = FOLD_VERSION
    hash: int = HASH_VERSION
    unit: Unit = "word"
    stories: float = 0.0

    def __post_init__(self) -> None:
        """Fill in the unit's defaults; refuse parameters outside the ranges that the kernels are tested for."""
        if self.unit not in _DEFAULTS:
            raise InvalidScheme(f"scheme: unit is {self.unit!r}; give word or character")
        for name, default in _DEFAULTS[self.unit]._asdict().items():
            if getattr(self, name) is _OF_UNIT:
                object.__setattr__(self, name, default)  # the dataclass is frozen, but not made yet
        ranges = {"k": 32, "w": 64, "num_perm": 1024, "bands": 1024, "rows": 32, "seed": 2**32 - 1}
        for name, most in ranges.items():
            value, least = getattr(self, name), 0 if name == "seed" else 1
            if not (isinstance(value, int) and least <= value <= most):
                raise InvalidScheme(f"scheme: {name} is {value!r}; give a whole number from {least} to {most}")
        if not (isinstance(self.stories, int | float) and 0 <= self.stories <= 1):
            raise InvalidScheme(f"scheme: stories is {self.stories!r}; give a number from 0, for none, to 1")
        if self.bands * self.rows > self.num_perm:
            raise InvalidScheme(
                f"scheme: {self.bands} bands of {self.rows} rows need {self.bands * self.rows} permutations; "
                f"num_perm is {self.num_perm}",
            )

    @classmethod
    def for_threshold(cls, threshold: float, *, recall: float = 0.99, num_perm: int = 128, unit: Unit = "word") -> Self:
        """Choose the longest bands that still find `recall` of the pairs at Jaccard `threshold`.

        The share of pairs found is the S-curve 1 - (1 - threshold ** rows) ** bands (Leskovec, Rajaraman, Ullman,
        Mining of Massive Datasets, 3.4); longer bands mean fewer false candidates.

        Raises:
            InvalidScheme: if no bands reach that recall, or an argument is not strictly between 0 and 1.
        """
        for name, value in (("threshold", threshold), ("recall", recall)):
            if not 0 < value < 1:
                raise InvalidScheme(f"scheme: {name} is {value}; give a number between 0 and 1")
        for rows in range(min(num_perm, 32), 0, -1):
            scheme = cls(num_perm=num_perm, bands=num_perm // rows, rows=rows, unit=unit)
            if scheme.recall(threshold) >= recall:
                return scheme
        raise InvalidScheme(
            f"scheme: {num_perm} permutations cannot find {recall:.3g} of the pairs at {threshold:.3g}; "
            "give more permutations or a lower recall",
        )

    def recall(self, jaccard: float) -> float:
        """Return the share of pairs of that Jaccard similarity which share at least one band."""
        return float(1 - (1 - jaccard**self.rows) ** self.bands)

    @property
    def fingerprint(self) -> str:
        """XXH3-64 of the parameters as sorted JSON, 16 hexadecimal digits."""
        return xxhash.xxh3_64_hexdigest(self.to_json())

    @property
    def supported(self) -> bool:
        """Whether this version of the package has the scheme's fold table and hash."""
        return (self.fold, self.hash) == (FOLD_VERSION, HASH_VERSION)

    def renewed(self) -> Self:
        """Return the scheme with the fold table and hash of this version of the package."""
        return replace(self, fold=FOLD_VERSION, hash=HASH_VERSION)

    def to_json(self) -> bytes:
        """Return the parameters as JSON with sorted keys; what came later is named where it is not as it was before."""
        later = {"unit": "word", "stories": 0}
        named = {name: value for name, value in asdict(self).items() if name not in later or value != later[name]}
        return json.dumps(named, sort_keys=True).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Return the scheme that `to_json` wrote."""
        return cls(**json.loads(data))
