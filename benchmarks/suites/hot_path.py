"""The hot path from raw text, stage by stage: scripts, short and long texts, one and two threads."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

import dedup
from benchmarks.harness.clock import Times, race
from benchmarks.harness.row import Row, middle
from benchmarks.harness.suite import Scale, tell
from benchmarks.suites.stages import Batch, limit_operations, prepared, signed, stages
from benchmarks.texts.scripts import LONG, SCRIPTS, SHORT, some
from dedup.scheme import Scheme
from dedup.sketching.signature import whole_vectors
from dedup.sketching.sketches import permutations

TABLE = "Hot path"
SIGNATURE_OPERATIONS = 3  # a value and permutation: multiply, add, minimum
THREADS = (1, 2)
ALL = "all"
"""The whole path, which alone is timed on several threads."""


def rows(scale: Scale) -> Iterator[Row]:
    """Yield the limit, then each script."""
    call, operations = limit_operations()
    times = race({"limit": call}, scale.rounds)["limit"]
    peak, spread, wall = times.rates(operations)
    yield Row(
        table=TABLE,
        name="vector limit",
        case="multiply, add, minimum of 32 bits",
        unit="operations/s",
        median=peak,
        spread=spread,
        wall=wall,
        accuracy=1.0,
        measure="nothing to find",
    )
    for script in SCRIPTS:
        for kind, words in (("short", SHORT), ("long", LONG)):
            texts = some(script, words, scale.characters, scale.data)
            for threads in THREADS:
                tell(f"hot path: {script.name}, {kind}, {threads} thread(s)")
                yield from of_stages(texts, f"{script.name}, {kind}", threads, peak, scale.rounds)


def of_stages(texts: list[str], case: str, threads: int, peak: float, rounds: int) -> Iterator[Row]:
    """Yield nanoseconds a token and megabytes a second of each stage."""
    scheme = Scheme()
    batches = prepared(texts, scheme)
    count = sum(len(batch.tokens.hashes) for batch in batches)
    hashes = sum(len(batch.shingles) for batch in batches)
    size = sum(len(text.encode()) for text in texts) / 1e6
    exact = equal_to_datasketch(texts, batches, scheme)
    timed = {name: stage for name, stage in stages(scheme).items() if threads == 1 or name == ALL}
    with ThreadPoolExecutor(threads) as pool:
        taken = race({name: partial(over, batches, stage, pool, threads) for name, stage in timed.items()}, rounds)
    if threads == 1:
        taken["tokens"] = less(taken["tokens"], taken["fold"])
    for name, times in taken.items():
        seconds = times.cpu if threads == 1 else times.wall
        common: dict[str, Any] = {
            "table": TABLE,
            "name": f"resembles: {name}",
            "case": f"{case}, {threads} thread{'s' * (threads > 1)}",
            "size": count // len(texts),
            "accuracy": exact,
            "measure": "signatures equal to datasketch's",
        }
        median, spread = middle([value / count * 1e9 for value in seconds])
        yield Row(**common, unit="ns/token", median=median, spread=spread, wall=middle(times.wall)[0] / count * 1e9)
        if name == ALL:
            median, spread, wall = times.rates(size, threads=threads)
            yield Row(**common, unit="MB/s", median=median, spread=spread, wall=wall)
        if name == "signature" and threads == 1:
            shares = [SIGNATURE_OPERATIONS * hashes * scheme.num_perm / value / peak for value in seconds]
            share, spread = middle(shares)
            facts: dict[str, Any] = {name: common[name] for name in ("table", "case", "size")}
            yield Row(**facts, name="resembles: signature, of the limit", unit="share", median=share, spread=spread)


def over(batches: Sequence[Batch], stage: Callable[[Batch], Any], pool: ThreadPoolExecutor, threads: int) -> None:
    """Run a stage on all batches; on one thread the calling one, so that nothing is handed over."""
    if threads == 1:
        for batch in batches:
            stage(batch)
    else:
        list(pool.map(stage, batches))


def less(both: Times, first: Times) -> Times:
    """Return what is left of a stage that had to do an earlier one again."""
    return Times(
        [max(a - b, 1e-9) for a, b in zip(both.cpu, first.cpu, strict=True)],
        [max(a - b, 1e-9) for a, b in zip(both.wall, first.wall, strict=True)],
    )


def equal_to_datasketch(texts: Sequence[str], batches: Sequence[Batch], scheme: Scheme) -> float:
    """Return the share of the first texts whose signature is datasketch's, alone and as the stage made it."""
    from datasketch import MinHash  # noqa: PLC0415 - costs seconds, and not every run needs it

    batch, exact = batches[0], 0
    made = signed(batch.shingles, batch.offsets, *map(whole_vectors, permutations(scheme.num_perm, scheme.seed)))
    checked = min(5, len(batch.texts))
    whole = dedup.sketch(texts[:checked], scheme).signatures
    for place in range(checked):
        own = batch.shingles[batch.offsets[place] : batch.offsets[place + 1]].astype(np.uint32)
        theirs = MinHash(num_perm=scheme.num_perm, seed=scheme.seed, scheme="affine32", hashfunc=int)
        theirs.update_batch(own.tolist())
        exact += np.array_equal(made[place], theirs.hashvalues) and np.array_equal(whole[place], theirs.hashvalues)
    return exact / checked
