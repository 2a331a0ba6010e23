"""All documents of one index into another."""

import time
from contextlib import closing

from dedup.cli.opening import lasting, place_of
from dedup.cli.terminal import Progress, line, listed, note, tell_ids
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index
from dedup.errors import InvalidInput, SchemeMismatch, StoreDamaged, StoreUnreachable
from dedup.scheme import Scheme
from dedup.stores import open_store
from dedup.stores.base import Store
from dedup.stores.urls import shown
from dedup.watches import watches


def run(source: str, target: str, *, json: bool) -> None:
    """Put every document of the index `source` into `target`.

    A new `target` is made with the scheme of `source`, with the fold table and hash of this version of the package; one
    that is there keeps its scheme.
    """
    if place_of(source) == place_of(target):
        raise InvalidInput(f"FROM and TO are the same index, {shown(source)}; give another TO")
    prepare_kernels()
    counts = {"copied": 0, "unchanged": 0, "expired": 0}
    damaged = list[str]()
    with (
        closing(open_store(source, create=False, read_only=True, older=True)) as one,
        Index(_open_or_make(lasting(target), one.scheme.renewed())) as other,
        Progress("documents") as progress,
    ):
        counts["expired"] = one.expired()
        for batch in other.copy_from(one, now=time.time()):
            counts["copied"] += batch.copied
            counts["unchanged"] += batch.unchanged
            damaged += batch.damaged
            progress.advance(batch.copied + batch.unchanged)
        absent = one.stats().documents - sum(counts.values()) - len(damaged)
        watched = _has_watches(one)
    print(line({**counts, "damaged": damaged}) if json else listed({**counts, "damaged": len(damaged)}))
    tell_ids("damaged", damaged, "cannot be read, and was not copied")
    if watched:
        note(f"the watches of {shown(source)} were not copied; put them into {shown(target)} with `dedup watch add`")
    if absent > 0:
        note(f"{absent:,} more ids of {shown(source)} lead to no document, or came meanwhile; run `dedup check`")
    if damaged:
        raise StoreDamaged(
            f"{shown(source)}: {len(damaged):,} documents cannot be read and were not copied; put them into "
            f"{shown(target)} again"
        )


def _has_watches(store: Store) -> bool:
    try:
        there = store.beside(watches.NAME)
    except SchemeMismatch:  # they are of an older fold table, as the index is
        return True
    if there is None:
        return False
    with closing(there):
        return there.stats().documents > 0


def _open_or_make(url: str, scheme: Scheme) -> Store:
    try:
        return open_store(url, create=False)
    except StoreUnreachable:
        return open_store(url, scheme, create=True)
