"""Micro-benchmarks, for who tunes one function: `make bench-micro`, a run of pytest-benchmark.

Not part of the tests. Compare two states: `make bench-micro ARGS=--benchmark-save=before`, then
`ARGS=--benchmark-compare`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dedup
from benchmarks.texts.articles import articles
from benchmarks.texts.scripts import SCRIPTS, SHORT, Script, some
from dedup import Index
from dedup.sketching.sketches import sketch_tokens
from dedup.sketching.tokens import tokenize

Benchmark = Callable[..., Any]
DOCUMENTS = 500


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Generated articles of 300 words."""
    return articles(DOCUMENTS, None)


@pytest.fixture(scope="module")
def index(texts: list[str]) -> Iterator[Index]:
    """An index of them."""
    with dedup.open("memory:") as index:
        index.put(dedup.Document(str(place), text) for place, text in enumerate(texts))
        yield index


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.name for script in SCRIPTS])
def test_tokenize(benchmark: Benchmark, script: Script) -> None:
    """Text to tokens."""
    benchmark(tokenize, some(script, SHORT, 100_000, None))


def test_sketch_tokens(benchmark: Benchmark, texts: list[str]) -> None:
    """Tokens to signatures and buckets."""
    benchmark(sketch_tokens, tokenize(texts), dedup.Scheme())


def test_sketch(benchmark: Benchmark, texts: list[str]) -> None:
    """Text to signatures and buckets."""
    benchmark(dedup.sketch, texts)


def test_compare(benchmark: Benchmark, texts: list[str]) -> None:
    """Two texts of 600 words that share half."""
    benchmark(dedup.compare, texts[0] + texts[1], texts[1] + texts[2])


def test_resemble(benchmark: Benchmark, index: Index, texts: list[str]) -> None:
    """A look-up of two articles in one."""
    benchmark(index.resemble, texts[3] + texts[4])


def test_put(benchmark: Benchmark, texts: list[str]) -> None:
    """A hundred documents into an empty index in memory."""
    documents = [dedup.Document(str(place), text) for place, text in enumerate(texts[:100])]

    def put() -> None:
        with dedup.open("memory:") as fresh:
            fresh.put(documents)

    benchmark(put)
