"""What a reader yields: a document or a reject, each with the place it came from."""

from dataclasses import dataclass

from dedup.model import Document


@dataclass(frozen=True, slots=True)
class Source:
    """Where a record stands: a path, and in a file of many records its line, from 1."""

    path: str
    line: int | None = None

    def __str__(self) -> str:
        """Return `path:line`, as compilers and editors write it."""
        return self.path if self.line is None else f"{self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Record:
    """A document and where it was read."""

    source: Source
    document: Document


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that is no document, or that the index refused: a stable code and the reason; `id` where known."""

    source: Source
    id: str
    code: str
    reason: str


Item = Record | Rejected
