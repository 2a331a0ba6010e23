"""What an index holds: its documents, its size, its health."""

import sys
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from dedup.cli.opening import lasting, open_index
from dedup.cli.terminal import MOST_ALIKE, clean, line, listed, note, tell_ids
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index
from dedup.errors import InvalidInput, StoreDamaged, StoreUnreachable
from dedup.record import record_of
from dedup.scheme import Scheme, Unit
from dedup.stores import open_store
from dedup.stores.base import CheckReport
from dedup.stores.urls import shown

_FAR_BEHIND = 100  # writes; not measured: a look-up or a page of a scan lasts for less


def create(url: str, unit: Unit, threshold: float, stories: float, documents: int | None, *, json: bool) -> None:
    """Make a new index, and print its scheme."""
    scheme = replace(Scheme.for_threshold(threshold, unit=unit), stories=stories)
    with suppress(StoreUnreachable):
        open_store(lasting(url), create=False, read_only=True, older=True).close()
        raise InvalidInput(f"{shown(url)} is an index already; name another one with --index")
    place = f"{url}{'&' if '?' in url else '?'}documents={documents}" if documents and "://" in url else url
    open_store(place, scheme, create=True).close()
    if json:
        print(line({"index": shown(url), "scheme": _described(scheme)}))
    else:
        print(f"{shown(url)} made: {_in_short(scheme)}")


def _described(scheme: Scheme) -> dict[str, Any]:
    return {**asdict(scheme), "fingerprint": scheme.fingerprint}


def _in_short(scheme: Scheme) -> str:
    return " ".join([scheme.fingerprint, *(f"{name}={value}" for name, value in asdict(scheme).items())])


def get(name: str, url: str, *, json: bool) -> None:
    """Print one document."""
    with open_index(url, read_only=True) as index:
        found = index.document(name)
    if json:
        print(line(record_of(found)))
    elif sys.stdout.isatty():
        print(clean(found.text, keep="\n\t"))
    else:
        sys.stdout.buffer.write(found.text.encode("utf-8", "backslashreplace"))


def remove(ids: list[str], url: str, *, json: bool) -> None:
    """Remove documents."""
    prepare_kernels()
    distinct = set(ids)
    with open_index(url) as index:
        removed = index.remove(distinct)
    counts = {"removed": removed, "unknown": len(distinct) - removed}
    print(line(counts) if json else listed(counts))
    if len(ids) > len(distinct):
        note(f"{len(ids):,} ids were given, {len(ids) - len(distinct):,} of them again: each counts once")


def stats(url: str, *, json: bool) -> None:
    """Print sizes and scheme."""
    with open_index(url, read_only=True) as index:
        sizes, scheme = _sizes(index), index.scheme
    if json:
        print(line({**sizes, "scheme": _described(scheme)}))
        return
    due, reader, behind = sizes.pop("grow"), sizes.pop("reader"), sizes.pop("behind")
    for name, size in sizes.items():
        print(f"{name:<10}{size:>20,}")
    print(f"{'scheme':<14}{_in_short(scheme)}")
    if due:
        print("the shards are full: run `dedup index grow`")
    if behind >= _FAR_BEHIND:
        print(f"the file grows: process {reader} reads what the index was {behind:,} writes ago; let it end")


def _sizes(index: Index) -> dict[str, Any]:
    """Return the index's size, expired documents told apart from the others."""
    sizes, expired = asdict(index.stats()), index.expired()
    return {"documents": sizes.pop("documents") - expired, "expired": expired, **sizes}


def check(url: str, *, repair: bool, json: bool) -> None:
    """Print what contradicts itself, and mend it if asked."""
    prepare_kernels()
    with open_index(url, read_only=not repair) as index:
        report = index.check(repair=repair)
    print(line({**asdict(report), "sound": report.sound}) if json else _health(report, repair=repair))
    state = "is gone, and its id is forgotten" if repair else "is gone"
    # a repair forgets the ids: whoever does not read them now never will
    tell_ids("lost", report.lost, f"{state}; put it again", len(report.lost) if repair else MOST_ALIKE)
    tell_ids("damaged", report.damaged, "cannot be read; put it again, or remove it")
    if not report.sound:
        unreadable = report.remaining == len(report.damaged)
        help_for = "put the damaged documents again, or remove them" if unreadable else "run `dedup check --repair`"
        raise StoreDamaged(f"{shown(url)}: the index contradicts itself; {help_for}")


def _health(report: CheckReport, *, repair: bool) -> str:
    """Return in a line what an index holds, what is wrong with it and what a repair has left."""
    state = "damaged" if not report.sound else "repaired" if report.repaired else "sound"
    sizes = f"{report.documents:,} documents, {report.expired:,} expired, {report.postings:,} postings"
    faults = f"{report.orphans:,} orphans, {report.missing:,} missing, {len(report.lost):,} lost"
    after = f"; {report.repaired:,} mended, {report.remaining:,} left" if repair else ""
    return f"{state}: {sizes}; found {faults}, {len(report.damaged):,} damaged{after}"


def sweep(url: str, *, json: bool) -> None:
    """Print what was deleted."""
    prepare_kernels()
    with open_index(url) as index:
        swept = asdict(index.sweep())
    print(line(swept) if json else f"{listed(swept)} swept")


def backup(folder: str, url: str, *, json: bool) -> None:
    """Write a backup of an index, read it, and print how large it is."""
    with open_index(url, read_only=True) as index:
        index.backup(folder)
    with open_index(f"lmdb:{folder}", read_only=True) as written:
        sizes, damaged = _sizes(written), list(written.unreadable())
    counts = {name: sizes[name] for name in ("documents", "expired", "bytes")}
    if json:
        print(line({**counts, "damaged": damaged}))
    else:
        print(f"written: {listed({**counts, 'damaged': len(damaged)})}")
    tell_ids("damaged", damaged, "cannot be read")
    if damaged:
        raise StoreDamaged(
            f"{shown(url)}: {len(damaged):,} documents cannot be read, and neither can they in {folder}; put them "
            "again, then make another backup"
        )


def grow(url: str, *, json: bool) -> None:
    """Print whether the index has more shards now."""
    with open_index(url) as index:
        grown = index.grow()
    if json:
        print(line({"grown": grown}))
    else:
        print("the postings lie on more shards now" if grown else "nothing to do: the shards are not full")
