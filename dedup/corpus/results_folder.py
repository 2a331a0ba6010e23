"""The folder for results: written under another name, and renamed when all is there."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from dedup.errors import OutputExists, StoreBusy, StoreFull, StoreUnreachable
from dedup.limits import SCARCE, refused

WORK = "work"
CLUSTERS, PAIRS, RUNS = "clusters.parquet", "pairs.parquet", "runs.parquet"
KEPT, REMOVED = "kept.jsonl.zst", "removed.jsonl.zst"
KEPT_ROWS, KEPT_IDS, REMOVED_IDS = "kept.parquet", "kept_ids.parquet", "removed_ids.parquet"
EDGES, NODES, NETWORK, PASSAGES = "edges.csv", "nodes.csv", "network.gexf", "passages.parquet"
SUMMARY, REPORT = "summary.json", "report.html"
RESULTS = (
    *(CLUSTERS, PAIRS, RUNS, KEPT, KEPT_ROWS, KEPT_IDS, REMOVED, REMOVED_IDS),
    *(EDGES, NODES, NETWORK, PASSAGES, SUMMARY, REPORT),
)
KEPT_FILES = (KEPT_ROWS, KEPT, KEPT_IDS)
"""The names of the file that says what was kept: a folder of results has at most one of them."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def output(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield a folder that becomes `out` in the end, if nothing fails; in it `work` is for what is thrown away.

    What a run that was killed left behind is removed by the next one.

    Raises:
        OutputExists: `out` holds something, and `force` is not set.
        StoreBusy: another run is writing it.
        StoreFull: the disk is full.
        SystemRefused: this process may not open so many files.
        StoreUnreachable: it cannot be written.
    """
    out = out.resolve()
    partial = out.with_name(f".{out.name}.partial")
    with writing(out), _alone(out):
        held = sorted(entry.name for entry in out.iterdir()) if out.is_dir() else [out.name] if out.exists() else []
        refuse(str(out), held, force=force)
        shutil.rmtree(partial, ignore_errors=True)
        try:
            (partial / WORK).mkdir(parents=True)
            yield partial
            shutil.rmtree(partial / WORK)
            _replace(partial, out)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """Turn what the system refuses while the folder `out` is written into errors of ours.

    Raises:
        StoreFull: the disk is full.
        SystemRefused: this process may not open so many files.
        StoreUnreachable: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM or any(os.strerror(code) in str(error) for code in NO_ROOM):
            raise StoreFull(f"{out}: the disk is full; free some room, or name a folder on another disk") from error
        if error.errno in SCARCE:
            raise refused(error.errno, f"{out}: {error}") from error
        raise StoreUnreachable(f"{out}: cannot be written ({error}); check the folder and its permissions") from error


def refuse(out: str, held: Sequence[str], *, force: bool) -> None:
    """Write over nothing but an empty folder or, if `force` is set, results.

    Raises:
        OutputExists: it holds, by these names, something else.
    """
    if held and not force:
        raise OutputExists(f"{out}: is there already and not empty; name another folder, or replace it with --force")
    if foreign := [name for name in held if name not in RESULTS]:
        raise OutputExists(f"{out}: holds {foreign[0]!r}, which is no result of this command; name another folder")


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold a lock beside `out`, so that no other run writes it, not even while the folder takes its place.

    Raises:
        StoreBusy: another run holds it.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f".{out.name}.lock")
    with ExitStack() as stack:
        while True:
            lock = stack.enter_context(path.open("w"))
            _own(lock.fileno(), out)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                    break  # else the run before this one has removed it meanwhile
        stack.callback(path.unlink)
        yield


def _own(lock: int, out: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreBusy(f"{out}: another run is writing it; wait for it, or name another folder") from error


def _replace(partial: Path, out: Path) -> None:
    for file in partial.iterdir():
        with file.open("rb") as written:
            os.fsync(written.fileno())
    old = out.with_name(f".{out.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    partial.rename(out)
    shutil.rmtree(old, ignore_errors=True)
