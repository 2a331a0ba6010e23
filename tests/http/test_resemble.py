"""Look-ups and comparisons over HTTP."""

import json
from typing import Any

import pytest
from naive import common_subsequence, figures
from servers.service import Serving, Start, code, prose

import dedup

WIRE = prose(40, "wire")
MATCH = {"id", "jaccard", "containment", "metadata", "passages", "direction", "story", "folded", "verdict"}
PASSAGE = {"query", "document", "matched_words", "similarity", "documents", "kind", "source", "evidence"}


def ask(service: Serving, **body: Any) -> dict[str, Any]:
    """Look a text up."""
    response = service.http.post("/v1/resemble", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def ids(answer: dict[str, Any]) -> list[str]:
    """Return the ids matched, in order."""
    return [match["id"] for match in answer["matches"]]


@pytest.fixture(scope="module")
def papers(service: Serving) -> dict[str, str]:
    """Three papers that print one wire story, each in an article of its own."""
    texts = {f"paper{i}": f"{prose(30)} {WIRE} {prose(30 * i)}" for i in range(3)}
    for i, (name, text) in enumerate(texts.items()):
        service.put(name, text, source=f"s{i}", published=f"2026-0{i + 1}-01T00:00:00Z", rank=i)
    return texts


def test_the_match_object_is_the_documented_one(service: Serving, papers: dict[str, str]) -> None:
    """A match has exactly the documented fields, exact figures, and places that cut out the passage in both texts."""
    query = f"{prose(10)} {WIRE}"
    answer = ask(service, text=query)
    assert answer.keys() == {"query", "found", "coverage", "truncated", "verdict", "matches"}
    assert (answer["query"], answer["truncated"], sorted(ids(answer))) == (None, False, sorted(papers))
    assert (answer["found"], answer["coverage"]) == (3, len(WIRE.split()) / len(query.split()))
    for match in answer["matches"]:
        text = papers[match["id"]]
        assert match.keys() == MATCH
        both = match["containment"]
        assert (match["jaccard"], both["query_in_document"], both["document_in_query"]) == pytest.approx(
            figures(query, text)
        )
        (passage,) = match["passages"]
        assert passage.keys() == PASSAGE
        here, there = (passage[side] for side in ("query", "document"))
        assert [here["line"], here["end_line"], there["line"], there["end_line"]] == [1, 1, 1, 1]
        assert query[here["start"] : here["end"]] == text[there["start"] : there["end"]] == WIRE
        assert (passage["matched_words"], passage["similarity"]) == (common_subsequence(WIRE, WIRE), 1.0)
        assert (passage["documents"], passage["kind"]) == (3, "passage")


def test_a_document_does_not_match_itself(service: Serving, papers: dict[str, str]) -> None:
    """A look-up by id, by its own path, and by text and id leaves the document itself out."""
    others = sorted(set(papers) - {"paper1"})
    assert sorted(ids(ask(service, id="paper1"))) == others
    assert sorted(ids(service.http.get("/v1/documents/paper1/resembles").json())) == others
    assert sorted(ids(ask(service, id="paper1", text=WIRE))) == others


def test_parameters_of_the_address_are_those_of_the_body(service: Serving, papers: dict[str, str]) -> None:
    """GET …/resembles takes limit, passages, thresholds, offsets and explain."""
    given: dict[str, Any] = {"limit": 1, "min_words": 20, "min_similarity": 0.9, "contained": 0.9, "offsets": "utf16"}
    given |= {"explain": True}
    by_address = service.http.get("/v1/documents/paper0/resembles", params={**given, "explain": "true"}).json()
    assert by_address == ask(service, id="paper0", **given)
    assert len(by_address["matches"]) == 1
    without = service.http.get("/v1/documents/paper0/resembles", params={"passages": "false"}).json()
    assert [match["passages"] for match in without["matches"]] == [[], []]
    assert [match["passages"] for match in ask(service, id="paper0", min_words=41)["matches"]] == [[], []]


def test_byte_order_mark_before_a_body_is_ignored(service: Serving, papers: dict[str, str]) -> None:
    """A body that begins with a byte order mark, as some systems write it, is the same question."""
    body = b"\xef\xbb\xbf" + json.dumps({"text": papers["paper1"]}).encode()
    answer = service.http.post("/v1/resemble", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, ids(answer.json())) == (200, ids(ask(service, text=papers["paper1"])))


def test_an_unknown_id_and_nothing_asked_are_refused(service: Serving) -> None:
    """A look-up of an unknown id is 404, of neither text nor id 422."""
    unknown = service.http.post("/v1/resemble", json={"id": "nobody"})
    assert (unknown.status_code, code(unknown)) == (404, "unknown_id")
    assert code(service.http.get("/v1/documents/nobody/resembles")) == "unknown_id"
    assert code(service.http.post("/v1/resemble", json={})) == "invalid_input"


def test_the_verdict_is_told(service: Serving, papers: dict[str, str]) -> None:
    """A look-up and a comparison say what the text is, by the limit asked for; one that makes no sense is refused."""
    assert ask(service, text=WIRE)["verdict"] == "contained"  # each paper has 30 words and more of its own
    assert {match["verdict"] for match in ask(service, text=WIRE)["matches"]} == {"contained"}
    assert ask(service, text=WIRE, contained=0.5)["verdict"] == "near_duplicate"  # 37 of the 67 shingles of one
    assert ask(service, text=prose(60, "nobody's"))["verdict"] == "new"
    compared = service.http.post("/v1/compare", json={"a": papers["paper1"], "b": WIRE}).json()
    assert compared["verdict"] == "contains"
    for nonsense in (0.49, 1.1, "0.8", None):
        assert code(service.http.post("/v1/resemble", json={"text": WIRE, "contained": nonsense})) == "invalid_request"
    assert code(service.http.get("/v1/documents/paper0/resembles?contained=nan")) == "invalid_request"


def test_a_short_query_says_so(service: Serving) -> None:
    """A query of fewer than four words is too short, explained or not, and has no verdict."""
    assert ask(service, text="three short words")["too_short"] is True
    assert ask(service, text="three short words")["verdict"] is None
    assert ask(service, text="x", explain=True)["explanation"]["candidates"] == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"source": "s1"}, {1}),
        ({"source": ["s0", "s2", "s9"]}, {0, 2}),
        ({"source": {"not": "s1"}}, {0, 2}),
        ({"source": {"not": ["s1", "s2"]}}, {0}),
        ({"published": {">=": "2026-02-01"}}, {1, 2}),
        ({"published": {">": "2026-01-15", "<": "2026-02-15"}}, {1}),
        ({"rank": {"<=": 1}}, {0, 1}),
        ({"rank": {"<": 1.5}, "source": "s1"}, {1}),
        ({"rank": {"<": "2"}}, set()),
        ({"rank": 1.0}, {1}),
        ({"rank": True}, set()),
        ({"missing": "x"}, set()),
        ({"missing": {"not": "x"}}, {0, 1, 2}),
        ({}, {0, 1, 2}),
    ],
)
def test_a_filter_lets_through_what_meets_it(
    service: Serving, papers: dict[str, str], condition: dict[str, Any], expected: set[int]
) -> None:
    """Equality, lists, ranges, `not` and their conjunction decide which documents may match."""
    assert set(ids(ask(service, text=WIRE, filter=condition))) == {f"paper{i}" for i in expected}


