"""Every kind of store gives the same answers, byte for byte."""

import dataclasses
import json
import random
from pathlib import Path

import pytest
from contract.conftest import url_of
from model_store import ModelStore
from servers.fixtures import ON_SERVERS

import dedup
from dedup.engine import Index
from dedup.model import Document

DOCUMENTS, QUESTIONS = 1500, 200
rng = random.Random(11)  # noqa: S311 - reproducible
WORDS = [f"{rng.choice('bdfgklmnprst')}{rng.choice('aeiou')}{i}" for i in range(4000)]
SHARED = [" ".join(rng.choices(WORDS, k=rng.randint(15, 60))) for _ in range(60)]
LINE = " ".join(rng.choices(WORDS, k=14))  # in every third document: a bucket longer than what is read of it


def text() -> str:
    """Return a text with a shared passage or two in it, and perhaps the line that many have."""
    parts = [" ".join(rng.choices(WORDS, k=rng.randint(20, 150))) for _ in range(3)]
    parts += rng.sample(SHARED, rng.randint(0, 2)) + [LINE] * (rng.random() < 1 / 3)
    rng.shuffle(parts)
    return ". ".join(parts)


TEXTS = [text() for _ in range(DOCUMENTS)]
TEXTS[100] = " ".join(TEXTS[:20])  # long enough for several chunks
QUERIES = [*TEXTS[: QUESTIONS // 2], *(text() for _ in range(QUESTIONS // 2))]


def answers(index: Index) -> list[bytes]:
    """Build an index in some batches, with a replacement and a removal, and return its answers as JSON."""
    documents = [Document(f"d{i}", content, {"n": i}) for i, content in enumerate(TEXTS)]
    for start in range(0, DOCUMENTS, 400):
        index.put(documents[start : start + 400])
    index.put([Document("d7", TEXTS[8], {}), Document("d9", TEXTS[7], {"new": True})])
    index.remove(["d11", "d400"])
    asked = [dedup.Question(limit, filter=wanted) for limit in (10, 20, 200) for wanted in (None, {"n": {">=": 1000}})]
    found = [index.ask(query, asked[place % len(asked)]) for place, query in enumerate(QUERIES)]
    return [json.dumps(dataclasses.asdict(answer)).encode() for answer in found]


@pytest.fixture(scope="module")
def expected() -> list[bytes]:
    """What the model answers."""
    with Index(ModelStore()) as index:
        return answers(index)


def test_answers_are_worth_comparing(expected: list[bytes]) -> None:
    """The questions have matches with passages, and some answers are truncated."""
    read = [json.loads(answer) for answer in expected]
    assert sum(any(match["passages"] for match in answer["matches"]) for answer in read) > QUESTIONS // 2
    assert any(answer["truncated"] for answer in read)


@pytest.mark.parametrize("kind", ["memory", "lmdb", *ON_SERVERS])
def test_same_answers(
    kind: str, expected: list[bytes], request: pytest.FixtureRequest, tmp_path: Path, namespace: str
) -> None:
    """1,500 documents and 200 questions: the answers are those of the model, byte for byte."""
    with dedup.open(url_of(kind, request, tmp_path, namespace)) as index:
        assert answers(index) == expected
