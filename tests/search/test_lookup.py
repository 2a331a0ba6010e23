"""When an answer says that there may be more."""

import numpy as np
import pytest
from naive import minima, shingles

import dedup
from dedup.sketching.tokens import tokenize

COPIES = 70  # more than the postings read of a bucket


def words(prefix: str, count: int) -> str:
    """Return so many distinct words."""
    return " ".join(f"{prefix}{i}" for i in range(count))


@pytest.mark.parametrize("text", ["alpha", "beta", "gamma"])
def test_a_stretch_read_in_part_is_told_if_it_could_be_a_passage(text: str) -> None:
    """Of a text that 70 documents have, the stretch between its first and last window minimum was not read whole."""
    text = words(text, 14)
    hashes = shingles([int(token) for token in tokenize([text]).hashes], 4)
    places = [hashes.index(least) for least in minima(hashes, 4)]
    stretch = max(places) - min(places) + 4
    with dedup.open("memory:") as index:
        index.put([dedup.Document(str(i), text) for i in range(COPIES)])
        assert [index.resemble(text, min_words=stretch + more).truncated for more in (-1, 0, 1)] == [True, True, False]


def test_a_filter_that_a_thousand_candidates_fail_is_told() -> None:
    """With 1,200 candidates refused by a filter a wanted one may not have been seen; where enough are wanted it was."""
    passages = [words(f"p{n}x", 12) for n in range(20)]
    copies = np.repeat(passages, 60).tolist()
    query = " ".join(f"{passage} {words(f'q{n}x', 12)}" for n, passage in enumerate(passages))
    with dedup.open("memory:") as index:
        index.put([dedup.Document(str(i), text, {"source": "wire"}) for i, text in enumerate(copies)])
        refused, wanted = (index.resemble(query, filter={"source": source}) for source in ("paper", "wire"))
        assert (len(refused), refused.truncated) == (0, True)
        assert (len(wanted), wanted.truncated) == (10, False)


def test_a_small_index_is_read_whole() -> None:
    """Where every bucket was read to its end, and the filter refused few, nothing can have been missed."""
    text = words("w", 60)
    with dedup.open("memory:") as index:
        index.put([dedup.Document(str(i), text, {"n": i}) for i in range(30)])
        answer = index.resemble(text, filter={"n": {"<": 3}})
        assert [match.id for match in answer] == ["0", "1", "2"]
        assert not answer.truncated
