"""Passages told in other words: stretches of sentences that share their telling stems, beside the copied passages."""

from typing import NamedTuple

import numpy as np

from dedup.align.bags import Bags, bags_of, common_weight, sentences_of, weights_of
from dedup.align.claims import claim, claims_of, trim
from dedup.align.fragments import Telling, fragments_of
from dedup.align.lcs import WHOLE, common_tokens
from dedup.align.likeness import seeds_of
from dedup.align.numbering import look_up_tokens, number_document, number_tokens, table_of
from dedup.align.pair import Pair, Room, longest_of, room_of
from dedup.align.rows import doubled, tokens_of, write_row
from dedup.kernels import Flags, Float64s, Int32s, Int64s, Rows, Uint64s, entry, kernel, order_of, uncounted

COPIED = 0.85  # ADR 16: a passage so similar is a copy, and stays one beside what is told in other words
GAP = 2  # ADR 16
WIDE = 24  # ADR 16: for a text that sums up another
MOSTLY = 2 / 3  # ADR 16: of what is shared; so much of it copied, the whole is a copy
LOPSIDED = 2.5  # ADR 16: so many times longer is what is summed up
INFLECTED = 2  # ADR 16: of so many stems in common one is of the same word, at least; else it is chance


class Texts(NamedTuple):
    """A query and one document, token by token.

    Attributes:
        words: numbers of the query's words.
        document: hashes of the document's words.
        vocabulary: the table of the query's words.
        distinct: their hashes.
        stems: numbers of the query's stems.
        document_stems: the document's; those that the query lacks have numbers, too.
        bags: the query's sentences, all of its tokens read.
        starts: where the query's sentences begin, and where the last one ends.
        document_starts: the document's.
        several: how many stems there are.
        counts: zeros, one a word of the query: room to count them.
        room: what the longest common subsequence writes to.
        steps: counts, see `Pair`.
        work: counts, see `Telling`.
    """

    words: Int32s
    document: Uint64s
    vocabulary: Int32s
    distinct: Uint64s
    stems: Int32s
    document_stems: Int32s
    bags: Bags
    starts: Int32s
    document_starts: Int32s
    several: int
    counts: Int32s
    room: Room
    steps: Int64s
    work: Int64s


@entry
def find_reworded(
    query: Uint64s,
    stems: Uint64s,
    stops: Flags,
    documents: Uint64s,
    document_stems: Uint64s,
    document_stops: Flags,
    offsets: Int64s,
    likely: Flags,
    passages: Rows,
    least: float,
    work: Int64s,
) -> tuple[Rows, Float64s]:
    """Return rows (document, query start, query end, document start, document end, matched, reworded), and scores.

    A row is a copied passage, with 0, or one that is told in other words, with 1 and its score: what its common stems
    weigh, less a part of what the side that has less beyond them has.

    Args:
        query: its token hashes.
        stems: its stems.
        stops: after which of its tokens a sentence ends.
        documents: token hashes, one document after the other.
        document_stems: their stems.
        document_stops: after which of their tokens a sentence ends.
        offsets: where each document begins, and where the last one ends.
        likely: which of the documents to look at.
        passages: rows (document, query start, query end, document start, document end, matched), by document.
        least: the score that a passage must reach.
        work: two counts, added to (see `Telling`).
    """
    words, distinct, vocabulary = number_tokens(query)
    ids, own, table = number_tokens(stems)
    others, room = table_of(longest_of(offsets)), room_of(len(distinct), longest_of(offsets))
    counts, steps, starts = np.zeros(len(distinct), np.int32), np.zeros(4, np.int64), sentences_of(stops)
    bags = bags_of(ids, starts, np.ones(len(ids), np.bool_), len(own))
    found, scores, count, last = np.empty((16, 7), np.int32), np.empty(16), 0, 0
    for n in range(len(offsets) - 1):
        if not likely[n]:
            continue
        base, end, first = offsets[n], offsets[n + 1], last
        while last < len(passages) and passages[last, 0] == n:
            last += 1
        theirs, several = number_document(document_stems, base, end, own, table, others)
        there = sentences_of(document_stops[base:end])
        document = documents[base:end]
        texts = Texts(
            words, document, vocabulary, distinct, ids, theirs, bags, starts, there, several, counts, room, steps, work
        )
        rows, gains, gone = _reword(texts, passages[first:last], least)
        while count + len(rows) + last - first > len(found):
            found, scores = doubled(found), np.concatenate((scores, scores))
        count = _add_copied(found, scores, count, passages[first:last], gone)
        for row in range(len(rows)):
            write_row(found, count, rows[row])
            found[count, 0], scores[count] = n, gains[row]
            count += 1
    return found[:count], scores[:count]


@kernel
def _add_copied(found: Int32s, scores: Float64s, count: int, passages: Int32s, gone: Flags) -> int:
    """Add to the `count` rows the copied passages that are not gone; return how many rows there are."""
    for row in range(len(passages)):
        if not gone[row]:
            write_row(found, count, passages[row])
            found[count, 6], scores[count] = 0, 0.0
            count += 1
    return count


@kernel
def _reword(texts: Texts, passages: Int32s, least: float) -> tuple[Int32s, Float64s, Flags]:
    """Return the passages of one document told in other words, their scores, and which copied ones they displace.

    What sums up a far longer text is gathered over wide gaps, with its copies; all else lies beside the copies.
    """
    copied, none = np.zeros(len(passages), np.bool_), np.zeros(len(passages), np.bool_)
    for row in range(len(passages)):
        copied[row] = 2 * passages[row, 5] >= COPIED * tokens_of(passages[row])
    telling, seeds = _tell(texts, passages, none, least)
    if not len(seeds) and not copied.any():
        return np.empty((0, 7), np.int32), np.empty(0), none
    wide, scores, gone = _settle(texts, telling, seeds.copy(), passages, copied, WIDE, least)
    if _lopsided(wide):
        return wide, scores, gone
    if copied.any():
        telling, seeds = _tell(texts, passages, copied, least)
    return _settle(texts, telling, seeds, passages, copied, GAP, least)


