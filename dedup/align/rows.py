"""Rows of whole numbers, as runs and passages are kept: room for more, order, one row in another's place.

All by plain loops: what NumPy's indexing would say in a line takes the compiler seconds in two dimensions.
"""

import numpy as np

from dedup.kernels import Int32s, kernel, order_of, uncounted


@kernel
def doubled(rows: Int32s) -> Int32s:
    """Return a copy with room for twice as many rows."""
    larger = np.empty((2 * len(rows), rows.shape[1]), np.int32)
    for place in range(len(rows)):
        write_row(larger, place, rows[place])
    return larger


@kernel
def sorted_rows(rows: Int32s, column: int) -> Int32s:
    """Return the rows in ascending order of a column, those of one value as they come."""
    keys, ordered = np.empty(len(rows)), np.empty(rows.shape, np.int32)
    for place in range(len(rows)):
        keys[place] = rows[place, column]
    order = order_of(keys)
    for place in range(len(rows)):
        write_row(ordered, place, rows[order[place]])
    return ordered


@uncounted
def tokens_of(row: Int32s) -> int:
    """Return how many tokens the two stretches of a passage have."""
    tokens: int = row[2] - row[1] + row[4] - row[3]
    return tokens


@uncounted
def write_row(rows: Int32s, place: int, row: Int32s) -> None:
    """Write `row` at `place`."""
    for column in range(len(row)):
        rows[place, column] = row[column]
