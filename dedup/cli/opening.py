"""How commands come by an index and by the compiled kernels."""

from collections.abc import Callable, Iterable
from functools import partial

import dedup
from dedup.cli.terminal import note
from dedup.engine import Index
from dedup.kernels import ready
from dedup.model import Document


def open_index(url: str, *, create: bool = False, read_only: bool = False) -> Index:
    """Open the index, which must be there unless `create`."""
    return dedup.open(url, create=create, read_only=read_only)


def prepare_kernels(*others: Callable[[], None]) -> None:
    """Compile what is not yet compiled on this machine, all of it, and say so: once.

    Args:
        others: run the kernels that no look-up needs.
    """
    ready(partial(_compile, others))


def _compile(others: Iterable[Callable[[], None]], announcement: str) -> None:
    note(announcement)
    for run in others:
        run()
    text = "a look-up of an indexed text, in ASCII and then in “others”, runs through every kernel that there is"
    with dedup.open("memory:") as index:
        index.put([Document("ascii", text[:40]), Document("others", text)])
        index.resemble(text.upper())
