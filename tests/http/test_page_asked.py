"""What the page's form and addresses ask: filters, limits, what is counted, two texts, exports."""

import csv
import html
import io
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from servers.service import Serving, Start, code, prose

from dedup.errors import InvalidInput
from dedup.search.filters import Filter
from service.page.asked import Asked
from service.page.filters import conditions
from service.page.form import packed

HTML = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROOT = Path(__file__).parents[2]
PASSAGE = prose(60, "asked")


@pytest.fixture(scope="module")
def filled(service: Serving) -> Serving:
    """Hold three documents that share a passage, of two sources and three days."""
    for number, (source, day) in enumerate((("Reuters", "2020-01-01"), ("Wire", "2020-02-01"), ("Wire", "2020-03-01"))):
        text = f"{prose(50, f'before {number}')} {PASSAGE}"
        service.put(f"asked-{number}", text, source=source, published=day, title=f"=Report {number}", page=number)
    return service


def shown(service: Serving, **sent: object) -> list[str]:
    """Return the titles of the sources that a pasted passage has."""
    body = urlencode({"text": f"{PASSAGE} {prose(40, 'after')}", **sent}, doseq=True)
    page = service.http.post("/matches", content=body, headers=HTML | FORM)
    assert page.status_code == 200, page.text
    return [f"asked-{n}" for n in range(3) if f'value="asked-{n}" data-number' in page.text]


@pytest.mark.parametrize(
    ("sent", "numbers"),
    [
        ({}, [0, 1, 2]),
        ({"from": "2020-01-15"}, [1, 2]),
        ({"from": "2020-01-15", "to": "2020-02-01"}, [1]),
        ({"source": "Wire"}, [1, 2]),
        ({"source": "Wire", "source_is": "not"}, [0]),
        ({"field": "page", "is": "is", "value": "0, 2"}, [0, 2]),
        ({"field": "page", "is": "not", "value": "1"}, [0, 2]),
        ({"field": "page", "is": "from", "value": "1"}, [1, 2]),
        ({"field": "title", "is": "to", "value": "=Report 1"}, [0, 1]),
    ],
)
def test_filters_and_limits_of_the_form_hold(filled: Serving, sent: dict[str, str], numbers: list[int]) -> None:
    """Dates, source, any other field and the limits of a passage choose the sources."""
    assert shown(filled, **sent) == [f"asked-{number}" for number in numbers]


def test_documents_alike_as_a_whole_are_said_to_be(filled: Serving) -> None:
    """Where no passage is long enough, documents that hold the text are named, and no share is claimed."""
    body = urlencode({"text": PASSAGE, "min_words": "500"})
    page = filled.http.post("/matches", content=body, headers=HTML | FORM).text
    assert page.count("Alike as a whole") == 3
    assert "data-share" not in page


def test_the_verdict_is_told_in_words(filled: Serving) -> None:
    """The page says what the text is of which document, by the limit in the form; a pair and the table do too."""
    for contained, words in (("", "is contained in"), ("50", "is a near-duplicate of")):
        body = urlencode({"text": PASSAGE, "contained": contained, "source": "Reuters"})
        page = filled.http.post("/matches", content=body, headers=HTML | FORM).text
        [told] = re.findall(r'<p class="verdict">(.*?)</p>', page, re.DOTALL)
        assert " ".join(re.sub("<[^>]*>", "", told).split()) == f"This text {words} =Report 0."
        table = filled.http.get(f"/matches.csv?{body}").text
        [row] = csv.DictReader(io.StringIO(table))
        assert row["verdict"] == {"": "contained", "50": "near_duplicate"}[contained]
    pair = filled.http.get("/pair?id=asked-0&with=asked-1", headers=HTML).text
    assert "The left shares passages with the right." in pair
    refused = filled.http.post("/matches", content=urlencode({"text": PASSAGE, "contained": "20"}), headers=FORM)
    assert code(refused) == "invalid_input"


