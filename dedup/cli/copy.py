"""All documents of one index into another."""

import os
import time
from contextlib import closing

from dedup.cli.terminal import Progress, line
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index
from dedup.errors import InvalidInput
from dedup.stores import open_store
from dedup.stores.urls import shown


def run(source: str, target: str, *, json: bool) -> None:
    """Put every document of the index `source` into `target`, which is made with the same scheme if there is none."""
    if _place(source) == _place(target):
        raise InvalidInput(f"FROM and TO are the same index, {shown(source)}; give another TO")
    prepare_kernels()
    counts = {"copied": 0, "unchanged": 0}
    with (
        Index(open_store(source, create=False, read_only=True)) as one,
        closing(open_store(target, one.scheme, create=True)) as other,
        Progress("documents") as progress,
    ):
        for copied, unchanged in one.copy_to(other, now=time.time()):
            counts["copied"] += copied
            counts["unchanged"] += unchanged
            progress.advance(copied + unchanged)
    print(line(counts) if json else ", ".join(f"{count:,} {name}" for name, count in counts.items()))


def _place(url: str) -> str:
    """Return what two URLs of the same index have in common: the folder, whatever path leads to it."""
    return url if "://" in url else os.path.realpath(url.removeprefix("lmdb:"))
