"""The stages of the hot path one by one, each over a batch that the stage before it has left, and what a core can do.

The kernels are the package's own; only the loops that keep them apart are written here. All of them release the GIL.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

import dedup
from dedup.kernels import (
    Int64s,
    Uint32s,
    Uint64s,
    addresses,
    bytes_of,
    entry,
    grown,
    kernel,
    string_at,
    uint16s_of,
    uint32s_of,
    width_of,
)
from dedup.scheme import Scheme
from dedup.sketching import sketches
from dedup.sketching import tokens as text
from dedup.sketching.folding import Folding, Room, fold_text, room_for
from dedup.sketching.minima import distinct, table_size, winnow
from dedup.sketching.signature import BLOCK, NONE, minhash, shingle, whole_vectors
from dedup.sketching.sketches import permutations
from dedup.sketching.tokens import Tokens
from dedup.sketching.xxh3 import xxh3_bands

Signatures: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.uint32]]

LIMIT_LANES = 1 << 12
LIMIT_TURNS = 2_000


@dataclass(frozen=True, slots=True)
class Batch:
    """What the stages of one batch take in: made once, so that each stage can be run alone."""

    texts: Sequence[str]
    strings: Int64s
    tokens: Tokens
    shingles: Uint64s
    offsets: Int64s
    signatures: Any


def prepared(texts: list[str], scheme: Scheme) -> list[Batch]:
    """Return the batches that threads of `dedup.sketch` would work off."""
    made = []
    for share in sketches._shares(texts):  # noqa: SLF001 - the same shares
        part = [*texts[share]]
        tokens = text.tokenize(part)
        hashes, offsets = sketches.shingles(tokens, scheme.k)
        signatures = sketches.sketch_tokens(tokens, scheme).signatures
        made.append(Batch(part, addresses(part), tokens, hashes, offsets, signatures))
    return made


def stages(scheme: Scheme) -> dict[str, Callable[[Batch], Any]]:
    """Return what runs each stage on a batch; "tokens" folds, too: its own time is what is left."""
    factors, terms = map(whole_vectors, permutations(scheme.num_perm, scheme.seed))
    table = text.folding()
    return {
        "fold": lambda batch: fold(batch.strings, *table),
        "tokens": lambda batch: text._tokenize(batch.strings, *table, False, False),  # noqa: SLF001 - the same
        "shingles": lambda batch: shingled(batch.tokens.hashes, batch.tokens.offsets, scheme.k),
        "signature": lambda batch: signed(batch.shingles, batch.offsets, factors, terms),
        "minima": lambda batch: minima(batch.shingles, batch.offsets, scheme.w),
        "buckets": lambda batch: buckets(batch.signatures, batch.shingles, batch.offsets, scheme.bands, scheme.rows),
        "all": lambda batch: dedup.sketch(batch.texts, scheme),
    }


@entry
def fold(strings: Int64s, table: Uint32s, expansions: Uint32s, entries: Uint64s, parts: Uint64s) -> int:
    """Fold each text; return the bytes written."""
    tables, room, total = Folding(table, expansions, entries, parts), room_for(0, False, False), 0
    for address in strings:
        string = string_at(address)
        used, mapped = _fold(string, tables, room)
        while used < 0:
            room = room_for(-used, mapped, False)
            used, mapped = _fold(string, tables, room)
        total += used
    return total


@kernel
def _fold(string: str, tables: Folding, room: Room) -> tuple[int, bool]:
    width = width_of(string)
    if width == 1:
        return fold_text(bytes_of(string), tables, room, True)[:2]
    if width == 2:
        return fold_text(uint16s_of(string), tables, room, True)[:2]
    return fold_text(uint32s_of(string), tables, room, True)[:2]


@entry
def shingled(tokens: Uint64s, offsets: Int64s, k: int) -> Uint64s:
    """Hash each run of k tokens, each text over the one before; return those of the last."""
    most = 0
    for document in range(len(offsets) - 1):
        most = max(most, offsets[document + 1] - offsets[document])
    hashes, count = np.empty(most, np.uint64), 0
    for document in range(len(offsets) - 1):
        count = shingle(tokens[offsets[document] : offsets[document + 1]], k, hashes)
    return hashes[:count]


@entry
def signed(hashes: Uint64s, offsets: Int64s, factors: Uint32s, terms: Uint32s) -> Signatures:
    """Return the signature of each text; factors and terms fill whole vectors."""
    signatures = np.full((len(offsets) - 1, len(factors)), NONE)
    mixed, signature = np.empty(BLOCK, np.uint32), np.empty(len(factors), np.uint32)
    for document in range(len(offsets) - 1):
        if offsets[document + 1] > offsets[document]:
            signature[:] = NONE
            minhash(hashes[offsets[document] : offsets[document + 1]], factors, terms, signature, mixed)
            for i in range(signatures.shape[1]):
                signatures[document, i] = signature[i]
    return signatures


@entry
def minima(hashes: Uint64s, offsets: Int64s, w: int) -> int:
    """Find the window minima of each text; return how many there are."""
    most, total = 0, 0
    for document in range(len(offsets) - 1):
        most = max(most, offsets[document + 1] - offsets[document])
    values, least, found = np.empty(most, np.uint64), np.empty(most, np.int32), np.empty(most + 1, np.int32)
    for document in range(len(offsets) - 1):
        total += winnow(hashes[offsets[document] : offsets[document + 1]], w, found, values, least)
    return total


@entry
def buckets(signatures: Signatures, hashes: Uint64s, offsets: Int64s, bands: int, rows: int) -> int:
    """Hash the bands and make a third of the shingles distinct, about as many as there are minima; return how many."""
    made, places, table = np.empty(1, np.uint64), np.empty(1, np.int32), np.empty(1, np.int32)
    total = 0
    for document in range(len(offsets) - 1):
        own = hashes[offsets[document] : offsets[document + 1]]
        picked = np.arange(0, len(own), 3).astype(np.int32)
        made, places = grown(made, 0, bands + len(picked)), grown(places, 0, bands + len(picked))
        xxh3_bands(signatures[document], bands, rows, made)
        table = grown(table, 0, table_size(len(picked)))
        total += distinct(own, picked, table, made[bands:], places[bands:])
    return total


@entry
def limit(values: Uint32s, factor: np.uint32, term: np.uint32, turns: int) -> np.uint32:
    """Multiply, add and take the minimum, from the first cache and without anything else: what vector units can do."""
    least = np.uint32(0xFFFFFFFF)
    for turn in range(turns):
        a, b = np.uint32(factor + np.uint32(2 * turn)), np.uint32(term + np.uint32(turn))
        for i in range(len(values)):
            least = min(least, np.uint32(a * values[i] + b))
    return least


def limit_operations() -> tuple[Callable[[], np.uint32], float]:
    """Return a call of `limit`, and how many lane operations it does: three a value."""
    values = np.random.default_rng(1).integers(0, 1 << 32, LIMIT_LANES, dtype=np.uint32)
    factor, term = np.uint32(0x9E3779B1), np.uint32(0x85EBCA6B)
    return lambda: limit(values, factor, term, LIMIT_TURNS), 3.0 * LIMIT_LANES * LIMIT_TURNS
