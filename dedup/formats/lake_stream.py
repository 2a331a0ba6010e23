"""A file that lies elsewhere as a stream: read in pieces, each asked for again where the connection breaks."""

import io
from typing import TYPE_CHECKING, Any

from dedup.formats.lakes import Remote, WrongLength, broken, persist

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

LEAST_AT_ONCE, MOST_AT_ONCE = 1 << 18, 1 << 23  # not measured: a request takes 50 ms, 8 MB at 1 Gbit/s about as long
TRIES = 3  # not measured: what comes with a wrong length three times comes so always
_VERSION = ("ETag", "etag", "LastModified", "Last-Modified", "mtime", "updated", "generation", "blob_id")
"""What stores say of a version. Web servers of one address may disagree about one of them, so all must have changed."""
_PART = 206  # the status of HTTP


def open_remote(file: Remote) -> io.RawIOBase:
    """Open a file for reading.

    Raises:
        OSError: it cannot be read.
    """
    try:
        return persist(lambda: _whole(file)) or _Pieces(file, file.info["size"])
    except Exception as error:  # a driver raises what its transport raises
        raise broken(error, file.url) from error


def _whole(file: Remote) -> io.RawIOBase | None:
    """Open a file of a server that sends no parts or tells no size, which of all stores only web servers do."""
    if "http" not in file.filesystem.protocol or file.size == 0:
        return None
    answer = file.filesystem.open(file.path, "rb", block_size=0, headers={"Range": "bytes=0-0"})
    if answer.r.status != _PART:
        return _Whole(answer, file.url)
    answer.close()
    return None if file.size else _Whole(file.filesystem.open(file.path, "rb", block_size=0), file.url)


class _Whole(io.RawIOBase):
    """A file that comes from its beginning only: what breaks cannot be mended."""

    def __init__(self, file: Any, url: str) -> None:
        self._file, self._url = file, url

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        try:
            data = self._file.read(len(view))
        except Exception as error:  # as above
            raise broken(error, self._url) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


class _Pieces(io.RawIOBase):
    """A file of which any part can be asked for; what is read on is asked for in ever larger pieces."""

    def __init__(self, file: Remote, size: int) -> None:
        self._file, self._size = file, size
        self._place = 0
        self._start, self._piece, self._ahead = 0, b"", LEAST_AT_ONCE

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        self._place = place + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        if self._place >= self._size:
            return 0
        if not 0 <= self._place - self._start < len(self._piece):
            self._fetch()
        view, offset = memoryview(buffer), self._place - self._start
        data = self._piece[offset : offset + len(view)]
        view[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _fetch(self) -> None:
        """Ask for the piece at the present place."""
        onward = bool(self._piece) and self._place == self._start + len(self._piece)
        self._ahead = min(2 * self._ahead, MOST_AT_ONCE) if onward else LEAST_AT_ONCE
        stop = min(self._place + self._ahead, self._size)
        try:
            piece = persist(lambda: self._asked(self._place, stop))
            if self._place and stop == self._size:
                self._compare()
        except Exception as error:  # as above
            raise broken(error, self._file.url) from error
        self._start, self._piece = self._place, piece

    def _asked(self, start: int, stop: int) -> bytes:
        wrong = 0
        for _ in range(TRIES):
            piece: bytes = self._file.filesystem.cat_file(self._file.path, start=start, end=stop)
            if len(piece) == stop - start:
                return piece
            wrong = len(piece)
        raise WrongLength(
            f"{wrong:,} bytes came where {stop - start:,} were asked for; "
            "if another try ends so too, download the file and name the copy"
        )

    def _compare(self) -> None:
        """Refuse a file that another one has taken the place of: its pieces do not fit together."""
        before, now = self._file.info, persist(lambda: self._file.filesystem.info(self._file.path))
        same = [before[name] == now.get(name) for name in _VERSION if before.get(name)]
        if now.get("size") != self._size or (same and not any(same)):
            raise Changed("it was changed while it was read; run the command again")


class Changed(OSError):
    """A file that is no longer the one that was opened."""
