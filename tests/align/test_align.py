"""Passages and set sizes, against hand-made cases, the seeds' gold list, rapidfuzz and Python sets."""

import json
import random
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
import xxhash
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from dedup.align import Alignments, align, overlaps
from dedup.align.lcs import common_tokens
from dedup.align.pair import CELLS, LINKS, SEEDS, STEPS, Pair, Room
from dedup.align.passages import find_passages
from dedup.kernels import Int32s, Uint64s, entry
from dedup.sketching.tokens import tokenize

Row: TypeAlias = tuple[int, ...]
Places: TypeAlias = tuple[int, int]
Found: TypeAlias = dict[tuple[str, str], list[tuple[Places, Places]]]
Maker: TypeAlias = Callable[[int], NDArray[np.uint64]]

SEED_TEXTS = Path(__file__).parents[2] / "seeds"
GOLD = json.loads((SEED_TEXTS / "gold.json").read_text(encoding="utf-8"))


@entry
def common(query: Int32s, document: Int32s, masks: Uint64s) -> int:
    """Let Python call the kernel on two whole texts."""
    taken = np.zeros(0, np.bool_)
    pair = Pair(
        query,
        document,
        taken,
        taken,
        Room(masks, np.empty(len(document), np.uint8), np.empty(0)),
        np.zeros(4, np.int64),
    )
    return common_tokens(pair, 0, len(query), 0, len(document))


def hashes(*texts: str) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hash the blank-separated words of each text with xxHash; return all hashes and the offsets of the texts."""
    words = [text.split() for text in texts]
    flat = [xxhash.xxh3_64_intdigest(word.encode()) for text in words for word in text]
    return np.array(flat, np.uint64), np.cumsum([0, *map(len, words)])


def words(prefix: str, count: int) -> str:
    """Return `count` distinct words."""
    return " ".join(f"{prefix}{i}" for i in range(count))


def rows(found: Alignments) -> list[Row]:
    """Return the passages as tuples (document, query start, query end, document start, document end, matched)."""
    columns = (getattr(found, name).tolist() for name in Alignments.__slots__)
    return list(zip(*columns, strict=True))


def passages(query: str, *documents: str, min_words: int = 12, min_similarity: float = 0.6) -> list[Row]:
    """Align texts of blank-separated words."""
    one, _ = hashes(query)
    return rows(align(one, *hashes(*documents), min_words=min_words, min_similarity=min_similarity))


def test_verbatim_run_is_found_whole_with_its_places() -> None:
    """A run of words that two otherwise different texts share is one passage, exact to the token."""
    run = words("same", 20)
    found = passages(f"{words('a', 7)} {run} {words('b', 5)}", f"{words('c', 31)} {run} {words('d', 9)}")
    assert found == [(0, 7, 27, 31, 51, 20)]


@pytest.mark.parametrize(
    ("edited", "length", "matched"),
    [
        (f"{words('s', 9)} other s10 s11 s12 s13 s14 s15 s16 s17 s18 s19", 20, 19),
        (f"{words('s', 9)} more s9 s10 s11 s12 s13 s14 s15 s16 s17 s18 s19", 21, 20),
        (f"{words('s', 9)} s10 s11 s12 s13 s14 s15 s16 s17 s18 s19", 19, 19),
    ],
    ids=["replaced", "inserted", "deleted"],
)
def test_one_edited_word_does_not_split_a_passage(edited: str, length: int, matched: int) -> None:
    """A passage with one word replaced, inserted or deleted comes out as one span around the edit."""
    found = passages(f"{words('a', 5)} {words('s', 20)} {words('b', 5)}", f"{words('c', 3)} {edited} {words('d', 3)}")
    assert found == [(0, 5, 25, 3, 3 + length, matched)]


def test_single_equal_words_beyond_an_edit_belong_to_the_passage() -> None:
    """Runs of one word, too short to be seeds, are still reached from the passage's ends."""
    found = passages(f"s0 s1 x {words('t', 15)} y u0", f"s0 s1 z {words('t', 15)} w u0", min_similarity=0.5)
    assert found == [(0, 0, 20, 0, 20, 18)]


