"""Tokens numbered 0, 1, 2 … in the order the query brings them, and the places of its seeds, short runs of them."""

import numpy as np

from dedup.kernels import Int32s, Uint64s, kernel, uncounted

MIX = np.uint64(0x9E3779B97F4A7C15)
ABSENT = -1
NO_SEED = np.uint64(0xFFFFFFFFFFFFFFFF)


@kernel
def table_of(size: int) -> Int32s:
    """Return an empty open-addressing table, a power of two at least twice `size` long."""
    length = 4
    while length < 2 * size:
        length *= 2
    return np.full(length, ABSENT, np.int32)


@kernel
def slot_of(key: np.uint64, length: int) -> int:
    """Return where a search for `key` begins in a table of that length (Fibonacci hashing; a power of two)."""
    mixed = key * MIX
    # Numba's int() would keep uint64, which mixes with int64 to float64
    return np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(length - 1))  # type: ignore[return-value]


@kernel
def number_tokens(query: Uint64s) -> tuple[Int32s, Uint64s, Int32s]:
    """Number the query's distinct tokens; return each token's number, the distinct hashes, and their table."""
    table = table_of(len(query))
    ids = np.empty(len(query), np.int32)
    distinct = np.empty(len(query), np.uint64)
    count = 0
    for i in range(len(query)):
        slot = slot_of(query[i], len(table))
        while table[slot] != ABSENT and distinct[table[slot]] != query[i]:
            slot = (slot + 1) & (len(table) - 1)
        if table[slot] == ABSENT:
            table[slot] = count
            distinct[count] = query[i]
            count += 1
        ids[i] = table[slot]
    return ids, distinct[:count], table


@kernel
def look_up_tokens(tokens: Uint64s, distinct: Uint64s, table: Int32s) -> Int32s:
    """Return the query's number of each token, ABSENT where the query does not have it."""
    ids = np.empty(len(tokens), np.int32)
    for i in range(len(tokens)):
        slot = slot_of(tokens[i], len(table))
        while table[slot] != ABSENT and distinct[table[slot]] != tokens[i]:
            slot = (slot + 1) & (len(table) - 1)
        ids[i] = table[slot]
    return ids


@kernel
def seed_keys(ids: Int32s, length: int) -> Uint64s:
    """Return a key of the run of `length` tokens that begins at each place, NO_SEED if it has an absent token.

    Equal runs have equal keys. Different ones have different keys if each number fits into its share of the 64 bits.
    """
    keys, step = np.full(len(ids), NO_SEED), np.uint64(1) << np.uint64(64 // length)
    for place in range(len(ids) - length + 1):
        key, absent = np.uint64(0), False
        for number in ids[place : place + length]:
            key = key * step + np.uint64(number)
            absent |= number < 0
        if not absent:
            keys[place] = key
    return keys


@uncounted
def _seed_slot(table: Int32s, keys: Uint64s, key: np.uint64) -> int:
    """Return the slot of a seed: its first place in the query, or ABSENT."""
    slot = slot_of(key, len(table))
    while table[slot] != ABSENT and keys[table[slot]] != key:
        slot = (slot + 1) & (len(table) - 1)
    return slot


@kernel
def place_seeds(keys: Uint64s) -> tuple[Int32s, Int32s, Int32s]:
    """Return the table of first places of each seed, and for each place the next of the same seed and their number."""
    table = table_of(len(keys))
    following, places = np.full(len(keys), ABSENT, np.int32), np.zeros(len(keys), np.int32)
    for place in range(len(keys) - 1, -1, -1):
        if keys[place] != NO_SEED:
            slot = _seed_slot(table, keys, keys[place])
            after = table[slot]
            following[place], places[place] = after, 1 + (places[after] if after != ABSENT else 0)
            table[slot] = place
    return table, following, places


@uncounted
def first_place(table: Int32s, keys: Uint64s, key: np.uint64) -> int:
    """Return the first place in the query where the seed begins, or ABSENT."""
    place: int = table[_seed_slot(table, keys, key)]
    return place


@kernel
def number_document(
    tokens: Uint64s, first: int, end: int, distinct: Uint64s, vocabulary: Int32s, table: Int32s
) -> tuple[Int32s, int]:
    """Number the tokens of one document: the query's by its numbers, its own from there on; return how many there are.

    Args:
        tokens: those of all documents.
        first: where the document's begin.
        end: where they end.
        distinct: the query's distinct tokens.
        vocabulary: their table.
        table: room for the document's own; entries before `first` are of other documents and count as empty.
    """
    numbers = look_up_tokens(tokens[first:end], distinct, vocabulary)
    count = len(distinct)
    for place in range(first, end):
        if numbers[place - first] != ABSENT:
            continue
        slot = slot_of(tokens[place], len(table))
        while table[slot] >= first and tokens[table[slot]] != tokens[place]:
            slot = (slot + 1) & (len(table) - 1)
        if table[slot] < first:
            table[slot] = place
            numbers[place - first] = count
            count += 1
        else:
            numbers[place - first] = numbers[table[slot] - first]
    return numbers, count
