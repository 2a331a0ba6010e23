"""A query and the texts of its candidates in, matches with exact figures out."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from dedup.align import Alignments, align, overlaps
from dedup.kernels import Float64s, Int32s, Int64s, Uint32s, Uint64s, entry
from dedup.model import Containment, Document, Match, Passage
from dedup.scheme import Scheme, Unit
from dedup.search.names import names_only
from dedup.search.places import Places
from dedup.search.question import Question
from dedup.sketching.sketches import shingles, winnow
from dedup.sketching.tokens import Tokens

NEAR = 0.5  # not measured: a definition, half of the shingles
FEW_DOCUMENTS = 1000  # ADR 4: 5,000 halves the forms called boilerplate; a smaller index knows little
COMMON = 200  # ADR 4: 20 calls a quarter as many forms boilerplate, 2,000 takes 3 of the seeds' 14 passages for it


@dataclass(frozen=True, slots=True)
class Query:
    """A text that asks.

    Attributes:
        text: the text.
        tokens: its tokens.
        minima: (n,) uint64, its window minima, sorted.
        counts: (n,) uint32, in how many documents each occurs.
        total: documents in the index.
    """

    text: str
    tokens: Tokens
    minima: NDArray[np.uint64]
    counts: NDArray[np.uint32]
    total: int


def best(matches: list[Match], length: int, limit: int) -> list[Match]:
    """Return at most `limit` of `matches`, in their order, chosen so that every passage keeps a source.

    Each is chosen for the characters of the query that it covers, one counting 1/(1 + c) once c chosen ones cover it:
    ten copies of one paragraph do not keep out the only source of another.
    """
    if len(matches) <= limit:
        return matches
    worth, chosen = np.ones(length), list[int]()
    heap = [(-_cover(match, worth), i) for i, match in enumerate(matches)]
    heapify(heap)
    while len(chosen) < limit:
        _, first = heappop(heap)
        gain = _cover(matches[first], worth)  # it only ever shrinks: an old one is an upper bound
        if heap and heap[0] < (-gain, first):
            heappush(heap, (-gain, first))
            continue
        chosen.append(first)
        for span in _spans(matches[first]):
            worth[span] = 1 / (1 + 1 / worth[span])
    return [matches[i] for i in sorted(chosen)]


def coverage(matches: Iterable[Match], tokens: Tokens) -> float:
    """Return the share of the query's words that lie in a passage of any of the matches; boilerplate does not count."""
    spans = [span for match in matches for span in _spans(match)]
    change = np.zeros(len(tokens.starts) + 1, np.int64)
    np.add.at(change, np.searchsorted(tokens.starts, [span.start for span in spans]), 1)
    np.add.at(change, np.searchsorted(tokens.starts, [span.stop for span in spans]), -1)
    return float((np.cumsum(change[:-1]) > 0).mean())


def _spans(match: Match) -> list[slice]:
    return [slice(one.query.start, one.query.end) for one in match.passages if one.kind == "passage"]


def _cover(match: Match, worth: NDArray[np.float64]) -> float:
    return sum(float(worth[span].sum()) for span in _spans(match))


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
    found = align(
        query.tokens.hashes if question.passages else query.tokens.hashes[:0],
        tokens.hashes,
        tokens.offsets,
        min_words=question.usual_words(scheme.unit),
        min_similarity=question.usual_similarity(scheme.unit),
        unit=scheme.unit,
    )
    evidence = _evidence(
        *(found.document, found.document_start, found.document_end, document_shingles, offsets),
        *(scheme.k, scheme.w, query.minima, query.counts),
    )
    first = np.searchsorted(found.document, np.arange(len(documents) + 1))
    here = Places(query.text, query.tokens)
    matches = list[Match]()
    for i, document in enumerate(documents):
        there = Places(document.text, tokens, int(tokens.offsets[i]))
        rows = range(first[i], first[i + 1])
        passages = [_passage(query, here, there, found, evidence, row, scheme.unit) for row in rows]
        matches.append(_match(document, sizes[i], passages))
    return matches


