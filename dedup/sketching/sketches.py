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
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dedup.extras import extra
from dedup.kernels import (
    Int32s,
    Int64s,
    Uint32s,
    Uint64s,
    addresses,
    entry,
    grown,
    kernel,
    string_at,
    strings_of,
    uncounted,
)
from dedup.scheme import Scheme
from dedup.sketching.folding import Folding, room_for
from dedup.sketching.minima import distinct, table_size, winnow
from dedup.sketching.signature import BLOCK, NONE, minhash, shingle, whole_vectors
from dedup.sketching.tokens import Tokens, code_points, folding, hash_tokens, split_string
from dedup.sketching.xxh3 import xxh3_bands

if TYPE_CHECKING:
    from datasketch import MinHash

SHARE = 1 << 18  # code points that a thread takes at a time; ADR 30: 429 MB/s on two, half of it 416, twice as much 391

Signatures: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint32]]
Made: TypeAlias = tuple[Uint64s, Int32s, Int64s]


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
    """Return the signatures and buckets of `texts`, on as many threads as asked for (the kernels release the GIL).

    Raises:
        TypeError: a text is no string.
        ValueError: there is to be less than one thread.
    """
    if threads < 1:
        raise ValueError(f"threads must be 1 or more, not {threads}")
    held, scheme = strings_of(texts), scheme or Scheme()
    signatures = _signatures(len(held), scheme)
    shares = _shares(held) if threads > 1 else []
    if len(shares) < 2:
        return Sketch(signatures, *_sketch_share(held, signatures, scheme))
    return _joined(signatures, _sketch_shares(held, signatures, scheme, shares, threads))


def _sketch_shares(
    held: list[str], signatures: NDArray[np.uint32], scheme: Scheme, shares: list[slice], threads: int
) -> list[Made]:
    """Work the shares off on several threads, one of which is the caller's: a new one takes a while to begin."""
    made, left = dict[int, Made](), iter(enumerate(shares))

    def work() -> None:
        try:
            for place, share in left:
                made[place] = _sketch_share(held[share], signatures[share], scheme)
        finally:
            for _ in left:  # where one thread fails, nothing is left for the others
                pass

    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work) for _ in range(min(threads, len(shares)) - 1)]
        work()
        for other in others:
            other.result()
    return [made[place] for place in range(len(shares))]


def _sketch_share(held: list[str], signatures: NDArray[np.uint32], scheme: Scheme) -> Made:
    characters = scheme.unit == "character"
    k, w, bands, rows, factors, terms = _plan(scheme)
    return _sketch_texts(addresses(held), *folding(), characters, k, w, bands, rows, factors, terms, signatures)


def sketch_tokens(tokens: Tokens, scheme: Scheme) -> Sketch:
    """Return the signatures and buckets of texts already tokenized."""
    signatures = _signatures(len(tokens.offsets) - 1, scheme)
    return Sketch(signatures, *_sketch_tokens(tokens.hashes, tokens.offsets, *_plan(scheme), signatures))


def _signatures(texts: int, scheme: Scheme) -> Signatures:
    return np.empty((texts, scheme.num_perm), np.uint32)


@cache
def _plan(scheme: Scheme) -> "Plan":
    factors, terms = map(whole_vectors, permutations(scheme.num_perm, scheme.seed))
    return Plan(scheme.k, scheme.w, scheme.bands, scheme.rows, factors, terms)


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


def _shares(texts: list[str]) -> list[slice]:
    """Cut into runs of about SHARE code points."""
    ends, size = [0], 0
    for place, text in enumerate(texts, 1):
        size += len(text)
        if size >= SHARE or place == len(texts):
            ends.append(place)
            size = 0
    return [slice(*share) for share in pairwise(ends)]


def _joined(signatures: Signatures, parts: list[Made]) -> Sketch:
    buckets, places, offsets = zip(*parts, strict=True)
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.concatenate([np.diff(part) for part in offsets]))])
    return Sketch(signatures, np.concatenate(buckets), np.concatenate(places), ends)


class Plan(NamedTuple):
    """What is made of a text; see `Scheme`. Factors and terms are filled up to whole vectors."""

    k: int
    w: int
    bands: int
    rows: int
    factors: Uint32s
    terms: Uint32s


class Workspace(NamedTuple):
    """What the sketch of one text is worked out in, used for one text after the other."""

    hashes: Uint64s
    values: Uint64s
    minima: Int32s
    least: Int32s
    table: Int32s
    mixed: Uint32s
    signature: Uint32s


