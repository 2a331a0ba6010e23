"""The arrays that the kernels pass to each other."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Hashes: TypeAlias = NDArray[np.uint64]
Bits: TypeAlias = NDArray[np.uint64]
Ids: TypeAlias = NDArray[np.int32]
Places: TypeAlias = NDArray[np.int64]
Scores: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
