"""Why a document was returned or not: the buckets it shares with the query, the estimate, the exact figures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dedup.model import Document, Match
from dedup.scheme import Scheme
from dedup.search.lookup import Lookup, Seen, Watch, unwatched
from dedup.search.query import Query
from dedup.search.question import Question
from dedup.search.verify import figure, resembles
from dedup.sketching.sketches import Sketch, sketch_tokens
from dedup.sketching.tokens import tokenize
from dedup.stores.base import Stored

LISTED = 100  # not measured: more nobody reads

Rejection = Literal["filter", "not_alike", "limit"]
Reason = Literal["passage", "alike", "too_short_a", "too_short_b", "no_shared_bucket", "below_threshold"]


@dataclass(frozen=True, slots=True)
class SharedBuckets:
    """The buckets that two texts share.

    Attributes:
        bands: numbers of the signature's bands that are equal, from 0.
        windows: token places in the query where a shared window's minimum begins, the first 100.
        window_count: how many windows' minima are shared.
    """

    bands: tuple[int, ...]
    windows: tuple[int, ...]
    window_count: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that shared a bucket and was considered.

    Attributes:
        id: the document's id.
        shared: the buckets that it was found by.
        estimate: the Jaccard similarity as the two MinHash signatures estimate it; None if its text was not read.
        figures: the exact ones, with what passages there are; None if its text was not read.
        rejected: "filter" (its metadata were not wanted), "not_alike" (no passage, and neither half of the shingles),
            "limit" (others cover more of the query), or None: it is in the answer.
    """

    id: str
    shared: SharedBuckets
    estimate: float | None
    figures: Match | None
    rejected: Rejection | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Why two texts are matched or not.

    Attributes:
        match: the exact figures and passages.
        shared: the buckets that an index would find one by, given the other; places are in the first text.
        estimate: the Jaccard similarity as the two MinHash signatures estimate it.
        words: how many words each has.
        reason: "passage" or "alike" if they match; else "too_short_a", "too_short_b", "no_shared_bucket" (an index
            would not even consider them) or "below_threshold".
    """

    match: Match
    shared: SharedBuckets
    estimate: float
    words: tuple[int, int]
    reason: Reason


def candidates(lookup: Lookup, scheme: Scheme) -> Iterator[Candidate]:
    """Yield what a look-up considered, best candidate first.

    Args:
        lookup: the look-up.
        scheme: the index's.
    """
    if (seen := lookup.seen) is None:
        return
    signatures = sketch_tokens(seen.tokens, scheme).signatures
    equal = (signatures == seen.sketched.signatures[0]).mean(axis=1).tolist()
    estimates = dict(zip(lookup.documents, equal, strict=True))
    answered = {match.id for match in lookup.answer}
    for name, stored in seen.stored.items():
        exact = lookup.figures.get(name)
        rejected = None if name in answered else _rejection(exact)
        yield Candidate(name, _found_by(seen, stored, scheme), estimates.get(name), exact, rejected)


def _rejection(exact: Match | None) -> Rejection:
    """Return why a document that has these figures, or was not read, is not in the answer."""
    if exact is None:
        return "filter"
    return "limit" if resembles(exact) else "not_alike"


def pair(a: str, b: str, question: Question, scheme: Scheme, watch: Watch = unwatched) -> Comparison:
    """Say why two texts are matched or not; `watch` is told of each stage."""
    tokens = tokenize([a, b], scheme.unit, prose=question.reworded)
    watch("tokenize", len(tokens.hashes))
    sketched, first, second = sketch_tokens(tokens, scheme), tokens.of(0), tokens.of(1)
    cut, words = int(sketched.offsets[1]), (len(first.hashes), len(second.hashes))
    places = np.flatnonzero(np.isin(sketched.buckets[:cut], sketched.buckets[cut:]))
    watch("sketch", len(sketched.buckets))
    query = Query(a, first, np.empty(0, np.uint64), np.empty(0, np.uint32), total=1)
    (match,) = figure(query, [Document("b", b)], second, scheme, question)
    if min(words) < scheme.k:
        match = replace(match, verdict=None)
    estimate = float((sketched.signatures[0] == sketched.signatures[1]).mean()) if min(words) else 0.0
    return Comparison(
        match, _shared(sketched, places, scheme), estimate, words, _reason(match, words, len(places), scheme)
    )


def _reason(match: Match, words: tuple[int, int], shared: int, scheme: Scheme) -> Reason:
    if min(words) < scheme.k:
        return "too_short_a" if words[0] < scheme.k else "too_short_b"
    if resembles(match):
        return "passage" if match.passages else "alike"
    return "below_threshold" if shared else "no_shared_bucket"


def _found_by(seen: Seen, stored: Stored, scheme: Scheme) -> SharedBuckets:
    """Return the query's buckets whose lists name one of the document's chunks."""
    numbers = seen.postings.numbers.astype(np.int64)
    postings = np.flatnonzero((numbers >= stored.number) & (numbers < stored.number + stored.chunks))
    buckets = np.unique(np.searchsorted(seen.postings.offsets, postings, side="right") - 1)
    return _shared(seen.sketched, buckets, scheme)


def _shared(sketched: Sketch, buckets: NDArray[np.intp], scheme: Scheme) -> SharedBuckets:
    windows = buckets[buckets >= scheme.bands]
    bands = buckets[buckets < scheme.bands]
    return SharedBuckets(tuple(bands.tolist()), tuple(sketched.places[windows[:LISTED]].tolist()), len(windows))
