"""What a type checker must see of the public names; checked by mypy in `make lint`, never run."""

from collections.abc import Iterator
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import dedup

with dedup.open("memory:", dedup.Scheme(k=5), create=True, read_only=False) as index:
    assert_type(index, dedup.Index)
    assert_type(index.put([dedup.Document("a", "one two three", {"source": "wire"})]), dedup.Report)
    assert_type(index.get("a"), dedup.Document | None)
    assert_type(index.remove({"a"}), int)
    assert_type(index.documents(), Iterator[dedup.Document])
    assert_type(index.scheme, dedup.Scheme)
    answer = index.resemble("one two", id="a", limit=1, min_words=8, min_similarity=0.5)
    assert_type(answer, dedup.Answer)
    assert_type(index.check(repair=True).sound, bool)
    for match in answer:
        assert_type(match, dedup.Match)
        assert_type(match.containment.query_in_document, float)
        assert_type(match.passages[0], dedup.Passage)
        assert_type(match.passages[0].query.start, int)

assert_type(dedup.compare("a", "b", min_words=4, min_similarity=0.9), dedup.Match)
assert_type(dedup.sketch(["a"]).signatures, NDArray[np.uint32])
