"""A disk that loses power: what is on it for sure after some calls, and what may be besides.

The rules are those of POSIX: a write is on the disk once its file was synced, or when it returns if the file was opened
with O_DSYNC; a name is there once its folder was synced. Until then each write may be there or not, in any order, whole
or by sectors, and the names of the folders in the order in which they were made, up to any of them.
"""

import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

SECTOR = 512  # the least that disks promise to write whole
WRITE, TRUNCATE, SYNC, CREATE, RENAME = range(5)
_HEADER = struct.Struct("<IIIIQ")


@dataclass(frozen=True)
class Call:
    """One entry of the shim's log: a call that succeeded."""

    kind: int
    durable: bool
    path: str
    offset: int
    data: bytes


def read_log(log: Path) -> list[Call]:
    """Return the calls of a log in order."""
    data, at, calls = log.read_bytes(), 0, []
    while at < len(data):
        kind, durable, path_bytes, data_bytes, offset = _HEADER.unpack_from(data, at)
        path_at = at + _HEADER.size
        data_at = path_at + path_bytes
        at = data_at + data_bytes
        calls.append(Call(kind, bool(durable), data[path_at:data_at].decode(), offset, data[data_at:at]))
    return calls


@dataclass
class File:
    """Bytes that are there for sure, and the writes and cuts since the last sync; a folder has none."""

    content: bytearray = field(default_factory=bytearray)
    pending: list[Call] = field(default_factory=list)
    folder: bool = False

    def sync(self) -> None:
        """Make sure of all."""
        self.content = self.read(_whole)
        self.pending.clear()

    def read(self, arrived: "Arrived") -> bytearray:
        """Return the bytes, given which parts of the pending writes have arrived."""
        content = bytearray(self.content)
        for call in self.pending:
            _apply(content, call, arrived(call))
        return content


@dataclass(frozen=True)
class Naming:
    """A file's new name, and the name that it had before, if it had one."""

    file: File
    new: str
    old: str = ""

    def apply(self, names: dict[str, File]) -> None:
        """Change the names so."""
        names.pop(self.old, None)
        names[self.new] = self.file


@dataclass
class Disk:
    """Files, and the names by which they are found: as they are now, for sure, and the changes not yet sure."""

    names: dict[str, File] = field(default_factory=dict)
    sure: dict[str, File] = field(default_factory=dict)
    pending: list[Naming] = field(default_factory=list)

    def start(self, call: Call) -> None:
        """Begin a call: from now on it may be on the disk."""
        if call.kind in {WRITE, TRUNCATE}:
            self.names[call.path].pending.append(call)
        elif call.kind in {CREATE, RENAME}:
            rename = call.kind == RENAME
            file = self.names[call.path] if rename else File(folder=bool(call.offset))
            naming = Naming(file, call.data.decode(), call.path) if rename else Naming(file, call.path)
            naming.apply(self.names)
            self.pending.append(naming)

    def finish(self, call: Call) -> None:
        """End a call: what it promises is on the disk."""
        if call.kind == WRITE and call.durable:
            file = self.names[call.path]
            file.pending.remove(call)
            _apply(file.content, call, _whole(call))
        elif call.kind == SYNC and call.path in self.names and not self.names[call.path].folder:
            self.names[call.path].sync()
        elif call.kind == SYNC:
            for naming in [one for one in self.pending if str(Path(one.new).parent) == call.path]:
                self.pending.remove(naming)
                naming.apply(self.sure)

    def images(self, generator: random.Random, torn: int) -> Iterator[dict[str, bytes]]:
        """Yield what may be on the disk now: only what is sure, all, and `torn` random states between."""
        yield self._image(0, _nothing)
        yield self._image(len(self.pending), _whole)
        if self.pending or any(file.pending for file in self.names.values()):
            for number in range(torn):
                arrived = _some_writes(generator) if number % 2 else _some_sectors(generator)
                yield self._image(generator.randint(0, len(self.pending)), arrived)

    def _image(self, namings: int, arrived: "Arrived") -> dict[str, bytes]:
        """Return the files by path, after the first so many of the unsure namings."""
        there = dict(self.sure)
        for naming in self.pending[:namings]:
            naming.apply(there)
        made = {path for path, file in self.names.items() if file.folder}
        return {
            path: bytes(file.read(arrived))
            for path, file in there.items()
            if not file.folder and not (made & set(map(str, Path(path).parents))) - there.keys()
        }


Arrived = Callable[[Call], list[slice]]
"""Which parts of a write's data have arrived; of a cut, which has no data, any part or none."""


def _whole(call: Call) -> list[slice]:
    """Return a write's parts, one for each sector of the file."""
    first = SECTOR - call.offset % SECTOR
    edges = [0, *range(first, len(call.data), SECTOR), len(call.data)]
    return [slice(*pair) for pair in pairwise(edges)]


def _nothing(_: Call) -> list[slice]:
    return []


def _some_writes(generator: random.Random) -> Arrived:
    return lambda call: _whole(call) if generator.random() < 0.5 else []


def _some_sectors(generator: random.Random) -> Arrived:
    return lambda call: [part for part in _whole(call) if generator.random() < 0.5]


def _apply(content: bytearray, call: Call, parts: list[slice]) -> None:
    """Write those parts of a call's data, or cut the file."""
    if call.kind == TRUNCATE and parts:
        content[:] = content[: call.offset].ljust(call.offset, b"\0")
    for part in parts if call.kind == WRITE else []:
        begin, end = call.offset + part.start, call.offset + part.stop
        content.extend(bytes(max(0, end - len(content))))
        content[begin:end] = call.data[part]
