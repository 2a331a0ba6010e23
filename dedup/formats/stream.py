"""Files as streams of bytes, unpacked on the way where their ending says so."""

import gzip
import io
import stat
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import zstandard

from dedup.formats.record import Rejected, Source

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BYTES_AT_ONCE = 1 << 18
DAMAGE = (EOFError, OSError, zlib.error)
"""What reading from a stream may raise in the middle."""


class Stream(Protocol):
    """The two calls that readers make."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, fewer only at the end."""

    def readline(self, size: int, /) -> bytes:
        """Return one line with its newline, at most `size` bytes of it."""


class ZstdReader(io.RawIOBase):
    """Zstandard frames one after the other; unlike zstandard's own reader it notices a file that was cut off."""

    def __init__(self, raw: io.BufferedReader) -> None:
        """Read frames from `raw` and close it in the end."""
        self._raw = raw
        self._decompressor = zstandard.ZstdDecompressor()
        self._frame = self._decompressor.decompressobj()
        self._ready = memoryview(b"")
        self._inside = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill `buffer` with the next unpacked bytes; 0 at the end."""
        while not self._ready:
            data = self._raw.read(BYTES_AT_ONCE)
            if not data:
                if self._inside:
                    raise EOFError("the compressed data end too early")
                return 0
            self._ready = memoryview(self._unpack(data))
        view = memoryview(buffer)
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _unpack(self, data: bytes) -> bytes:
        parts = []
        while data:
            try:
                parts.append(self._frame.decompress(data))
            except zstandard.ZstdError as error:
                raise OSError(str(error)) from error
            self._inside = not self._frame.eof
            data = self._frame.unused_data
            if self._frame.eof:
                self._frame = self._decompressor.decompressobj()
        return b"".join(parts)

    def close(self) -> None:
        """Close the file below too."""
        self._raw.close()
        super().close()


def _gzip(path: Path) -> io.BufferedReader:
    return io.BufferedReader(gzip.GzipFile(path), BYTES_AT_ONCE)


def _zstd(path: Path) -> io.BufferedReader:
    return io.BufferedReader(ZstdReader(path.open("rb")), BYTES_AT_ONCE)


UNPACKERS: dict[str, Callable[[Path], io.BufferedReader]] = {".gz": _gzip, ".zst": _zstd}


def open_file(path: Path) -> io.BufferedReader:
    """Open a regular file for reading, unpacked if its ending is `.gz` or `.zst`.

    Raises:
        OSError: if it cannot be opened, or is a device or a pipe (which might never end).
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError("not a regular file")
    unpack = UNPACKERS.get(path.suffix.lower())
    return unpack(path) if unpack else path.open("rb")


def unreadable(source: Source, error: Exception) -> Rejected:
    """Return the reject of a file that could not be read, or not to its end."""
    reason = getattr(error, "strerror", None) or str(error)
    return Rejected(source, "", "unreadable_file", f"{reason}; check the file")
