"""Verdicts in words, which stand between the name of a query and that of a document."""

from typing import Final

from dedup.model import Answer, Verdict

BESIDE: Final[dict[Verdict, str]] = {
    "near_duplicate": "is a near-duplicate of",
    "contained": "is contained in",
    "contains": "contains",
    "shares_passages": "shares passages with",
    "new": "is new beside",
}


def said(verdict: Verdict) -> str:
    """Return what a query is said to be beside one document."""
    return BESIDE[verdict]


def said_new(answer: Answer) -> str:
    """Return what a query is said to be of which nothing was found that counts."""
    return "may be new" if answer.truncated else "is new"