def misread(text: str, share: float, seed: int) -> str:
    """Return a text with that share of its characters read as others, left out or doubled."""
    rng = random.Random(seed)  # noqa: S311 - reproducible
    wrong = ("", "x", "rn", "l", "e", " ")
    return "".join(rng.choice(wrong) if rng.random() < share else one for one in text)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_misread_text_is_found_by_its_characters(share: float) -> None:
    """A stretch of which OCR got three characters in ten wrong is a passage, with the exact characters in common."""
    story = (SEED_TEXTS / "000_afc7266689876ce6.txt").read_text(encoding="utf-8")[:1200]
    other = (SEED_TEXTS.parent / "LICENSE").read_text(encoding="utf-8")
    parts = [tokenize([part], "character").hashes for part in (other[:600], misread(story, share, 1), other[-600:])]
    query, document = np.concatenate(parts), tokenize([story], "character").hashes
    found = align(query, document, np.array([0, len(document)]), min_words=40, min_similarity=0.45, unit="character")
    inside = np.zeros(len(query), np.bool_)
    for start, end in zip(found.query_start, found.query_end, strict=True):
        inside[start:end] = True
    first, last = len(parts[0]), len(query) - len(parts[2])
    assert inside[first:last].mean() > 0.9
    assert inside.sum() < 1.1 * (last - first)
    for _, start, end, first, last, matched in rows(found):
        assert matched == LCSseq.similarity(query[start:end].tolist(), document[first:last].tolist())
        assert 2 * matched >= 0.45 * (end - start + last - first)


def alternating(common: str, other: str, count: int) -> str:
    """Return so many distinct words, each followed by one of another kind: no two of them side by side."""
    return " ".join(f"{common}{i} {other}{i}" for i in range(count))


@pytest.mark.parametrize(("strangers", "reached"), [(6, True), (12, False)])
def test_an_end_is_not_extended_over_too_many_strange_words(strangers: int, reached: bool) -> None:
    """Scattered equal words behind a few different ones belong to a passage; behind many they do not, however many."""
    query = f"{words('run', 20)} {words('x', strangers)} {alternating('k', 'x', 20)}"
    document = f"{words('run', 20)} {words('y', strangers)} {alternating('k', 'y', 20)}"
    whole = len(query.split()) - 1
    expected = (0, 0, whole, 0, whole, 40) if reached else (0, 0, 20, 0, 20, 20)
    assert passages(query, document, min_similarity=0.3) == [expected]


def test_a_weak_chain_does_not_cross_a_better_passage() -> None:
    """Two short runs around a part of a longer copied stretch, in one text only, do not tear that stretch apart."""
    before, part, between, rest = words("one", 5), words("b", 11), words("two", 5), words("c", 20)
    query = f"{alternating('k', 'm', 8)} {before} {between} {words('z', 80)} {part} {rest}"
    document = f"{alternating('k', 'n', 8)} {before} {part} {between} {words('u', 10)} {rest}"
    assert passages(query, document, min_similarity=0.3) == [(0, 106, 137, 21, 67, 31)]


def test_moved_block_is_a_passage_of_its_own() -> None:
    """Two blocks in swapped order are both found, each with its own places."""
    first, second = words("f", 15), words("s", 15)
    assert passages(f"{first} {second}", f"{second} gap {first}") == [(0, 0, 15, 16, 31, 15), (0, 15, 30, 0, 15, 15)]


def test_moved_block_is_found_where_the_rest_closed_up() -> None:
    """A block moved away is found although what stood around it joins over the hole that it left."""
    before, moved, after = words("b", 30), words("m", 12), words("a", 30)
    found = passages(f"{before} {moved} {after}", f"{before} {after} {words('x', 9)} {moved}")
    assert (0, 30, 42, 69, 81, 12) in found


def test_swapped_sentences_are_one_passage_where_less_similarity_is_asked_for() -> None:
    """Short neighbours in swapped order become one passage as soon as the whole is similar enough."""
    first, second = words("f", 11), words("s", 11)
    found = passages(f"{first} {second}", f"{second} {first}", min_words=6, min_similarity=0.4)
    assert found == [(0, 0, 22, 0, 22, 11)]


def test_blocks_that_stand_for_themselves_stay_apart_in_swapped_order() -> None:
    """Two copied blocks of twelve words or more that changed places are two passages, however little is asked for."""
    first, second = words("f", 15), words("s", 15)
    found = passages(f"{first} {second}", f"{second} {first}", min_similarity=0.3)
    assert found == [(0, 0, 15, 15, 30, 15), (0, 15, 30, 0, 15, 15)]


def test_paragraphs_around_an_inserted_sentence_are_one_passage() -> None:
    """A sentence put into a copied text does not make two passages of it."""
    before, after = words("b", 60), words("a", 60)
    assert passages(f"{before} {after}", f"{before} {words('x', 30)} {after}") == [(0, 0, 120, 0, 150, 120)]


