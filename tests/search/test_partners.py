"""Which documents of a collection are compared with one: all that may share something, of those that are wanted."""

from collections.abc import Iterator

import numpy as np
import pytest
from corpus.texts import seeded, text
from numpy.typing import NDArray

import dedup
from dedup.search.question import Question
from dedup.stores.base import Numbers

RNG = seeded(9)
NOTICE, SHORT = text(RNG, 40), text(RNG, 12)


@pytest.fixture
def index() -> Iterator[dedup.Index]:
    """An index of twenty documents with a notice, two with a run of twelve words, and two without either."""
    rng = seeded(10)
    texts = {f"notice {i:02}": f"{text(rng, 20)} {NOTICE} {text(rng, 20)}" for i in range(20)}
    texts |= {f"short {i}": f"{text(rng, 30)} {SHORT} {text(rng, 30)}" for i in range(2)}
    texts |= {f"alone {i}": text(rng, 60) for i in range(2)}
    with dedup.open("memory:") as index:
        index.put(dedup.Document(name, one) for name, one in texts.items())
        yield index


def every(numbers: Numbers) -> NDArray[np.int64]:
    """Want all documents, each of which has one number here."""
    return numbers.astype(np.int64)


def names(index: dedup.Index, name: str, question: Question | None = None) -> list[str]:
    """Return the ids of the partners of a document."""
    found = index.partners(index.document(name), question or Question(), every)
    return [match.id for match in found.matches]


def test_all_that_share_a_passage_are_found(index: dedup.Index) -> None:
    """A document has all partners there are, itself among them if it is wanted, in the order of their places."""
    assert names(index, "notice 07") == [f"notice {i:02}" for i in range(20)]
    assert names(index, "alone 0") == ["alone 0"]


def test_twelve_words_are_enough(index: dedup.Index) -> None:
    """A run of twelve words that two documents have word for word is never left out."""
    assert names(index, "short 1") == ["short 0", "short 1"]


def test_only_what_is_wanted_is_compared(index: dedup.Index) -> None:
    """Documents that are not wanted are not even read."""

    def first_three(numbers: Numbers) -> NDArray[np.int64]:
        return np.where(numbers < 3, every(numbers), -1)

    last = index.partners(index.document("notice 03"), Question(), first_three)
    assert (len(last.matches), last.compared) == (3, 3)


@pytest.mark.parametrize(("bound", "found"), [("MOST", 5), ("LISTED", 5)])
def test_what_is_left_unread_is_told(
    bound: str, found: int, index: dedup.Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a bucket is not read to its end, or not all candidates are compared, the answer is truncated."""
    whole = index.partners(index.document("notice 07"), Question(), every)
    assert not whole.truncated
    monkeypatch.setattr(f"dedup.search.partners.{bound}", found)
    cut = index.partners(index.document("notice 07"), Question(), every)
    assert cut.truncated
    assert len(cut.matches) < 20


def test_boilerplate_is_no_passage(index: dedup.Index) -> None:
    """What a thousand documents say is no pair, though they all say it."""
    rng = seeded(12)
    index.put(dedup.Document(f"line {i:04}", f"{text(rng, 12)} {SHORT}") for i in range(1200))
    assert names(index, "short 1") == ["short 1"]


def test_too_short_a_document_has_no_partners(index: dedup.Index) -> None:
    """Three words are too little to judge."""
    assert not index.partners(dedup.Document("q", " ".join(NOTICE.split()[:3])), Question(), every).matches
