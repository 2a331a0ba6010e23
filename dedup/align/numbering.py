"""Tokens numbered 0, 1, 2 … in the order the query brings them, and the places of its pairs of neighbouring tokens."""

import numpy as np

from dedup.kernels import Int32s, Uint64s, kernel

MIX = np.uint64(0x9E3779B97F4A7C15)
ABSENT = -1


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
def _pair_slot(table: Int32s, ids: Int32s, left: int, right: int) -> int:
    """Return the slot of a pair of neighbouring tokens: its first place in the query, or ABSENT."""
    key = (np.uint64(left) << np.uint64(32)) | np.uint64(right)
    slot = slot_of(key, len(table))
    while table[slot] != ABSENT and (ids[table[slot]] != left or ids[table[slot] + 1] != right):
        slot = (slot + 1) & (len(table) - 1)
    return slot


@kernel
def place_pairs(ids: Int32s) -> tuple[Int32s, Int32s]:
    """Return the table of first places of each pair, and for each place the next one of the same pair."""
    table = table_of(len(ids))
    following = np.full(len(ids), ABSENT, np.int32)
    for place in range(len(ids) - 2, -1, -1):
        slot = _pair_slot(table, ids, ids[place], ids[place + 1])
        following[place] = table[slot]
        table[slot] = place
    return table, following


@kernel
def first_place(table: Int32s, ids: Int32s, left: int, right: int) -> int:
    """Return the first place in the query where token `left` is followed by `right`, or ABSENT."""
    place: int = table[_pair_slot(table, ids, left, right)]
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
