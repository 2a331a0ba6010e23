"""Ids and names in paths: they may hold anything, a slash too."""

from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Depends, Path
from starlette.convertors import Convertor, register_url_convertor

from service.problems import Problem

EXAMPLE = "wire/2026-11-22"


class DocumentPath(Convertor[str]):
    """An id in a path: anything but what asks what a document resembles."""

    regex = r"(?!.*/resembles$).*"

    def convert(self, value: str) -> str:
        """Return it as it is."""
        return value

    to_string = convert


class WatchPath(DocumentPath):
    """A watch's name in a path: anything but what asks for hits."""

    regex = r"(?!(?:.*/)?hits$).*"


register_url_convertor("document", DocumentPath())
register_url_convertor("watch", WatchPath())


async def _document_id(
    id: Annotated[  # noqa: A002 - the field's name everywhere
        str,
        Path(description="1 to 480 bytes of UTF-8, percent-encoded but for slashes", examples=[EXAMPLE]),
    ],
) -> str:
    return _decoded(id, "id")


async def _watch_name(
    name: Annotated[
        str, Path(description="1 to 400 bytes of UTF-8, percent-encoded but for slashes", examples=["merger"])
    ],
) -> str:
    return _decoded(name, "name")


async def _story_name(
    name: Annotated[str, Path(description="Percent-encoded but for slashes", examples=[EXAMPLE])],
) -> str:
    return _decoded(name, "name")


def _decoded(part: str, what: str) -> str:
    try:
        return unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        raise Problem(422, "invalid_id", f"the {what} in the path is not UTF-8; percent-encode it") from None


DocumentId = Annotated[str, Depends(_document_id)]
WatchName = Annotated[str, Depends(_watch_name)]
StoryName = Annotated[str, Depends(_story_name)]
