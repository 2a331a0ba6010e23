"""Stores of several values at once, at any place of an array: what a loop over bytes costs eight steps."""

from typing import TYPE_CHECKING, Any, cast

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from dedup.kernels.arrays import Bytes, Uint32s

_LANES = 8
_WORD, _INT, _VECTOR = ir.IntType(64), ir.IntType(32), ir.VectorType(ir.IntType(32), _LANES)


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Return the address of an array's element."""
    array = context.make_array(signature.args[0])(context, builder, value=arguments[0])
    return cgutils.gep_inbounds(builder, array.data, arguments[1])


def _word(typing: Any, array: Any, at: Any, value: Any) -> Any:  # noqa: ARG001 - as Numba calls it
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.bitcast(_place(context, builder, signature, arguments), _WORD.as_pointer())
        builder.store(arguments[2], address, align=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint64), generate


def _lanes(typing: Any, array: Any, at: Any, value: Any) -> Any:  # noqa: ARG001 - the same
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.bitcast(_place(context, builder, signature, arguments), _VECTOR.as_pointer())
        one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), arguments[2], _INT(0))
        every = builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), ir.Constant(_VECTOR, [0] * _LANES))
        builder.store(every, address, align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint32), generate


store_word = cast("Callable[[Bytes, np.int64, np.uint64], None]", intrinsic(_word))
"""Write the eight bytes of a 64-bit number, the lowest first; the array must have room for them."""
store_lanes = cast("Callable[[Uint32s, np.int64, int], None]", intrinsic(_lanes))
"""Write a number into eight places; the array must have room for them."""
