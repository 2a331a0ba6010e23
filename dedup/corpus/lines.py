"""The records of a collection as lines of JSON, packed as they are read, in the order of the input.

They lie in one file, in frames that are packed and unpacked on their own, on any thread.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from dedup.corpus.threads import in_order
from dedup.formats import Fields, Record
from dedup.model import Document
from dedup.record import document_of, loads

LINES, FRAMES = "lines.frames", "frames.npy"
"""The work files: the frames, one after the other, and where each begins."""
LEVEL = 1  # ADR 28: 6.5 us a document of 2 kB, to .42 of its size; level -5 takes 5.3, to .71


@dataclass(frozen=True, slots=True)
class Line:
    """A document as it goes into the files of lines: its number, its record as JSON, and which fields hold what."""

    document: int
    data: bytes
    fields: Fields
    indexed: bool

    @property
    def text(self) -> str:
        """The document's text."""
        return str(loads(self.data)[self.fields.text])


class _Content(msgspec.Struct, array_like=True):
    """What a frame holds: lines, how many in a row have the same fields and which, and whether they are an index's."""

    lines: list[bytes]
    fields: list[tuple[int, str, str]]
    indexed: bool


class Frame(NamedTuple):
    """Where a frame lies in the file, and which documents it holds."""

    offset: int
    size: int
    first: int
    documents: int

    @property
    def stop(self) -> int:
        """The number after that of its last document."""
        return self.first + self.documents

    def within(self, documents: NDArray[np.int64]) -> slice:
        """Return which of some documents' numbers, in order, are in it."""
        return slice(*np.searchsorted(documents, [self.first, self.stop]).tolist())


def packed(records: Sequence[Record], lines: list[bytes], *, indexed: bool) -> bytes:
    """Return a frame of some records that follow one another, each with its line."""
    names = groupby((record.fields.id, record.fields.text) for record in records)
    fields = [(sum(1 for _ in same), *name) for name, same in names]
    return zstandard.ZstdCompressor(level=LEVEL).compress(msgspec.msgpack.encode(_Content(lines, fields, indexed)))


class LineFile:
    """Writes frames."""

    def __init__(self, work: Path) -> None:
        """Write into the folder `work`."""
        self._work = work
        self._file = (work / LINES).open("wb")
        self._frames = list[Frame]()
        self._offset = self._documents = 0

    def add(self, frame: bytes, documents: int) -> None:
        """Append a frame of so many documents."""
        self._file.write(frame)
        self._frames.append(Frame(self._offset, len(frame), self._documents, documents))
        self._offset += len(frame)
        self._documents += documents

    def close(self) -> None:
        """Finish the files."""
        self._file.close()
        np.save(self._work / FRAMES, np.array(self._frames, np.int64).reshape(-1, len(Frame._fields)))


def frames(work: Path) -> list[Frame]:
    """Return all frames, in the order of the input."""
    return [Frame(*row) for row in np.load(work / FRAMES).tolist()]


def unpacked(frame: Frame, work: Path) -> list[Line]:
    """Return the lines of a frame."""
    with (work / LINES).open("rb") as file:
        file.seek(frame.offset)
        data = zstandard.ZstdDecompressor().decompress(file.read(frame.size))
    content = msgspec.msgpack.decode(data, type=_Content)
    fields = (known for count, *names in content.fields for known in [Fields(*names)] * count)
    numbered = enumerate(zip(content.lines, fields, strict=True), frame.first)
    return [Line(number, line, known, content.indexed) for number, (line, known) in numbered]


def read_lines(work: Path, threads: int = 1) -> Iterator[list[Line]]:
    """Yield the lines of each frame, in the order of the input, unpacked on so many threads."""
    return in_order(partial(unpacked, work=work), frames(work), threads)


def documents_of(work: Path, wanted: Iterable[int]) -> dict[int, Document]:
    """Return the documents of those numbers, from the frames that have some."""
    chosen, documents = np.array(sorted(wanted), np.int64), dict[int, Document]()
    for frame in frames(work):
        within = chosen[frame.within(chosen)]
        lines = unpacked(frame, work) if len(within) else []
        for line in (lines[number - frame.first] for number in within.tolist()):
            documents[line.document] = document_of(loads(line.data), line.fields)
    return documents
