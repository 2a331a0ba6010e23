"""Files as streams of bytes, unpacked on the way where that is due; memory is bounded whatever they hold."""

import gzip
import io
import stat
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

import zstandard

from dedup.formats.items import Rejected, Source
from dedup.formats.lakes import is_address

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Buffered: TypeAlias = "io.BufferedReader[Any]"
BYTES_AT_ONCE = 1 << 18  # not measured: memory for each open file
MOST_RATIO = 1000  # not measured: deflate reaches 1,032, with zeros alone
MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}
_ZSTD_BYTES_AT_ONCE = 1 << 11  # four bytes can unpack to a block of 128 KiB, so these to 64 MiB
_LONG_WINDOW = "it needs more than 128 MiB of memory; unpack it yourself: zstd -dc --long=31 FILE | dedup ingest -"
DAMAGE = (EOFError, OSError, zlib.error)
"""What reading from a stream may raise in the middle."""


class Stream(Protocol):
    """The calls that readers make."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, fewer only at the end."""

    def readline(self, size: int, /) -> bytes:
        """Return one line with its newline, at most `size` bytes of it."""


class Few:
    """The number of some ids, and the first of them.

    Attributes:
        count: how many there are.
        first: the first one.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.count, self.first = 0, ""

    def append(self, name: str) -> None:
        """Count one more."""
        self.first = self.first or name
        self.count += 1


class Meter:
    """How many bytes have been read from files and standard input, before unpacking, and of how many if known.

    Attributes:
        done: bytes read.
        total: bytes to read; None where nobody knows.
        passed_over: how many files of folders are not read because of their endings, by ending.
        records_passed_over: how many records of files are not read because of their kind, by kind.
        names_unread: ids that the pattern of names does not fit.
        without_row: ids that the table of metadata has no row for.
        rows_unused: rows of that table that no document has used; known at the end.
    """

    def __init__(self) -> None:
        """Begin at nought."""
        self.done = 0
        self.total: int | None = 0
        self.passed_over = Counter[str]()
        self.records_passed_over = Counter[str]()
        self.names_unread = Few()
        self.without_row = Few()
        self.rows_unused = 0

    def expect(self, size: int | None) -> None:
        """Expect so many more bytes; None where nobody knows."""
        self.total = None if self.total is None or size is None else self.total + size


class Bomb(OSError):
    """Compressed data that unpack to more than any text would."""


class _Counted(io.RawIOBase):
    """A raw stream that tells a meter what was read."""

    def __init__(self, raw: io.RawIOBase, meter: Meter) -> None:
        self._raw = raw
        self._meter = meter
        self.count = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._raw.seekable()

    def seek(self, place: int, whence: int = 0, /) -> int:
        return self._raw.seek(place, whence)

    def readinto(self, buffer: "WriteableBuffer", /) -> int | None:
        count = self._raw.readinto(buffer)
        self.count += count or 0
        self._meter.done += count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class Chunks(io.RawIOBase):
    """A raw stream of what `chunks` yields."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        """Begin with the first chunk."""
        self._chunks = chunks
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill the buffer with what there is of a chunk; 0 at the end."""
        while not self._ready:
            self._ready = memoryview(next(self._chunks, b""))
            if not self._ready:
                return 0
        view = memoryview(buffer)
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


class _Unpacked(Chunks):
    """What is unpacked from `packed`, up to a ratio that no text has."""

    def __init__(self, packed: _Counted, chunks: Iterator[bytes]) -> None:
        super().__init__(_bounded(packed, chunks))
        self._packed = packed

    def close(self) -> None:
        self._packed.close()
        super().close()


def _bounded(packed: _Counted, chunks: Iterator[bytes]) -> Iterator[bytes]:
    count = 0
    for chunk in chunks:
        count += len(chunk)
        if count > MOST_RATIO * max(packed.count, BYTES_AT_ONCE):
            raise Bomb(f"the compressed data unpack to more than {MOST_RATIO:,} times their size")
        yield chunk


def _gzip(packed: Buffered) -> Iterator[bytes]:
    file = gzip.GzipFile(fileobj=packed, mode="rb")
    while data := file.read1(BYTES_AT_ONCE):  # not `read`, which keeps back what it has when damage follows
        yield data


def _zstd(packed: Buffered) -> Iterator[bytes]:
    """Unpack frames one after the other; unlike zstandard's own reader this notices a file that was cut off."""
    decompressor = zstandard.ZstdDecompressor()
    frame, inside = decompressor.decompressobj(), False
    while data := packed.read(_ZSTD_BYTES_AT_ONCE):
        while data:
            try:
                unpacked = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise OSError(_LONG_WINDOW if "too much memory" in str(error) else str(error)) from error
            data, inside = frame.unused_data, not frame.eof
            if frame.eof:
                frame = decompressor.decompressobj()
            if unpacked:
                yield unpacked
    if inside:
        raise EOFError("the compressed data end too early")


UNPACKERS: dict[str, Callable[[Buffered], Iterator[bytes]]] = {".gz": _gzip, ".zst": _zstd}


def open_file(path: Path, meter: Meter | None = None) -> Buffered:
    """Open a regular file for reading, unpacked if its ending is `.gz` or `.zst`.

    Raises:
        OSError: if it cannot be opened, or is a device or a pipe (which might never end).
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a regular file")
    return unpacked(path.open("rb", buffering=0), path.suffix, meter or Meter())


def unpacked(raw: io.RawIOBase, ending: str, meter: Meter) -> Buffered:
    """Read a raw stream, unpacked if the ending of its name is `.gz` or `.zst`."""
    counted = _Counted(raw, meter)
    return _opened(counted, io.BufferedReader(counted, BYTES_AT_ONCE), ending.lower())


def open_stdin(meter: Meter | None = None) -> Buffered:
    """Read standard input, unpacked if it begins as gzip or Zstandard does."""
    # what lies below the buffer hands over what there is, so that a query is answered before the next one comes
    raw = cast("io.RawIOBase", getattr(sys.stdin.buffer, "raw", sys.stdin.buffer))
    counted = _Counted(raw, meter or Meter())
    buffered = io.BufferedReader(counted, BYTES_AT_ONCE)
    start = buffered.peek(max(map(len, MAGIC)))
    return _opened(counted, buffered, next((MAGIC[magic] for magic in MAGIC if start.startswith(magic)), ""))


def _opened(counted: _Counted, buffered: Buffered, ending: str) -> Buffered:
    unpack = UNPACKERS.get(ending)
    return io.BufferedReader(_Unpacked(counted, unpack(buffered)), BYTES_AT_ONCE) if unpack else buffered


def unreadable(source: Source, error: Exception) -> Rejected:
    """Return the reject of a file that could not be read, or not to its end."""
    reason = getattr(error, "strerror", None) or str(error)
    if isinstance(error, Bomb):
        return Rejected(source, "", "bomb", f"{reason}; what follows is left out: unpack and check it")
    check = "try again, or download the file and check it" if is_address(source.path) else "check the file"
    advice = "" if ";" in reason else f"; {check}"
    return Rejected(source, "", "unreadable_file", f"{reason}{advice}")