@uncounted
def _lopsided(rows: Int32s) -> bool:
    """Say whether the passages of one text are LOPSIDED times as long as those of the other."""
    here, there = 0, 0
    for row in range(len(rows)):
        here += rows[row, 2] - rows[row, 1]
        there += rows[row, 4] - rows[row, 3]
    return len(rows) > 0 and max(here, there) >= LOPSIDED * min(here, there)


@kernel
def _tell(texts: Texts, passages: Int32s, claimed: Flags, least: float) -> tuple[Telling, Int32s]:
    """Return the two texts as bags without the claimed passages, which part zones, and the seeds between them.

    There are none where all that the texts have in common weighs less than `least`: no part of it weighs more.
    """
    free, zones = _zones(texts.starts, passages, claimed, 1, len(texts.stems))
    free_there, zones_there = _zones(texts.document_starts, passages, claimed, 3, len(texts.document_stems))
    a = bags_of(texts.stems, texts.starts, free, texts.several) if claimed.any() else texts.bags
    b = bags_of(texts.document_stems, texts.document_starts, free_there, texts.several)
    weights = weights_of(a, b, texts.several)
    here, there = np.zeros(texts.several, np.int32), np.zeros(texts.several, np.int32)
    enough = common_weight(a, b, weights, here, there) >= least
    seeds = seeds_of(a, b, weights, texts.work) if enough else np.empty((0, 2), np.int32)
    return Telling(a, b, weights, zones, zones_there, here, there, texts.work), seeds


@kernel
def _zones(starts: Int32s, passages: Int32s, claimed: Flags, column: int, tokens: int) -> tuple[Flags, Int32s]:
    """Return which tokens no claimed passage has, and for each sentence how many of these have begun by then."""
    free, zones, begins = np.ones(tokens, np.bool_), np.zeros(len(starts), np.int32), np.zeros(tokens + 1, np.int32)
    for row in range(len(passages)):
        if claimed[row]:
            begins[passages[row, column]] = 1
            free[passages[row, column] : passages[row, column + 1]] = False
    zone, token = 0, 0
    for sentence in range(len(starts) - 1):
        while token <= starts[sentence]:
            zone += begins[token]
            token += 1
        zones[sentence] = zone
    return free, zones


@kernel
def _settle(
    texts: Texts, telling: Telling, seeds: Int32s, passages: Int32s, copied: Flags, gap: int, least: float
) -> tuple[Int32s, Float64s, Flags]:
    """Return, best first, the fragments that reach `least` as passages, and which passages they take in or displace."""
    spans, scores = fragments_of(telling, seeds, gap)
    if not (scores >= least).any():
        return np.empty((0, 7), np.int32), np.empty(0), np.zeros(len(passages), np.bool_)
    claims = claims_of(passages, copied, len(texts.stems), len(texts.document_stems))
    rows, gains, count = np.empty((len(spans), 7), np.int32), np.empty(len(spans)), 0
    for place in order_of(-scores):
        if scores[place] < least:
            break
        row, span = rows[count], spans[place]
        row[1], row[2] = texts.starts[span[0]], texts.starts[span[1]]
        row[3], row[4] = texts.document_starts[span[2]], texts.document_starts[span[3]]
        row[5] = span[4]
        if gap != WIDE:
            trim(claims, row)
        if not _share_words(texts, row):
            continue
        if claim(claims, row, gap == WIDE):
            gains[count] = scores[place]
            _match(texts, row)
            count += 1
    return rows[:count], gains[:count], claims.gone


@kernel
def _share_words(texts: Texts, row: Int32s) -> bool:
    """Say whether two stretches that have stems in common (column 5) have words in common, too."""
    if row[1] >= row[2] or row[3] >= row[4]:
        return False
    words = look_up_tokens(texts.document[row[3] : row[4]], texts.distinct, texts.vocabulary)
    return bool(INFLECTED * _common(texts, row, words) >= row[5])


@kernel
def _match(texts: Texts, row: Int32s) -> None:
    """Write how many words two stretches share, in any order, and that they are told in other words.

    If most of that stands in copied passages that were taken in, the whole is copied: then it is the longest common
    subsequence, and 0.
    """
    words = look_up_tokens(texts.document[row[3] : row[4]], texts.distinct, texts.vocabulary)
    common, copied = _common(texts, row, words), row[6]
    row[5], row[6] = common, 1
    if MOSTLY * common <= copied and max(row[2] - row[1], row[4] - row[3]) <= WHOLE:
        none = np.zeros(0, np.bool_)
        pair = Pair(texts.words, words, none, none, texts.room, texts.steps)
        row[5], row[6] = common_tokens(pair, row[1], row[2], 0, len(words)), 0


@uncounted
def _common(texts: Texts, row: Int32s, words: Int32s) -> int:
    """Return how many words of the query's stretch and of the document's have in common, as multisets."""
    common = 0
    for token in range(row[1], row[2]):
        texts.counts[texts.words[token]] += 1
    for word in words:
        if word >= 0 and texts.counts[word] > 0:
            texts.counts[word] -= 1
            common += 1
    for token in range(row[1], row[2]):
        texts.counts[texts.words[token]] = 0
    return common
