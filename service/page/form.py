"""What a browser's form sends."""

from urllib.parse import parse_qsl

from fastapi import Request

from dedup.errors import InvalidInput
from service.backend import Service
from service.problems import Problem
from service.strict_json import media_type, unsupported

FORM = "application/x-www-form-urlencoded"
FIELDS = 8  # more than the page's own form has


async def read_text(request: Request, service: Service) -> dict[str, str]:
    """Return a form's fields, `text` among them, with line ends as they were before the browser made them CRLF.

    Raises:
        Problem: 415 if it is no form, 413 if the text is longer than a document may be.
        InvalidInput: if there is no text.
    """
    if media_type(request) != FORM:
        raise unsupported(FORM)
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS))
    except ValueError as error:
        raise InvalidInput(f"the form has more than {FIELDS} fields; use the page's own") from error
    text = fields.get("text", "").replace("\r\n", "\n")
    if not text.strip():
        raise InvalidInput("there is no text to look up; paste one")
    most = service.settings.document_bytes
    if len(text.encode()) > most:
        raise Problem(413, "long_text", f"the text is longer than {most:,} bytes; paste a part of it")
    return {**fields, "text": text}
