"""`dedup get`, `remove`, `stats` and `check`: what an index holds."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from dedup.cli import options
from dedup.cli.terminal import clean


def get(
    name: Annotated[str, typer.Argument(metavar="ID", help="The document's id.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Print a document: its text, or with --json what `ingest` would take again."""
    from dedup.cli.opening import open_index
    from dedup.cli.shape import line
    from dedup.errors import InvalidDocument

    with open_index(index, read_only=True) as opened:
        document = opened.get(name)
    if document is None:
        raise InvalidDocument("unknown_id", f"{name}: no such document in {index}; check the id")
    if json:
        print(line({**document.metadata, "id": document.id, "text": document.text}))
    elif sys.stdout.isatty():
        print(clean(document.text, keep="\n\t"))
    else:
        sys.stdout.buffer.write(document.text.encode("utf-8", "backslashreplace"))


def remove(
    names: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of the documents.")],
    index: options.Index = options.DEFAULT_INDEX,
    json: options.Json = False,
) -> None:
    """Remove documents; their texts are gone at once. An id that is not there is no error."""
    from dedup.cli.opening import open_index
    from dedup.cli.shape import line

    distinct = set(names)
    with open_index(index) as opened:
        removed = opened.remove(distinct)
    counts = {"removed": removed, "unknown": len(distinct) - removed}
    print(line(counts) if json else f"{removed:,} removed, {counts['unknown']:,} unknown")


def stats(index: options.Index = options.DEFAULT_INDEX, json: options.Json = False) -> None:
    """Print how large the index is, and its scheme."""
    from dedup.cli.opening import open_index
    from dedup.cli.shape import line

    with open_index(index, read_only=True) as opened:
        sizes, scheme = asdict(opened.stats()), opened.scheme
    if json:
        print(line({**sizes, "scheme": {**asdict(scheme), "fingerprint": scheme.fingerprint}}))
        return
    for name, size in sizes.items():
        print(f"{name:<12}{size:>18,}")
    print(f"{'scheme':<12}{scheme.fingerprint:>18}  " + " ".join(f"{k}={v}" for k, v in asdict(scheme).items()))


def check(
    index: options.Index = options.DEFAULT_INDEX,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is found.")] = False,
    json: options.Json = False,
) -> None:
    """Verify that every posting has its document and every document its postings."""
    from dedup.cli.opening import open_index, prepare_kernels
    from dedup.cli.shape import line
    from dedup.errors import StoreDamaged

    prepare_kernels()
    with open_index(index, read_only=not repair) as opened:
        report = opened.check(repair=repair)
    if json:
        print(line({**asdict(report), "sound": report.sound}))
    else:
        state = "repaired" if report.repaired else "sound" if report.sound else "damaged"
        print(
            f"{state}: {report.documents:,} documents, {report.postings:,} postings, "
            f"{report.orphans:,} orphans, {report.missing:,} missing",
        )
    if not report.sound:
        raise StoreDamaged(f"{index}: the index contradicts itself; run `dedup check --repair`")
