"""When an answer says that there may be more: the plain cases; `test_left_unread.py` has the crowded ones."""

import numpy as np
import pytest

import dedup
from dedup.search.reading import MOST

COPIES = 70  # more than the postings read of a bucket


def words(prefix: str, count: int) -> str:
    """Return so many distinct words."""
    return " ".join(f"{prefix}{i}" for i in range(count))


@pytest.mark.parametrize("text", ["alpha", "beta", "gamma"])
def test_a_stretch_read_in_part_is_told_if_it_could_be_a_passage(text: str) -> None:
    """Of 14 words that 70 documents have no window was read whole: told of, unless a passage needs many words more."""
    text = words(text, 14)
    with dedup.open("memory:") as index:
        index.put(dedup.Document(str(i), f"{words(f'a{i}x', 40)} {text} {words(f'b{i}x', 40)}") for i in range(COPIES))
        query = f"{words('c', 40)} {text} {words('d', 40)}"
        # the windows at either end may have a minimum within the 14 words, and be three words longer
        assert [index.resemble(query, min_words=n).truncated for n in (8, 13, 14, 21)] == [True, True, True, False]


def test_a_filter_is_asked_of_more_than_are_verified() -> None:
    """Of 1,200 candidates a filter refuses all, and none was left unread; wants it all, some were, and that is told."""
    passages = [words(f"p{n}x", 12) for n in range(20)]
    copies = np.repeat(passages, 60).tolist()
    query = " ".join(f"{passage} {words(f'q{n}x', 12)}" for n, passage in enumerate(passages))
    with dedup.open("memory:") as index:
        index.put([dedup.Document(str(i), text, {"source": "wire"}) for i, text in enumerate(copies)])
        refused, wanted = (index.resemble(query, filter={"source": source}) for source in ("paper", "wire"))
        assert (len(refused), refused.truncated) == (0, False)
        assert (len(wanted), wanted.found, wanted.truncated) == (10, MOST, True)


def test_a_small_index_is_read_whole() -> None:
    """Where every bucket was read to its end, and the filter refused few, nothing can have been missed."""
    text = words("w", 60)
    with dedup.open("memory:") as index:
        index.put([dedup.Document(str(i), text, {"n": i}) for i in range(30)])
        answer = index.resemble(text, filter={"n": {"<": 3}})
        assert [match.id for match in answer] == ["0", "1", "2"]
        assert (answer.found, answer.truncated) == (3, False)


@pytest.mark.parametrize(
    ("length", "limit", "read"), [(600, 10, 48), (600, 32, 48), (600, 40, 56), (1_100, 10, 56), (2_100, 10, 64)]
)
def test_more_are_read_for_long_texts_and_large_limits(length: int, limit: int, read: int) -> None:
    """Of 100 documents too little alike to match 48 are read; 16 beyond a larger limit, 8 for each 1,024 words."""
    query = words("q", length).split()
    runs = [" ".join(query[at : at + 7]) for at in (37 * 5 * i % 500 for i in range(100))]  # neighbours are far apart
    with dedup.open("memory:") as index:
        index.put(
            dedup.Document(str(i), f"{words(f'a{i}x', 30)} {run} {words(f'b{i}x', 30)}") for i, run in enumerate(runs)
        )
        found = index.look_up(" ".join(query), None, dedup.Question(limit, 30, 1.0))
    assert (len(found.documents), len(found.answer)) == (read, 0)


def test_each_stage_is_told_with_how_much_it_met() -> None:
    """Of two documents one shares a passage: it is looked up, ranked, read and verified, and each stage says so."""
    run, stages = words("same", 20), list[tuple[str, int]]()
    with dedup.open("memory:") as index:
        index.put([dedup.Document("match", f"{run} {words('a', 20)}"), dedup.Document("no", words("c", 20))])
        query = f"{run} {words('b', 20)}"
        index.look_up(query, None, dedup.Question(), watch=lambda stage, count: stages.append((stage, count)))
    assert [stage for stage, _ in stages] == ["sketch", "lookup", "rank", "fetch", "verify"]
    assert stages[-1] == ("verify", 1)
    assert all(count for _, count in stages)
