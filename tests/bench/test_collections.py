"""What `dedup corpus` counts in generated collections is what is known of them."""

import re
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks.jobs.corpus import COUNTS, FOUND, differences, measure
from benchmarks.texts.copies import collection, write

DOCUMENTS = 100_000


def test_a_count_that_differs_is_told() -> None:
    """A row is held against the counts known of its size; a size of which none are known has nothing to be held to."""
    row: dict[str, Any] = {"documents": DOCUMENTS, **dict.fromkeys(FOUND, 0)}
    assert len(differences(row)) == 4
    assert differences(row)[0].startswith("100,000 documents: 0 exact, and ")
    assert differences(row | {"documents": 1}) == []
    assert COUNTS.exists()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand_articles_have_the_known_duplicates(tmp_path: Path) -> None:
    """Exact duplicates are as many as Python's own sets of words say, and all counts are those that are known."""
    path = tmp_path / "articles.jsonl.zst"
    write(path, DOCUMENTS)
    row = measure(path, tmp_path, DOCUMENTS, [])
    words = {tuple(re.findall(r"\w+", text.casefold())) for text in islice(collection(), DOCUMENTS)}
    assert row["exact"] == DOCUMENTS - len(words)
    assert differences(row) == []
