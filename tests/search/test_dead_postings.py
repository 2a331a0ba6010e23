"""Postings of the dead, which killed writers and expired documents leave, never hide a living document."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from dedup.engine import Index
from dedup.model import Document
from dedup.stores import open_store
from dedup.stores.base import Buckets, Entry, Judge, PostingsOf, Stored

LINE = " ".join(f"word{place}" for place in range(40))


class Forgetful:
    """A store that forgets the postings of what is replaced, as writers of the first versions did that were killed."""

    def __init__(self, store: object) -> None:
        """Wrap a store."""
        self._store = store

    def __getattr__(self, name: str) -> object:
        """Return what the store has."""
        return getattr(self._store, name)

    def put(self, entries: Sequence[Entry], _: PostingsOf, judge: Judge | None = None) -> object:
        """Put entries and leave the postings of what they replace."""

        def none(stored: Stored) -> list[Buckets]:
            return [np.empty(0, np.uint64)] * stored.chunks

        return self._store.put(entries, none, judge)  # type: ignore[attr-defined]


@pytest.fixture
def index() -> Iterator[Index]:
    """An empty index whose replaced documents leave their postings."""
    with Index(Forgetful(open_store("memory:", create=True))) as index:  # type: ignore[arg-type]
        yield index


def copies(count: int, version: int) -> list[Document]:
    """Return documents of one text each."""
    return [Document(f"d{place:04}", LINE, {"version": version}) for place in range(count)]


@pytest.mark.parametrize("times", [1, 5, 30])
def test_dead_postings_do_not_use_up_a_list(index: Index, times: int) -> None:
    """100 identical texts, replaced once, 5 and 30 times: all are found, and the dead are not counted."""
    for version in range(times + 1):
        index.put(copies(100, version))
    answer = index.resemble(LINE, limit=200)
    assert sorted(match.id for match in answer) == [document.id for document in copies(100, 0)]
    assert answer.found == 100
    assert answer.truncated == (times == 30)  # not all of 44 buckets of 3,100 each are read to their end
    assert answer.truncated or {match.passages[0].documents for match in answer} == {100}


def test_more_dead_than_are_read_are_told(index: Index) -> None:
    """Where more of the dead stand before the living than are ever read of a bucket, the answer is truncated."""
    for version in range(46):
        index.put(copies(100, version))
    answer = index.resemble(LINE)
    assert not answer.matches
    assert answer.truncated
    assert index.sweep().postings > 0
    assert len(index.resemble(LINE, limit=200)) == 100


def test_one_living_document_is_found_behind_the_dead(index: Index) -> None:
    """The only living document of a bucket full of the dead is found, and its passage is seen in one document."""
    index.put([*copies(100, 0), Document("last", f"{LINE} and more", {})])
    index.put([Document(f"d{place:04}", f"another text {place} of seven words here", {}) for place in range(100)])
    (match,) = index.resemble(LINE)
    assert match.id == "last"
    assert match.passages[0].documents == 1
