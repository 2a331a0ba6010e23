"""Any sequence of puts, replacements, removals, look-ups and reopenings agrees with a dictionary and brute force."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from naive import common_subsequence, figures, longest_run, words

import dedup
from dedup.engine import Index
from dedup.model import Document

WORDS = [f"{a}{b}" for a in ("Bar", "kol", "tim", "rus", "pel") for b in ("na", "do", "vi", "so", "lu", "me")]
IDS = st.sampled_from(["a", "b", "ü", "日", "a/b", "x" * 480])
RUNS = st.lists(st.sampled_from(WORDS), min_size=0, max_size=25).map(" ".join)


class EngineMachine(RuleBasedStateMachine):
    """An index beside a dictionary."""

    texts = Bundle("texts")
    index: Index

    @initialize(kind=st.sampled_from(["memory", "lmdb"]))
    def open(self, kind: str) -> None:
        """Start with an empty index of either kind."""
        self.folder = Path(tempfile.mkdtemp())
        self.url = "memory:" if kind == "memory" else f"lmdb:{self.folder / 'index'}"
        self.index, self.model = dedup.open(self.url), dict[str, Document]()

    def teardown(self) -> None:
        """Leave nothing behind."""
        if hasattr(self, "index"):
            self.index.close()
            shutil.rmtree(self.folder)

    @rule(target=texts, parts=st.lists(RUNS, min_size=1, max_size=3))
    def write(self, parts: list[str]) -> str:
        """Write a new text."""
        return " ".join(parts)

    @rule(target=texts, one=texts, other=texts, cut=st.integers(0, 40))
    def splice(self, one: str, other: str, cut: int) -> str:
        """Write a text out of two others, so that passages are shared."""
        return " ".join(one.split()[:cut] + other.split()[cut // 2 :])

    @rule(batch=st.lists(st.tuples(IDS, texts), min_size=1, max_size=4))
    def put(self, batch: list[tuple[str, str]]) -> None:
        """Put a batch; what it reports is what the dictionary would."""
        documents = [Document(name, text, {"length": len(text)}) for name, text in batch]
        report, good = self.index.put(documents), [document for document in documents if document.text.strip()]
        assert [reject.code for reject in report.rejected] == ["no_words"] * (len(documents) - len(good))
        assert report.put == len({document.id for document in good} - self.model.keys())
        assert report.put + report.replaced + report.unchanged == len(good)
        self.model.update({document.id: document for document in good})

    @rule(name=IDS)
    def remove(self, name: str) -> None:
        """Remove a document that may be there or not."""
        assert self.index.remove([name]) == (self.model.pop(name, None) is not None)

    @rule()
    def reopen(self) -> None:
        """Close an index on disk and open it again."""
        if self.url != "memory:":
            self.index.close()
            self.index = dedup.open(self.url)

    @rule(query=texts)
    def resemble(self, query: str) -> None:
        """Every figure is the brute force one, every verbatim passage is found, nothing removed comes back."""
        answer = self.index.resemble(query, limit=100)
        assert answer.too_short == (len(list(words(query))) < 4)
        for match in answer:
            text = self.model[match.id].text
            both = match.containment
            assert (match.jaccard, both.query_in_document, both.document_in_query) == pytest.approx(
                figures(query, text)
            )
            for passage in match.passages:
                stretches = (
                    query[passage.query.start : passage.query.end],
                    text[passage.document.start : passage.document.end],
                )
                assert passage.matched_words == common_subsequence(*stretches) >= 12
                assert passage.similarity >= 0.6
        found = {match.id for match in answer}
        assert found >= {name for name, document in self.model.items() if longest_run(query, document.text) >= 12}

    @invariant()
    def holds_the_documents(self) -> None:
        """The index holds exactly the dictionary's documents."""
        if hasattr(self, "index"):
            held = {document.id: document for document in self.index.documents()}
            assert held == self.model
            assert self.index.stats().documents == len(self.model)

    @rule()
    def check(self) -> None:
        """The index is sound at any moment."""
        report = self.index.check()
        assert (report.orphans, report.missing, report.documents) == (0, 0, len(self.model))


TestEngineMachine = EngineMachine.TestCase
TestEngineMachine.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
