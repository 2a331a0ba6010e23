"""What is compared: documents, or their paragraphs."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.corpus.job import Job
from dedup.corpus.kernels import distinct
from dedup.scheme import Scheme
from dedup.sketching.sketches import shingles, sketch_tokens
from dedup.sketching.tokens import Tokens, tokenize

HASH_SLICES = 16  # ADR 6: the join holds one slice; other numbers not measured
_LINE_ENDS = r"\n\r\x0b\x85\u2028"
_PARTS = rf"[{_LINE_ENDS}\u2029](?:(?<=\r)\n)?+"  # the set first: 78 MB/s, an alternative 21
_SPACES = rf"(?:[^\S{_LINE_ENDS}\u2029]|[\u200b\ufeff])*+"
_BLANK_LINES = re.compile(rf"{_PARTS}(?:(?<=\u2029)|{_SPACES}[{_LINE_ENDS}\u2029])[\s\u200b\ufeff]*")
_LINES = re.compile(rf"[{_LINE_ENDS}]\s*")


@dataclass(frozen=True, slots=True)
class Units:
    """The n units of some documents.

    Attributes:
        documents: (n,) int64, the place of the document that each belongs to.
        starts: (n,) int64, where it starts in that document's text, code points.
        stops: (n,) int64, where it ends, exclusive.
        words: (n,) int64, its tokens.
        digests: (n, 2) uint64, XXH3-128 of its folded tokens' hashes.
        tokens: those of one unit after the other.
        buckets: (m,) uint64.
        owners: (m,) int64, the unit that each bucket is of.
        slices: (m,) int64, the part of the join that each bucket falls into.
        worded: (d,) bool, which of the d documents have words at all.
    """

    documents: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    words: NDArray[np.int64]
    digests: NDArray[np.uint64]
    tokens: Tokens
    buckets: NDArray[np.uint64]
    owners: NDArray[np.int64]
    slices: NDArray[np.int64]
    worded: NDArray[np.bool_]


def slices(job: Job) -> int:
    """Return into how many parts the buckets fall: bands, or ranges of hashes."""
    return job.scheme.bands if job.measure == "jaccard" else HASH_SLICES


def units(texts: Sequence[str], job: Job) -> Units:
    """Return the units of the texts that have enough words."""
    if job.level == "documents":
        places = [(i, 0, len(text)) for i, text in enumerate(texts)]
        pieces, least = texts, 1
    else:
        places = [(i, start, stop) for i, text in enumerate(texts) for start, stop in paragraphs(text)]
        pieces, least = [texts[i][start:stop] for i, start, stop in places], job.least
    tokens = tokenize(pieces, job.scheme.unit)
    sizes = np.diff(tokens.offsets)
    enough = sizes >= least
    owners = np.array(places, np.int64).reshape(-1, 3)[:, 0]
    worded = np.bincount(owners[sizes > 0], minlength=len(texts)) > 0
    tokens = _only(tokens, enough)
    where = np.array(places, np.int64).reshape(-1, 3)[enough]
    return Units(
        where[:, 0],
        where[:, 1],
        where[:, 2],
        np.diff(tokens.offsets),
        _digests(tokens),
        tokens,
        *_buckets(tokens, job.scheme, job.measure == "jaccard"),
        worded,
    )


def shingle_sets(tokens: Tokens, k: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the distinct hashes of the shingles of k tokens of one text after the other, sorted; and each's number."""
    sets, ends = distinct(*shingles(tokens, k))
    return sets, np.diff(ends)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each paragraph starts and ends.

    They are parted by blank lines and by U+2029, the paragraph separator; in a text without either by lines. A line
    ends with LF, CRLF, CR, VT, NEL or U+2028 (Unicode Standard, 5.8).
    """
    start, separator = 0, _BLANK_LINES if _BLANK_LINES.search(text) else _LINES
    for match in separator.finditer(text):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(text):
        yield start, len(text)


def blank_line(text: str) -> str:
    """Return the first break between paragraphs, with the white space around it; empty if there is none."""
    found = _BLANK_LINES.search(text)
    return found[0] if found else ""


def line_end(text: str) -> str:
    """Return the first end of a line, with the white space behind it; empty if there is none."""
    found = _LINES.search(text)
    return found[0] if found else ""


def has_words(text: str, job: Job) -> bool:
    """Return whether a text has a word, or a letter or digit if characters are the unit."""
    return len(tokenize([text], job.unit).hashes) > 0


def _only(tokens: Tokens, chosen: NDArray[np.bool_]) -> Tokens:
    if chosen.all():
        return tokens
    sizes = np.diff(tokens.offsets)
    of_chosen = np.repeat(chosen, sizes)
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[chosen])])
    return Tokens(tokens.hashes[of_chosen], tokens.starts[of_chosen], tokens.ends[of_chosen], offsets)


def _digests(tokens: Tokens) -> NDArray[np.uint64]:
    cuts = tokens.offsets.tolist()
    digests = [xxhash.xxh3_128_digest(tokens.hashes[start:stop].data) for start, stop in pairwise(cuts)]
    return np.frombuffer(b"".join(digests), np.uint64).reshape(-1, 2)


def _buckets(
    tokens: Tokens, scheme: Scheme, by_band: bool
) -> tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    sketch = sketch_tokens(tokens, scheme)
    count = len(sketch.offsets) - 1
    owners = np.repeat(np.arange(count), np.diff(sketch.offsets))
    if by_band:
        bands = sketch.places == -1
        return sketch.buckets[bands], owners[bands], np.tile(np.arange(scheme.bands), count)
    minima = sketch.places != -1
    buckets = sketch.buckets[minima]
    return buckets, owners[minima], (buckets % np.uint64(HASH_SLICES)).astype(np.int64)
