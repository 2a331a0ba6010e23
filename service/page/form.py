"""A form's encoding undone, a stretch at a time."""

import re
from urllib.parse import unquote_to_bytes

from dedup.errors import InvalidInput

_STRETCH = re.compile(rb"(?:%[0-9A-Fa-f]{2}|.){1,16384}", re.DOTALL)
"""As much of an encoded value as Python decodes in some milliseconds: other requests wait for each."""


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


def _decoded(value: bytes) -> str:
    stretches = _STRETCH.finditer(value.replace(b"+", b" "))
    data = b"".join(unquote_to_bytes(stretch[0]) for stretch in stretches)
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