def test_the_best_are_shown_and_the_rest_told(filled: Serving) -> None:
    """With a limit of one the page says how many documents were found, and a button asks for all of them."""
    body = urlencode({"text": PASSAGE, "limit": "1"})
    page = filled.http.post("/matches", content=body, headers=HTML | FORM).text
    assert "1 of 3 documents found" in page
    assert 'name="limit" value="3"' in page


def test_a_document_leaves_out_its_own_source(filled: Serving) -> None:
    """Asked by id, documents of the same source can be left out."""
    page = filled.http.get("/matches?id=asked-1&other_source=yes", headers=HTML).text
    assert "=Report 0" in page
    assert "=Report 2" not in page


@pytest.mark.parametrize(
    "sent",
    [
        {"from": "yesterday"},
        {"to": "2020-13-01"},
        {"limit": "many"},
        {"min_words": "-1"},
        {"min_similarity": "high"},
        {"min_similarity": "0"},
        {"field": "source", "is": "not", "value": "a", "source": "b"},
    ],
)
def test_settings_that_make_no_sense_are_refused(filled: Serving, sent: dict[str, str]) -> None:
    """A page says what is wrong with them; nothing else is answered."""
    body = urlencode({"text": PASSAGE, **sent})
    assert code(filled.http.post("/matches", content=body, headers=FORM)) == "invalid_input"


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"contained": "3"}, "A text counts as contained from 3 %: give a percentage from 50 to 100."),
        ({"contained": "half"}, "A text counts as contained from half %: give a percentage from 50 to 100."),
        ({"min_similarity": "800"}, "Similarity of a passage at least 800 %: give a percentage above 0, up to 100."),
    ],
)
def test_a_percentage_is_told_as_the_form_names_it(filled: Serving, sent: dict[str, str], said: str) -> None:
    """What was typed comes back with the name of its field, in percent."""
    page = filled.http.post("/matches", content=urlencode({"text": PASSAGE, **sent}), headers=HTML | FORM)
    told = " ".join(re.sub("<[^>]*>", " ", page.text).split())
    assert page.status_code == 422
    assert said in told


def test_conditions_are_those_of_a_filter() -> None:
    """Every condition of the form is one that the filter of a look-up reads, joined field by field."""
    sent = {"from": "2020-01-01", "to": "2020-12-31", "other_source": "yes", "field": "n", "is": "not", "value": "1, b"}
    made = conditions(sent)
    assert made == {
        "published": {">=": "2020-01-01", "<=": "2020-12-31"},
        "source": {"same": False},
        "n": {"not": ["1", "b", 1]},
    }
    assert conditions({"field": "published", "is": "from", "value": "2026"}) == {"published": {">=": "2026"}}
    assert conditions({"field": "words", "is": "from", "value": "2026"}) == {"words": {">=": 2026}}
    wanted = Filter(made, {"source": "Wire"})
    assert wanted({"published": "2020-12-31T10:00:00Z", "source": "Other", "n": 2})
    assert not wanted({"published": "2020-12-31T10:00:00Z", "source": "Other", "n": 1})
    with pytest.raises(InvalidInput):
        conditions({"source": "a", "other_source": "yes"})


def test_what_counts_is_chosen_without_a_script(filled: Serving) -> None:
    """Asked for one source alone, or without it, the server counts anew: none left is nothing found."""
    alone = filled.http.get("/matches?id=asked-0&only=asked-1", headers=HTML).text
    assert "in <span data-holding>1 document</span>" in alone
    without = filled.http.get("/matches?id=asked-0&off=asked-1&off=asked-2", headers=HTML).text
    assert '<p class="big" data-share>0 %</p>' in without
    none = filled.http.get("/matches?id=asked-0&kind=&kind=boilerplate", headers=HTML).text
    assert '<p class="big" data-share>0 %</p>' in none


