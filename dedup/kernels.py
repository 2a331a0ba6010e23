"""How hot functions are compiled, and the arrays that they take: Numba, GIL released, machine code cached.

Where the installation cannot be written Numba keeps its cache in the user's own cache folder, and where that cannot be
written either, nowhere.
"""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import numba
import numpy as np
import xxhash
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Scalar = TypeVar("Scalar", bound=np.generic)
_compiled: list[Any] = []

# one dimension, told apart by what they hold
Bytes: TypeAlias = NDArray[np.uint8]
Uint32s: TypeAlias = NDArray[np.uint32]
Uint64s: TypeAlias = NDArray[np.uint64]
Int32s: TypeAlias = NDArray[np.int32]
Int64s: TypeAlias = NDArray[np.int64]
Float64s: TypeAlias = NDArray[np.float64]


def kernel(function: Function) -> Function:
    """Compile `function` at its first call, once per machine; other threads run while it does."""
    try:
        compiled: Any = numba.njit(cache=True, nogil=True)(function)
        # Numba compares the caller's file alone: one that calls a changed kernel of another file would stay as it was
        compiled._cache._cache_file._source_stamp = _sources()  # noqa: SLF001 - there is no public way
    except RuntimeError:  # no folder can be written: compiled anew in every process, but it works
        compiled = numba.njit(nogil=True)(function)
    _compiled.append(compiled)
    return cast("Function", compiled)


@cache
def _sources() -> str:
    """Return a hash of every file of the package that has a kernel in it."""
    package = Path(__file__).parent
    sources = [file.read_bytes() for file in sorted(package.rglob("*.py"))]
    return xxhash.xxh3_128_hexdigest(b"".join(source for source in sources if b"@kernel" in source))


def ready(announce: Callable[[str], None]) -> None:
    """Say so if kernels will have to be compiled before the first answer."""
    if not all(_cached(one) for one in _compiled):
        announce("compiling kernels, once")


def _cached(compiled: Any) -> bool:
    code = compiled.py_func.__code__
    python = f"py{sys.version_info[0]}{sys.version_info[1]}"
    name = f"{Path(code.co_filename).stem}.{code.co_name}-{code.co_firstlineno}.{python}*.nbi"
    folder = compiled.stats.cache_path
    return folder is not None and any(Path(folder).glob(name))


@kernel
def grown(array: NDArray[Scalar], used: int, more: int) -> NDArray[Scalar]:
    """Return `array` with room for `more` values after the `used` ones, at least doubled where it must be copied."""
    if used + more <= len(array):
        return array
    larger = np.empty(max(2 * len(array), used + more), array.dtype)
    larger[:used] = array[:used]
    return larger
