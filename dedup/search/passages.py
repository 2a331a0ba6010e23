"""A query and its candidates' words in, the passages that count out: copied, and told in other words."""

from dataclasses import dataclass

import numpy as np

from dedup.align import Alignments, align, reword
from dedup.kernels import Flags, Float64s, Int64s, Uint64s
from dedup.scheme import Scheme
from dedup.search.evidence import ENOUGH, Chance, windows_in
from dedup.search.query import Query
from dedup.search.question import LIKE, Question
from dedup.sketching.tokens import Tokens

SHORTEST = 6  # ADR 15: a chain of fewer words is no passage of its own, whatever the index holds
LOOSEST = 0.3  # ADR 15: .25 and .4 find less
NOTHING = np.zeros(3)


@dataclass(frozen=True, slots=True)
class Shared:
    """The n passages that a query shares with documents.

    Attributes:
        places: where they are.
        reworded: (n,) bool, which of them are told in other words.
        evidence: (n,) float64, see `dedup.Passage`.
        windows: (n, 3) float64, see `windows_in`.
    """

    places: Alignments
    reworded: Flags
    evidence: Float64s
    windows: Float64s


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
    asked = query.tokens.hashes if question.passages else query.tokens.hashes[:0]
    words = min(SHORTEST, question.min_words or SHORTEST)
    found = align(asked, tokens.hashes, tokens.offsets, min_words=words, min_similarity=LOOSEST)
    windows = windows_in(
        *(found.document, found.document_start, found.document_end, shingles, offsets),
        *(scheme.k, scheme.w, query.minima, query.counts),
    )
    chance = Chance(len(query.tokens.hashes), query.total)
    evidence = chance.of_copied(found.matched, found.unmatched, windows[:, 2])
    good = evidence >= ENOUGH
    if question.min_words:  # whoever asks for passages so short gets them, chance or not
        good |= (found.matched >= question.min_words) & (found.similarity >= (question.min_similarity or LIKE))
    copied = Shared(found.only(good), np.zeros(int(good.sum()), np.bool_), evidence[good], windows[good])
    every = _with_reworded(copied, query, tokens, chance) if question.passages and question.reworded else copied
    return _wanted(every, question)


def _with_reworded(copied: Shared, query: Query, tokens: Tokens, chance: Chance) -> Shared:
    """Return the copied passages as far as they stay, and those told in other words, by document and place."""
    places, rows, scores = reword(query.tokens, tokens, tokens.offsets, copied.places, least=chance.least_score)
    stays = rows >= 0
    evidence, windows = chance.of_reworded(scores), np.zeros((len(rows), 3))
    evidence[stays], windows[stays] = copied.evidence[rows[stays]], copied.windows[rows[stays]]
    return Shared(places, ~stays, evidence, windows)


def _wanted(every: Shared, question: Question) -> Shared:
    """Return those that meet the limits asked for."""
    places = every.places
    wanted = places.matched >= (question.min_words or 0)
    wanted &= places.similarity >= (question.min_similarity or 0)
    return Shared(places.only(wanted), every.reworded[wanted], every.evidence[wanted], every.windows[wanted])
