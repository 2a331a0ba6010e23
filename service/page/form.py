"""A form's encodings undone: fields a stretch at a time, files as they are."""

import re
import zlib
from base64 import b64decode, urlsafe_b64encode
from urllib.parse import unquote_to_bytes

from dedup.errors import InvalidInput

_STRETCH = re.compile(rb"(?:%[0-9A-Fa-f]{2}|.){1,16384}", re.DOTALL)
"""As much of an encoded value as Python decodes in some milliseconds: other requests wait for each."""

_NAME = re.compile(rb';\s*name="([^"]*)"', re.IGNORECASE)


def fields_of(encoded: bytes, most: int) -> list[tuple[str, str]]:
    """Return names and values, with line ends as they were before the browser made them CRLF.

    Raises:
        InvalidInput: there are more than `most`.
    """
    pairs = encoded.split(b"&", most)
    if len(pairs) > most:
        raise InvalidInput(f"the form has more than {most} fields; use the form of the page")
    parts = (pair.partition(b"=") for pair in pairs if pair)
    return [(_decoded(name), _decoded(value)) for name, _, value in parts]


def files_of(encoded: bytes, boundary: bytes, most: int) -> list[tuple[str, str]]:
    """Return names and values of a form with files (RFC 7578), with line ends as `fields_of` has them.

    Raises:
        InvalidInput: there are more than `most`, or one is no text in UTF-8.
    """
    parts = (b"\r\n" + encoded).split(b"\r\n--" + boundary, most + 2)
    if len(parts) > most + 2:
        raise InvalidInput(f"the form has more than {most} fields; use the form of the page")
    pairs = (part.partition(b"\r\n\r\n") for part in parts[1:-1])
    named = ((_NAME.search(head), value) for head, _, value in pairs)
    return [(name[1].decode("utf-8", "replace"), _text(value)) for name, value in named if name]


def packed(text: str) -> str:
    """Return a text as an address holds it: deflated, in letters that need no escape."""
    return urlsafe_b64encode(zlib.compress(text.encode("utf-8", "replace"), 9)).decode().rstrip("=")


def unpacked(value: str, most: int) -> str:
    """Return what `packed` was given, or its beginning if it has more than `most` bytes: a byte more.

    Raises:
        InvalidInput: it was given something else, or a part is missing.
    """
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(b64decode(value + "=" * (-len(value) % 4), b"-_", validate=True), most + 1)
    except (ValueError, zlib.error):
        text = b""
    if not (inflate.eof or len(text) > most):
        raise InvalidInput("the address has lost a part of the text that it holds; copy it whole, or paste the text")
    return text.decode("utf-8", "replace")


def _text(value: bytes) -> str:
    try:
        return value.decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise InvalidInput("the file is no text in UTF-8; save it as UTF-8 first") from None


def _decoded(value: bytes) -> str:
    stretches = _STRETCH.finditer(value.replace(b"+", b" "))
    data = b"".join(unquote_to_bytes(stretch[0]) for stretch in stretches)
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
