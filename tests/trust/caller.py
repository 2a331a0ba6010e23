"""One process of a history: calls at random on a few ids, each logged before it is made and when it has returned.

The log survives `kill -9`: each line is written at once. Times are those of the machine's monotonic clock, the same in
all processes.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from trust.linearizable import ANY, Call

import dedup
from dedup.engine import Index
from dedup.errors import ResemblesError
from dedup.model import Document

IDS = ["a", "b", "c"]  # few, so that four processes meet
KINDS = {"put": 4, "create": 2, "remove": 2, "get": 3, "resemble": 3}
LEAST = 25  # calls of a process, however slow the machine is
AGAIN = 0.2  # of the versions put, those that others put too: content that is equal already
_rng = random.Random(5)  # noqa: S311 - reproducible
WORDS = [f"{a}{b}{c}n" for a in "bdfgklmnprst" for b in "aeiou" for c in "lmnrst"]
COMMON = " ".join(_rng.choices(WORDS, k=40))


def document(id: str, version: str) -> Document:  # noqa: A002 - the field's name everywhere
    """Return a version of a document: what all have in common, and words of its own."""
    own = random.Random(f"{id} {version}").choices(WORDS, k=30)  # noqa: S311 - the same
    return Document(id, f"{COMMON} {' '.join(own)}", {"version": version})


def version_of(found: Document) -> str:
    """Return which version a document is; that it is none, if it is not whole."""
    version = str(found.metadata["version"])
    return version if found.text == document(found.id, version).text else f"damaged {version}"


def asked(index: Index) -> dict[str, object]:
    """Return the version of each id by look-up; of what is not found nothing, where the answer is truncated."""
    answer = index.resemble(COMMON, limit=2 * len(IDS))
    found: dict[str, object] = {match.id: str(match.metadata["version"]) for match in answer}
    return found if answer.truncated else dict.fromkeys(IDS) | found


def got(index: Index, ids: list[str]) -> dict[str, object]:
    """Return the version of each id."""
    return {name: one and version_of(one) for name, one in zip(ids, index.get_many(ids), strict=True)}


class Caller:
    """Makes calls and logs them."""

    def __init__(self, index: Index, seed: str, log: Path) -> None:
        """Draw from the seed; log to a new file."""
        self._index, self._rng, self._seed, self._made = index, random.Random(seed), seed, 0  # noqa: S311 - the same
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def step(self) -> None:
        """Make one call."""
        (kind,) = self._rng.choices([*KINDS], [*KINDS.values()])
        ids, index = self._rng.sample(IDS, self._rng.choice((1, 1, 2))), self._index
        if kind in ("put", "create"):
            values = {name: self._version() for name in ids}
            self._logged(kind, ids, lambda: self._put(values, create=kind == "create"), values)
        elif kind == "remove":
            self._logged(kind, ids[:1], lambda: {ids[0]: index.remove(ids[:1])})
        elif kind == "get":
            self._logged(kind, ids, lambda: got(index, ids))
        else:
            self._logged(kind, IDS, lambda: asked(index))

    def look(self) -> None:
        """Make the last calls: everything that is there, by id and by look-up."""
        self._logged("get", IDS, lambda: got(self._index, IDS))
        self._logged("resemble", IDS, lambda: asked(self._index))

    def _put(self, versions: Mapping[str, str], *, create: bool) -> dict[str, object]:
        placed = self._index.put_each([document(*one) for one in versions.items()], create=create)
        return {one.id: getattr(one, "status", "rejected") for one in placed}

    def _version(self) -> str:
        self._made += 1
        shared = self._rng.random() < AGAIN
        return self._rng.choice("xyz") if shared else f"{self._seed}-{self._made}"

    def _logged(
        self, kind: str, ids: list[str], act: Callable[[], dict[str, object]], values: Mapping[str, str] | None = None
    ) -> None:
        self._write({"kind": kind, "ids": ids, "values": values or {}, "made": time.monotonic()})
        try:
            results = act()
        except ResemblesError as error:
            self._write({"error": error.code})
        else:
            self._write({"results": results, "returned": time.monotonic()})

    def _write(self, line: Mapping[str, object]) -> None:
        os.write(self._log, json.dumps(line).encode() + b"\n")


def calls_of(log: Path) -> Iterator[tuple[str, Call]]:
    """Yield each call that a process logged, with the id that it is about."""
    lines = [json.loads(line) for line in log.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    for place, made in enumerate(lines):
        if "kind" not in made:
            continue
        end = lines[place + 1] if place + 1 < len(lines) else {}
        kind = "read" if made["kind"] in ("get", "resemble") else made["kind"]
        for name in end.get("results", made["ids"]):
            value, who = made["values"].get(name), f"{log.stem} {made['kind']}"
            if "results" in end:
                yield name, Call(kind, value, end["results"][name], made["made"], end["returned"], who)
            elif kind != "read":
                yield name, Call(kind, value, ANY, made["made"], who=f"{who} {end.get('error', 'killed')}")


def main(url: str, seed: str, seconds: str, log: str) -> None:
    """Make calls for so many seconds after the index is open, some at least."""
    with dedup.open(url, create=False) as index:
        caller, end, calls = Caller(index, seed, Path(log)), time.monotonic() + float(seconds), 0
        while time.monotonic() < end or calls < LEAST:
            caller.step()
            calls += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