def test_not_the_same_source(start: Start) -> None:
    """`same: false` leaves out documents whose field equals the query document's own; `same: true` all others."""
    with start() as service:
        for name, source in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("none", None)):
            service.put(name, f"{WIRE} {prose(9)}", **({"source": source} if source else {}))
        assert sorted(ids(ask(service, id="a1", filter={"source": {"same": False}}))) == ["b1", "none"]
        assert ids(ask(service, id="a1", filter={"source": {"same": True}})) == ["a2"]
        assert ids(ask(service, id="none", filter={"source": {"same": True}})) == []
        by_text = service.http.post("/v1/resemble", json={"text": WIRE, "filter": {"source": {"same": False}}})
        assert (by_text.status_code, code(by_text)) == (422, "invalid_input")


@pytest.mark.parametrize("test", [{}, {"~": 1}, {">": None}, {"same": 1}, {">": [1]}, {">": True}])
def test_a_condition_of_no_known_form_is_refused(service: Serving, test: dict[str, Any]) -> None:
    """A filter that makes no sense is 422."""
    assert code(service.http.post("/v1/resemble", json={"text": WIRE, "filter": {"a": test}})) == "invalid_input"


def test_a_filter_finds_what_many_others_hide(start: Start) -> None:
    """Of 300 copies of one paragraph the only one that meets the filter is found."""
    with start() as service:
        records = [{"id": f"c{i}", "text": f"{WIRE} {prose(5)}", "n": i} for i in range(300)]
        service.lines(b"\n".join(json.dumps(one).encode() for one in records))
        assert ids(ask(service, text=WIRE, filter={"n": 60})) == ["c60"]


