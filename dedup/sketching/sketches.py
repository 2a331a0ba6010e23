"""Tokens in, signatures and buckets out: the MinHash of each text, its bands, and the minimum of every window.

A shingle is a run of k tokens (a shorter text is one shingle). Its hash, all arithmetic modulo 2**64::

    def shingle_hash(tokens: list[int]) -> int:
        h = 0
        for token in tokens:
            h = h * 0xA0761D6478BD642F + token
        h = (h ^ h >> 32) * 0xE7037ED1A0B428DB
        h = (h ^ h >> 32) * 0x8EBC6AF09C88C6E3
        return h ^ h >> 32

Two views of the same shingles:

* the signature, equal bit for bit to `datasketch.MinHash(num_perm, seed=seed, scheme="affine32")` fed the low 32 bits
  of each shingle hash; bands of it, hashed with XXH3-64 under the band's number as seed, are *document buckets*;
* the rightmost minimum of every window of w consecutive shingles (winnowing: Schleimer, Wilkerson, Aiken, SIGMOD 2003);
  each distinct one is a *passage bucket*: any verbatim run of w + k - 1 tokens shared by two texts shares one.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dedup.extras import extra
from dedup.kernels import Int32s, Int64s, Uint32s, Uint64s, entry, grown, kernel
from dedup.scheme import Scheme
from dedup.sketching.tokens import Tokens, tokenize
from dedup.sketching.xxh3 import xxh3

if TYPE_CHECKING:
    from datasketch import MinHash

BATCH = 1 << 17  # ADR 1: 219 MB/s; a quarter of it gives 202, four times as much 195
LANES = 64  # not measured: four vectors of 512 bits
BLOCK = 4096  # not measured: 16 kB stay in the first cache while the permutations pass over them
SHINGLE_STEP, SHINGLE_MIX, SHINGLE_END = (
    np.uint64(0xA0761D6478BD642F),
    np.uint64(0xE7037ED1A0B428DB),
    np.uint64(0x8EBC6AF09C88C6E3),
)


@dataclass(frozen=True, slots=True)
class Sketch:
    """The sketches of n texts.

    Attributes:
        signatures: (n, num_perm) uint32; all ones where a text has no tokens.
        buckets: uint64; text i has buckets[offsets[i]:offsets[i + 1]]: its bands, then its distinct window minima in
            the order of the text; none where it has no tokens.
        places: int32, the token at which each minimum's shingle first begins, -1 for a band.
        offsets: (n + 1,) int64.
    """

    signatures: NDArray[np.uint32]
    buckets: NDArray[np.uint64]
    places: NDArray[np.int32]
    offsets: NDArray[np.int64]


def sketch(texts: Sequence[str], scheme: Scheme | None = None, *, threads: int = 1) -> Sketch:
    """Return the signatures and buckets of `texts`, on as many threads as asked for (the kernels release the GIL)."""
    scheme = scheme or Scheme()
    batches = _batches(texts)
    if threads == 1 or len(batches) < 2:
        return _joined([sketch_tokens(tokenize(batch, scheme.unit), scheme) for batch in batches], scheme)
    with ThreadPoolExecutor(threads) as pool:
        return _joined(
            list(pool.map(lambda batch: sketch_tokens(tokenize(batch, scheme.unit), scheme), batches)), scheme
        )


def sketch_tokens(tokens: Tokens, scheme: Scheme) -> Sketch:
    """Return the signatures and buckets of texts already tokenized."""
    factors, terms = permutations(scheme.num_perm, scheme.seed)
    return Sketch(
        *_sketch(tokens.hashes, tokens.offsets, scheme.k, scheme.w, factors, terms, scheme.bands, scheme.rows),
    )


def shingles(tokens: Tokens, k: int) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the shingle hashes of each text in its order, and the offsets at which each text's begin."""
    hashes, offsets = _shingles(tokens.hashes, tokens.offsets, k)
    return hashes, offsets


