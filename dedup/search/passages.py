"""A query and its candidates' words in, the passages that count out: copied, and told in other words."""

from dataclasses import dataclass

import numpy as np

from dedup.align import Alignments, align, reword
from dedup.kernels import Flags, Float64s, Int32s, Int64s, Uint64s
from dedup.scheme import Scheme, Unit
from dedup.search.evidence import ENOUGH, Chance, windows_in
from dedup.search.query import Query
from dedup.search.question import Question
from dedup.sketching.tokens import Tokens

SHORTEST = 6  # ADR 15: a chain of fewer words is no passage of its own, whatever the index holds
LOOSEST = 0.3  # ADR 15: .25 and .4 find less
LETTERS = 5  # not measured: characters that say as much as a word
SHARP, CONSISTS = 0.8, 1.1  # ADR 15: a loose passage nine tenths of which are copies so similar is these copies


@dataclass(frozen=True, slots=True)
class Shared:
    """The n passages that a query shares with documents.

    Attributes:
        places: where they are.
        reworded: (n,) bool, which of them are told in other words.
        evidence: (n,) float64, see `dedup.Passage`.
        windows: (n, 3) float64, see `windows_in`.
        chance: (n,) bool, which of them chance may give, and nobody asked for.
    """

    places: Alignments
    reworded: Flags
    evidence: Float64s
    windows: Float64s
    chance: Flags


def shared(
    query: Query, tokens: Tokens, scheme: Scheme, question: Question, shingles: Uint64s, offsets: Int64s
) -> Shared:
    """Return the passages that count.

    Args:
        query: the text that asks.
        tokens: those of the documents.
        scheme: the index's.
        question: what a passage must be.
        shingles: the documents' shingle hashes.
        offsets: where those of each document begin, and where the last one ends.
    """
    found, strict = _copied(query.tokens, tokens, question, scheme.unit)

    def windows_of(found: Alignments) -> Float64s:
        return windows_in(
            *(found.document, found.document_start, found.document_end, shingles, offsets),
            *(scheme.k, scheme.w, query.minima, query.counts),
        )

    windows = windows_of(found)
    chance = Chance(len(query.tokens.hashes), query.total, LETTERS if scheme.unit == "character" else 1)
    evidence = chance.of_copied(found.matched, found.unmatched, windows[:, 2])
    good = strict | (evidence >= ENOUGH)
    found, reworded = found.only(good), np.zeros(int(good.sum()), np.bool_)
    evidence, windows = evidence[good], windows[good]
    if question.passages and question.reworded and scheme.unit == "word":
        found, reworded, scores = reword(query.tokens, tokens, tokens.offsets, found, least=chance.least_score)
        windows = windows_of(found)
        copied = chance.of_copied(found.matched, found.unmatched, windows[:, 2])
        evidence = np.where(reworded, chance.of_reworded(scores), copied)
    doubtful = (evidence < ENOUGH) & (question.min_words is None)
    return _wanted(Shared(found, reworded, evidence, windows, doubtful), question)


def _copied(query: Tokens, documents: Tokens, question: Question, unit: Unit) -> tuple[Alignments, Flags]:
    """Return copied passages, loose ones too, and which of them are strict: those that are always reported.

    Of characters only strict ones are looked for.
    """
    asked = query.hashes if question.passages else query.hashes[:0]
    least, similarity = question.usual_words(unit), question.usual_similarity(unit)
    if unit == "character":
        strict = align(
            asked, documents.hashes, documents.offsets, min_words=least, min_similarity=similarity, unit=unit
        )
        return strict, np.ones(len(strict.matched), np.bool_)
    words = min(SHORTEST, question.min_words or SHORTEST)
    loose = align(asked, documents.hashes, documents.offsets, min_words=words, min_similarity=LOOSEST)
    likely = np.unique(loose.document[loose.matched >= least])
    parts = [documents.hashes[slice(*documents.offsets[n : n + 2])] for n in likely]
    offsets = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    hashes = np.concatenate(parts) if parts else documents.hashes[:0]
    strict = align(asked, hashes, offsets, min_words=least, min_similarity=similarity).under(likely)
    return _either(loose, strict)


def _either(loose: Alignments, strict: Alignments) -> tuple[Alignments, Flags]:
    """Return the strict passages in place of the loose ones that consist of them, the loose ones in place of others.

    Both go by document and place in the query, and are disjoint there: those that a passage meets stand side by side.
    """
    sharp = np.where(strict.similarity >= SHARP, strict.matched, 0)
    total = np.concatenate(([0], np.cumsum(sharp)))
    ends, starts = _keys(strict, strict.query_end), _keys(strict, strict.query_start)
    first = np.searchsorted(ends, _keys(loose, loose.query_start), side="right")
    last = np.searchsorted(starts, _keys(loose, loose.query_end), side="left")
    consists = (last > first) & (CONSISTS * (total[last] - total[first]) >= loose.matched)
    stays = np.ones(len(strict.matched), np.bool_)
    for row in np.flatnonzero(~consists):
        stays[first[row] : last[row]] = False
    return loose.only(~consists).merged(strict.only(stays))


def _keys(found: Alignments, places: Int32s) -> Int64s:
    """Return numbers that sort places of the query by document."""
    keys: Int64s = (found.document.astype(np.int64) << 32) + places
    return keys


def _wanted(every: Shared, question: Question) -> Shared:
    """Return those that meet the limits asked for."""
    places = every.places
    wanted = (places.matched >= (question.min_words or 0)) & ~(every.reworded & (every.evidence < ENOUGH))
    wanted &= places.similarity >= (question.min_similarity or 0)
    return Shared(
        places.only(wanted), every.reworded[wanted], every.evidence[wanted], every.windows[wanted], every.chance[wanted]
    )