def test_explain_says_what_spoke_for_and_against(start: Start) -> None:
    """Each candidate has its buckets, estimate, exact figures and what rejected it: filter, limit, or not alike."""
    with start() as service:
        service.put("copy", WIRE, ok=1)
        service.put("near", f"{WIRE} {prose(5)}", ok=1)
        service.put("unwanted", f"{WIRE} {prose(4)}", ok=0)
        service.put("unlike", f"{prose(200)} {' '.join(WIRE.split()[:8])} {prose(200)}", ok=1)
        answer = ask(service, text=WIRE, limit=1, filter={"ok": 1}, explain=True)
        assert ids(answer) == ["copy"]
        seen = answer["explanation"]
        assert seen["chunks_found"] == 4
        assert seen["postings"] >= len(seen["candidates"])
        found = {one["id"]: one for one in seen["candidates"]}
        assert {name: one["rejected"] for name, one in found.items()} == {
            "copy": None,
            "near": "limit",
            "unwanted": "filter",
            "unlike": "not_alike",
        }
        copy, unlike = found["copy"], found["unlike"]
        assert copy["shared"]["bands"] == list(range(42))
        assert copy["shared"]["window_count"] == len(copy["shared"]["windows"]) == seen["buckets"] - 42
        assert (copy["estimate"], copy["figures"]["jaccard"]) == (1.0, 1.0)
        assert unlike["shared"]["window_count"] >= 1
        assert max(unlike["shared"]["windows"]) <= 8
        assert unlike["figures"]["jaccard"] == pytest.approx(5 / (37 + 405 - 5))
        assert (found["unwanted"]["figures"], found["unwanted"]["estimate"]) == (None, None)


def test_dates_say_who_came_out_first(start: Start) -> None:
    """A query brings its own date, or has that of the document of its id; the explanation shows what was read."""
    with start() as service:
        service.put("early", f"{WIRE} {prose(5)}", published="19 April 2018")
        service.put("late", f"{WIRE} {prose(7)}", published="2018-04-21")
        own = {"metadata": {"date": "2018-04-20T08:00:00+02:00"}, "explain": True}
        answer = ask(service, text=WIRE, **own)
        told = {one["id"]: (one["direction"], one["passages"][0]["source"]) for one in answer["matches"]}
        assert told == {"early": ("earlier", True), "late": ("later", False)}
        seen = answer["explanation"]
        assert seen["published"] == "2018-04-20T06:00:00Z"
        assert {one["id"]: one["published"] for one in seen["candidates"]} == {
            "early": "2018-04-19",
            "late": "2018-04-21",
        }
        assert [one["direction"] for one in ask(service, id="late")["matches"]] == ["earlier"]
        assert [one["direction"] for one in ask(service, text=WIRE)["matches"]] == [None, None]
        batch = service.http.post("/v1/resemble:batch", json={"queries": [{"text": WIRE, **own}]}).json()
        assert batch["answers"] == [answer]


