"""Text in other encodings than UTF-8: read as if it were UTF-8 where its name is given, told of where it is not."""

import codecs
import io
from collections.abc import Iterator

from dedup.errors import InvalidInput
from dedup.formats.stream import BYTES_AT_ONCE, Buffered, Chunks

_LOOK = 64  # not measured: a line of text
_ARCHIVES = {
    b"PK\x03\x04": "a ZIP archive, as .docx, .xlsx, .odt and .epub are",
    b"%PDF-": "a PDF file",
    b"\xd0\xcf\x11\xe0": "a file of an old office program",
    b"\x1f\x8b": "a gzip file without the ending .gz",
    b"\x28\xb5\x2f\xfd": "a Zstandard file without the ending .zst",
}


class Undecodable(OSError):
    """Bytes that are not of the encoding given."""


def check_encoding(name: str) -> str:
    """Return the name of an encoding of text.

    Raises:
        InvalidInput: Python knows none of that name.
    """
    try:
        "".encode(name)
    except (LookupError, ValueError) as error:
        advice = "write for instance windows-1252, iso-8859-1 or utf-16"
        raise InvalidInput(f"--encoding {name}: no known encoding; {advice}") from error
    return name


def recoded(stream: Buffered, encoding: str) -> Buffered:
    """Return the stream in UTF-8; reading it raises `Undecodable` where its bytes are not of that encoding."""
    return io.BufferedReader(Chunks(_pieces(stream, encoding)), BYTES_AT_ONCE)


def _pieces(stream: Buffered, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    more = True
    while more:
        data = stream.read1(BYTES_AT_ONCE)
        more = bool(data)
        try:
            text = decoder.decode(data, final=not more)
        except UnicodeError as error:
            reason = error.reason if isinstance(error, UnicodeDecodeError) else str(error)
            raise Undecodable(f"not {encoding} ({reason}); give another --encoding") from error
        if text:
            yield text.encode("utf-8", "surrogatepass")


def other_encoding(start: bytes) -> str:
    """Return the name of the encoding that the first bytes of a text tell, if it is not UTF-8."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-32" if start.startswith(codecs.BOM_UTF32_LE) else "utf-16"
    look = start[:_LOOK]
    even, odd = look[::2].count(0), look[1::2].count(0)
    if len(look) < 8 or 3 * max(even, odd) < len(look) or min(even, odd):
        return ""
    return "utf-16-le" if odd else "utf-16-be"


def archive(start: bytes) -> str:
    """Return what a file is whose first bytes tell that it is no text."""
    return next((kind for magic, kind in _ARCHIVES.items() if start.startswith(magic)), "")


def not_utf8(error: UnicodeDecodeError) -> str:
    """Return the reason why bytes are no text, and what to do."""
    return f"byte {error.start} is not UTF-8 ({error.reason}); name the encoding, as in --encoding windows-1252"
