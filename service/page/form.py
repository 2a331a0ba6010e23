"""What a browser's form sends."""

import re
from urllib.parse import unquote_to_bytes

from fastapi import Request

from dedup.errors import InvalidInput
from service.backend import Service
from service.problems import Problem
from service.strict_json import media_type, unsupported

FORM = "application/x-www-form-urlencoded"
FIELDS = 8  # more than the page's own form has
_STRETCH = re.compile(rb"(?:%[0-9A-Fa-f]{2}|.){1,16384}", re.DOTALL)
"""As much of an encoded value as Python decodes in some milliseconds: other requests wait for each."""


async def read_text(request: Request, service: Service) -> dict[str, str]:
    """Return a form's fields, `text` among them, with line ends as they were before the browser made them CRLF.

    Raises:
        Problem: 415 if it is no form, 413 if the text is longer than a document may be.
        InvalidInput: if there is no text.
    """
    if media_type(request) != FORM:
        raise unsupported(FORM)
    fields = await service.unpack(_fields, await request.body())
    text = fields.get("text", "")
    if not text.strip():
        raise InvalidInput("the text is empty; paste the text that you want to look up")
    most = service.settings.document_bytes
    if len(text.encode()) > most:
        raise Problem(413, "long_text", f"the text has more than {most:,} bytes of UTF-8; paste a part of it")
    return {**fields, "text": text}


def _fields(body: bytes) -> dict[str, str]:
    """Return a form's fields by name."""
    pairs = body.split(b"&", FIELDS)
    if len(pairs) > FIELDS:
        raise InvalidInput(f"the form has more than {FIELDS} fields; use the form of the page")
    return {_decoded(name): _decoded(value) for name, _, value in (pair.partition(b"=") for pair in pairs)}


def _decoded(value: bytes) -> str:
    stretches = _STRETCH.finditer(value.replace(b"+", b" "))
    data = b"".join(unquote_to_bytes(stretch[0]) for stretch in stretches)
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
