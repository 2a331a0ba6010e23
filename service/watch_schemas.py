"""What is asked of watches, and what answers about them look like."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from service.schemas import DEFAULT, Criteria, Filter, MatchOut, Passages


class NewWatch(Criteria):
    """A text, or the id of an indexed document, that all documents that come in are held against."""

    text: str | None = None
    id: str | None = None
    passages: Passages = DEFAULT.passages
    filter: Filter | None = None
    webhook: Annotated[str | None, Field(description="Where each hit is sent to: an http or https URL.")] = None
    webhook_text: Annotated[bool, Field(description="Whether the document's text is sent, too.")] = False


class WatchOut(BaseModel):
    """A watch; `id` is the document whose text it was when the watch was put."""

    name: str
    text: str
    id: str | None
    min_words: int | None
    min_similarity: float | None
    passages: bool
    filter: dict[str, Any] | None
    reworded: bool
    webhook: str | None
    webhook_text: bool


class WatchesOut(BaseModel):
    """A page of watches; `next` is the next page's cursor, null at the end."""

    watches: list[WatchOut]
    next: str | None


class HitOut(BaseModel):
    """A document that came in and resembles a watch's text, which is the query of the match."""

    id: str
    watch: str
    match: MatchOut


class HitsOut(BaseModel):
    """Some hits, in the order in which the documents came in; `next` is the cursor to go on from, now or later."""

    hits: list[HitOut]
    next: str
