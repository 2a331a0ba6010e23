"""Nothing is left unread untold: answers held to a brute force over all pairs, crowded buckets, filters, counts."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

import pytest

import dedup
from dedup.engine import Index
from dedup.model import Document
from dedup.search import reading

RUN, WINDOW, SHINGLE = 12, 7, 4  # min_words, w + k - 1, k
BRIEF = 16  # shingles of 19 words: half of them are in a run of 11
SYLLABLES = [first + vowel + last for first in "bdfgklmnprst" for vowel in "aeiou" for last in ("", "n", "r", "s")]


def line(name: str, count: int) -> str:
    """Return so many words that no other line has."""
    return " ".join(f"{name}word{place}" for place in range(count))


def prose(rng: random.Random, stories: int) -> Iterator[list[str]]:
    """Yield stories of 60 to 160 words, some of which are frequent, with phrases that many have."""
    vocabulary = [a + b for a in SYLLABLES for b in SYLLABLES][:20_000]
    rng.shuffle(vocabulary)
    steps = list(accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    phrases = [rng.choices(vocabulary, cum_weights=steps, k=rng.randint(4, 11)) for _ in range(60)]
    for _ in range(stories):
        story = rng.choices(vocabulary, cum_weights=steps, k=rng.randint(60, 160))
        for phrase in rng.sample(phrases, 3):
            at = rng.randrange(len(story))
            story[at:at] = phrase
        yield story


def wire(count: int, popular: int, seed: int) -> list[str]:
    """Return stories as agencies send them: some with a paragraph of another, some edited copies, briefs, long ones.

    Of three stories there are `popular` copies each, more than a bucket lists.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible texts
    stories = list(prose(rng, count))
    for place in range(50, count):
        own, other, kind = stories[place], stories[rng.randrange(place)], rng.random()
        if place < 50 + 3 * popular:
            stories[place] = _edited(stories[place % 3], rng)
        elif kind < 0.3:
            length, at = rng.choice([12, 13, 15, 20, 40]), rng.randrange(len(own))
            start = rng.randrange(max(1, len(other) - length))
            own[at:at] = other[start : start + length]
        elif kind < 0.4:
            stories[place] = _edited(stories[rng.randrange(3, 40)], rng)
        elif kind < 0.5:
            stories[place] = other[: rng.randint(8, 30)]
        elif kind < 0.51:
            stories[place] = [word for part in rng.sample(stories[:place], 12) for word in part]
    return [" ".join(story) for story in stories]


