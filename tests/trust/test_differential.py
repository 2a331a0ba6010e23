"""Five ways to the same answers: memory, LMDB, Redis, the corpus job and a brute force, on the same documents.

Each run leaves out a random half of the features (swarm testing: Groce et al. 2012): what a uniform mix of all hides
comes out where some are missing. A difference is a failure unless the answer says that it is truncated.
"""

import dataclasses
import random
import time
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from servers.server import Server
from trust.brute import Collection, common, figures, words

import dedup
from benchmarks.texts.articles import generated, unigrams
from benchmarks.texts.planting import Planter
from benchmarks.texts.scripts import chinese
from dedup.corpus import Job, run
from dedup.engine import Index
from dedup.formats import Record, Source
from dedup.model import Answer, Document, Match

pytestmark = pytest.mark.trust

RUNS = 10  # each feature is on in about five, each pair of features in two or three
DOCUMENTS, QUESTIONS, ROUNDS = 120, 20, 3  # a run takes some five seconds, most of them the brute force's
FEATURES = ("short", "chinese", "long", "crowd", "respelled", "replaced", "removed", "expired", "filtered", "limited")
DUPLICATE = 0.8
CERTAIN = 0.9  # the share of pairs found is .995 at .8 and more than .9999 from here on


class World:
    """Documents and questions of some features, drawn from a seed."""

    def __init__(self, seed: int) -> None:
        """Choose half of the features."""
        self.rng = random.Random(seed)  # noqa: S311 - reproducible
        self.features = set(self.rng.sample(FEATURES, len(FEATURES) // 2))
        stories = list(islice(generated(seed), 80))
        self.planter = Planter(stories, stories[:5], unigrams(stories), self.rng)
        self.chinese = list(islice(chinese(90, seed, None), 8))
        self.line = " ".join(stories[0].split()[:25])
        self.texts = list[str]()

    def document(self, place: int) -> Document:
        """Draw a document; its metadata can be asked for."""
        text = self.text()
        self.texts.append(text)
        return Document(f"d{place:03}", text, {"n": place, "kind": self.rng.choice("ab")})

    def text(self) -> str:
        """Draw a story, a copy, a quotation, or what the features bring."""
        rng, stories = self.rng, self.planter.sources
        old = rng.choice(self.texts or stories).split(" ")
        draw = {
            "copy": lambda: " ".join(self.planter.edit(old, rng.choice([0.0, 0.01, 0.05, 0.2]))),
            "quote": lambda: f"{rng.choice(stories)} {part(rng, old, rng.choice([11, 12, 13, 40]))}",
            "respelled": lambda: unicodedata.normalize("NFD", " ".join(old)).upper(),
            "short": lambda: " ".join(rng.choice(stories).split()[: rng.randrange(10)]),
            "chinese": lambda: rng.choice(self.chinese)[: rng.randrange(90)] + rng.choice(self.chinese)[45:],
            "long": lambda: " ".join(rng.sample(stories, 5)),  # of several chunks
            "crowd": lambda: f"{rng.choice(stories)[:300]} {self.line}",
        }
        drawn = rng.choice(["story", "copy", "copy", "quote", "quote", *self.features])
        return draw[drawn]() if drawn in draw else rng.choice(stories)

    def question(self) -> dict[str, Any]:
        """Draw the fields of a question."""
        rng, fields = self.rng, dict[str, Any](limit=500, min_words=12, min_similarity=0.6, reworded=False)
        if "limited" in self.features:
            fields |= {"limit": rng.choice([1, 10, 50]), "min_words": rng.choice([7, 12, 30])}
            fields |= {"passages": rng.random() < 0.8}
        if "filtered" in self.features:
            fields["filter"] = rng.choice([{"kind": "a"}, {"n": {"<": 40}}, {"kind": {"not": "a"}, "n": {">=": 20}}])
        return fields


def part(rng: random.Random, words: list[str], length: int) -> str:
    """Return some words in a row."""
    start = rng.randrange(len(words))
    return " ".join(words[start : start + length])


def wanted(metadata: Mapping[str, Any], conditions: Mapping[str, Any] | None) -> bool:
    """Whether a document meets one of the filters that are drawn."""
    n, kind = metadata["n"], metadata["kind"]
    tests = {"a": kind == "a", "<": n < 40, "not": kind != "a" and n >= 20}
    name = "not" if conditions and len(conditions) == 2 else "<" if conditions and "n" in conditions else "a"
    return conditions is None or tests[name]


@pytest.fixture
def indexes(tmp_path: Path, redis_server: Server, namespace: str) -> Iterator[list[Index]]:
    """An empty index of each of three kinds."""
    urls = ("memory:", f"lmdb:{tmp_path / 'index'}", f"{redis_server.url()}?namespace={namespace}")
    with ExitStack() as stack:
        yield [stack.enter_context(dedup.open(url)) for url in urls]


@pytest.mark.parametrize("seed", range(RUNS))
def test_five_ways(seed: int, indexes: list[Index], tmp_path: Path) -> None:
    """Documents come, change and go; after each round all ways agree on what some texts resemble."""
    world, model = World(seed), Collection()
    for number in range(ROUNDS):
        change(world, model, indexes, number * DOCUMENTS // ROUNDS)
        for _ in range(QUESTIONS):
            name = world.rng.choice(sorted(model.documents))
            text = model.documents[name][0] if world.rng.random() < 0.7 else world.text()
            fields = world.question()
            answers = [index.resemble(text, id=name, **fields) for index in indexes]
            assert all(one == answers[0] or one.truncated or answers[0].truncated for one in answers), (name, fields)
            for answer in answers[:1] if answers[0] == answers[1] == answers[2] else answers:
                hold(answer, model, text, name, fields)
    duplicates(model, indexes[0], tmp_path / "corpus")


def change(world: World, model: Collection, indexes: list[Index], first: int) -> None:
    """Put some documents into all, and replace, remove and let expire some, as the features are."""
    rng = world.rng
    documents = [world.document(first + place) for place in range(DOCUMENTS // ROUNDS)]
    replaced, removed, expired = (
        rng.sample(sorted(model.documents), min(len(model.documents), 8)) if feature in world.features else []
        for feature in ("replaced", "removed", "expired")
    )
    documents += [dataclasses.replace(world.document(0), id=name) for name in replaced]
    guests = [dataclasses.replace(world.document(0), id=f"guest {name}") for name in expired]
    reports = []
    for index in indexes:
        lasting = 3600 if expired else 0
        reports.append((index.put(documents, ttl=lasting), index.remove(removed), index.put(guests, ttl=1)))
    assert reports[0] == reports[1] == reports[2]
    assert [reject.id for reject in reports[0][0].rejected] == [one.id for one in documents if not words(one.text)]
    model.documents |= {one.id: (one.text, one.metadata) for one in documents if words(one.text)}
    for name in removed:
        model.documents.pop(name, None)
    if guests:
        time.sleep(2.1)  # the ends of their time are whole seconds


def hold(answer: Answer, model: Collection, text: str, name: str, fields: Mapping[str, Any]) -> None:
    """Hold an answer to the brute force: each figure, each passage, and nothing missing untold."""
    least, passages, conditions = fields.get("min_words", 12), fields.get("passages", True), fields.get("filter")
    if len(words(text)) < 4:
        assert answer.too_short
        return
    for match in answer:
        document, metadata = model.documents[match.id]
        assert match.id != name
        assert wanted(metadata, conditions)
        hold_match(match, text, document, least)
    must = set(model.like(text, name, least, lambda metadata: wanted(metadata, conditions), passages=passages))
    found = {match.id for match in answer}
    if not answer.truncated:
        assert answer.found >= len(must)
        assert len(found) == min(answer.found, fields["limit"])
        assert must <= found or answer.found > fields["limit"], must - found


def hold_match(match: Match, text: str, document: str, least: int) -> None:
    """Hold a match to the two texts: the figures are theirs, and they have a passage in common, or half of a side."""
    both = match.containment
    one, other, third = figures(text, document)
    assert (match.jaccard, both.query_in_document, both.document_in_query) == pytest.approx((one, other, third))
    assert match.passages or max(one, other, third) >= 0.5
    for passage in match.passages:
        a, b = text[passage.query.start : passage.query.end], document[passage.document.start : passage.document.end]
        assert passage.matched_words == common(a, b) >= least
        assert passage.similarity == pytest.approx(2 * passage.matched_words / (len(words(a)) + len(words(b))))
        assert passage.similarity >= 0.6


def duplicates(model: Collection, index: Index, out: Path) -> None:
    """Hold the corpus job, and the index, to all pairs: near duplicates are found, none is made up."""
    items = [Record(Source("all", 1), Document(name, *one)) for name, one in sorted(model.documents.items())]
    run(items, out, Job(threshold=DUPLICATE))
    rows = {row["id"]: row["survivor"] for row in pq.read_table(out / "clusters.parquet").to_pylist()}
    pairs = {(one, other): jaccard for one, other, jaccard in model.duplicates(DUPLICATE)}
    assert all((name, survivor) in pairs for name, survivor in rows.items() if name != survivor)
    survivors = model.documents.keys() - {name for name, survivor in rows.items() if name != survivor}
    for (one, other), jaccard in pairs.items():
        if jaccard >= CERTAIN:
            assert not {one, other} <= survivors
            answer = index.resemble(id=one, limit=500)
            exact = {match.id: match.jaccard for match in answer}
            brief = len(words(model.documents[one][0])) < 4
            assert answer.truncated or brief or exact[other] == pytest.approx(jaccard)