def test_words_of_a_joined_passage_are_counted_anew() -> None:
    """Of passages joined to one, words may be in common that are so in neither of them, nor between them."""
    query, document = "a b c d e d f", "a b e c g d d e c h e d f"
    assert passages(query, document, min_words=4, min_similarity=0.2) == [(0, 0, 7, 0, 13, 7)]


def test_a_chain_is_cut_where_it_thins_out() -> None:
    """Two copied stretches with little in common between them are two passages, not one that is mostly different."""
    first, second = words("f", 20), words("s", 20)
    query = f"{first} {words('a', 10)} k0 k1 {words('b', 10)} {second}"
    document = f"{first} {words('c', 10)} k0 k1 {words('d', 10)} {second}"
    assert passages(query, document, min_similarity=0.9) == [(0, 0, 20, 0, 20, 20), (0, 42, 62, 42, 62, 20)]


def test_a_repeated_passage_is_matched_once() -> None:
    """Passages are disjoint in both texts: a second copy in the document has no free words of the query left."""
    run = words("r", 20)
    assert passages(run, f"{run} {words('x', 100)} {run}") == [(0, 0, 20, 0, 20, 20)]


def test_a_passage_keeps_the_words_that_a_better_one_leaves() -> None:
    """Where two copied stretches overlap in the document, the shorter one keeps what the longer one does not hold."""
    a, b, c = words("a", 30), words("b", 6), words("c", 14)
    found = passages(f"{a} {b} {words('x', 80)} {b} {c}", f"{a} {b} {c}")
    assert found == [(0, 0, 36, 0, 36, 36), (0, 122, 136, 36, 50, 14)]


def test_a_passage_loses_only_the_word_that_a_better_one_holds() -> None:
    """Half of the words asked for, beside one word of a longer passage, and scattered ones before them are enough."""
    scattered, other, run, shared, rest = (
        alternating("k", "m", 4),
        alternating("k", "n", 4),
        words("a", 4),
        "b",
        words("c", 20),
    )
    query, document = f"{scattered} {run} {shared} {words('x', 80)} {shared} {rest}", f"{other} {run} {shared} {rest}"
    found = passages(query, document, min_words=8, min_similarity=0.3)
    assert found == [(0, 0, 12, 0, 12, 8), (0, 93, 114, 12, 33, 21)]


@pytest.mark.parametrize(
    ("length", "similarity", "end"),
    [(12, 0.93, 16), (12, 0.95, 12), (1024, 0.9, 1028), (1025, 0.9, 1025)],
    ids=["15 of 16 is enough", "15 of 16 is too little", "as long as may grow", "longer"],
)
def test_a_passage_grows_as_long_as_it_is_short_and_stays_similar(length: int, similarity: float, end: int) -> None:
    """Three words behind an edited one join a passage of 1,024 words at most, if the whole is as similar as asked."""
    query, document = f"{words('s', length)} x t0 t1 t2", f"{words('s', length)} y t0 t1 t2 z"
    matched = end - (end > length)
    assert passages(query, document, min_similarity=similarity) == [(0, 0, end, 0, end, matched)]


def test_a_passage_that_begins_with_frequent_words_is_found_whole() -> None:
    """Words that the query repeats too often to seed a run still belong to the run that rarer words seed."""
    frequent = " ".join(f"of the {word}" for word in words("x", 30).split())
    run = f"of the of the {words('r', 12)}"
    assert passages(f"{frequent} {run}", f"{words('y', 9)} {run}") == [(0, 90, 106, 9, 25, 16)]


def test_documents_of_a_batch_do_not_disturb_each_other() -> None:
    """Each document of a batch gets the passages that it gets alone, under its own number and its own places."""
    run = words("s", 20)
    documents = [f"x {run}", "", run, words("n", 40), f"{run} y z"]
    found = passages(f"{run} q", *documents)
    assert found == [(n, *row[1:]) for n, text in enumerate(documents) for row in passages(f"{run} q", text)]
    assert [row[0] for row in found] == [0, 2, 4]


@pytest.mark.parametrize("documents", [[], [""], ["one"], ["", "one", ""]])
@pytest.mark.parametrize("query", ["", "one", "one two"])
def test_texts_too_short_share_nothing(query: str, documents: list[str]) -> None:
    """No documents, empty ones and single words are no error and hold no passage."""
    assert passages(query, *documents) == []


def test_fewer_equal_words_than_asked_for_are_no_passage() -> None:
    """Eleven words in common are no passage at the default of twelve, and one where eleven are asked for."""
    run = words("s", 11)
    assert passages(f"a {run} b", f"c {run} d") == []
    assert passages(f"a {run} b", f"c {run} d", min_words=11) == [(0, 1, 12, 1, 12, 11)]


