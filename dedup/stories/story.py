"""A story as it is told: its documents, who took from whom, and the passages that travelled; plain values."""

from dataclasses import dataclass
from typing import Any, Literal

from dedup.model import Span

Order = Literal["newest", "largest"]
Since = int | str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A document of a story.

    Attributes:
        id: its id.
        number: its number in the index, larger than those of all that came in before.
        date: its date in ISO 8601, as `published`, else `date` of its metadata says; None if neither can be read.
        characters: how long its text is, in code points.
        metadata: its own.
        compared: whether it was held against the members before it; if not, nobody knows what it took.
        parent: the id of the member before it from which it took most; None if it took from none.
        matched_words: the words (or characters) of all passages that it shares with its parent.
        share: these as a share of its own words, 0 to 1.
        alone: whether it was compared and shares no passage with any other, as one that was replaced by other words.
    """

    id: str
    number: int
    date: str | None
    characters: int
    metadata: dict[str, Any]
    compared: bool = False
    parent: str | None = None
    matched_words: int = 0
    share: float = 0.0
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Printing:
    """Where a member holds a text.

    Attributes:
        id: the member's id.
        span: the place in its text.
        similarity: how alike this stretch is to the text, 0 to 1: twice the words that both have over those of both.
        kind: "reworded" if it is told in other words there, else "passage".
    """

    id: str
    span: Span
    similarity: float
    kind: Literal["passage", "reworded"]


@dataclass(frozen=True, slots=True)
class Reprinted:
    """A text that several members hold.

    Attributes:
        source: the id of the earliest member that holds it: that of the first printing.
        text: how it reads there.
        documents: how many members hold it.
        printings: one of each of them, in the order of the members.
    """

    source: str
    text: str
    documents: int
    printings: tuple[Printing, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """A story.

    Attributes:
        name: its name: the id of the document that began it.
        count: how many documents it has.
        members: these, earliest first; of a large story as many as were read.
        compared: how many of them were held against each other: the earliest.
        undated: how many of them have no date that could be read; these come last, as they came in.
        passages: the texts that several of them hold, those in most members first.
        see_also: the names of other stories that a member resembles as much, or that have a document which resembles
            a member as much; those tied by most documents first.
        next: what to give as `cursor` to go on with the members that came in later; None if there are none.
        truncated: something is not told here: members not compared, other parts before or behind, passages or links
            beyond the limits.
    """

    name: str
    count: int
    members: tuple[Member, ...]
    compared: int
    undated: int
    passages: tuple[Reprinted, ...]
    see_also: tuple[str, ...]
    next: int | None
    truncated: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """A story in a list.

    Attributes:
        name: its name.
        count: how many documents it has.
        new: how many of them are among the documents that the list was made from.
        first: the earliest date of them in ISO 8601; None if none can be read.
        last: the latest.
        partial: of a large story not all documents were read: these are the dates of those that came in first and of
            the newest.
        id: the id of its first document.
        opening: how that begins, its first 200 code points in one line.
        metadata: that document's own.
    """

    name: str
    count: int
    new: int
    first: str | None
    last: str | None
    partial: bool
    id: str
    opening: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stories:
    """The newest or the largest stories.

    Attributes:
        stories: in the order asked for.
        found: how many stories the documents read belong to.
        read: how many documents were read: the newest.
        next: what to give as `since` to get what comes in from now on.
        truncated: older documents that were asked for were left unread, so there may be more stories.
    """

    stories: tuple[Outline, ...]
    found: int
    read: int
    next: int
    truncated: bool
