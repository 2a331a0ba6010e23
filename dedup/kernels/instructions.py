"""What a processor does in a step or two and Numba has no name for: several values at once, and bits.

Each function is one place in the machine code of the kernel that calls it. None of them looks at an array's length.
"""

from typing import TYPE_CHECKING, Any, cast

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from dedup.kernels.arrays import Bytes, Uint32s

PERMUTATIONS = 64
"""How many values of a signature `lower` works on: what 12 of the 32 vectors of 512 bits hold (ADR 30)."""
_BYTE, _INT, _WORD = (ir.IntType(bits) for bits in (8, 32, 64))
_PLACES, _BYTES, _VALUES = ir.VectorType(_INT, 8), ir.VectorType(_BYTE, 64), ir.VectorType(_INT, 16)


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any, what: Any) -> Any:
    """Return the address of an array's element, as one of values of the type `what`."""
    data = context.make_array(kind)(context, builder, value=array).data
    return builder.bitcast(cgutils.gep_inbounds(builder, data, at), what.as_pointer())


def _first(context: Any, builder: Any, signature: Any, arguments: Any, what: Any) -> Any:
    """Return the address of the element of the first argument whose place is the second."""
    return _address(context, builder, signature.args[0], arguments[0], arguments[1], what)


def _in_all(builder: Any, kind: Any, value: Any) -> Any:
    """Return a vector that holds a value in all its lanes."""
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), value, _INT(0))
    lanes = ir.Constant(ir.VectorType(_INT, kind.count), [0] * kind.count)
    return builder.shuffle_vector(one, ir.Constant(kind, ir.Undefined), lanes)


def _store_word(typing: Any, array: Any, at: Any, value: Any) -> Any:  # noqa: ARG001 - as Numba calls it
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        builder.store(arguments[2], _first(context, builder, signature, arguments, _WORD), align=1)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint64), generate


def _load_word(typing: Any, array: Any, at: Any) -> Any:  # noqa: ARG001 - the same
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(_first(context, builder, signature, arguments, _WORD), align=1)

    return types.uint64(array, types.int64), generate


def _store_lanes(typing: Any, array: Any, at: Any, value: Any) -> Any:  # noqa: ARG001 - the same
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = _first(context, builder, signature, arguments, _PLACES)
        builder.store(_in_all(builder, _PLACES, arguments[2]), address, align=4)
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint32), generate


def _compare(comparison: str) -> Any:
    """Return what compares 64 bytes of an array with one, a bit for each byte."""

    def compare(typing: Any, array: Any, at: Any, value: Any) -> Any:  # noqa: ARG001 - the same
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            found = builder.load(_first(context, builder, signature, arguments, _BYTES), align=1)
            bits = builder.icmp_unsigned(comparison, found, _in_all(builder, _BYTES, arguments[2]))
            return builder.bitcast(bits, _WORD)

        return types.uint64(array, types.int64, types.uint8), generate

    return compare


def _lowest_bit(typing: Any, bits: Any) -> Any:  # noqa: ARG001 - the same
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - the same
        return builder.cttz(arguments[0], ir.IntType(1)(0))

    return types.int64(types.uint64), generate


def _bit_count(typing: Any, bits: Any) -> Any:  # noqa: ARG001 - the same
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - the same
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


def _lower(typing: Any, least: Any, factors: Any, terms: Any, at: Any, values: Any, count: Any) -> Any:  # noqa: ARG001 - the same
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def vectors(argument: int) -> list[Any]:
            array, first = arguments[argument], arguments[3]
            return [
                _address(
                    context, builder, signature.args[argument], array, builder.add(first, first.type(lane)), _VALUES
                )
                for lane in range(0, PERMUTATIONS, _VALUES.count)
            ]

        factor, term = ([builder.load(one, align=4) for one in vectors(argument)] for argument in (1, 2))
        minima = [cgutils.alloca_once(builder, _VALUES) for _ in factor]
        for place, minimum in zip(vectors(0), minima, strict=True):
            builder.store(builder.load(place, align=4), minimum)
        with cgutils.for_range(builder, arguments[5]) as loop:
            value = builder.load(_address(context, builder, signature.args[4], arguments[4], loop.index, _INT))
            everywhere = _in_all(builder, _VALUES, value)
            for a, b, minimum in zip(factor, term, minima, strict=True):
                permuted, before = builder.add(builder.mul(everywhere, a), b), builder.load(minimum)
                lower = builder.icmp_unsigned("<", permuted, before)
                builder.store(builder.select(lower, permuted, before), minimum)
        for place, minimum in zip(vectors(0), minima, strict=True):
            builder.store(builder.load(minimum), place, align=4)
        return context.get_dummy_value()

    return types.void(least, factors, terms, types.int64, values, types.int64), generate


store_word = cast("Callable[[Bytes, np.int64, np.uint64], None]", intrinsic(_store_word))
"""Write the eight bytes of a 64-bit number, the lowest first; the array must have room for them."""
load_word = cast("Callable[[Bytes, int], np.uint64]", intrinsic(_load_word))
"""Read eight bytes as a 64-bit number, the lowest first."""
store_lanes = cast("Callable[[Uint32s, np.int64, int], None]", intrinsic(_store_lanes))
"""Write a number into eight places; the array must have room for them."""
bits_above = cast("Callable[[Bytes, int, np.uint8], np.uint64]", intrinsic(_compare(">")))
"""Say of 64 bytes which are above a byte: bit i stands for the byte at `at + i`."""
bits_equal = cast("Callable[[Bytes, int, np.uint8], np.uint64]", intrinsic(_compare("==")))
"""Say of 64 bytes which are equal to a byte."""
lowest_bit = cast("Callable[[np.uint64], int]", intrinsic(_lowest_bit))
"""Return the place of the lowest bit that is set, 64 if none is."""
bit_count = cast("Callable[[np.uint64], int]", intrinsic(_bit_count))
"""Return how many bits are set."""
lower = cast("Callable[[Uint32s, Uint32s, Uint32s, int, Uint32s, int], None]", intrinsic(_lower))
"""Lower PERMUTATIONS minima from `at` on to those of `factor * value + term` (modulo 2**32) over `count` values."""
