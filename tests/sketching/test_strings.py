"""Kernels read strings where Python keeps them; what is no string is refused, and what is made on demand is held."""

import gc
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
import pytest

import dedup
from dedup.kernels import addresses
from dedup.sketching.tokens import tokenize

TEXTS = [
    "plain words here",
    "caf\u00e9 cr\u00e8me",
    "\u65e5\u672c and \u201cquotes\u201d",
    "face \U0001f600 to face",
    "",
    "\ud800 alone",
]
TOKENS = [3, 2, 4, 3, 0, 1]


class Made(Sequence[str]):
    """Makes each of its texts when it is asked for, and keeps none."""

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        """Return a text, or some, made now."""
        made = ["".join(list(text)) for text in TEXTS * 50]
        return made[place]

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(TEXTS) * 50

    def __iter__(self) -> Iterator[str]:
        """Iterate over texts, each made now and dropped."""
        for place in range(len(self)):
            yield self[place]
            gc.collect(0)


class Name(str):
    """A string of a class of its own, which Python keeps in another way."""

    __slots__ = ("note",)


@pytest.mark.parametrize("wrong", [b"bytes", None, 12, ["text"], np.bytes_(b"x")])
@pytest.mark.parametrize("call", [dedup.sketch, tokenize])
def test_what_is_no_string_is_refused(call: Any, wrong: object) -> None:
    """Among strings, anything else is a TypeError that names its type, and no kernel sees its address."""
    with pytest.raises(TypeError, match=f"a text must be a string, not {type(wrong).__name__}"):
        call(["text", wrong])


def test_what_is_no_string_is_refused_before_threads_begin() -> None:
    """Of texts for several threads, one that is no string is a TypeError of the call."""
    texts: list[Any] = ["one two three " * 20_000] * 40
    texts[3] = b"bytes"
    with pytest.raises(TypeError, match="not bytes"):
        dedup.sketch(texts, threads=3)


def test_strings_of_other_classes_are_read() -> None:
    """A string of a subclass, as NumPy's, gives what the same text gives as a plain string."""
    for text in TEXTS:
        plain = tokenize([text]).hashes.tolist()
        assert tokenize([Name(text)]).hashes.tolist() == plain
        assert tokenize([np.str_(text)]).hashes.tolist() == plain


def test_texts_made_on_demand_are_held() -> None:
    """A sequence that keeps none of its texts gives what a list of them gives, on one thread and on two."""
    for threads in (1, 2):
        made, listed = dedup.sketch(Made(), threads=threads), dedup.sketch(TEXTS * 50, threads=threads)
        assert np.array_equal(made.signatures, listed.signatures)
        assert np.array_equal(made.buckets, listed.buckets)


def test_a_batch_is_its_texts_one_by_one() -> None:
    """Strings of one, two and four bytes a code point stand side by side, each read in its own width."""
    batch = tokenize(TEXTS)
    for place, text in enumerate(TEXTS):
        assert batch.of(place).hashes.tolist() == tokenize([text]).hashes.tolist()
    assert np.diff(batch.offsets).tolist() == TOKENS


def test_addresses_are_those_of_the_list() -> None:
    """Each string has one address, as `id` gives it in CPython."""
    assert addresses(TEXTS).tolist() == [id(text) for text in TEXTS]


class Longer(list[str]):
    """Says that it holds fewer texts than it does."""

    def __len__(self) -> int:
        """Return one, whatever there is."""
        return 1


def test_a_sequence_that_counts_itself_wrongly_is_counted() -> None:
    """The texts are those that a sequence yields: what it says of their number decides over no memory."""
    made = dedup.sketch(Longer(["a b c d e f"] * 1_000))
    assert len(made.signatures) == len(made.offsets) - 1 == 1_000


@pytest.mark.parametrize("threads", [0, -1])
def test_there_is_one_thread_at_least(threads: int) -> None:
    """Fewer threads than one are refused."""
    with pytest.raises(ValueError, match="threads must be 1 or more"):
        dedup.sketch(["text"], threads=threads)
