"""Strings where Python keeps them: kernels read each one at its address, without a copy.

A process that hands a kernel the address of anything but a string that is held meanwhile can be ended by it, so
addresses come from `addresses` alone.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.extending import intrinsic

from dedup.kernels.arrays import Int64s

if TYPE_CHECKING:
    from collections.abc import Callable

    from dedup.kernels.arrays import ReadBytes, ReadUint16s, ReadUint32s

_WORD = ir.IntType(64)


def strings_of(texts: Iterable[str]) -> list[str]:
    """Return strings in a list of their own, which nobody else can change while kernels read them.

    Raises:
        TypeError: one of them is no string.
    """
    held = [*texts]
    for kind in set(map(type, held)):
        if not issubclass(kind, str):
            raise TypeError(f"a text must be a string, not {kind.__name__}")
    return held


def addresses(held: list[str]) -> Int64s:
    """Return the addresses of strings that `strings_of` gave, for as long as the caller holds the list."""
    return np.fromiter(map(id, held), np.int64, len(held))


def _string_at(typing: Any, address: Any) -> Any:  # noqa: ARG001 - as Numba calls it
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - the same
        api = context.get_python_api(builder)
        found = api.string_as_string_size_and_kind(builder.inttoptr(arguments[0], api.pyobj))
        string = cgutils.create_struct_proxy(types.unicode_type)(context, builder)
        _, string.data, string.length, string.kind, string.is_ascii, string.hash = found
        return string._getvalue()  # noqa: SLF001 - as Numba's own do

    return types.unicode_type(types.int64), generate


def _width(typing: Any, text: Any) -> Any:  # noqa: ARG001 - the same
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - the same
        string = cgutils.create_struct_proxy(types.unicode_type)(context, builder, value=arguments[0])
        return builder.zext(string.kind, _WORD)

    return types.int64(types.unicode_type), generate


def _code_points(dtype: Any) -> Any:
    """Return what makes an array of a string's own code points, where they take as many bytes as `dtype`."""
    kind = types.Array(dtype, 1, "C", readonly=True)

    def code_points(typing: Any, text: Any) -> Any:  # noqa: ARG001 - the same
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - the same
            from numba.np.arrayobj import populate_array  # noqa: PLC0415 - only who compiles needs it

            string = cgutils.create_struct_proxy(types.unicode_type)(context, builder, value=arguments[0])
            array = context.make_array(kind)(context, builder)
            size = context.get_constant(types.intp, dtype.bitwidth // 8)
            data = builder.bitcast(string.data, array.data.type)
            populate_array(array, data, [string.length], [size], size, None)
            return array._getvalue()  # noqa: SLF001 - the same

        return kind(types.unicode_type), generate

    return code_points


string_at = cast("Callable[[int], str]", intrinsic(_string_at))
"""Return the string at an address that `addresses` gave."""
width_of = cast("Callable[[str], int]", intrinsic(_width))
"""Return how many bytes Python keeps for each code point of a string: 1, 2 or 4."""
bytes_of = cast("Callable[[str], ReadBytes]", intrinsic(_code_points(types.uint8)))
"""Return the code points of a string that Python keeps in a byte each; they go with the string."""
uint16s_of = cast("Callable[[str], ReadUint16s]", intrinsic(_code_points(types.uint16)))
"""Return those of a string that keeps two bytes for each."""
uint32s_of = cast("Callable[[str], ReadUint32s]", intrinsic(_code_points(types.uint32)))
"""Return those of a string that keeps four bytes for each."""
