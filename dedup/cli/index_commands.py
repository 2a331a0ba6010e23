"""What an index holds: its documents, its size, its health."""

import sys
from dataclasses import asdict

from dedup.cli.opening import open_index
from dedup.cli.terminal import clean, line
from dedup.cli.warm import prepare_kernels
from dedup.errors import StoreDamaged
from dedup.record import record_of
from dedup.stores.urls import shown


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
    print(line(counts) if json else f"{removed:,} removed, {counts['unknown']:,} unknown")


def stats(url: str, *, json: bool) -> None:
    """Print sizes and scheme."""
    with open_index(url, read_only=True) as index:
        sizes, scheme = asdict(index.stats()), index.scheme
    parameters = asdict(scheme)
    if json:
        print(line({**sizes, "scheme": {**parameters, "fingerprint": scheme.fingerprint}}))
        return
    due = sizes.pop("grow")
    for name, size in sizes.items():
        print(f"{name:<10}{size:>20,}")
    print(f"{'scheme':<10}{scheme.fingerprint:>20}", *(f"{name}={value}" for name, value in parameters.items()))
    if due:
        print("the shards are full: run `dedup index grow`")


def check(url: str, *, repair: bool, json: bool) -> None:
    """Print what contradicts itself, and mend it if asked."""
    prepare_kernels()
    with open_index(url, read_only=not repair) as index:
        report = index.check(repair=repair)
    if json:
        print(line({**asdict(report), "sound": report.sound}))
    else:
        state = "damaged" if not report.sound else "repaired" if report.repaired else "sound"
        sizes = f"{report.documents:,} documents, {report.postings:,} postings"
        faults = f"{report.orphans:,} orphans, {report.missing:,} missing, {report.lost:,} lost"
        print(f"{state}: {sizes}, {faults}")
    if not report.sound:
        raise StoreDamaged(f"{shown(url)}: the index contradicts itself; run `dedup check --repair`")


def sweep(url: str, *, json: bool) -> None:
    """Print what was deleted."""
    prepare_kernels()
    with open_index(url) as index:
        swept = asdict(index.sweep())
    print(line(swept) if json else ", ".join(f"{count:,} {name}" for name, count in swept.items()) + " swept")


def grow(url: str, *, json: bool) -> None:
    """Print whether the index has more shards now."""
    with open_index(url) as index:
        grown = index.grow()
    if json:
        print(line({"grown": grown}))
    else:
        print("the postings lie on more shards now" if grown else "nothing to do: the shards are not full")
