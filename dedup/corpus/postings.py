"""Postings, a file for each slice of the buckets: what is joined slice by slice."""

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


def by_slice(slices: NDArray[np.integer], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the places of postings by the slice that each belongs to, and where each slice but the first begins."""
    of = slices.astype(np.uint16)
    return np.argsort(of, kind="stable"), np.cumsum(np.bincount(of, minlength=count))[:-1]  # a radix sort, for 16 bits


def posted(units: Units, slices: int) -> list[NDArray[Any]]:
    """Return the postings of each slice; units are numbered as they come."""
    order, begins = by_slice(units.slices, slices)
    postings = np.empty(len(order), POSTING)
    postings["bucket"], postings["unit"] = units.buckets[order], units.owners[order]
    return np.split(postings, begins)


class PostingFiles:
    """Writes the postings of all slices."""

    def __init__(self, work: Path, slices: int) -> None:
        """Write into the folder `work`."""
        self._stack = ExitStack()
        self._files = [self._stack.enter_context((work / file_of(number)).open("wb")) for number in range(slices)]

    def add(self, postings: Sequence[NDArray[Any]], **firsts: int) -> None:
        """Append the postings of each slice, whose column named counts from the number given."""
        for file, some in zip(self._files, postings, strict=True):
            for name, first in firsts.items():
                some[name] += first
            file.write(some.tobytes())

    def close(self) -> None:
        """Finish the files."""
        self._stack.close()
