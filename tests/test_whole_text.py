"""The whole text with its sources: the union is exact, a view counts what it takes, nothing of the text is lost."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup import Answer, Containment, Document, Match, Passage, Span
from dedup.report.beside import LONGEST, excerpt, sentences
from dedup.report.differences import Segment, without_order
from dedup.report.kinds import KINDS
from dedup.report.reflow import collapsible, reflowed, right_to_left
from dedup.report.whole import MOST_BADGES, View, Whole, whole
from dedup.sketching.tokens import tokenize

WORDS = 40
TEXT = " ".join(f"w{number:02}" for number in range(WORDS))  # word i begins at 4 * i
FOUND = ("passage", "reworded", "boilerplate")
PLACES = st.lists(
    st.lists(st.tuples(st.integers(0, 39), st.integers(1, 12), st.sampled_from(FOUND)), max_size=4), max_size=5
)


def answer(sources: list[list[tuple[int, int, str]]]) -> Answer:
    """Return an answer whose sources hold, each, passages from a word on, so many words, of a kind."""
    matches = []
    for number, places in enumerate(sources):
        passages = [
            Passage(Span(4 * first, 4 * min(first + count, WORDS) - 1), Span(0, 3), 1, 1.0, 1, kind)  # type: ignore[arg-type]
            for first, count, kind in places
        ]
        matches.append(Match(f"d{number}", 0.0, Containment(0, 0), {}, tuple(passages), verdict="shares_passages"))
    return Answer(tuple(matches), found=len(matches), verdict="shares_passages")


def naive(sources: list[list[tuple[int, int, str]]], view: View) -> tuple[set[int], set[int]]:
    """Return the words that the view counts, and the sources that hold them."""
    words, holding = set[int](), set[int]()
    for number, places in enumerate(sources):
        for first, count, kind in places:
            shown = {"passage": "copied"}.get(kind, kind)
            if shown in view.kinds and view.takes(f"d{number}"):
                words |= set(range(first, min(first + count, WORDS)))
                holding.add(number + 1)
    return words, holding


def text_of(shown: Whole) -> str:
    """Return what the stretches hold, joined."""
    return "".join(one.text for one in chain.from_iterable(shown.blocks))


@given(PLACES, st.frozensets(st.sampled_from(KINDS)), st.sampled_from(["", "d0", "d1"]), st.frozensets(st.just("d2")))
def test_the_figure_is_the_union_of_what_the_view_takes(
    sources: list[list[tuple[int, int, str]]], kinds: frozenset[str], only: str, off: frozenset[str]
) -> None:
    """Share, number of documents and marks are those of a word-by-word count; joined, the stretches are the text."""
    view = View(kinds, only, off)
    shown = whole(Document("q", TEXT), answer(sources), view=view)
    words, holding = naive(sources, view)
    assert text_of(shown) == TEXT
    assert shown.share == pytest.approx(len(words) / WORDS)
    assert shown.holding == len(holding)
    place, marked = 0, set[int]()
    for one in chain.from_iterable(shown.blocks):
        starts = {i for i in range(WORDS) if place <= 4 * i < place + len(one.text)}
        assert one.words == len(starts)
        marked |= starts if one.drawn else set()
        place += len(one.text)
    assert marked == words


@given(PLACES)
def test_every_passage_has_a_number_in_the_text(sources: list[list[tuple[int, int, str]]]) -> None:
    """Each passage has one badge; of those at one place at most three are shown, and the rest are counted."""
    shown = whole(Document("q", TEXT), answer(sources), view=View(frozenset(KINDS)))
    stretches = list(chain.from_iterable(shown.blocks))
    badges = [(badge.source.number, badge.number) for one in stretches for badge in one.badges]
    assert sorted(badges) == [(i, j) for i, places in enumerate(sources, 1) for j in range(1, len(places) + 1)]
    for one in stretches:
        assert sum(badge.shown for badge in one.badges) == min(len(one.badges), MOST_BADGES)
        assert one.more == max(0, len(one.badges) - MOST_BADGES)


def test_the_figure_is_the_coverage_of_the_answer() -> None:
    """Where all documents found are shown, the share is the coverage that the look-up computes by itself."""
    import dedup  # noqa: PLC0415 - the index is needed here only

    first = "seven wizards box with liquor jugs at noon while foxes jump over lazy dogs by a river in the evening sun"
    second = "market prices for winter wheat rose again as rain fell on the northern hills of the country last week"
    query = f"{first} and nothing else of this sentence is anywhere but here. {second}"
    with dedup.open("memory:") as index:
        index.put([Document("a", f"{first}. More."), Document("b", f"Before. {second}"), Document("c", f"{first} yes")])
        found = index.resemble(query)
    shown = whole(Document("", query), found)
    assert found.found == len(found) == shown.holding == 3
    assert 0.5 < shown.share < 1
    assert shown.share == pytest.approx(found.coverage)


def test_the_strip_names_who_holds_each_part() -> None:
    """Of 40 words a source that holds the first ten fills the first quarter, drawn by the weightiest kind."""
    shown = whole(Document("q", TEXT), answer([[(0, 10, "passage"), (5, 5, "reworded")], [(5, 5, "boilerplate")]]))
    [first, second] = shown.cells
    assert first.x == 0
    assert abs(second.x + second.width - 250) <= 8
    assert [(one.rank, one.source) for one in second.held] == [(0, 1), (1, 1), (2, 2)]
    assert second.drawn == (0, 1)


WRAPPED = """The head of the General Staff had a phone call with the chairman
of the joint chiefs on Wednesday. Even though the details of the
talk were scant, the conversation itself might be a sign of calm
in what has recently appeared to be one of the most troubled of
all periods."""
VERSE = """Shall I compare thee to a summer’s day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer’s lease hath all too short a date;
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;"""


def test_lines_broken_to_a_width_flow_again() -> None:
    """Line ends within such a paragraph become blanks, those between paragraphs stay; no character moves."""
    for end in ("\n", "\r\n"):
        text = f"{WRAPPED}\n\n{WRAPPED}".replace("\n", end)
        shown = reflowed(text)
        assert len(shown) == len(text)
        assert shown.split() == text.split()
        assert shown.count("\n") == 2
        assert collapsible(shown, text)


@pytest.mark.parametrize(
    "text", [VERSE, "- one\n- two\n- three\n- four\n- five", "short\nlines", WRAPPED.split("\n", maxsplit=1)[0]]
)
def test_other_lines_stay(text: str) -> None:
    """Verse, lists and single lines are shown as they are."""
    assert reflowed(text) == text


def test_direction_is_that_of_the_first_letter_that_has_one() -> None:
    """Digits and marks have none; Arabic and Hebrew are written from right to left."""
    assert right_to_left("2018: في البدء the")
    assert right_to_left("«בראשית»")
    assert not right_to_left("42 in the beginning في")
    assert not right_to_left("2018 …")


def words_of(segments: list[Segment], *, differ: bool) -> list[str]:
    """Return the words of the pieces that differ, or of the others."""
    return " ".join(one.text for one in segments if one.differs == differ).split()


def test_words_are_common_in_any_order_as_often_as_both_have_them() -> None:
    """As multisets: a word that one side has twice and the other once is common once."""
    left, right = without_order("the cat saw the dog", "A dog the cat chased")
    assert words_of(left, differ=False) == ["the", "cat", "dog"]
    assert words_of(right, differ=False) == ["dog", "the", "cat"]
    assert "".join(one.text for one in left) == "the cat saw the dog"
    assert "".join(one.text for one in right) == "A dog the cat chased"


def test_a_reworded_passage_is_read_sentence_beside_sentence() -> None:
    """Each sentence stands beside the sentence that shares its telling words; one that shares none comes last."""
    left = "The jobless rate rose to a record in January. The agency began compiling statistics in 1953."
    right = "Statistics have been compiled by the agency since 1953. Rates of jobless people hit a record! Prose."
    rows = sentences(*without_order(left, right))
    shown = [("".join(s.text for s in row.left).strip(), "".join(s.text for s in row.right).strip()) for row in rows]
    assert shown == [
        ("The jobless rate rose to a record in January.", "Rates of jobless people hit a record!"),
        ("The agency began compiling statistics in 1953.", "Statistics have been compiled by the agency since 1953."),
        ("", "Prose."),
    ]


def test_words_of_a_long_text_are_counted_once() -> None:
    """In a text of many blocks the words of all stretches are the words of the text."""
    text = "word " * 10_000
    shown = whole(Document("q", text), answer([[(0, 39, "passage")]]))
    assert len(shown.blocks) > 5
    assert sum(one.words for one in chain.from_iterable(shown.blocks)) == len(tokenize([text]).hashes)


def test_an_excerpt_ends_with_a_word() -> None:
    """Of a long copied passage whole words are listed, and that it goes on; a short one is listed whole."""
    long, short = "seven wizards box " * 40, "seven wizards"
    [row] = excerpt([Segment(long, differs=False)], [Segment(short, differs=False)])
    assert row.cut
    shown = "".join(one.text for one in row.left)
    assert 300 < len(shown) <= LONGEST
    assert set(shown.split()) == {"seven", "wizards", "box"}
    [row] = excerpt([Segment(short, differs=False)], [Segment(short, differs=True)])
    assert not row.cut
    assert (row.left[0].text, row.right[0]) == (short, Segment(short, differs=True))


def test_blanks_between_sentences_mean_nothing_and_columns_something() -> None:
    """Two blanks after a full stop may be drawn as one; tabs, indents and columns stay as they are."""
    assert collapsible("One.  Two.", "One.  Two.")
    for text in ("a\tb", "a   b", "def f():\n  return"):
        assert not collapsible(text, text)


def test_sentences_of_scripts_without_blanks_stand_side_by_side_too() -> None:
    """Chinese sentences end at their full stop; a quotation mark goes with the sentence that it opens."""
    rows = sentences(*without_order("今天天气很好。市场价格上涨。", "价格在市场上涨了。天气今天很好。"))
    shown = [("".join(s.text for s in row.left), "".join(s.text for s in row.right)) for row in rows]
    assert shown == [("今天天气很好。", "天气今天很好。"), ("市场价格上涨。", "价格在市场上涨了。")]
    rows = sentences(*without_order("He left early. “We will see,” he said.", "“We shall see,” he said."))
    assert "".join(s.text for s in rows[1].left) == "“We will see,” he said."
    rows = sentences(*without_order("U.S. Army General Scaparrotti met Gerasimov.", "Gerasimov met Scaparrotti."))
    assert len(rows) == 1, "what has two words only is part of the next sentence"
