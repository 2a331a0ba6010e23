"""HTTP responses as archives hold them: the page in them, whatever became of its codings when it was stored."""

import io
import re
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fastwarc.warc import HeaderMap

MOST_HEADER = 1 << 16  # not measured: what the service allows too
_MOST_CODINGS = 8  # not measured: nobody packs a page as often; each costs as much as the page has bytes
_SHOWN = 80  # not measured: a line of a terminal
_CHUNK = re.compile(rb"([0-9a-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n", re.IGNORECASE)
_CHUNK_END = re.compile(rb"\r?\n")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^\s"',;]+)""", re.IGNORECASE)
# "binary data byte" and the length of the "resource header" are those of the MIME Sniffing standard, 3 and 5.2
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_LOOK = 1445


class MediaType(NamedTuple):
    """What a body is: the type in lower case without parameters, and its charset; empty where not said."""

    name: str = ""
    charset: str = ""


def headers_of(lines: bytes) -> "HeaderMap":
    """Return the fields, of which letter case makes no difference, below a first line; LF alone may end a line.

    Raises:
        OSError: they make no sense, or have more than 64 KiB.
    """
    if len(lines) > MOST_HEADER + len(b"\r\n\r\n"):
        raise OSError("its header is too long")
    from fastwarc.warc import HeaderMap  # noqa: PLC0415 - an extra

    headers = HeaderMap()
    headers.parse(io.BytesIO(lines.strip().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n"))
    return headers


def media_type(values: Sequence[str]) -> MediaType:
    """Return what the fields called Content-Type say: the last type counts, as browsers have it.

    A charset that an earlier value of the same type names counts too (Fetch standard, 3.6 "extract a MIME type").
    """
    listed = [(_essence(value), value) for value in ",".join(values).split(",")]
    name = next((essence for essence, _ in reversed(listed) if "/" in essence and essence != "*/*"), "")
    named = [found[1] for essence, value in listed if essence == name and (found := _CHARSET.search(value))]
    return MediaType(name, named[-1] if named else "")


def _essence(value: str) -> str:
    return value.partition(";")[0].strip().lower()


def codings_of(headers: "HeaderMap") -> list[str]:
    """Return the codings that were put on a body, one on the other, in lower case."""
    names = [*headers.get_multiple("Content-Encoding"), *headers.get_multiple("Transfer-Encoding")]
    return [coding for name in ",".join(names).lower().split(",") if (coding := name.strip()) not in ("", "identity")]


def decoded(body: bytes, codings: Sequence[str], most: int) -> bytes:
    """Return a body without its codings, cut off where it has more than `most` bytes.

    Many archives hold the bytes decoded and the fields as they were sent: text is taken as it is.

    Raises:
        OSError: a coding is unknown or does not fit, and the bytes are no text; or there are more than eight.
    """
    failed = ""
    if len(codings) > _MOST_CODINGS:
        raise OSError(f"the body has {len(codings)} codings, one on the other")
    for coding in reversed(codings):
        try:
            body = _decoder(coding)(body, most)
        except (OSError, zlib.error) as error:
            failed = f"the body is not {coding[:_SHOWN]} ({str(error)[:_SHOWN]})"
        if len(body) >= most:
            break
    if failed and _BINARY.search(body, 0, _LOOK):
        raise OSError(failed)
    return body


def _decoder(coding: str) -> Callable[[bytes, int], bytes]:
    from fastwarc import stream_io  # noqa: PLC0415 - an extra

    known: dict[str, Callable[[bytes, int], bytes]] = {
        "chunked": _dechunked,
        "deflate": _inflated,
        "gzip": _reading(stream_io.GzipReader),
        "x-gzip": _reading(stream_io.GzipReader),
        "br": _reading(stream_io.BrotliReader),
        "zstd": _reading(stream_io.ZstdReader),
    }
    return known.get(coding, _unknown)


def _reading(reader: Any) -> Callable[[bytes, int], bytes]:
    return lambda body, most: bytes(reader(io.BytesIO(body)).read(most))


def _unknown(_: bytes, __: int) -> bytes:
    raise OSError("no coding of that name is known")


def _inflated(body: bytes, most: int) -> bytes:
    """Return what deflate packed, in zlib's frame or, as many servers have it, without."""
    try:
        return zlib.decompressobj().decompress(body, most)
    except zlib.error:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, most)


def _dechunked(body: bytes, _: int) -> bytes:
    """Return the chunks' data (RFC 9112, 7.1); the last may be cut off."""
    pieces, place = list[bytes](), 0
    while (begin := _CHUNK.match(body, place)) and (size := int(begin[1], 16)):
        stop = begin.end() + size
        pieces.append(body[begin.end() : stop])
        end = _CHUNK_END.match(body, stop)
        if stop >= len(body) and len(pieces) > 1:
            break
        if not end:
            raise OSError("a chunk does not end where it should")
        place = end.end()
    if not begin and place < len(body):
        raise OSError("no chunk begins where one should")
    return b"".join(pieces)
