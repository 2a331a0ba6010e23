"""The buckets of the units, a file for each slice: what the join reads slice by slice."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.units import Units

POSTING = np.dtype([("bucket", np.uint64), ("unit", np.int64)])


def file_of(number: int) -> str:
    """Return the name of the work file with one slice of the postings."""
    return f"postings-{number:03}"


def posted(units: Units, slices: int) -> list[NDArray[Any]]:
    """Return the postings of each slice; units are numbered as they come."""
    of = units.slices.astype(np.uint16)
    order = np.argsort(of, kind="stable")  # a radix sort, for 16 bits
    postings = np.empty(len(order), POSTING)
    postings["bucket"], postings["unit"] = units.buckets[order], units.owners[order]
    return np.split(postings, np.cumsum(np.bincount(of, minlength=slices))[:-1])


class PostingFiles:
    """Writes the postings of all slices."""

    def __init__(self, work: Path, slices: int) -> None:
        """Write into the folder `work`."""
        self._stack = ExitStack()
        self._files = [self._stack.enter_context((work / file_of(number)).open("wb")) for number in range(slices)]

    def add(self, postings: Sequence[NDArray[Any]], first: int) -> None:
        """Append the postings of each slice, of units numbered from `first`."""
        for file, some in zip(self._files, postings, strict=True):
            some["unit"] += first
            file.write(some.tobytes())

    def close(self) -> None:
        """Finish the files."""
        self._stack.close()