def to_datasketch(signature: NDArray[np.uint32], scheme: Scheme) -> "MinHash":
    """Return a signature as a datasketch MinHash, ready for that package's own indexes.

    Args:
        signature: (num_perm,) uint32, a row of `Sketch.signatures`.
        scheme: the scheme that it was made with.

    Raises:
        MissingExtra: datasketch is not installed.
    """
    with extra("", "to_datasketch"):
        from datasketch import MinHash  # noqa: PLC0415 - costs seconds, so only who asks for it pays

    return MinHash(seed=scheme.seed, hashvalues=signature, scheme="affine32")


@cache
def permutations(num_perm: int, seed: int) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return factors (odd) and terms of the affine permutations h -> a * h + b mod 2**32, drawn as datasketch does."""
    generator = np.random.RandomState(seed)
    factors = generator.randint(0, 1 << 31, num_perm, dtype=np.uint32) * np.uint32(2) + np.uint32(1)
    return factors, generator.randint(0, 1 << 32, num_perm, dtype=np.uint32)


def _batches(texts: Sequence[str]) -> list[Sequence[str]]:
    """Cut into runs of about BATCH characters: what a core's own cache holds is worked off twice as fast."""
    ends, size = [0], 0
    for place, text in enumerate(texts, 1):
        size += len(text)
        if size >= BATCH or place == len(texts):
            ends.append(place)
            size = 0
    return [texts[start:end] for start, end in pairwise(ends)]


def _joined(parts: list[Sketch], scheme: Scheme) -> Sketch:
    if not parts:
        parts = [sketch_tokens(tokenize([]), scheme)]
    sizes = np.concatenate([np.diff(part.offsets) for part in parts])
    return Sketch(
        np.concatenate([part.signatures for part in parts]),
        np.concatenate([part.buckets for part in parts]),
        np.concatenate([part.places for part in parts]),
        np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]),
    )


@entry
def _sketch(
    tokens: Uint64s, offsets: Int64s, k: int, w: int, factors: Uint32s, terms: Uint32s, bands: int, rows: int
) -> tuple[NDArray[np.uint32], Uint64s, Int32s, Int64s]:
    texts, used, most = len(offsets) - 1, 0, 0
    for text in range(texts):
        most = max(most, offsets[text + 1] - offsets[text])
    signatures = np.full((texts, len(factors)), np.uint32(0xFFFFFFFF))
    room = len(tokens) // 2 + bands * texts
    buckets, places = np.empty(room, np.uint64), np.empty(room, np.int32)
    ends = np.zeros(texts + 1, np.int64)
    hashes, values = np.empty(most + LANES, np.uint64), np.empty(most + LANES, np.uint64)
    minima, least = np.empty(most + LANES, np.int32), np.empty(most + LANES, np.int32)
    table = np.empty(1, np.int32)
    for text in range(texts):
        count = _shingle(tokens[offsets[text] : offsets[text + 1]], k, hashes)
        if count:
            _minhash(hashes[:count], factors, terms, signatures[text])
            found = winnow(hashes[:count], w, minima, values, least)
            buckets, places = grown(buckets, used, bands + found), grown(places, used, bands + found)
            for band in range(bands):
                buckets[used + band] = xxh3(signatures[text, band * rows : (band + 1) * rows], np.uint64(band))
                places[used + band] = -1
            used += bands
            table = _cleared(table, found)
            used += _distinct(hashes, minima[:found], table, buckets[used:], places[used:])
        ends[text + 1] = used
    return signatures, buckets[:used], places[:used], ends


@entry
def _shingles(tokens: Uint64s, offsets: Int64s, k: int) -> tuple[Uint64s, Int64s]:
    hashes, ends = np.empty(len(tokens) + LANES, np.uint64), np.zeros(len(offsets), np.int64)
    for text in range(len(offsets) - 1):
        count = _shingle(tokens[offsets[text] : offsets[text + 1]], k, hashes[ends[text] :])
        ends[text + 1] = ends[text] + count
    return hashes[: ends[-1]], ends


