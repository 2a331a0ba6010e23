"""One bit of a Redis server's file flips: it does not start, or answers are right, or the index or `check` says so."""

import os
import random
import shutil
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from servers.server import Server, running
from trust.children import warm
from trust.damaged import FINE, Answers, buckets_of, make, outcome

from dedup.engine import open_index

pytestmark = [pytest.mark.trust, pytest.mark.timeout(1800)]

SEED = int(os.environ.get("TRUST_SEED", "1"))
FLIPS = 300
KINDS = {"log": (), "snapshot": ("--appendonly", "no")}


def saved(redis_path: str, folder: Path, options: tuple[str, ...]) -> tuple[Path, Answers, Any]:
    """Leave the files of a server that held an index; return the one to damage, and what the index answered."""
    with running(redis_path, folder, *options) as server:
        with open_index(server.url()) as index:
            make(index)
            buckets = buckets_of(index)
            truth = Answers.of(index, buckets)
        server.log_size() if not options else server.client().save()
    (file,) = folder.glob("dump.rdb" if options else "appendonlydir/*.incr.aof")
    return file, truth, buckets


def came_of(redis_path: str, folder: Path, options: tuple[str, ...], truth: Answers, buckets: Any) -> str:
    """Return what comes of a server on damaged files."""
    try:
        server = Server(redis_path, folder, *options)
    except RuntimeError:
        return "the server does not start"
    try:
        return outcome(server.url(), truth, buckets)
    except Exception:  # noqa: BLE001 - any that is not expected is the result
        return f"traceback {traceback.format_exc()[-600:]}"
    finally:
        server.kill()


@pytest.mark.parametrize("kind", KINDS)
def test_flipped_bit_of_a_servers_file_is_never_a_wrong_answer_unnoticed(
    redis_path: str, world: Path, kind: str
) -> None:
    """Whichever bit of the log or the snapshot flips, no answer is wrong without a sign."""
    file, truth, buckets = saved(redis_path, world / "whole", KINDS[kind])
    warm()
    whole = file.read_bytes()
    came: Counter[str] = Counter()
    wrong: dict[str, list[int]] = {}
    for bit in random.Random(SEED).sample(range(8 * len(whole)), FLIPS):  # noqa: S311 - to be repeated
        case = world / "case"
        shutil.copytree(world / "whole", case)
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        (case / file.relative_to(world / "whole")).write_bytes(damaged)
        said = came_of(redis_path, case, KINDS[kind], truth, buckets)
        came[said] += 1
        if said not in FINE | {"the server does not start"}:
            wrong.setdefault(said, []).append(bit)
        shutil.rmtree(case)
    print(f"{kind}: seed {SEED}, {len(whole):,} bytes, {dict(came)}")  # noqa: T201 - the figures are reported
    assert not wrong