def test_an_address_asks_the_same_again() -> None:
    """The address of a result holds text, settings and what is counted; a text too long for it has none."""
    asked = Asked({"text": "a b & c", "limit": "5", "source": "x", "is": ""}, frozenset({"copied"}), frozenset({"d"}))
    assert asked.address == "text=a+b+%26+c&kind=&kind=copied&off=d&limit=5&source=x"
    assert Asked({"text": prose(10_000)}).address == ""
    verbatim = Asked({"id": "a", "reworded": "no"})
    assert verbatim.settings == "reworded=no"
    assert verbatim.filtered
    assert "reworded=no" in verbatim.address


def test_an_article_has_an_address(filled: Serving) -> None:
    """The link on the page leads to the same result by GET, be the text an article of 10,000 letters, in any script."""
    article = (ROOT / "seeds/000_afc7266689876ce6.txt").read_text("utf-8")
    for own in ("", f"{article} {article[:2_500]}", "В начале сотворил Бог небо и землю. " * 40, "é\ud800\0 & = %"):
        body = urlencode({"text": f"{PASSAGE}\n\n{own}", "source": "Wire"}, errors="replace")
        posted = filled.http.post("/matches", content=body, headers=HTML | FORM).text
        [link] = re.findall(r'href="(matches\?[^"]*)">The address', posted)
        assert len(link) < 8_000 + len("matches?")
        assert filled.http.get("/" + html.unescape(link), headers=HTML).text == posted
        assert "2 documents" in posted
    plain = filled.http.get("/matches?" + urlencode({"text": PASSAGE}), headers=HTML)
    assert "3 documents" in plain.text


def test_a_broken_address_is_refused(start: Start) -> None:
    """An address that lost its end, or holds something else, says so; one that unpacks to too much is too long."""
    with start(document_bytes=50_000) as service:
        whole = packed(f"{PASSAGE} {PASSAGE}")
        assert service.http.get(f"/matches?packed={whole}").status_code == 200
        for odd in (whole[:-6], whole[:20], "!", "", "AAAA", "é"):
            answer = service.http.get(f"/matches?packed={odd}")
            assert (answer.status_code, code(answer)) == (422, "invalid_input"), odd
        assert code(service.http.get("/matches?packed=" + packed("word " * 10**6))) == "long_text"


def test_matches_are_exported(filled: Serving) -> None:
    """As a table with a row for each passage, as JSON and as a report, each with what was asked; formulas are text."""
    asked = "?" + urlencode({"text": PASSAGE, "source": "Wire"})
    table = filled.http.get(f"/matches.csv{asked}")
    assert table.headers["content-disposition"] == 'attachment; filename="matches.csv"'
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["document"] for row in rows] == ["asked-1", "asked-2"]
    assert [row["title"] for row in rows] == ["'=Report 1", "'=Report 2"]
    for row in rows:
        assert row["kind"] == "copied"
        assert row["query_text"] == PASSAGE[int(row["query_start"]) : int(row["query_end"])] == row["document_text"]
    told = json.loads(filled.http.get(f"/matches.json{asked}").text)
    assert told["text"] == PASSAGE
    assert told["question"]["filter"] == {"source": ["Wire"]}
    assert [match["id"] for match in told["matches"]] == ["asked-1", "asked-2"]
    assert {"made", "index"} <= told.keys()
    report = filled.http.get(f"/matches.html{asked}")
    assert PASSAGE[:200] in report.text
    assert "Settings" in report.text
    assert filled.http.get(f"/matches.pdf{asked}").status_code == 404


def test_two_texts_are_compared(service: Serving) -> None:
    """Two pasted texts stand side by side with the passage they share; one alone is refused."""
    texts = {"a": f"{PASSAGE} {prose(20)}", "b": f"{prose(30)} {PASSAGE}"}
    page = service.http.post("/compare", content=urlencode(texts), headers=HTML | FORM)
    assert page.text.count("<mark") >= 2
    assert "where else?" not in page.text
    short = service.http.post(
        "/compare", content=urlencode({"a": "finance ministry in", "b": PASSAGE}), headers=HTML | FORM
    )
    assert "The left cannot be judged beside the right: a text of fewer than 4 words is too short." in short.text
    assert code(service.http.post("/compare", content="a=word", headers=FORM)) == "invalid_input"
