"""Verdicts in words, which stand between the name of a query and that of a document."""

from typing import Final

from dedup.model import Answer, Verdict
from dedup.scheme import Scheme

BESIDE: Final[dict[Verdict, str]] = {
    "near_duplicate": "is a near-duplicate of",
    "contained": "is contained in",
    "contains": "contains",
    "shares_passages": "shares passages with",
    "new": "is new beside",
}


def said(verdict: Verdict | None) -> str:
    """Return what a query is said to be beside one document."""
    return BESIDE[verdict] if verdict else "cannot be judged beside"


def said_short(scheme: Scheme) -> str:
    """Return why two texts cannot be judged."""
    return f"a text of fewer than {scheme.k} {scheme.unit}s is too short"


def said_new(answer: Answer) -> str:
    """Return what a query is said to be of which nothing was found that counts."""
    return "may be new" if answer.truncated else "is new"
