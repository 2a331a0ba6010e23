"""What a report says of itself: when it was made, of which index, with which settings."""

from dataclasses import fields
from datetime import UTC, datetime
from importlib.metadata import version

from dedup.dates import Moment
from dedup.report.views import as_words
from dedup.search.question import Question
from dedup.stores.urls import shown


def made(at: datetime) -> tuple[tuple[str, str], ...]:
    """Return when and by which version a page was made."""
    return (
        ("Made", str(Moment(at.astimezone(UTC).replace(second=0, microsecond=0)))),
        ("Version", f"resembles {version('resembles')}"),
    )


def about(question: Question, index: str, documents: int, at: datetime) -> tuple[tuple[str, str], ...]:
    """Return names and values for people; no password of the index's URL is in them."""
    settings = {field.name.replace("_", " "): getattr(question, field.name) for field in fields(question)}
    return (
        *made(at),
        ("Index", f"{shown(index)}, {documents:,} documents"),
        ("Settings", ", ".join(f"{name} {as_words(value)}" for name, value in settings.items() if value is not None)),
    )
