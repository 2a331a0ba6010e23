"""How the hot functions are compiled: Numba, GIL released, machine code cached beside the package.

Where the installation cannot be written Numba keeps its cache in the user's own cache folder.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile `function` at its first call, once per machine; other threads run while it does."""
    compiled: Function = numba.njit(cache=True, nogil=True, boundscheck=False)(function)
    return compiled


@kernel
def grown(array, used, more):  # type: ignore[no-untyped-def]
    """Return `array` with room for `more` values after the `used` ones, at least doubled where it must be copied."""
    if used + more <= len(array):
        return array
    larger = np.empty(max(2 * len(array), used + more), array.dtype)
    larger[:used] = array[:used]
    return larger