@pytest.mark.parametrize(
    ("b", "reason"),
    [
        (f"before {WIRE}", "passage"),
        ("too short", "too_short_b"),
        (prose(60, "unlike"), "no_shared_bucket"),
        (f"{prose(100, 'long')} {' '.join(WIRE.split()[:8])}", "below_threshold"),
    ],
    ids=["passage", "too_short_b", "no_shared_bucket", "below_threshold"],
)
def test_compare_says_why(service: Serving, b: str, reason: str) -> None:
    """A comparison gives the exact figures and why the texts are matched or not."""
    answer = service.http.post("/v1/compare", json={"a": WIRE, "b": b, "explain": True}).json()
    assert answer["explanation"]["reason"] == reason
    assert answer["explanation"]["words"] == [40, len(b.split())]
    assert bool(answer["passages"]) == (reason == "passage")
    if reason != "too_short_b":
        both = answer["containment"]
        expected = figures(WIRE, b)
        assert (answer["jaccard"], both["query_in_document"], both["document_in_query"]) == pytest.approx(expected)


def test_compare_tells_a_short_first_text_and_alike_without_a_passage(service: Serving) -> None:
    """Texts alike as a whole but too short for a passage are `alike`; a first text of three words is too short."""
    answers = [
        service.http.post("/v1/compare", json={"a": a, "b": b, "explain": True}).json()
        for a, b in (("a b c", WIRE), ("six words that are quite alike", "six words that are quite alike"))
    ]
    assert [one["explanation"]["reason"] for one in answers] == ["too_short_a", "alike"]
    assert [one["verdict"] for one in answers] == [None, "near_duplicate"]
    assert "explanation" not in service.http.post("/v1/compare", json={"a": WIRE, "b": WIRE}).json()


@pytest.mark.parametrize("unit", ["codepoints", "utf16", "utf8"])
def test_offsets_count_what_is_asked_for(service: Serving, unit: str) -> None:
    """Places in both texts are those of the encoding asked for, whatever stands before the passage."""
    encoding = {"codepoints": "utf-32-le", "utf16": "utf-16-le", "utf8": "utf-8"}[unit]
    width = {"codepoints": 4, "utf16": 2, "utf8": 1}[unit]
    shared = f"{' '.join(WIRE.split()[:20])} naïve 💩 日本語 {' '.join(WIRE.split()[20:])}"
    query, document = f"👩‍👩‍👧 ü. {shared}", f"Ω𝔘 {prose(9)}. {shared}"
    service.put(f"offsets-{unit}", document)
    asked = {"text": query, "offsets": unit, "filter": {"only": unit}}
    service.put(f"offsets-{unit}", document, only=unit)
    (match,) = ask(service, **asked)["matches"]
    (explained,) = (
        one["figures"] for one in ask(service, **asked, explain=True)["explanation"]["candidates"] if one["figures"]
    )
    compared = service.http.post("/v1/compare", json={"a": query, "b": document, "offsets": unit}).json()
    for passage in (match["passages"][0], compared["passages"][0], explained["passages"][0]):
        for text, place in ((query, passage["query"]), (document, passage["document"])):
            cut = text.encode(encoding)[place["start"] * width : place["end"] * width]
            assert cut.decode(encoding) == shared


def test_a_batch_answers_each_query_in_order(service: Serving, papers: dict[str, str]) -> None:
    """Each query of a batch has its own answer; one that fails has a problem in its place."""
    queries = [{"text": WIRE}, {"id": "nobody"}, {"id": "paper2", "limit": 1}, {"text": "x" * (5 << 20)}, {}]
    answers = service.http.post("/v1/resemble:batch", json={"queries": queries}).json()["answers"]
    assert answers[0] == ask(service, text=WIRE)
    assert answers[2] == ask(service, id="paper2", limit=1)
    assert [answers[i]["code"] for i in (1, 3, 4)] == ["unknown_id", "long_text", "invalid_input"]


def test_an_indexed_lone_surrogate_does_no_harm(start: Start) -> None:
    """A document whose text holds half a pair, put by the library, comes back as an escape and not as a 500."""
    with start() as service:
        index = service.app.state.service.index
        index.put([dedup.Document("odd", f"\ud800 {WIRE}", {"note": "\udfff"})])
        answer = service.http.get("/v1/documents/odd")
        assert answer.status_code == 200
        assert json.loads(answer.content)["text"] == f"\ud800 {WIRE}"
        assert ask(service, text=WIRE, offsets="utf16")["matches"][0]["passages"][0]["document"]["start"] == 2