def test_arrays_that_cannot_be_written_are_read_as_well() -> None:
    """Hashes that come straight out of a store's bytes align like any others."""
    run, offsets = hashes(words("s", 20))
    frozen = np.frombuffer(run.tobytes(), np.uint64)
    assert rows(align(frozen, frozen, offsets, min_words=12, min_similarity=0.6)) == [(0, 0, 20, 0, 20, 20)]
    assert overlaps(frozen, frozen, offsets).tolist() == [[20, 20, 20]]


def test_a_passage_longer_than_the_exact_limit_counts_the_sum_over_its_parts() -> None:
    """Of 20,000 words with every 50th replaced, all others are counted."""
    source = words("w", 20000).split()
    edited = [f"new{i}" if i % 50 == 25 else word for i, word in enumerate(source)]
    assert passages(" ".join(source), " ".join(edited)) == [(0, 0, 20000, 0, 20000, 19600)]


def test_many_passages_are_all_found() -> None:
    """Each of forty blocks in reversed order is found: the rooms for runs and for passages grow as needed."""
    blocks = [words(f"b{n}_", 14) for n in range(40)]
    found = passages(" ".join(blocks), " ".join(reversed(blocks)))
    assert [row[1:3] for row in found] == [(14 * n, 14 * n + 14) for n in range(40)]
    assert [row[3] for row in found] == [14 * n for n in reversed(range(40))]


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 130, 400])
def test_common_subsequence_equals_rapidfuzz(length: int) -> None:
    """The length of the longest common subsequence is rapidfuzz's, within one machine word and beyond it."""
    random = np.random.default_rng(length)
    for variety in (1, 2, 5, 40):
        a = random.integers(0, variety, length, dtype=np.int32)
        b = random.integers(-1, variety, random.integers(0, 300), dtype=np.int32)
        masks = np.zeros(variety, np.uint64)
        assert common(a, b, masks) == LCSseq.similarity(a.tolist(), b.tolist())
        assert not masks.any()


@pytest.mark.parametrize("tokens", [[150, 10], [150, 10, 11], [390, 10, 200, 20], [399, 0, 398, 1]])
def test_common_subsequence_carries_over_machine_words_without_a_match(tokens: list[int]) -> None:
    """Few tokens out of order, with whole machine words between them where nothing is equal, are rapidfuzz's too."""
    text, masks = np.arange(400, dtype=np.int32), np.zeros(400, np.uint64)
    assert common(text, np.array(tokens, np.int32), masks) == LCSseq.similarity(text.tolist(), tokens)


@pytest.fixture(scope="module")
def seeds() -> Found:
    """Return the passages found of each directed pair of seed articles, as places in both."""
    texts = {key: (SEED_TEXTS / name).read_text(encoding="utf-8") for key, name in GOLD["files"].items()}
    tokens = {key: tokenize([text]) for key, text in texts.items()}
    spans: Found = {}
    for a, b in permutations(tokens, 2):
        q, d = tokens[a], tokens[b]
        found = align(q.hashes, d.hashes, d.offsets, min_words=12, min_similarity=0.6)
        spans[a, b] = [
            ((int(q.starts[i]), int(q.ends[j - 1])), (int(d.starts[k]), int(d.ends[m - 1])))
            for _, i, j, k, m, _ in rows(found)
        ]
    return spans


@pytest.mark.parametrize("gold", [p for p in GOLD["passages"] if p["level"] == "required"], ids=lambda p: p["id"])
@pytest.mark.parametrize("sides", [("a", "b"), ("b", "a")], ids=["forth", "back"])
def test_required_seed_passages_are_covered(seeds: Found, gold: dict[str, Any], sides: tuple[str, str]) -> None:
    """Each required passage of the gold list is covered to 98 % of its characters in both texts, either way round."""
    here, there = sides
    want = tuple(gold[f"{here}_span"]), tuple(gold[f"{there}_span"])
    hits = [found for found in seeds[gold[here], gold[there]] if all(map(overlap, found, want))]
    for side in (0, 1):
        places = set().union(*(range(*found[side]) for found in hits)) & set(range(*want[side]))
        assert len(places) >= 0.98 * (want[side][1] - want[side][0])


def overlap(one: Places, other: Places) -> bool:
    """Say whether two spans overlap."""
    return one[0] < other[1] and other[0] < one[1]


