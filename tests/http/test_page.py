"""The page's answers: their headers, what they escape, how they refuse, how much they read."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from servers.service import Serving, Start, code, prose

import dedup
from dedup import Document
from service.page.sightings import sightings

HTML = {"Accept": "text/html,application/xhtml+xml"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HOSTILE = "'\"><script>alert(1)</script><b onclick=alert(2)>"
TEXT = prose(60, "page")


class Elements(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, page: str) -> None:
        """Read the page."""
        super().__init__()
        self.tags, self.inline, self.links = set[str](), list[str](), list[str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        names = dict(attrs)
        self.inline += [key for key in names if key.startswith("on") or key == "style"]
        self.inline += [tag] if tag == "style" or (tag == "script" and "src" not in names) else []
        self.links += [value for key, value in attrs if key in {"href", "src", "action", "formaction"} and value]


@pytest.fixture(scope="module")
def pages(service: Serving) -> dict[str, str]:
    """Return one page of each kind, of documents that attack in every field."""
    metadata = {"title": HOSTILE, "source": HOSTILE, "published": HOSTILE, HOSTILE: [HOSTILE]}
    for number in (1, 2):
        record = {"id": f"hostile-{number}{HOSTILE}", "text": f"{TEXT} {HOSTILE}", **metadata}
        service.lines(json.dumps(record).encode() + b"\n")
    one, two = f"hostile-1{HOSTILE}", f"hostile-2{HOSTILE}"
    asked = {
        "home": "/",
        "matches": "/matches?" + urlencode({"id": one}),
        "pair": "/pair?" + urlencode({"id": one, "with": two}),
        "documents": "/documents?" + urlencode({"q": HOSTILE}),
        "passage": "/passage?" + urlencode({"id": one, "start": 0, "end": 400}),
        "problem": "/matches?" + urlencode({"id": f"nobody{HOSTILE}"}),
    }
    shown = {name: service.http.get(path, headers=HTML) for name, path in asked.items()}
    for name in ("matches", "pair", "passage"):
        body = urlencode({"text": f"{TEXT}\r\n{HOSTILE}", "with": two})
        shown[f"pasted {name}"] = service.http.post(f"/{name}", content=body, headers=HTML | FORM)
    assert {name: page.status_code for name, page in shown.items() if name != "problem"} == {
        name: 200 for name in shown if name != "problem"
    }
    for page in shown.values():
        assert page.headers["content-security-policy"] == POLICY
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["content-type"] == "text/html; charset=utf-8"
    return {name: page.text for name, page in shown.items()}


def test_nothing_in_a_page_is_inline_or_foreign(pages: dict[str, str]) -> None:
    """No page has an inline script, style or handler, and none names another host: hostile input is only text."""
    for name, page in pages.items():
        made = Elements(page)
        assert made.inline == [], name
        assert "b" not in made.tags, name
        assert not [link for link in made.links if "//" in link or link.startswith("javascript:")], name
        assert name == "home" or "&lt;script&gt;alert(1)&lt;/script&gt;" in page, name


def test_files_are_kept_by_the_browser_and_no_others_served(service: Serving) -> None:
    """The stylesheet and the script that a page names can be kept for good; there is nothing else below static."""
    links = [link for link in Elements(service.http.get("/", headers=HTML).text).links if link.startswith("static/")]
    assert len(links) == 3
    for link in links:
        answer = service.http.get("/" + link)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    for path in ("/static/page.html", "/static/..%2fapp.py", "/static/%2e%2e/app.py"):
        assert service.http.get(path).status_code == 404


def test_refusals_are_pages_for_people_and_problems_for_programs(service: Serving) -> None:
    """The same refusal is HTML for a browser and a problem document for everything else."""
    for path, status, stable in (("/matches?id=nobody", 404, "unknown_id"), ("/matches", 422, "invalid_request")):
        shown = service.http.get(path, headers=HTML)
        assert (shown.status_code, shown.headers["content-type"]) == (status, "text/html; charset=utf-8")
        assert "That did not work" in shown.text
        answer = service.http.get(path)
        assert (answer.status_code, code(answer)) == (status, stable)


def test_forms_that_cannot_be_used_are_refused(service: Serving) -> None:
    """Empty text, other types, too many fields, an unknown document and places beyond a text each say what is wrong."""
    service.put("page-refusals", TEXT)
    for path, body, kind, status in (
        ("/matches", "text=+%0d%0a", FORM, 422),
        ("/matches", "", FORM, 422),
        ("/matches", '{"text": "a"}', {"Content-Type": "application/json"}, 415),
        ("/matches", "&".join(f"f{n}=1" for n in range(600)), FORM, 422),
        ("/pair", urlencode({"text": TEXT, "with": "nobody"}), FORM, 404),
        ("/pair", urlencode({"text": TEXT}), FORM, 404),
        ("/passage", "id=nobody", FORM, 404),
        ("/matches.csv", "", FORM, 422),
    ):
        assert service.http.post(path, content=body, headers=kind).status_code == status, (path, body[:40])
    for start, end in ((0, 10**6), (-1, 5), (5, 5), (7, 3)):
        answer = service.http.get(f"/passage?id=page-refusals&start={start}&end={end}")
        assert code(answer) == "invalid_input"


def test_a_pasted_text_may_be_as_long_as_a_document(start: Start) -> None:
    """At the limit a pasted text is looked up, a byte beyond it is refused; line ends count as one character."""
    with start(document_bytes=1_000) as service:
        for text, status in (("a\r\n" * 500, 200), ("a\r\n" * 500 + "a", 413)):
            body = urlencode({"text": text})
            assert service.http.post("/matches", content=body, headers=FORM).status_code == status


def test_programs_are_not_told_of_the_page(service: Serving) -> None:
    """The OpenAPI document describes the API alone."""
    assert not {"/", "/matches", "/pair", "/static/{file}"} & service.http.get("/openapi.json").json()["paths"].keys()


def test_the_list_of_documents_leads_to_each_once(service: Serving) -> None:
    """Search finds by any part of an id, and its links lead to each document once; an exact id leads."""
    for number in range(120):
        service.put(f"listed/{number}", TEXT, title=f"Nothing {number}", published=f"20{number % 30:02}-01-01")
    for sort in ("id", "date"):
        seen, link = list[str](), "documents?" + urlencode({"q": "listed/", "sort": sort})
        while link:
            page = service.http.get("/" + link, headers=HTML).text
            assert "120 documents have" in page
            made = [
                parse_qs(urlsplit(one).query)["id"][0] for one in Elements(page).links if one.startswith("matches?")
            ]
            assert len(made) <= 50
            seen += made
            link = next((one for one in Elements(page).links if "cursor=" in one), "")
        assert sorted(seen) == sorted(f"listed/{number}" for number in range(120))
    assert [int(one.partition("/")[2]) % 30 for one in seen] == sorted((n % 30 for n in range(120)), reverse=True)
    exact = Elements(service.http.get("/documents?q=listed/9", headers=HTML).text).links
    assert next(one for one in exact if one.startswith("matches?")) == "matches?id=listed%2F9"
    for odd in ("cursor=x", "sort=size", "sort=date&cursor=00"):
        assert service.http.get(f"/documents?{odd}").status_code == 422


def test_sightings_come_earliest_first(service: Serving) -> None:
    """Dated documents come in order of time, whatever its offset; undated ones after them; words are compared."""
    passage = prose(30)
    dates = {
        "late": "2020-01-02T00:30:00+01:00",
        "early": "2020-01-01",
        "noon": "2020-01-01T12:00:00Z",
        "never": "soon",
    }
    with dedup.open("memory:") as index:
        index.put(Document(one, f"{prose(40)} {passage} {prose(40)}", {"published": at}) for one, at in dates.items())
        found = sightings(index, passage)
    assert [one.name.id for one in found.dated] == ["early", "noon", "late"]
    assert [one.later for one in found.dated] == ["", "", ""]
    assert [one.name.id for one in found.undated] == ["never"]
    assert not found.more
    assert all(not one.segments for one in (*found.dated, *found.undated))


def test_sightings_say_how_much_later() -> None:
    """Minutes, hours and days after the first are told, days by the calendar; nothing where only a month or year is."""
    passage = prose(30)
    times = [
        "2020-01-01T10:00:00Z",
        "2020-01-01T10:20:00Z",
        "2020-01-01T13:59:00Z",
        "2020-01-03T09:00:00Z",
        "2020-01-04",
        "2020-02",
        "2021",
    ]
    with dedup.open("memory:") as index:
        index.put(Document(at, f"{prose(40)} {passage}", {"date": at}) for at in times)
        later = [one.later for one in sightings(index, passage).dated]
    assert later == ["", "20 minutes later", "3 hours later", "1 day later", "3 days later", "", ""]


def test_too_short_and_too_frequent_passages_are_said_to_be() -> None:
    """Fewer words than a shingle cannot be judged; of 150 documents with the same words 100 at most are listed."""
    with dedup.open("memory:") as index:
        passage = prose(30)
        index.put(Document(str(number), f"{prose(15)} {passage}") for number in range(150))
        assert sightings(index, "two words").too_short
        found = sightings(index, passage)
        assert found.more
        assert len(found.undated) <= 100


def test_a_whole_article_is_no_passage_of_documents_that_hold_a_part() -> None:
    """Documents that hold less than half of what was pasted are counted, and not said to hold it."""
    parts = [prose(40) for _ in range(3)]
    with dedup.open("memory:") as index:
        index.put(Document(str(number), f"{prose(50)} {part}") for number, part in enumerate(parts))
        index.put([Document("all", " ".join(parts))])
        found = sightings(index, " ".join(parts))
    assert [one.name.id for one in found.undated] == ["all"]
    assert found.partly == 3


def test_an_index_of_characters_counts_characters(tmp_path: Path, start: Start) -> None:
    """Wherever a length is told, page and report call it characters, and count the letters and digits of the text."""
    passage = "The quick brown fox, born 2019, jumps over the lazy dog by the old river bank. " * 2
    query = f"{passage}Zwölf Boxkämpfer jagen Viktor."
    letters = sum(one.isalnum() for one in query)
    address = f"lmdb:{tmp_path / 'pages'}"
    with dedup.open(address, dedup.Scheme(unit="character")) as index:
        index.put([Document("a", passage + TEXT)])
    with start(index=address) as service:
        body, two = urlencode({"text": query, "with": "a"}), urlencode({"a": query, "b": passage})
        shown = {
            path: service.http.post(f"/{path}", content=two if path == "compare" else body, headers=HTML | FORM).text
            for path in ("matches", "matches.html", "pair", "passage", "compare")
        }
        few = service.http.post("/matches", content="text=abc", headers=HTML | FORM).text
        home = service.http.get("/", headers=HTML).text
    assert f'data-words="{letters}"' in shown["matches"]
    assert "The text has 3 characters" in few
    assert "Characters of a passage at least" in home
    for path, page in {**shown, "few": few, "home": home}.items():
        assert not re.search(r"\d[\d,]* words?\b|of (its|the) words|[Ww]ords? of a passage|word for word", page), path
        assert re.search(r"[Cc]haracters?\b", page), path


def test_a_result_of_boilerplate_alone_says_so(service: Serving) -> None:
    """Where all that is shared is boilerplate, the page says why nothing is marked."""
    names = "Sir Paul Green, Dr. Ann Hill, Mr. Tom Lake, Sir John Brown, Dr. Mary Wood, Mr. Al Stone."
    service.put("names", f"{prose(40)}. {names} {prose(40)}")
    service.put("copied", TEXT)
    for own, told in ((names, True), (f"{names} {TEXT}", False)):
        page = service.http.post("/matches", content=urlencode({"text": own}), headers=HTML | FORM).text
        assert ("All that the sources share with it is boilerplate" in page) == told


def test_a_file_is_looked_up_without_a_script(service: Serving) -> None:
    """A browser's own upload of a text file answers as the pasted text does; what is no UTF-8 is refused."""
    service.put("uploaded", prose(60, "upload"))
    text = f"{prose(60, 'upload')}\n\nAn end of its own, Zürich."
    pasted = service.http.post("/matches", content=urlencode({"text": text}), headers=HTML | FORM).text

    def upload(content: bytes) -> httpx2.Response:
        return service.http.post("/matches", files={"text": ("a; name=b.txt", content, "text/plain")}, headers=HTML)

    assert upload(text.encode()).text == upload(text.replace("\n", "\r\n").encode()).text == pasted
    assert "uploaded" in pasted
    for content, told in ((text.encode("utf-16"), "no text in UTF-8"), (b"", "the text is empty")):
        refused = upload(content)
        assert (refused.status_code, told in refused.text.lower().replace("utf-8", "UTF-8")) == (422, True)
    parts = {f"f{n}": ("a", b"x", "text/plain") for n in range(600)}
    assert service.http.post("/matches", files=parts).status_code == 422
    odd = {"Content-Type": "multipart/form-data"}
    assert service.http.post("/matches", content=b"x", headers=odd).status_code == 415
