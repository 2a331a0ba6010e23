"""A query and the texts of its candidates in, matches with exact figures out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from dedup.align import overlaps
from dedup.model import Containment, Document, Match, Passage
from dedup.scheme import Scheme, Unit
from dedup.search.evidence import common
from dedup.search.names import names_only
from dedup.search.parts import Row
from dedup.search.passages import shared
from dedup.search.places import Places
from dedup.search.query import Query
from dedup.search.question import Question
from dedup.search.verdict import decisive, verdict
from dedup.sketching.sketches import shingles
from dedup.sketching.tokens import Tokens

CERTAIN = 10.0  # ADR 15: some 30 words; so long a list of names is a copy, whatever it says


def best(matches: list[Match], length: int, limit: int) -> list[Match]:
    """Return at most `limit` of `matches`, in their order, chosen so that every passage keeps a source.

    The one that the answer's verdict rests on is among them. The others are chosen for the characters of the query that
    they cover, one counting 1/(1 + c) once c chosen ones cover it: ten copies of one paragraph do not keep out the only
    source of another.
    """
    if len(matches) <= limit:
        return matches
    worth, chosen = np.ones(length), [decisive(matches)]
    _use_up(worth, matches[chosen[0]])
    heap = [(-_cover(match, worth), i) for i, match in enumerate(matches) if i != chosen[0]]
    heapify(heap)
    while len(chosen) < limit:
        _, first = heappop(heap)
        gain = _cover(matches[first], worth)  # it only ever shrinks: an old one is an upper bound
        if heap and heap[0] < (-gain, first):
            heappush(heap, (-gain, first))
            continue
        chosen.append(first)
        _use_up(worth, matches[first])
    return [matches[i] for i in sorted(chosen)]


def coverage(matches: Iterable[Match], tokens: Tokens) -> float:
    """Return the share of the query's words that lie in a passage of any of the matches; boilerplate does not count."""
    spans = [span for match in matches for span in _spans(match)]
    change = np.zeros(len(tokens.starts) + 1, np.int64)
    np.add.at(change, np.searchsorted(tokens.starts, [span.start for span in spans]), 1)
    np.add.at(change, np.searchsorted(tokens.starts, [span.stop for span in spans]), -1)
    return float((np.cumsum(change[:-1]) > 0).mean())


def _spans(match: Match) -> list[slice]:
    return [slice(one.query.start, one.query.end) for one in match.passages if one.kind != "boilerplate"]


def _use_up(worth: NDArray[np.float64], match: Match) -> None:
    """Lower the worth of the characters that a match covers."""
    for span in _spans(match):
        worth[span] = 1 / (1 + 1 / worth[span])


def _cover(match: Match, worth: NDArray[np.float64]) -> float:
    """Return the worth of the characters covered, as far as both stretches are alike."""
    return sum(
        float(worth[one.query.start : one.query.end].sum()) * one.similarity
        for one in match.passages
        if one.kind != "boilerplate"
    )


def figure(
    query: Query, documents: Sequence[Document], tokens: Tokens, scheme: Scheme, question: Question
) -> list[Match]:
    """Return the exact figures and passages of each document, in the order given, alike or not.

    Args:
        query: the text that asks.
        documents: what it is compared with.
        tokens: those of the documents' texts.
        scheme: the index's.
        question: what a passage must be.
    """
    query_shingles, _ = shingles(query.tokens, scheme.k)
    document_shingles, offsets = shingles(tokens, scheme.k)
    sizes = overlaps(query_shingles, document_shingles, offsets)
    found = shared(query, tokens, scheme, question, document_shingles, offsets)
    here = Places(query.text, query.tokens)
    there = [
        Places(document.text, tokens, base) for document, base in zip(documents, tokens.offsets.tolist(), strict=False)
    ]
    passages: list[list[Passage]] = [[] for _ in documents]
    for row in found.rows():
        passages[row.document].append(_passage(query, here, there[row.document], row, scheme.unit))
    return [
        _match(document, row, some, question.contained)
        for document, row, some in zip(documents, sizes.tolist(), passages, strict=True)
    ]


def _match(document: Document, sizes: Sequence[int], passages: list[Passage], contained: float) -> Match:
    in_query, in_document, in_both = sizes
    in_either = in_query + in_document - in_both
    both = Containment(in_both / max(in_query, 1), in_both / max(in_document, 1))
    passages.sort(key=lambda passage: (passage.kind == "boilerplate", passage.query.start, passage.document.start))
    return Match(
        document.id,
        in_both / max(in_either, 1),
        both,
        document.metadata,
        tuple(passages),
        story=document.story,
        verdict=verdict(both, passages, contained),
    )


def _worth(match: Match) -> tuple[bool, int, int, float, str]:
    """Sort key: boilerplate alone last; then most words in passages, most of them copied, then most alike; the id."""
    copied = sum(passage.matched_words for passage in match.passages if passage.kind == "passage")
    words = copied + sum(passage.matched_words for passage in match.passages if passage.kind == "reworded")
    return match.verdict == "new", -words, -copied, -match.jaccard, match.id


def alike(figures: Iterable[Match]) -> list[Match]:
    """Return those that the query resembles, best first."""
    return sorted(filter(resembles, figures), key=_worth)


def folded(matches: Sequence[Match]) -> list[Match]:
    """Return the first match of each story, with how many more there are; a document without a story stays.

    Of its story the one stands that the answer's verdict rests on.
    """
    stories = [place if match.story is None else match.story for place, match in enumerate(matches)]
    counts, kept = Counter(stories), dict[str | int, Match]()
    for story, match in zip(stories, matches, strict=True):
        kept.setdefault(story, match)
    if matches:
        kept[stories[decisive(matches)]] = matches[decisive(matches)]
    return [replace(match, folded=counts[story] - 1) for story, match in kept.items()]


def resembles(match: Match) -> bool:
    """Whether there is a shared passage, or half of the shingles of either side is."""
    return bool(match.passages) or match.verdict != "new"


def _passage(query: Query, here: Places, there: Places, row: Row, unit: Unit) -> Passage:
    windows, surprise, rarest = row.windows
    place = here.span(row.query_start, row.query_end)
    says_nothing = (
        row.chance
        or common(windows, surprise, query.total)
        or (
            unit == "word"
            and row.evidence < CERTAIN
            and names_only(
                (query.text[first:last] for first, last in _places(query.tokens, row.query_start, row.query_end)),
                query.text[place.start : place.end],
            )
        )
    )
    return Passage(
        query=place,
        document=there.span(row.document_start, row.document_end),
        matched_words=row.matched,
        similarity=row.similarity,
        documents=max(1, int(rarest)),
        kind="boilerplate" if says_nothing else "reworded" if row.reworded else "passage",
        evidence=round(row.evidence, 1),
    )


def _places(tokens: Tokens, first: int, end: int) -> Iterator[tuple[int, int]]:
    return zip(tokens.starts[first:end].tolist(), tokens.ends[first:end].tolist(), strict=True)