def test_seed_pairs_without_a_common_passage_get_none(seeds: Found) -> None:
    """Articles that share only titles and stock phrases share no passage."""
    for pair in (pair for pair, passages in GOLD["pairs"].items() if not passages):
        one, other = pair.split("-")
        assert seeds[one, other] == seeds[other, one] == []


def test_overlaps_are_the_sizes_of_sets() -> None:
    """The three figures of each document are those of Python's sets, repeated hashes and the hash 0 included."""
    random = np.random.default_rng(5)
    lengths = [0, 1, 50, 700, 3, 0]
    for variety in (3, 60, 100000):
        query = random.integers(0, variety, 200, dtype=np.uint64)
        documents = [random.integers(0, variety, length, dtype=np.uint64) for length in lengths]
        expected = [
            [len(set(query.tolist())), len(set(d.tolist())), len(set(query.tolist()) & set(d.tolist()))]
            for d in documents
        ]
        offsets = np.cumsum([0, *lengths])
        assert overlaps(query, np.concatenate(documents), offsets).tolist() == expected


def test_overlaps_of_nothing_are_empty() -> None:
    """No documents give no rows; an empty query has no hashes in common with anything."""
    none, some = np.zeros(0, np.uint64), np.arange(4, dtype=np.uint64)
    assert overlaps(some, none, np.array([0])).shape == (0, 3)
    assert overlaps(none, some, np.array([0, 4])).tolist() == [[0, 4, 0]]


def repeated(period: int) -> Maker:
    """Return a maker of texts of any length that repeat `period` distinct words."""
    return lambda length: np.arange(length, dtype=np.uint64) % np.uint64(period)


def changed(every: int) -> Maker:
    """Return a maker of texts of which every so many words differ from one call to the next."""
    random = np.random.default_rng(9)

    def make(length: int) -> NDArray[np.uint64]:
        text = np.arange(length, dtype=np.uint64)
        text[::every] = random.integers(2**40, 2**60, len(text[::every]), dtype=np.uint64)
        return text

    return make


def drawn(variety: int) -> Maker:
    """Return a maker of texts of words drawn from few."""
    random = np.random.default_rng(11)
    return lambda length: random.integers(0, variety, length, dtype=np.uint64)


@pytest.mark.parametrize(("words", "seed", "gap"), [(12, 2, 16), (40, 4, 64)], ids=["words", "characters"])
@pytest.mark.parametrize(
    "make",
    [repeated(1), repeated(2), repeated(50), repeated(300), changed(4), changed(20), drawn(2), drawn(4), drawn(1000)],
    ids=["one word", "two", "period 50", "text 100 times", "every 4th", "every 20th", "of 2", "of 4", "of 1000"],
)
def test_work_is_linear_in_hostile_texts(make: Maker, words: int, seed: int, gap: int) -> None:
    """Seeds, cells, links and steps per token stay below fixed bounds, whatever the length."""
    for length in (4000, 32000):
        query, document = make(length), make(length)
        work = np.zeros(4, np.int64)
        loose = (6, 0.3) if seed == 2 else (0, 0.0)  # of characters there are strict passages only
        find_passages(query, document, np.array([0, length]), words, 0.6, *loose, seed, gap, work)
        assert work[SEEDS] <= 16 * length
        assert work[CELLS] <= 64 * length
        assert work[LINKS] <= 50 * 16 * length
        assert work[STEPS] <= 2 * 160 * length  # loose passages, then strict ones


def test_work_is_linear_where_each_run_leads_back_to_the_start() -> None:
    """Where the query holds each beginning of a paragraph that the document repeats, no run is followed to its start.

    Every word of the document seeds a run on a diagonal of its own: without a bound on the runs that cross a place each
    would be followed back to the paragraph's first word.
    """
    paragraph = np.arange(300, dtype=np.uint64)
    query = np.concatenate([np.append(paragraph[:end], np.uint64(1000 + end)) for end in range(1, 301)])
    document = np.tile(paragraph, 100)
    work = np.zeros(4, np.int64)
    find_passages(query, document, np.array([0, len(document)]), 12, 0.6, 6, 0.3, 2, 16, work)
    assert work[CELLS] <= 64 * len(document)


@pytest.mark.parametrize("period", [1, 2, 50, 300])
def test_a_repeating_text_matches_itself_as_one_passage(period: int) -> None:
    """A text that repeats itself, against itself, is one passage from its first to its last word."""
    text = repeated(period)(30000)
    found = align(text, text, np.array([0, len(text)]), min_words=12, min_similarity=0.6)
    assert rows(found) == [(0, 0, 30000, 0, 30000, 30000)]