@entry
def _sketch_texts(
    strings: Int64s,
    table: Uint32s,
    expansions: Uint32s,
    entries: Uint64s,
    parts: Uint64s,
    characters: bool,
    k: int,
    w: int,
    bands: int,
    rows: int,
    factors: Uint32s,
    terms: Uint32s,
    signatures: Signatures,
) -> Made:
    """Fold, split, hash and sketch one text after the other: no text's tokens leave the first cache."""
    folding, plan = Folding(table, expansions, entries, parts), Plan(k, w, bands, rows, factors, terms)
    room, work = room_for(0, False, characters), _workspace(0, plan)
    tokens, offsets, used = np.empty(0, np.uint64), np.zeros(len(strings) + 1, np.int64), 0
    buckets, places = _postings(code_points(strings) // 12 + bands * len(strings))
    for text, address in enumerate(strings):
        room, found, _, _ = split_string(string_at(address), folding, room, characters)
        if len(tokens) < found:
            tokens = np.empty(2 * found, np.uint64)
            work = _workspace(len(tokens), plan)
        if len(buckets) < used + bands + found:
            buckets, places = grown(buckets, used, bands + found), grown(places, used, bands + found)
        hash_tokens(room, found, tokens)
        used += _sketched(tokens[:found], plan, work, signatures[text], buckets[used:], places[used:])
        offsets[text + 1] = used
    return buckets[:used], places[:used], offsets


@entry
def _sketch_tokens(
    tokens: Uint64s,
    offsets: Int64s,
    k: int,
    w: int,
    bands: int,
    rows: int,
    factors: Uint32s,
    terms: Uint32s,
    signatures: Signatures,
) -> Made:
    texts, most = len(offsets) - 1, 0
    for text in range(texts):
        most = max(most, offsets[text + 1] - offsets[text])
    plan = Plan(k, w, bands, rows, factors, terms)
    ends, used = np.zeros(texts + 1, np.int64), 0
    buckets, places = _postings(len(tokens) // 2 + bands * texts)
    work = _workspace(most, plan)
    for text in range(texts):
        own = tokens[offsets[text] : offsets[text + 1]]
        if len(buckets) < used + bands + len(own):
            buckets, places = grown(buckets, used, bands + len(own)), grown(places, used, bands + len(own))
        used += _sketched(own, plan, work, signatures[text], buckets[used:], places[used:])
        ends[text + 1] = used
    return buckets[:used], places[:used], ends


@kernel
def _postings(room: int) -> tuple[Uint64s, Int32s]:
    return np.empty(room, np.uint64), np.empty(room, np.int32)


@kernel
def _workspace(tokens: int, plan: Plan) -> Workspace:
    """Return room for texts of so many tokens."""
    hashes, values = np.empty(tokens, np.uint64), np.empty(tokens, np.uint64)
    minima, least, table = (
        np.empty(tokens, np.int32),
        np.empty(tokens, np.int32),
        np.empty(table_size(tokens), np.int32),
    )
    return Workspace(hashes, values, minima, least, table, np.empty(BLOCK, np.uint32), np.empty_like(plan.factors))


@uncounted
def _sketched(
    tokens: Uint64s, plan: Plan, work: Workspace, signature: Uint32s, buckets: Uint64s, places: Int32s
) -> int:
    """Write the signature and the buckets of one text; return how many buckets there are."""
    count = shingle(tokens, plan.k, work.hashes)
    work.signature[:] = NONE
    minhash(work.hashes[:count], plan.factors, plan.terms, work.signature, work.mixed)
    for i in range(len(signature)):
        signature[i] = work.signature[i]
    if count == 0:
        return 0
    xxh3_bands(work.signature, plan.bands, plan.rows, buckets)
    places[: plan.bands] = -1
    found = winnow(work.hashes[:count], plan.w, work.minima, work.values, work.least)
    minima = work.minima[:found]
    return plan.bands + distinct(work.hashes, minima, work.table, buckets[plan.bands :], places[plan.bands :])


@entry
def _shingles(tokens: Uint64s, offsets: Int64s, k: int) -> tuple[Uint64s, Int64s]:
    hashes, ends = np.empty(len(tokens), np.uint64), np.zeros(len(offsets), np.int64)
    for text in range(len(offsets) - 1):
        count = shingle(tokens[offsets[text] : offsets[text + 1]], k, hashes[ends[text] :])
        ends[text + 1] = ends[text] + count
    return hashes[: ends[-1]], ends
