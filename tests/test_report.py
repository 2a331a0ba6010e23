"""Views: marked texts lose nothing, differences are found in long texts, dates and names come from metadata."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup import Containment, Document, Match, Passage, Span, compare
from dedup.align.anchors import ascending
from dedup.dates import published
from dedup.report.differences import Segment, differences
from dedup.report.marks import LONGEST_BLOCK, Mark, blocks
from dedup.report.render import showable
from dedup.report.views import facts, name, pair, percent


def marks(text: str, places: list[tuple[int, int]]) -> list[Mark]:
    """Return a mark for each pair of places in `text`, its first character differing."""
    ordered = [sorted((first % (len(text) + 1), last % (len(text) + 1))) for first, last in places]
    return [
        Mark(number, start, end, "copied", [Segment(text[start], True), Segment(text[start + 1 : end], False)])
        for number, (start, end) in enumerate(ordered, 1)
        if end > start + 1
    ]


@given(st.text(min_size=1), st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=6))
def test_marked_text_is_the_text_and_every_place_shows_its_lowest_passage(
    text: str, places: list[tuple[int, int]]
) -> None:
    """Joined, the runs are the text; each character shows the lowest passage over it, or none, as a naive scan says."""
    given_marks = marks(text, places)
    runs = [run for block in blocks(text, given_marks) for run in block]
    assert "".join(segment.text for run in runs for segment in run.segments) == text
    shown = [run.number for run in runs for segment in run.segments for _ in segment.text]
    naive = [min((m.number for m in given_marks if m.start <= i < m.end), default=0) for i in range(len(text))]
    assert shown == naive
    differing = [segment.differs for run in runs for segment in run.segments for _ in segment.text]
    firsts = {mark.number: mark.start for mark in given_marks}
    assert differing == [bool(n) and firsts[n] == i for i, n in enumerate(naive)]
    begun = [number for run in runs for number in run.begins]
    assert sorted(begun) == [mark.number for mark in given_marks]


@pytest.mark.parametrize("unit", ["word ", "word\n", "字"])
def test_long_texts_come_in_bounded_blocks(unit: str) -> None:
    """A long text comes in blocks no longer than the bound, that end where a line or word does; nothing is lost."""
    text = unit * 20_000
    parts = ["".join(s.text for run in block for s in run.segments) for block in blocks(text, [])]
    assert "".join(parts) == text
    assert len(parts) > 3
    assert max(map(len, parts)) <= LONGEST_BLOCK
    assert all(part.endswith(unit) for part in parts)


def test_long_texts_are_compared_word_by_word() -> None:
    """In 60,000 words, too many to align whole, exactly the words replaced, put in and left out differ."""
    words = [f"w{number}" for number in range(60_000)]
    edited = list(words)
    edited[30_000] = "another"
    edited[45_000:45_000] = ["inserted", "here"]
    del edited[50_010]
    first, second = differences(" ".join(words), " ".join(edited))
    assert [segment.text for segment in first if segment.differs] == ["w30000", "w50008"]
    assert [segment.text for segment in second if segment.differs] == ["another", "inserted here"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), unique=True, max_size=8))
def test_ascending_is_a_longest_chain(pairs: list[tuple[int, int]]) -> None:
    """The chain ascends strictly on the second side and is as long as the best of all subsets."""
    pairs.sort()
    chain = ascending(pairs)
    longest = [0] * len(pairs)
    for i in range(len(pairs)):
        longest[i] = 1 + max((longest[j] for j in range(i) if pairs[j][1] < pairs[i][1]), default=0)
    assert all(a[1] < b[1] for a, b in pairwise(chain))
    assert set(chain) <= set(pairs)
    assert len(chain) == max(longest, default=0)


@pytest.mark.parametrize(
    ("written", "at", "shown"),
    [
        ("2018-04-19", datetime(2018, 4, 19, tzinfo=UTC), "19 April 2018"),
        ("2018-04-19T14:05:00Z", datetime(2018, 4, 19, 14, 5, tzinfo=UTC), "19 April 2018, 14:05 UTC"),
        ("2018-04-19T14:05+02:00", datetime(2018, 4, 19, 12, 5, tzinfo=UTC), "19 April 2018, 12:05 UTC"),
        ("2018-04-19 14:05", datetime(2018, 4, 19, 14, 5, tzinfo=UTC), "19 April 2018, 14:05 UTC"),
    ],
)
def test_dates_are_read(written: str, at: datetime, shown: str) -> None:
    """ISO 8601 dates and times are read, without an offset as UTC."""
    for key in ("published", "date"):
        moment = published({key: written})
        assert moment
        assert (moment.at, str(moment)) == (at, shown)


@pytest.mark.parametrize("written", ["", "yesterday", "2018-02-30", None, ["2018-04-19"], "0001-01-01T00:00+14:00"])
def test_what_is_no_date_is_none(written: object) -> None:
    """Anything else is no date and no error."""
    assert published({"published": written}) is None


def test_name_is_the_title_if_there_is_one() -> None:
    """A title or headline that is text names the document, else its id does."""
    assert name(Document("a", "", {"headline": "News"})).title == "News"
    assert name(Document("a", "", {"title": " ", "source": 1})).title == "a"
    assert name(Document("a", "", {"title": 3})).title == "a"


def test_facts_are_words() -> None:
    """Metadata of any shape becomes words."""
    nested = {"tags": ["x", 1, True], "of": {"by": None, "ok": False}}
    assert facts(nested) == (("tags", "x, 1, yes"), ("of", "by: –; ok: no"))


def test_pair_numbers_passages_and_knows_moved_ones() -> None:
    """Of two blocks that changed places one is in order, one is not; both sides bear the same numbers."""
    blocks_of = [
        "seven wizards box with liquor jugs at noon while foxes jump over lazy dogs by a river {0}",
        "market prices for winter wheat rose again as rain fell on the northern hills last week {0}",
    ]
    first, second = (block.format("today") for block in blocks_of)
    middle = " ".join(f"filler{number}" for number in range(40))
    a, b = f"{first} {middle} {second}", f"{second} {middle.replace('filler', 'other')} {first}"
    view = pair(Document("a", a), Document("b", b), compare(a, b))
    assert [one.number for one in view.shared] == [1, 2]
    assert sorted(one.in_order for one in view.shared) == [False, True]
    for side, order in ((view.left, [1, 2]), (view.right, [2, 1])):
        assert [number for block in side.blocks for run in block for number in run.begins] == order


def test_strip_shows_where_passages_lie() -> None:
    """A passage in the second quarter of a text fills that part of a strip of 1,000; a tiny one can still be seen."""
    text = "x " * 5_000
    quarter = Passage(Span(2500, 5000), Span(0, 10), 12, 1.0, 2, "passage")
    tiny = Passage(Span(9_998, 9_999), Span(0, 1), 1, 1.0, 2, "boilerplate")
    match = Match("b", 0.1, Containment(0.1, 0.1), {}, (quarter, tiny), verdict="shares_passages")
    strip = pair(Document("a", text), Document("b", text), match).left.strip
    assert [(bar.x, bar.width, bar.kind) for bar in strip] == [(250, 250, "copied"), (996, 4, "boilerplate")]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "0 %"),
        (0.0004, "< 0.1 %"),
        (0.046, "4.6 %"),
        (0.5, "50 %"),
        (0.996, "99.6 %"),
        (0.9996, "> 99.9 %"),
        (1, "100 %"),
    ],
)
def test_percent_never_rounds_to_all_or_nothing(share: float, shown: str) -> None:
    """Only nothing is 0 %, only all is 100 %."""
    assert percent(share) == shown


def test_what_html_cannot_hold_is_replaced() -> None:
    """Lone surrogates and control characters are replaced one for one; line ends and tabs stay."""
    assert showable("a\0\x1b\x7f\ud800\n\tb") == "a␀␛␡�\n\tb"
