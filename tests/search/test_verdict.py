"""What a query is called beside one document and beside all that are found."""

from itertools import product

import pytest

import dedup
from dedup.model import Answer, Containment, Document, Match, Passage, Span, Verdict
from dedup.search.verdict import decisive, verdict

COPIED = Passage(Span(0, 9), Span(0, 9), 12, 1.0, 1, "passage")
STOCK = Passage(Span(0, 9), Span(0, 9), 12, 1.0, 1, "boilerplate")
STORY = " ".join(f"story{i}" for i in range(43))  # 40 shingles of 4 words
OTHER = " ".join(f"other{i}" for i in range(40))


def words(text: str, first: int, end: int) -> str:
    """Return some of a text's words."""
    return " ".join(text.split()[first:end])


def asked(query: str, *texts: str, contained: float = 0.8, limit: int = 10, passages: bool = True) -> Answer:
    """Index texts under their places; return what the query resembles."""
    with dedup.open("memory:") as index:
        index.put([Document(str(place), text) for place, text in enumerate(texts)])
        return index.resemble(query, contained=contained, limit=limit, passages=passages)


def naive(query_held: float, document_held: float, counts: bool, limit: float) -> str:
    """Return what docs/concepts.md calls a query beside a document."""
    if query_held >= limit and document_held >= limit:
        return "near_duplicate"
    if query_held >= limit:
        return "contained"
    if document_held >= limit:
        return "contains"
    return "shares_passages" if counts or query_held >= 0.5 or document_held >= 0.5 else "new"


SHARES = (0.0, 0.49, 0.5, 0.51, 0.79, 0.8, 0.81, 0.99, 1.0)


@pytest.mark.parametrize("limit", [0.5, 0.8, 1.0])
def test_the_rules_hold_at_their_edges(limit: float) -> None:
    """Every pair of shares, below, at and above each limit, has the verdict that the rules give it."""
    for query_held, document_held, passages in product(SHARES, SHARES, ([], [STOCK], [STOCK, COPIED])):
        told = verdict(Containment(query_held, document_held), passages, limit)
        assert told == naive(query_held, document_held, COPIED in passages, limit)


@pytest.mark.parametrize(
    ("query", "document", "expected"),
    [
        (STORY, STORY, "near_duplicate"),
        (f"{STORY} {words(OTHER, 0, 10)}", STORY, "near_duplicate"),  # 40 of 50 shingles and 40 of 40
        (f"{STORY} {words(OTHER, 0, 11)}", STORY, "contains"),  # 40 of 51 and 40 of 40
        (words(STORY, 0, 35), STORY, "near_duplicate"),  # 32 of 32 and 32 of 40
        (words(STORY, 0, 34), STORY, "contained"),  # 31 of 31 and 31 of 40
        (f"{words(STORY, 0, 23)} {words(OTHER, 0, 20)}", STORY, "shares_passages"),  # 20 of 40 and 20 of 40
        (f"{words(STORY, 0, 19)} {OTHER}", STORY, "shares_passages"),  # 16 of 56 and 16 of 40, a passage of 19 words
        (OTHER, STORY, "new"),
    ],
)
def test_texts_have_the_verdict_of_their_shingles(query: str, document: str, expected: Verdict) -> None:
    """Copies, longer and shorter ones, halves, a passage and nothing: at most one shingle from a limit."""
    answer = asked(query, document)
    assert answer.verdict == expected
    assert [match.verdict for match in answer] == [expected] * (expected != "new")
    assert dedup.compare(query, document).verdict == expected


def test_a_limit_of_one_s_own_is_taken() -> None:
    """The query holds 31 of the document's 40 shingles, .775: so much is enough up to that limit, and not beyond."""
    query, document = words(STORY, 0, 34), STORY
    for contained, expected in ((0.775, "near_duplicate"), (0.776, "contained"), (1.0, "contained")):
        assert asked(query, document, contained=contained).verdict == expected
        assert dedup.compare(query, document, contained=contained).verdict == expected


def test_what_says_most_decides() -> None:
    """Of documents of every kind each has its own verdict; that of the answer is the one that says most."""
    near, around = f"{words(STORY, 1, 43)} new", f"{STORY} {OTHER}"
    inside, beside = words(STORY, 0, 20), f"{words(STORY, 20, 43)} {OTHER}"
    answer = asked(STORY, beside, inside, around, near)
    assert {match.id: match.verdict for match in answer} == {
        "0": "shares_passages",
        "1": "contains",
        "2": "contained",
        "3": "near_duplicate",
    }
    for texts, expected in (
        ((beside, inside, around, near), "near_duplicate"),
        ((beside, inside, around), "contained"),
        ((beside, inside), "contains"),
        ((beside,), "shares_passages"),
        ((), "new"),
    ):
        assert asked(STORY, *texts).verdict == expected


