"""What stands between the socket and the routes: bodies are unpacked, counted and hurried; answers too."""

import asyncio
import zlib
from collections.abc import Iterator
from typing import Protocol

import zstandard
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.backend import Service
from service.middleware.base import Middleware
from service.problems import Problem
from service.settings import MiB, Settings

PROGRESS = 1 << 14  # not measured: bytes in `body_seconds`, which ends bodies that dribble
GZIP_STEP = 1 << 14  # not measured: what each member copies of what stands behind it
ZSTD_STEP = 256
"""Compressed bytes unpacked at once: a block of zstd is 4 bytes at least and unpacks to 128 KiB at most."""
MEMBERS = 4_096  # four times the blocks of bgzip in 64 MiB; each takes 10 µs, however little it holds
WINDOW = 8 * MiB  # RFC 8878: what a decoder should allow at least


class Unpacker(Protocol):
    """A decompressor that is fed piece by piece."""

    begun: int
    """Members or frames so far."""
    finished: bool

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield what more data unpack to, a bounded piece at a time."""


class Gzip:
    """Members of gzip, one after the other."""

    def __init__(self) -> None:
        """Begin."""
        self.begun, self.finished = 0, True

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield at most a mebibyte at a time."""
        for step in _steps(data, GZIP_STEP):
            rest = step
            while rest:
                if self.finished:
                    self.begun, self._member = self.begun + 1, zlib.decompressobj(wbits=31)
                yield self._member.decompress(rest, MiB)
                self.finished = self._member.eof
                rest = self._member.unused_data if self.finished else self._member.unconsumed_tail


class Zstd:
    """Frames of Zstandard, one after the other."""

    def __init__(self) -> None:
        """Begin."""
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        self.begun, self.finished = 0, True

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Yield what a few bytes at a time unpack to: the library sets no bound itself."""
        for step in _steps(data, ZSTD_STEP):
            rest = step
            while rest:
                if self.finished:
                    self.begun, self._frame = self.begun + 1, self._decompressor.decompressobj()
                yield self._frame.decompress(rest)
                self.finished = self._frame.eof
                rest = self._frame.unused_data if self.finished else b""


def _steps(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


UNPACKERS: dict[str, type[Gzip] | type[Zstd]] = {"gzip": Gzip, "x-gzip": Gzip, "zstd": Zstd}


class Body:
    """One request's body as it is received."""

    def __init__(self, receive: Receive, service: Service, unpacker: Unpacker | None) -> None:
        """Receive from `receive`."""
        self._receive, self._service, self._unpacker = receive, service, unpacker
        self._settings = settings = service.settings
        self._sent = self._unpacked = self._recent = 0
        self._left, self._done = settings.body_seconds, False

    async def receive(self) -> Message:
        """Return the next message, unpacked.

        Raises:
            Problem: it is too large, too slow or damaged.
        """
        if self._done:
            return await self._receive()
        message = await self._next()
        if message["type"] == "http.request":
            self._done = not message.get("more_body", False)
            message["body"] = await self._take(message.get("body", b""))
        return message

    async def _next(self) -> Message:
        """Wait for the next piece; the clock starts anew with each 16 KiB, and does not run while we work."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            async with asyncio.timeout(self._left) as clock:
                return await self._receive()
        except TimeoutError:
            if not clock.expired():
                raise
            detail = (
                f"less than {PROGRESS:,} bytes of the body came in {self._settings.body_seconds:g} s; send it faster"
            )
            raise Problem(408, "slow_body", detail, headers={"Connection": "close"}) from None
        finally:
            self._left -= loop.time() - start

    async def _take(self, data: bytes) -> bytes:
        self._sent += len(data)
        self._recent += len(data)
        if self._recent >= PROGRESS:
            self._recent, self._left = 0, self._settings.body_seconds
        if self._sent > self._settings.body_bytes:
            raise too_large(self._settings)
        if self._unpacker is None:
            return data
        return await self._service.unpack(self._unpack, self._unpacker, data)

    def _unpack(self, unpacker: Unpacker, data: bytes) -> bytes:
        """Return what more data unpack to; off the event loop, for they may unpack to very much more."""
        try:
            pieces = [piece for piece in unpacker.unpack(data) if self._count(len(piece), unpacker.begun)]
        except (zlib.error, zstandard.ZstdError):
            raise Problem(
                400,
                "damaged_body",
                "the body is damaged, or not what Content-Encoding says; compress it again",
            ) from None
        if self._done and not (unpacker.begun and unpacker.finished):
            raise Problem(400, "damaged_body", "the compressed body is cut off; send all of it")
        return b"".join(pieces)

    def _count(self, size: int, members: int) -> int:
        self._unpacked += size
        if members > MEMBERS:
            raise Problem(
                413,
                "too_many_members",
                f"the body has more than {MEMBERS:,} gzip members or zstd frames; compress all of it at once",
            )
        if self._unpacked > self._settings.decompressed_bytes:
            raise Problem(
                413,
                "decompressed_too_large",
                f"the body unpacks to more than {self._settings.decompressed_bytes:,} bytes; send it in parts",
            )
        if self._unpacked > max(MiB, self._settings.ratio * self._sent):
            raise Problem(
                413,
                "ratio_too_high",
                f"the body unpacks to more than {self._settings.ratio:g} times its size; send it plain",
            )
        return size


class Bodies(Middleware):
    """Gives the routes bodies that are bounded in bytes and in time."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Stand before `app`."""
        super().__init__(app)
        self._settings = settings

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse at once what the headers already rule out, else pass the request on."""
        try:
            unpacker = self._unpacker(Headers(scope=scope))
        except Problem as refusal:
            await refusal.response()(scope, receive, send)
            return
        if unpacker:
            headers = MutableHeaders(scope=scope)
            del headers["content-encoding"], headers["content-length"]
        await self._app(scope, Body(receive, scope["app"].state.service, unpacker).receive, self._hurried(send))

    def _unpacker(self, headers: Headers) -> Unpacker | None:
        if int(headers.get("content-length", 0)) > self._settings.body_bytes:
            raise too_large(self._settings)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            return None
        if encoding not in UNPACKERS:
            raise Problem(
                415,
                "unsupported_encoding",
                "this Content-Encoding is not read; send gzip or zstd, or the body as it is",
                headers={"Accept-Encoding": "gzip, zstd"},
            )
        return UNPACKERS[encoding]()

    def _hurried(self, send: Send) -> Send:
        """A client that does not read its answer is let go."""

        async def hurried(message: Message) -> None:
            async with asyncio.timeout(self._settings.send_seconds):
                await send(message)

        return hurried


def too_large(settings: Settings) -> Problem:
    """Return the refusal of a long body."""
    return Problem(413, "body_too_large", f"the body has more than {settings.body_bytes:,} bytes; send it in parts")
