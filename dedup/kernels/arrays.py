"""The arrays that kernels take, told apart by what they hold, and room in them."""

from typing import Annotated, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from dedup.kernels.compiled import READ_ONLY, kernel

Scalar = TypeVar("Scalar", bound=np.generic)

Bytes: TypeAlias = NDArray[np.uint8]
Uint32s: TypeAlias = NDArray[np.uint32]
Uint64s: TypeAlias = NDArray[np.uint64]
Int32s: TypeAlias = NDArray[np.int32]
Int64s: TypeAlias = NDArray[np.int64]
Float64s: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.int32]]

# what an entry does not write to, and may get as a file mapped for reading or as a string's bytes
ReadBytes: TypeAlias = Annotated[NDArray[np.uint8], READ_ONLY]
ReadUint16s: TypeAlias = Annotated[NDArray[np.uint16], READ_ONLY]
ReadUint32s: TypeAlias = Annotated[NDArray[np.uint32], READ_ONLY]
ReadUint64s: TypeAlias = Annotated[NDArray[np.uint64], READ_ONLY]

# a text's code points
Codes: TypeAlias = ReadBytes | ReadUint16s | ReadUint32s


@kernel
def grown(array: NDArray[Scalar], used: int, more: int) -> NDArray[Scalar]:
    """Return `array` with room for `more` values after the `used` ones, at least doubled where it must be copied."""
    if used + more <= len(array):
        return array
    larger = np.empty(max(2 * len(array), used + more), array.dtype)
    for i in range(used):  # a slice would be compiled for a second longer, in each of its types
        larger[i] = array[i]
    return larger


@kernel
def order_of(keys: Float64s) -> Int64s:
    """Return the places of `keys` in ascending order, equal ones as they come: one sort, compiled once."""
    return np.argsort(keys, kind="mergesort")