@kernel
def _shingle(tokens: Uint64s, k: int, hashes: Uint64s) -> int:
    """Write the hash of each run of k tokens; return how many."""
    length = min(k, len(tokens))
    if length == 0:
        return 0
    count = len(tokens) - length + 1
    for i in range(count):
        hashes[i] = tokens[i]
    for step in range(1, length):
        for i in range(count):
            hashes[i] = hashes[i] * SHINGLE_STEP + tokens[i + step]
    for i in range(count):
        h = hashes[i]
        h = (h ^ (h >> np.uint64(32))) * SHINGLE_MIX
        h = (h ^ (h >> np.uint64(32))) * SHINGLE_END
        hashes[i] = h ^ (h >> np.uint64(32))
    return count


@kernel
def _minhash(hashes: Uint64s, factors: Uint32s, terms: Uint32s, signature: Uint32s) -> None:
    """Lower the signature to the minimum of each permutation, a block of shingles at a time.

    A block is filled up to whole vectors with copies of its last shingle, which change no minimum.
    """
    mixed = np.empty(BLOCK, np.uint32)
    for start in range(0, len(hashes), BLOCK):
        count = min(BLOCK, len(hashes) - start)
        padded = min(BLOCK, (count + LANES - 1) // LANES * LANES)
        for i in range(count):
            h = np.uint32(hashes[start + i])
            h = np.uint32((h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B))
            h = np.uint32((h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35))
            mixed[i] = h ^ (h >> np.uint32(16))
        mixed[count:padded] = mixed[count - 1]
        for p in range(len(factors)):
            factor, term, least = factors[p], terms[p], signature[p]
            for i in range(padded):
                least = min(least, np.uint32(factor * mixed[i] + term))
            signature[p] = least


@kernel
def winnow(hashes: Uint64s, w: int, minima: Int32s, values: Uint64s, places: Int32s) -> int:
    """Write where the rightmost minimum of each window lies, each place once; return how many.

    The minimum of a window is that of two overlapping powers of two; without a branch a core does several at once.
    """
    w = min(w, len(hashes))
    for i in range(len(hashes)):
        values[i], places[i] = hashes[i], i
    span, windows = 1, len(hashes)
    while 2 * span <= w:
        windows = len(hashes) - 2 * span + 1
        _halve(values, places, span, windows)
        span *= 2
    windows = len(hashes) - w + 1
    if span < w:
        _halve(values, places, w - span, windows)
    count, last = 0, np.int32(-1)
    for i in range(windows):
        minima[count] = places[i]
        count += places[i] != last
        last = places[i]
    return count


@kernel
def _halve(values: Uint64s, places: Int32s, step: int, windows: int) -> None:
    """Merge each window with the one `step` further on, the right one winning a tie."""
    for i in range(windows):
        right, left = values[i + step], values[i]
        places[i] = places[i + step] if right <= left else places[i]
        values[i] = min(left, right)


@kernel
def _cleared(table: Int32s, entries: int) -> Int32s:
    """Return an empty hash table of a power of two places, at most half of which will be taken."""
    size = 16
    while size < 2 * entries:
        size *= 2
    if size > len(table):
        table = np.empty(size, np.int32)
    table[:size] = -1
    return table[:size]


@kernel
def _distinct(hashes: Uint64s, minima: Int32s, table: Int32s, buckets: Uint64s, places: Int32s) -> int:
    """Write each distinct minimum once, in order, with its first place; return how many."""
    count, mask = 0, len(table) - 1
    for place in minima:
        h = hashes[place]
        slot = np.int64(h) & mask
        while table[slot] >= 0 and buckets[table[slot]] != h:
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot] = count
            buckets[count] = h
            places[count] = place
            count += 1
    return count
