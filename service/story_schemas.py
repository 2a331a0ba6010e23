"""What answers about stories look like."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from service.schemas import Count, Share, SpanOut


class MemberOut(BaseModel):
    """A document of a story, and from which of those before it it took most."""

    id: str
    number: Annotated[Count, Field(description="Its number, larger than those of all that came in before.")]
    date: Annotated[str | None, Field(description="ISO 8601; null if none can be read.")]
    characters: Count
    metadata: dict[str, Any]
    compared: Annotated[bool, Field(description="Whether it was held against the members before it.")]
    parent: Annotated[str | None, Field(description="The member that it took most from; null if it took from none.")]
    matched_words: Annotated[Count, Field(description="Words of the passages that it shares with its parent.")]
    share: Annotated[Share, Field(description="These as a share of its own words.")]
    alone: Annotated[bool, Field(description="It was compared and shares no passage with any other.")]


class PrintingOut(BaseModel):
    """Where a member holds a text."""

    id: str
    span: SpanOut
    similarity: Annotated[Share, Field(description="How alike this stretch is to the text.")]
    kind: Literal["passage", "reworded"]


class ReprintedOut(BaseModel):
    """A text that several members hold; `source` is the earliest of them."""

    source: str
    text: Annotated[str, Field(description="How it reads in its source, whole.")]
    documents: Count
    printings: list[PrintingOut]


class StoryOut(BaseModel):
    """A story; members come earliest first."""

    name: str
    count: Annotated[Count, Field(description="How many documents it has.")]
    members: list[MemberOut]
    compared: Annotated[Count, Field(description="How many of the members were held against each other.")]
    undated: Annotated[Count, Field(description="How many of the members have no date; they come last.")]
    passages: list[ReprintedOut]
    see_also: Annotated[list[str], Field(description="Other stories that resemble this one as much.")]
    next: Annotated[int | None, Field(description="The cursor of the members that came in later; null: none did.")]
    truncated: Annotated[bool, Field(description="Something was left unread, uncompared or untold.")]


class OutlineOut(BaseModel):
    """A story in a list."""

    name: str
    count: Annotated[Count, Field(description="How many documents it has.")]
    new: Annotated[Count, Field(description="How many of them are among those considered.")]
    first: Annotated[str | None, Field(description="The earliest date of them.")]
    last: Annotated[str | None, Field(description="The latest date of them.")]
    partial: Annotated[bool, Field(description="Not all were read: the dates are those of the first and the newest.")]
    id: Annotated[str, Field(description="Its first document.")]
    opening: Annotated[str, Field(description="How that begins.")]
    metadata: dict[str, Any]


class StoriesOut(BaseModel):
    """The newest or largest stories."""

    stories: list[OutlineOut]
    found: Annotated[Count, Field(description="How many stories the documents read belong to.")]
    read: Annotated[Count, Field(description="How many documents were read: the newest.")]
    next: Annotated[Count, Field(description="What to give as `since` for what comes in from now on.")]
    truncated: Annotated[bool, Field(description="Older documents were left unread.")]
