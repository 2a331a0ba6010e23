"""What must not change an answer: order, detours, spelling, company. No expected answer is needed, only two of ours.

Texts are generated from seeds, with the five seed articles among them.
"""

import dataclasses
import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from benchmarks.texts.articles import SEEDS, generated
from benchmarks.texts.copies import reprints
from benchmarks.texts.scripts import SCRIPTS
from dedup.cli import copy
from dedup.engine import Index
from dedup.model import Answer, Document, Match

pytestmark = pytest.mark.trust

EVENTS = 60  # 247 stories: an index is built in under a second, and each has copies, quotes and footers
QUERIES = 80
STRANGERS = 10_000  # the number that the issue names; LMDB takes it in about ten seconds
LONG, KEPT = 24, 0.5  # words: passages of a document are disjoint, and a neighbour may take words at the ends
EXAMPLES = 150  # of each relation between two texts: a few seconds


def stories() -> list[Document]:
    """Return stories with their copies, the seeds, and texts of three other scripts, some of them quoted in others."""
    texts = reprints(EVENTS) | {path.stem: path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))}
    for script in SCRIPTS[1:]:
        one, other, third = islice(script.texts(120, 7, None), 3)
        texts |= {f"{script.name}-{i}": text for i, text in enumerate((one, other, one[: len(one) // 2] + third))}
    return [Document(name, text, {"length": len(text)}) for name, text in texts.items()]


STORIES = stories()
QUERIED = random.Random(4).sample(STORIES, QUERIES)  # noqa: S311 - reproducible
TEXTS = [document.text for document in STORIES]


def answers(index: Index, **fields: Any) -> list[Answer]:
    """Return what the queries resemble, themselves left out."""
    return [index.resemble(document.text, id=document.id, **fields) for document in QUERIED]


def built(documents: Sequence[Document], folder: Path | None = None) -> Index:
    """Return an index with these documents, put in uneven batches."""
    index, rest = dedup.open(f"lmdb:{folder}" if folder else "memory:"), iter(documents)
    sizes = random.Random(len(documents))  # noqa: S311 - the same
    while batch := list(islice(rest, sizes.randint(1, 90))):
        index.put(batch)
    return index


@pytest.fixture(scope="module")
def plain() -> Iterator[Index]:
    """The index that the others are held to."""
    with built(STORIES) as index:
        yield index


def test_there_is_something_to_hold(plain: Index) -> None:
    """Most queries have matches with passages, and hardly an answer is truncated."""
    found = answers(plain)
    assert sum(any(match.passages for match in answer) for answer in found) > QUERIES * 0.9
    assert sum(answer.truncated for answer in found) < QUERIES * 0.1


@pytest.mark.parametrize("limit", [10, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_order_of_insertion(plain: Index, seed: int, limit: int) -> None:
    """Documents that came in another order, in other batches, give the same answers."""
    with built(random.Random(seed).sample(STORIES, len(STORIES))) as index:  # noqa: S311 - the same
        same(answers(index, limit=limit), answers(plain, limit=limit))


def test_two_halves_copied_together(plain: Index, tmp_path: Path) -> None:
    """Two indexes, each with half of the documents, copied into a third are the whole."""
    for name, half in (("one", STORIES[::2]), ("other", STORIES[1::2])):
        built(half, tmp_path / name).close()
        copy.run(f"lmdb:{tmp_path / name}", f"lmdb:{tmp_path / 'both'}", json=True)
    with dedup.open(f"lmdb:{tmp_path / 'both'}") as index:
        same(answers(index), answers(plain))


@pytest.mark.parametrize("kind", ["memory", "lmdb"])
def test_detours(plain: Index, kind: str, tmp_path: Path) -> None:
    """Documents put, replaced, removed and put again, and others that came and went, leave the same index."""
    rng = random.Random(8)  # noqa: S311 - the same
    with built(rng.sample(STORIES, len(STORIES)), tmp_path / "index" if kind == "lmdb" else None) as index:
        guests = [Document(f"guest {i}", text[: len(text) // 2]) for i, text in enumerate(TEXTS)]
        index.put(guests)
        changed = rng.sample(STORIES, len(STORIES) // 2)
        index.put([Document(one.id, other.text) for one, other in pairwise(changed)])
        index.remove([one.id for one in changed[::2]])
        index.put(changed)
        assert index.remove([guest.id for guest in guests]) == len(guests)
        same(answers(index), answers(plain))
        assert index.check().sound


def test_strangers_hide_nothing(plain: Index) -> None:
    """Ten thousand documents that have nothing to do with the query take no match from an answer, or it says so."""
    with built(STORIES) as index:
        strangers = islice(generated(99), STRANGERS)
        index.put(Document(f"stranger {i}", " ".join(text.split()[:100])) for i, text in enumerate(strangers))
        for before, after in zip(answers(plain, limit=200), answers(index, limit=200), strict=True):
            left = {match.id: numbers(match) for match in after}
            for match in before:
                assert after.truncated or left[match.id] == numbers(match)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "capitals": str.upper,
    "small letters": str.lower,
    "blanks": lambda text: re.sub(r"\s+", lambda gap: "\r\n\t \u2003" if len(gap[0]) % 2 else "\n", text),
    "quotes": lambda text: text.replace("'", "\u2019").replace('"', "\u201d"),
    "full width": lambda text: text.translate(
        {code: code + 0xFEE0 for code in range(0x30, 0x7B) if chr(code).isalnum()}
    ),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_spelling(plain: Index, spelling: Callable[[str], str]) -> None:
    """Another composition, case, width or blanks of the query, or of the documents, leave all figures as they are."""
    before = [figures(answer) for answer in answers(plain, limit=1000)]
    respelled = [dataclasses.replace(document, text=spelling(document.text)) for document in STORIES]
    with built(respelled) as index:
        assert [figures(answer) for answer in answers(index, limit=1000)] == before
    asked = [plain.resemble(spelling(document.text), id=document.id, limit=1000) for document in QUERIED]
    assert [figures(answer) for answer in asked] == before


@st.composite
def drawn(draw: st.DrawFn) -> str:
    """Draw a text of some stretches of stories."""
    parts = list[str]()
    for _ in range(draw(st.integers(1, 4))):
        words = draw(st.sampled_from(TEXTS)).split()
        start = draw(st.integers(0, len(words)))
        parts += words[start : start + draw(st.integers(0, 80))]
    return " ".join(parts)


@settings(max_examples=EXAMPLES)
@given(drawn(), drawn())
def test_symmetry(a: str, b: str) -> None:
    """What a has of b, b has of a: Jaccard is symmetric, the containments change places."""
    one, other = dedup.compare(a, b), dedup.compare(b, a)
    assert one.jaccard == other.jaccard
    assert one.containment.query_in_document == other.containment.document_in_query
    assert one.containment.document_in_query == other.containment.query_in_document


@settings(max_examples=EXAMPLES)
@given(drawn(), drawn(), st.booleans())
def test_more_of_the_query(plain: Index, a: str, b: str, first: bool) -> None:
    """A query twice as long finds what its half found word for word: the document, and the long stretches of it."""
    half, whole = plain.resemble(a, limit=1000), plain.resemble(f"{a}\n{b}" if first else f"{b}\n{a}", limit=1000)
    again = {match.id: [passage.document for passage in match.passages] for match in whole}
    rivals = {match.id for match in plain.resemble(b, limit=1000)}  # of these the other half may take the same stretch
    for match in half:
        for passage in () if whole.truncated else match.passages:
            if passage.similarity < 1:  # a loose one may end elsewhere, or fall below the limit, beside another
                continue
            assert match.id in again
            span, spans = passage.document, again[match.id]
            found = sum(max(0, min(span.end, one.end) - max(span.start, one.start)) for one in spans)
            assert passage.matched_words < LONG or match.id in rivals or found >= KEPT * (span.end - span.start)


def same(found: Sequence[Answer], expected: Sequence[Answer]) -> None:
    """Hold answers to others; one that says that it is truncated may miss something."""
    for one, other in zip(found, expected, strict=True):
        assert one == other or one.truncated or other.truncated


def numbers(match: Match) -> tuple[Any, ...]:
    """Return the figures of a match that do not depend on how texts are written, or on the size of the index."""
    passages = sorted((passage.matched_words, passage.similarity) for passage in match.passages)
    return match.jaccard, match.containment, passages


def figures(answer: Answer) -> dict[str, tuple[Any, ...]]:
    """Return the figures of all matches, by id."""
    return {match.id: numbers(match) for match in answer}
