"""The power goes off at any moment: each disk that may then be left holds the index of before or after the batch."""

import os
import random
import tempfile
from pathlib import Path

import pytest
from trust.children import forked, warm
from trust.disk import Disk, read_log
from trust.shim import run_watched
from trust.steps import ACKNOWLEDGED, INDEX, PROBE, states

from dedup.engine import open_index
from dedup.errors import StoreUnreachable

pytestmark = pytest.mark.trust

SEED = int(os.environ.get("TRUST_SEED", "1"))
TORN = 2  # random states of the disk for each call that finds something unsure: in all about 2,000


def contradiction(index: Path, acknowledged: int) -> str:
    """Return what is wrong with an index left by a power cut after so many acknowledged steps; nothing is ""."""
    expected = states()[max(0, acknowledged - 1) : acknowledged + 1]
    try:
        open_index(str(index), create=not acknowledged).close()
    except StoreUnreachable as error:
        return f"gone: {error}"
    with open_index(str(index), create=False) as opened:
        if {document.id: document.text for document in opened.documents()} not in expected:
            return "neither the state before the step nor the one after"
        report = opened.check()
        if report.orphans or report.missing:
            return f"unsound: {report}"
        opened.put([PROBE])
        if [match.id for match in opened.resemble(PROBE.text).matches] != ["probe"]:
            return "a document put afterwards is not found"
        report = opened.check()
    return "" if not (report.orphans or report.missing) else f"unsound after one more put: {report}"


def lay_out(image: dict[str, bytes], world: Path, folder: Path) -> None:
    """Write the files of an image of `world` into another folder."""
    for path, content in image.items():
        target = folder / Path(path).relative_to(world)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (folder / INDEX).mkdir(parents=True, exist_ok=True)


def test_any_disk_that_a_power_cut_leaves_is_an_index(shim: Path, world: Path) -> None:
    """Cut after any call, with any unsynced sectors lost, the index opens, is sound, and has all acknowledged steps."""
    (world / "live").mkdir()
    warm()
    run_watched(shim, world / "live", "trust.steps", world / "live", log=world / "log")
    generator, disk, acknowledged, seen, wrong = (
        random.Random(SEED),
        Disk(),
        0,
        set[tuple[int, int]](),
        dict[str, str](),
    )  # noqa: S311 - to be repeated
    for number, call in enumerate(read_log(world / "log")):
        disk.start(call)
        for image in disk.images(generator, TORN):
            image.pop(str(world / "live" / ACKNOWLEDGED), None)
            if (key := (acknowledged, hash(frozenset(image.items())))) in seen:
                continue
            seen.add(key)
            with tempfile.TemporaryDirectory(dir=world) as folder:
                lay_out(image, world / "live", Path(folder))
                done = acknowledged
                if said := forked(lambda: contradiction(Path(folder) / INDEX, done)):  # noqa: B023 - the child runs at once
                    wrong.setdefault(said, f"call {number} of {call.path}, {acknowledged} acknowledged")
        disk.finish(call)
        acknowledged += call.path.endswith(ACKNOWLEDGED) and bool(call.data)
    print(f"seed {SEED}: {len(seen):,} disks after {number:,} calls, {acknowledged - 1} steps")  # noqa: T201 - the figures are reported
    assert acknowledged == len(states())
    assert not wrong
