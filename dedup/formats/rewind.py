"""A stream of which what was read can be read once more, so that reading goes on behind a record that is none."""

import io

from dedup.formats.stream import Stream


class Rewind:
    """Reads `stream`; `unread` puts back what was read last."""

    def __init__(self, stream: Stream) -> None:
        """Begin where the stream stands."""
        self._stream = stream
        self._back = io.BytesIO()

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, fewer only at the end."""
        data = self._back.read(size)
        return data + self._onward().read(size - len(data)) if len(data) < size else data

    def readline(self, size: int, /) -> bytes:
        """Return one line with its newline, at most `size` bytes of it."""
        line = self._back.readline(size)
        if len(line) == size or line.endswith(b"\n"):
            return line
        return line + self._onward().readline(size - len(line))

    def unread(self, data: bytes) -> None:
        """Put back `data`, which must be what was read last."""
        place = self._back.tell() - len(data)
        if place >= 0:  # it was there already: what is put back again and again is not copied again and again
            self._back.seek(place)
        else:
            self._back = io.BytesIO(data + self._back.read())

    def _onward(self) -> Stream:
        """Return the stream itself: nothing is left of what was put back."""
        if self._back.tell():
            self._back = io.BytesIO()
        return self._stream