def test_the_document_that_decides_is_returned() -> None:
    """With a limit of one match it is the document that the query contains, though another holds more of its words."""
    query, inside = f"{STORY} {OTHER}", words(OTHER, 20, 40)
    most = f"{STORY} {words(OTHER, 0, 15)} " + " ".join(f"more{i}" for i in range(40))
    answer = asked(query, most, inside, limit=1)
    assert (answer.verdict, answer.found) == ("contains", 2)
    assert [(match.id, match.verdict) for match in answer] == [("1", "contains")]


def matched(name: str, verdict: Verdict, held: float, **metadata: str) -> Match:
    """Return a match that holds so much of the query."""
    return Match(name, 0.1, Containment(held, 1.0), metadata, (), verdict=verdict)


def test_what_holds_most_of_the_query_decides() -> None:
    """A roundup is named beside its longest part, not beside one that says less, however long."""
    parts = [matched("brief", "contains", 0.2), matched("report", "contains", 0.5)]
    assert decisive([matched("other", "shares_passages", 0.7), *parts]) == 2
    assert decisive([*reversed(parts), matched("last", "contains", 0.5)]) == 0


def test_of_what_holds_as_much_the_earliest_decides() -> None:
    """A quotation is named beside what came out first, in whatever form the dates are; what has no date comes last."""
    dates: tuple[dict[str, str], ...] = (
        {},
        {"date": "2 May 2024"},
        {"published": "2024-05-01"},
        {"date": "2024-05-03"},
    )
    assert decisive([matched(str(place), "contained", 1.0, **one) for place, one in enumerate(dates)]) == 2
    quotation = words(STORY, 0, 20)
    with dedup.open("memory:") as index:
        index.put(Document(f"d{day}", f"{STORY} {OTHER}", {"date": f"2024-05-0{day}"}) for day in (2, 1, 3))
        answer = index.resemble(quotation, limit=1)
    assert (answer.verdict, answer.found, [match.id for match in answer]) == ("contained", 3, ["d1"])


def test_without_passages_shingles_decide() -> None:
    """Where passages are not looked for, half of the shingles is the least that is told."""
    half, less = f"{words(STORY, 0, 23)} {words(OTHER, 0, 20)}", f"{words(STORY, 0, 19)} {OTHER}"
    assert asked(STORY, STORY, passages=False).verdict == "near_duplicate"
    assert asked(half, STORY, passages=False).verdict == "shares_passages"
    assert (asked(less, STORY, passages=False).verdict, asked(less, STORY).verdict) == ("new", "shares_passages")


def test_a_query_too_short_to_judge_has_no_verdict() -> None:
    """Three words, which are in the index, are neither new nor anything else."""
    answer = asked(words(STORY, 0, 3), words(STORY, 0, 3), STORY)
    assert (answer.verdict, answer.too_short, len(answer)) == (None, True, 0)


def test_two_texts_of_which_one_is_too_short_have_no_verdict() -> None:
    """Of three words and forty neither can be judged beside the other, and three words not beside themselves."""
    short = words(STORY, 0, 3)
    for a, b in ((short, STORY), (STORY, short), (short, short)):
        assert dedup.compare(a, b).verdict is None
    assert dedup.compare(words(STORY, 0, 4), STORY).verdict == "contained"


def test_boilerplate_alone_leaves_a_query_new() -> None:
    """A line that a thousand documents have is told as a match, and the query is new all the same."""
    line = "all rights reserved by the paper and its many partners around the whole wide world"
    texts = [f"{line} " + " ".join(f"d{place}w{i}" for i in range(40)) for place in range(1_100)]
    answer = asked(f"{OTHER} {line}", *texts)
    assert answer.found > 0
    assert {match.verdict for match in answer} == {"new"}
    assert answer.verdict == "new"


def test_what_was_left_unread_stands_beside_the_verdict() -> None:
    """A filter that nobody meets among more documents than are read leaves the query new, and the answer truncated."""
    with dedup.open("memory:") as index:
        index.put(Document(f"d{i}", f"{STORY} {i} {i + 1} {i + 2}", {"wanted": False}) for i in range(6_000))
        answer = index.resemble(STORY, filter={"wanted": True})
    assert (answer.verdict, answer.truncated, answer.found) == ("new", True, 0)
