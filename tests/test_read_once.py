"""What a look-up has read is handed over: nobody fetches, unpacks, tokenises or aligns it a second time."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup import kernels
from dedup.cli.print_answer import show_answer
from dedup.engine import Index
from dedup.report.render import section, write
from dedup.search import verify
from dedup.search.passages import shared
from dedup.sketching import tokens
from dedup.stores import codec
from dedup.stores.lmdb_snapshot import Snapshot
from service.page.sightings import sightings

PASSAGE = " ".join(f"shared{place}" for place in range(30))


class Work(Counter[str]):
    """Counts what an index is asked for and what is done with it."""

    def count(self, name: str, function: Any) -> Any:
        """Return the function, counted."""

        def counted(*given: Any, **named: Any) -> Any:
            self[name] += 1
            return function(*given, **named)

        return counted


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """Sixty documents that share a passage, each with words of its own, twenty of them with many of the passage's."""
    with dedup.open(f"lmdb:{tmp_path / 'index'}") as opened:
        opened.put(
            dedup.Document(f"d{number}", " ".join([PASSAGE, *(f"own{number}x{place}" for place in range(40))]))
            for number in range(60)
        )
        yield opened


@pytest.fixture
def work(index: Index, monkeypatch: pytest.MonkeyPatch) -> Work:
    """What is done from here on: requests to the store, payloads unpacked, texts tokenised, alignments."""
    work = Work()
    for name in ("get", "scan"):
        monkeypatch.setattr(index._store, name, work.count(name, getattr(index._store, name)), raising=False)
    monkeypatch.setattr(Snapshot, "fetch", work.count("fetch", Snapshot.fetch))
    unpacked = codec._coders.decompressor

    class Decompressor:
        decompress = staticmethod(work.count("decode", unpacked.decompress))

    monkeypatch.setattr(codec._coders, "decompressor", Decompressor)
    monkeypatch.setattr(verify, "shared", work.count("align", shared))

    def read(texts: list[str]) -> Any:
        work.update(f"text {text}" for text in texts)
        return kernels.addresses(texts)

    monkeypatch.setattr(tokens, "addresses", read)
    return work


def most_tokenised(work: Work) -> int:
    """Return how often the text was tokenised that was tokenised most."""
    return max(count for name, count in work.items() if name.startswith("text "))


def test_where_a_passage_occurs_is_one_request_and_one_unpacking_a_document(index: Index, work: Work) -> None:
    """Where else a passage of 60 documents occurs: no `get`, one `fetch`, 60 payloads unpacked."""
    found = sightings(index, PASSAGE)
    assert len(found.undated) == 60
    assert (work["get"], work["fetch"], work["decode"]) == (0, 1, 60)


def test_a_report_of_twenty_matches_fetches_nothing_more(index: Index, work: Work) -> None:
    """A look-up and its report of 20 matches: one `get` for the query's date, one `fetch`, 60 payloads unpacked."""
    query = dedup.Document("query", PASSAGE)
    lookup = index.look_up(query.text, query.id, dedup.Question(limit=20))
    file = io.StringIO()
    write(file, [section(query, lookup, "word")])
    assert file.getvalue().count('<section class="against"') == 20
    assert (work["get"], work["fetch"], work["decode"]) == (1, 1, 60)


def test_a_printed_answer_fetches_nothing_more(index: Index, work: Work, capsys: pytest.CaptureFixture[str]) -> None:
    """A look-up and its print of 20 matches: one `get` for the query's date, one `fetch`, 60 payloads unpacked."""
    query = dedup.Document("query", PASSAGE)
    show_answer(query, index.look_up(query.text, query.id, dedup.Question(limit=20)), "word")
    assert capsys.readouterr().out.count("30 words alike") == 20
    assert (work["get"], work["fetch"], work["decode"]) == (1, 1, 60)


def test_an_explanation_aligns_and_tokenises_nothing_again(index: Index, work: Work) -> None:
    """To explain a look-up of 60 candidates costs no request, no unpacking, no alignment and no tokenising."""
    lookup = index.look_up(PASSAGE, None, dedup.Question())
    before = Work(work)
    candidates = list(index.explain(lookup))
    assert len(candidates) == 60
    assert [one.figures for one in candidates] == [lookup.figures[one.id] for one in candidates]
    assert work == before
    assert (work["align"], most_tokenised(work)) == (1, 1)


def test_a_comparison_tokenises_each_text_once(work: Work) -> None:
    """Two texts compared are tokenised once each and aligned once."""
    assert dedup.compare(f"{PASSAGE} one", f"two {PASSAGE}").passages
    assert (work["align"], most_tokenised(work)) == (1, 1)


def test_many_documents_are_one_request(index: Index, work: Work) -> None:
    """Sixty documents by id are one request to the store; an id that is not there is None, in its place."""
    names = [f"d{number}" for number in range(60)]
    documents = index.get_many([*names[:30], "nobody", *names[30:]])
    assert documents[30] is None
    assert [one.id for one in documents if one] == names
    assert (work["get"], work["decode"]) == (1, 60)


def test_a_version_is_the_stored_digest(index: Index) -> None:
    """Whatever way a document comes out, it knows the version that `put_each` told."""
    (placed,) = index.put_each([dedup.Document("new", PASSAGE, {"n": 1})])
    assert not isinstance(placed, dedup.Reject)
    listed = next(one for one in index.documents("n") if one.id == "new")
    read = index.look_up(PASSAGE, None, dedup.Question(limit=60)).documents["new"]
    assert [one.version for one in (index.document("new"), listed, read)] == [placed.version] * 3
    assert index.document("new") == dedup.Document("new", PASSAGE, {"n": 1})
