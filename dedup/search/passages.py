"""A query and its candidates' words in, the passages that count out: copied, and told in other words."""

import numpy as np

from dedup.align import Alignments, align, align_loosely, reword
from dedup.kernels import Flags, Float64s, Int64s, Uint64s
from dedup.scheme import Scheme, Unit
from dedup.search.evidence import ENOUGH, FEW_DOCUMENTS, Chance, windows_in
from dedup.search.parts import Shared, joined, restored
from dedup.search.query import Query
from dedup.search.question import Question
from dedup.sketching.tokens import Tokens

SHORTEST = 6  # ADR 15: a chain of fewer words is no passage of its own, whatever the index holds
LOOSEST = 0.3  # ADR 15: .25 and .4 find less
LETTERS = 5  # not measured: characters that say as much as a word


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
    if not len(found.matched):  # most documents that come in share a stock phrase with a watch: a third less time
        none = np.zeros(0, np.bool_)
        return Shared(found, none, np.zeros(0), np.zeros((0, 3)), none)

    def windows_of(found: Alignments) -> Float64s:
        return windows_in(
            *(found.document, found.document_start, found.document_end, shingles, offsets),
            *(scheme.k, scheme.w, query.minima, query.counts),
        )

    windows = windows_of(found)
    chance = Chance(len(query.tokens.hashes), query.total, LETTERS if scheme.unit == "character" else 1)
    evidence = chance.of_copied(found.matched, found.unmatched, windows[:, 2])
    likely = np.zeros(len(tokens.offsets) - 1, np.bool_)
    likely[found.document] = True
    good = strict | (evidence >= ENOUGH)
    found, reworded = found.only(good), np.zeros(int(good.sum()), np.bool_)
    evidence, windows = evidence[good], windows[good]
    copies = Shared(found, reworded, evidence, windows, reworded)
    retold = question.reworded and scheme.unit == "word"
    if retold and likely.any():
        found, reworded, scores = reword(query.tokens, tokens, tokens.offsets, likely, found, least=chance.least_score)
        windows = windows_of(found)
        copied = chance.of_copied(found.matched, found.unmatched, windows[:, 2])
        evidence = np.where(reworded, chance.of_reworded(scores), copied)
    knows = question.min_words is None and query.total >= FEW_DOCUMENTS  # a smaller index does not know what is common
    every = Shared(found, reworded, evidence, windows, (evidence < ENOUGH) & knows)
    told = joined(query.tokens.hashes, tokens, every, ENOUGH) if retold else every
    wanted = _wanted(told, question)
    return wanted if len(wanted.evidence) == len(told.evidence) else restored(wanted, _wanted(copies, question))


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
    return align_loosely(asked, documents.hashes, documents.offsets, strict=(least, similarity), loose=(words, LOOSEST))


def _wanted(every: Shared, question: Question) -> Shared:
    """Return those that meet the limits asked for."""
    wanted = (every.places.matched >= (question.min_words or 0)) & ~(every.reworded & (every.evidence < ENOUGH))
    return every.only(wanted & (every.places.similarity >= (question.min_similarity or 0)))
