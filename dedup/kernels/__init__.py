"""How hot functions are compiled (Numba, GIL released), where their machine code is kept, and the arrays they take.

An *entry* is a kernel that Python calls. It is compiled for the types of its annotations and for nothing else, and its
machine code is kept: on a machine that has compiled it before, a process loads it without Numba's compiler. Any other
*kernel* becomes part of the entries that call it.
"""

from dedup.kernels.arrays import (
    Bytes,
    Codes,
    Flags,
    Float64s,
    Int32s,
    Int64s,
    ReadBytes,
    ReadUint16s,
    ReadUint32s,
    ReadUint64s,
    Rows,
    Uint32s,
    Uint64s,
    grown,
    order_of,
)
from dedup.kernels.compiled import entry, kernel, uncounted
from dedup.kernels.instructions import (
    PERMUTATIONS,
    bit_count,
    bits_above,
    bits_equal,
    load_word,
    lower,
    lowest_bit,
    store_lanes,
    store_word,
)
from dedup.kernels.strings import addresses, bytes_of, string_at, strings_of, uint16s_of, uint32s_of, width_of

__all__ = [
    "PERMUTATIONS",
    "Bytes",
    "Codes",
    "Flags",
    "Float64s",
    "Int32s",
    "Int64s",
    "ReadBytes",
    "ReadUint16s",
    "ReadUint32s",
    "ReadUint64s",
    "Rows",
    "Uint32s",
    "Uint64s",
    "addresses",
    "bit_count",
    "bits_above",
    "bits_equal",
    "bytes_of",
    "entry",
    "grown",
    "kernel",
    "load_word",
    "lower",
    "lowest_bit",
    "order_of",
    "store_lanes",
    "store_word",
    "string_at",
    "strings_of",
    "uint16s_of",
    "uint32s_of",
    "uncounted",
    "width_of",
]