def _edited(story: list[str], rng: random.Random) -> list[str]:
    edited = [word if rng.random() > 0.04 else rng.choice(story) for word in story]
    return edited[: len(edited) - rng.randrange(len(edited) // 3)]


@dataclass
class Pairs:
    """All pairs that must be found: a run of 12 words in common, or a run of 7 and half of either side's shingles.

    Two texts without a common window of 7 words may have no common bucket. A document of fewer than 20 words that
    shares no run of 12 is promised only if it holds half of the query: docs/adr/0010-what-is-left-unread.md.
    """

    texts: list[list[str]]

    def __post_init__(self) -> None:
        """Note in which texts each run and each shingle stands."""
        self.holders: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
        for place, text in enumerate(self.texts):
            for length in (RUN, WINDOW, SHINGLE):
                for run in self._of(text, length):
                    self.holders[run].add(place)
        self.sizes = [len(self._of(text, SHINGLE)) for text in self.texts]

    @staticmethod
    def _of(text: list[str], length: int) -> set[tuple[str, ...]]:
        return {tuple(text[at : at + length]) for at in range(len(text) - length + 1)}

    def of(self, place: int) -> set[int]:
        """Return what the text at `place` resembles."""
        text = self.texts[place]
        runs, windows = ({one for run in self._of(text, n) for one in self.holders[run]} for n in (RUN, WINDOW))
        both = Counter(other for shingle in self._of(text, SHINGLE) for other in self.holders[shingle])
        near = {other for other in windows if 2 * both[other] >= self.sizes[place]}
        near |= {other for other in windows if 2 * both[other] >= self.sizes[other] > BRIEF}
        return (runs | near) - {place}


@pytest.mark.parametrize(
    ("count", "popular", "asked"), [(1_000, 70, 80), pytest.param(20_000, 400, 500, marks=pytest.mark.slow)]
)
def test_no_missing_pair_is_untold(count: int, popular: int, asked: int) -> None:
    """Whatever the limit, an answer holds, or counts, every document that a brute force finds, or is truncated."""
    texts = wire(count, popular, seed=3)
    pairs = Pairs([text.split() for text in texts])
    known, whole = 0, 0
    with dedup.open("memory:") as index:
        index.put(Document(f"{place}", text) for place, text in enumerate(texts))
        for place in random.Random(5).sample(range(count), asked):  # noqa: S311 - reproducible
            wanted = pairs.of(place)
            for limit in (10, 20, 50, 200):
                answer = index.resemble(id=f"{place}", limit=limit)
                if answer.truncated:
                    continue
                known, whole = known + len(wanted), whole + 1
                assert answer.found >= len(wanted)
                if len(answer) < limit:
                    assert wanted <= {int(match.id) for match in answer}, (place, limit)
    assert known > asked
    assert asked < whole < 4 * asked


def copies(index: Index, text: str, count: int) -> None:
    """Put documents that hold `text` between words of their own, numbered in `n`."""
    index.put(
        Document(f"d{place:04}", f"{line(f'a{place}x', 30)} {text} {line(f'b{place}x', 30)}", {"n": place})
        for place in range(count)
    )


@pytest.fixture
def index() -> Iterator[Index]:
    """An empty index."""
    with dedup.open("memory:") as opened:
        yield opened


@pytest.mark.parametrize("length", [12, 13, 14, 15, 16, 20])
def test_a_line_in_more_documents_than_a_bucket_lists_is_told(index: Index, length: int) -> None:
    """A line of 12 words or more in 150 documents: those not listed are told of."""
    copies(index, line("shared", length), 150)
    answer = index.resemble(line("shared", length), limit=20)
    assert (len(answer), answer.truncated) == (20, True)
    assert 20 < answer.found < 150


def test_a_limit_above_the_usual_length_of_a_list_is_met(index: Index) -> None:
    """Who asks for 200 documents gets all 150 that there are, and nothing is left."""
    copies(index, line("shared", 14), 150)
    answer = index.resemble(line("shared", 14), limit=200)
    assert (len(answer), answer.found, answer.truncated) == (150, 150, False)


def test_a_limit_of_thousands_finds_all(index: Index) -> None:
    """Of a passage in 1,200 documents a limit of 2,000 finds all, and one of 400 says that it does not."""
    copies(index, line("shared", 30), 1_200)
    answers = [index.resemble(line("shared", 30), limit=limit) for limit in (400, 2_000)]
    assert [(len(answer), answer.truncated) for answer in answers] == [(400, True), (1_200, False)]


@pytest.mark.parametrize("length", [5, 7, 11])
def test_copies_of_a_short_text_that_are_not_listed_are_told(index: Index, length: int) -> None:
    """Of 300 copies of a text too short for a passage some are alike in bands and windows that were cut short."""
    index.put(Document(f"{place}", line("short", length)) for place in range(300))
    answer = index.resemble(line("short", length))
    assert (len(answer), answer.truncated) == (10, True)


def test_a_frequent_phrase_does_not_make_an_answer_doubtful(index: Index) -> None:
    """Nine words in 150 documents are too few for a passage: that some were left unread need not be told."""
    copies(index, line("phrase", 9), 150)
    answer = index.resemble(f"{line('q', 40)} {line('phrase', 9)} {line('r', 40)}")
    assert (len(answer), answer.truncated) == (0, False)


@pytest.mark.parametrize("length", [12, 16, 20])
def test_the_only_source_of_a_run_is_read_behind_seventy_better_candidates(index: Index, length: int) -> None:
    """Documents that share three runs of eight words each, too short for passages, do not keep the source out."""
    runs = [line(f"run{place}x", 8) for place in range(3)]
    own = line("own", length)
    index.put(
        Document(f"noise{place}", " ".join(f"{line(f'n{place}x{part}x', 40)} {run}" for part, run in enumerate(runs)))
        for place in range(70)
    )
    index.put([Document("source", f"{line('s', 60)} {own} {line('t', 60)}")])
    query = " ".join(f"{line(f'q{part}x', 60)} {run}" for part, run in enumerate([*runs, own]))
    assert "source" in {match.id for match in index.resemble(query)}


@pytest.mark.parametrize("length", [12, 20])
def test_loose_passages_do_not_crowd_the_only_source_of_a_run_out(index: Index, length: int) -> None:
    """Of seventy documents that share three short runs each, far apart in them, none takes the place of the source."""
    query, documents = list[str](), list[Document]()
    for place in range(70):
        runs = [line(f"q{place}x{part}x", 8) for part in range(3)]
        query += [f"{run} {line(f'g{place}x{part}x', 2)}" for part, run in enumerate(runs)]
        text = " ".join(f"{line(f'n{place}x{part}x', 40)} {run}" for part, run in enumerate(runs))
        documents.append(Document(f"noise{place}", text))
    own = line("own0x0x", length)  # words as long as those of the others
    index.put([*documents, Document("source", f"{line('s', 40)} {own} {line('t', 40)}")])
    assert "source" in {match.id for match in index.resemble(" ".join([*query, own]), limit=10)}


def near_duplicates(index: Index, count: int) -> str:
    """Put texts of 200 words of which four are changed, numbered in `n`; return what they were made of."""
    rng = random.Random(7)  # noqa: S311 - reproducible
    base = line("base", 200).split()
    for place in range(count):
        text = list(base)
        for at in rng.sample(range(200), 4):
            text[at] = f"other{place}x{at}"
        index.put([Document(f"d{place:04}", " ".join(text), {"n": place})])
    return " ".join(base)


@pytest.mark.parametrize("wanted", [299, [250, 280], {">=": 290}])
def test_a_filter_finds_its_documents_in_a_crowd(index: Index, wanted: object) -> None:
    """Of 300 near-duplicates those that meet a condition are found wherever they stand in the crowded buckets."""
    base = near_duplicates(index, 300)
    answer = index.resemble(base, filter={"n": wanted}, limit=20)
    expected = (
        {"299"} if wanted == 299 else {"250", "280"} if isinstance(wanted, list) else {f"{n}" for n in range(290, 300)}
    )
    assert {match.id.removeprefix("d").removeprefix("0") for match in answer} == expected
    assert answer.found == len(expected)


@pytest.mark.parametrize(("bound", "most"), [("FETCHED", 100), ("DEEP", 100), ("BYTES", 50_000)])
def test_a_filter_that_ran_out_is_told(index: Index, monkeypatch: pytest.MonkeyPatch, bound: str, most: int) -> None:
    """A filter reads so far and no further; where that did not suffice, the answer says so."""
    base = near_duplicates(index, 200)
    monkeypatch.setattr(reading, bound, most)
    answer = index.resemble(base, filter={"n": {">=": 50}})
    assert answer.found < 150
    assert answer.truncated


def test_candidates_beyond_those_verified_are_told(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where more may match than are verified, the answer is truncated, though no bucket was cut short."""
    copies(index, line("shared", 20), 60)
    assert not index.resemble(line("shared", 20)).truncated
    monkeypatch.setattr(reading, "MOST", 40)
    monkeypatch.setattr(reading, "ROUND", 16)
    answer = index.resemble(line("shared", 20))
    assert 40 <= answer.found < 60
    assert answer.truncated


def test_coverage_is_of_all_that_was_found(index: Index) -> None:
    """Of 80 words 20 stand in thirty documents and 15 in another: 35 of 80 are covered, whatever the limit."""
    copies(index, line("many", 20), 30)
    index.put([Document("other", f"{line('c', 30)} {line('few', 15)} {line('d', 30)}")])
    query = f"{line('many', 20)} {line('q', 25)} {line('few', 15)} {line('r', 20)}"
    for limit in (1, 10, 50):
        answer = index.resemble(query, limit=limit)
        assert (answer.found, answer.coverage, len(answer)) == (31, 35 / 80, min(limit, 31))


def test_boilerplate_covers_nothing(index: Index) -> None:
    """Names and titles alone are boilerplate: a document found by them is counted, and its words are not."""
    names = " ".join(f"Name{place}a" for place in range(14))
    copies(index, names, 3)
    answer = index.resemble(f"{line('q', 30)}. {names}. {line('r', 30)}")
    assert {passage.kind for match in answer for passage in match.passages} == {"boilerplate"}
    assert (answer.found, answer.coverage) == (3, 0.0)


def test_nothing_found_covers_nothing(index: Index) -> None:
    """An answer without matches, and one to a text too short, count nothing and cover nothing."""
    copies(index, line("shared", 20), 3)
    assert [(one.found, one.coverage) for one in (index.resemble(line("no", 40)), index.resemble("two words"))] == [
        (0, 0.0),
        (0, 0.0),
    ]
