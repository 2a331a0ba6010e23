"""Random histories: the memory store against a dictionary, and every other kind against both."""

import ast
import shutil
import tempfile
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from model_store import ModelStore
from servers.fixtures import ON_SERVERS, url_on

from dedup.stores import lmdb_runs, lmdb_settled, open_store
from dedup.stores.base import Buckets, CheckReport, Entry, Store, Stored

IDS = ["a", "b", "ab", "é", "z" * 480]
BUCKETS = [*range(12), 2**63, 2**64 - 1]
contents = st.lists(st.lists(st.sampled_from(BUCKETS), max_size=4), min_size=1, max_size=3).map(
    lambda lists: tuple(tuple(sorted(set(chunk) - set().union(*lists[:place]))) for place, chunk in enumerate(lists))
)
Content = tuple[tuple[int, ...], ...]


def entry(document_id: str, content: Content) -> Entry:
    """Return an entry whose payload spells its content, and whose digest is the payload's."""
    payload = repr(content).encode()
    return Entry(document_id, blake2b(payload, digest_size=16).digest(), payload, postings(content))


def postings(content: Content) -> tuple[Buckets, ...]:
    """Return each chunk's buckets."""
    return tuple(np.array(chunk, dtype=np.uint64) for chunk in content)


def of(stored: Stored) -> tuple[Buckets, ...]:
    """Return the buckets of a stored document."""
    return postings(ast.literal_eval(stored.payload.decode()))


class Histories(RuleBasedStateMachine):
    """Stores that live through the same history must give the same answers, and those of a plain dictionary."""

    url = "memory:"

    def __init__(self) -> None:
        """Start with empty stores and an empty dictionary."""
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.stores: list[Store] = []
        self.documents: dict[str, Content] = {}
        self.patch = pytest.MonkeyPatch()

    @initialize()
    def open(self) -> None:
        """Open the stores under test; on LMDB a few postings are many, so that they settle."""
        self.patch.setattr(lmdb_runs, "RECENT_MOST", 10)
        self.patch.setattr(lmdb_settled, "LISTED", 2)
        self.patch.setattr(lmdb_settled, "_OFTEN", 1)
        self.stores = [ModelStore(), open_store(self.url.format(self.folder), create=True)]

    def teardown(self) -> None:
        """Throw everything away."""
        self.patch.undo()
        for store in self.stores:
            store.close()
        shutil.rmtree(self.folder)

    def all_say(self, ask: Any) -> Any:
        """Return the answer that all stores agree on."""
        first, second = (ask(store) for store in self.stores)
        assert first == second
        return first

    @rule(batch=st.dictionaries(st.sampled_from(IDS), contents, max_size=4))
    def put(self, batch: dict[str, Content]) -> None:
        """Put some documents, new, changed or as they were."""
        statuses = self.all_say(lambda store: store.put([entry(*item) for item in batch.items()], of))
        for status, (name, content) in zip(statuses, batch.items(), strict=True):
            known = self.documents.get(name)
            assert status == ("put" if known is None else "unchanged" if known == content else "replaced")
            self.documents[name] = content

    @rule(ids=st.lists(st.sampled_from([*IDS, "unknown"]), unique=True))
    def remove(self, ids: list[str]) -> None:
        """Remove some documents, known or not."""
        removed = self.all_say(lambda store: store.remove(ids, of))
        assert removed == [self.documents.pop(name, None) is not None for name in ids]

    @rule(asked=st.lists(st.sampled_from(BUCKETS), unique=True), limit=st.integers(0, 8))
    def look_up(self, asked: list[int], limit: int) -> None:
        """Look up some buckets."""

        def answer(store: Store) -> list[list[int]]:
            found = store.lookup(np.array(asked, dtype=np.uint64), limit)
            return [found.counts.tolist(), found.offsets.tolist(), found.numbers.tolist()]

        self.all_say(answer)

    @rule()
    def reopen(self) -> None:
        """Close and open again what outlives a process."""
        if self.url != "memory:":
            self.stores[1].close()
            self.stores[1] = open_store(self.url.format(self.folder), create=False)

    @invariant()
    def postings_are_those_of_the_documents(self) -> None:
        """A check finds each posting that there should be, and none of what was replaced or removed."""
        if self.stores:
            report = self.all_say(lambda store: store.check(of, repair=False))
            held = sum(len(chunk) for content in self.documents.values() for chunk in content)
            assert report == CheckReport(len(self.documents), held, 0, 0)
            assert self.all_say(lambda store: store.stats().postings) == held

    @invariant()
    def documents_are_those_of_the_dictionary(self) -> None:
        """The documents, and those that each bucket leads to, are the dictionary's."""
        if not self.stores:
            return
        listed = self.all_say(lambda store: list(store.scan()))
        assert {stored.id: stored.payload.decode() for stored in listed} == {
            name: repr(content) for name, content in self.documents.items()
        }
        for store in self.stores:
            found = store.lookup(np.array(BUCKETS, dtype=np.uint64), 10_000)
            owners = [stored and stored.id for stored in store.fetch(found.numbers)]
            for place, bucket in enumerate(BUCKETS):
                reached = {name for name in owners[found.offsets[place] : found.offsets[place + 1]] if name}
                assert reached == {
                    name for name, content in self.documents.items() if any(bucket in c for c in content)
                }


class LMDBHistories(Histories):
    """The same histories on LMDB."""

    url = "lmdb:{}"


TestMemory = Histories.TestCase
TestMemory.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
TestLMDB = LMDBHistories.TestCase
TestLMDB.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


@pytest.mark.parametrize("examples", [5, pytest.param(40, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ON_SERVERS)
def test_servers(kind: str, examples: int, request: pytest.FixtureRequest) -> None:
    """The same histories on a server of each kind, each in a namespace of its own."""
    url = url_on(kind, request) + "?namespace={0.name}"
    machine = type(kind, (Histories,), {"url": url})
    wanted = settings(max_examples=examples, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(machine, settings=wanted)