def _match(document: Document, sizes: NDArray[np.int64], passages: list[Passage]) -> Match:
    in_query, in_document, in_both = sizes.tolist()
    in_either = in_query + in_document - in_both
    passages.sort(key=lambda passage: (passage.kind == "boilerplate", passage.query.start, passage.document.start))
    return Match(
        document.id,
        in_both / max(in_either, 1),
        Containment(in_both / max(in_query, 1), in_both / max(in_document, 1)),
        document.metadata,
        tuple(passages),
    )


def _worth(match: Match) -> tuple[bool, int, float, str]:
    """Sort key: boilerplate last; then most words in passages, then most alike; the id decides a tie."""
    words = sum(passage.matched_words for passage in match.passages if passage.kind == "passage")
    return not (words or near(match)), -words, -match.jaccard, match.id


def alike(figures: Iterable[Match]) -> list[Match]:
    """Return those that the query resembles, best first."""
    return sorted(filter(resembles, figures), key=_worth)


def resembles(match: Match) -> bool:
    """Whether there is a shared passage, or half of the shingles of either side or of both are shared."""
    return bool(match.passages) or near(match)


def near(match: Match) -> bool:
    """Whether half of the shingles of either side or of both are shared."""
    both = match.containment
    return max(match.jaccard, both.query_in_document, both.document_in_query) >= NEAR


def _passage(
    query: Query, here: Places, there: Places, found: Alignments, evidence: NDArray[np.float64], row: int, unit: Unit
) -> Passage:
    start, end = int(found.query_start[row]), int(found.query_end[row])
    document_start, document_end = int(found.document_start[row]), int(found.document_end[row])
    matched = int(found.matched[row])
    windows, surprise, rarest = evidence[row]
    place = here.span(start, end)
    says_nothing = _common(windows, surprise, query.total) or (
        unit == "word"
        and names_only(
            (query.text[first:last] for first, last in _places(query.tokens, start, end)),
            query.text[place.start : place.end],
        )
    )
    return Passage(
        query=place,
        document=there.span(document_start, document_end),
        matched_words=matched,
        similarity=2 * matched / (end - start + document_end - document_start),
        documents=max(1, int(rarest)),
        kind="boilerplate" if says_nothing else "passage",
    )


def _places(tokens: Tokens, first: int, end: int) -> Iterator[tuple[int, int]]:
    return zip(tokens.starts[first:end].tolist(), tokens.ends[first:end].tolist(), strict=True)


def _common(windows: float, surprise: float, total: int) -> bool:
    """Whether the windows shared are frequent everywhere, and too few to say something together.

    A paragraph syndicated to three hundred papers is as frequent as a stock phrase, but it is longer.
    """
    total = max(total, FEW_DOCUMENTS)
    surprise += windows * math.log(total)
    return windows > 0 and surprise < windows * math.log(COMMON) and surprise < 2 * math.log(total)


@entry
def _evidence(
    documents: Int32s,
    starts: Int32s,
    ends: Int32s,
    shingles: Uint64s,
    offsets: Int64s,
    k: int,
    w: int,
    minima: Uint64s,
    counts: Uint32s,
) -> Float64s:
    """Return for each passage: windows shared with the query, the sum of -ln(df) over them, the rarest one's df.

    A window counts if it lies in the passage whole, for only then do both texts have its minimum.
    """
    evidence, most = np.zeros((len(documents), 3)), np.int64(0)
    for row in range(len(documents)):
        most = max(most, np.int64(ends[row] - starts[row]))
    places, values, least = np.empty(most + 1, np.int32), np.empty(most + 1, np.uint64), np.empty(most + 1, np.int32)
    for row in range(len(documents)):
        first = offsets[documents[row]] + starts[row]
        own = shingles[first : first + max(0, ends[row] - starts[row] - k + 1)]
        for place in places[: winnow(own, w, places, values, least) if len(own) >= w else 0]:
            at = np.searchsorted(minima, own[place])
            if at < len(minima) and minima[at] == own[place] and counts[at]:
                evidence[row, 0] += 1
                evidence[row, 1] -= math.log(counts[at])
                if evidence[row, 2] == 0 or counts[at] < evidence[row, 2]:
                    evidence[row, 2] = counts[at]
    return evidence
