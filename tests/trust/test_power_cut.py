"""The power goes off at any moment: each disk that may then be left holds the index of before or after the batch."""

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from trust.children import batched, each, warm
from trust.disk import Disk, read_log
from trust.shim import run_watched
from trust.steps import ACKNOWLEDGED, INDEX, PROBE, states

from dedup.engine import open_index
from dedup.errors import StoreUnreachable

pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("TRUST_SEED", "1"))
TOGETHER = 20  # disks looked at by one child: a child for each costs half of the time
TORN = 2  # random states of the disk at each moment that finds something unsure


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


def lay_out(image: dict[str, bytes], folder: Path) -> Path:
    """Write the files of an image, by path below the folder that was watched, and return the index among them."""
    for path, content in image.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / INDEX).mkdir(parents=True, exist_ok=True)
    return folder / INDEX


@dataclass(frozen=True)
class Image:
    """What may be on the disk at a moment."""

    moment: str
    acknowledged: int
    files: dict[str, bytes]


def images(log: Path, live: Path) -> Iterator[Image]:
    """Yield what may be on the disk during each call of a log, each image once."""
    generator = random.Random(SEED)  # noqa: S311 - to be repeated
    disk, acknowledged, seen = Disk(), 0, set[int]()
    for number, call in enumerate(read_log(log)):
        disk.start(call)
        for there in disk.images(generator, TORN):
            files = {str(Path(path).relative_to(live)): content for path, content in there.items()}
            files.pop(ACKNOWLEDGED, None)
            key = hash((acknowledged, frozenset(files.items())))
            if key not in seen:
                seen.add(key)
                yield Image(f"call {number}, of {call.path}", acknowledged, files)
        disk.finish(call)
        acknowledged += call.path.endswith(ACKNOWLEDGED) and bool(call.data)


def test_any_disk_that_a_power_cut_leaves_is_an_index(shim: Path, world: Path) -> None:
    """Cut after any call, with any unsynced sectors lost, the index opens, is sound, and has all acknowledged steps."""
    live = world / "live"
    live.mkdir()
    run_watched(shim, live, "trust.steps", live, log=world / "log")
    warm()
    tried, wrong = 0, dict[str, str]()
    for batch in batched(images(world / "log", live), TOGETHER):
        folders = [world / f"image{number}" for number in range(len(batch))]
        pairs = list(zip(folders, batch, strict=True))
        works = [partial(contradiction, lay_out(image.files, folder), image.acknowledged) for folder, image in pairs]
        for (folder, image), said in zip(pairs, each(works), strict=True):
            tried += 1
            if said:
                wrong.setdefault(said, f"{image.moment}, {image.acknowledged} acknowledged")
            shutil.rmtree(folder)
    print(f"seed {SEED}: {tried:,} disks, at each of {len(read_log(world / 'log'))} calls")  # noqa: T201 - the figure is reported
    assert (live / ACKNOWLEDGED).read_text().count("\n") == len(states())
    assert tried > 1_500
    assert not wrong
