"""Passages told in other words, by a plain model: the definitions of ADR 16, in lists and dictionaries."""

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field

COPIED, GAP, WIDE, LOPSIDED, MORE, LONG = 0.85, 2, 24, 2.5, 1.5, 50
COSINE_OF_SEEDS, DICE, EACH, FREQUENT = 0.30, 0.37, 16, 64
COSINE, UNMATCHED, INFLECTED = 0.34, 0.2, 2

Span = tuple[int, int]
Pair = tuple[int, int]


@dataclass
class Side:
    """One text: its words, stems, and after which words a sentence ends."""

    words: list[int]
    stems: list[int]
    stops: list[bool]
    sentences: list[Span] = field(init=False)

    def __post_init__(self) -> None:
        """Cut the text in sentences."""
        self.sentences = list(sentences(self.stops))


@dataclass
class Passage:
    """A passage: places in both texts, words matched, and whether it is told in other words."""

    query: Span
    document: Span
    matched: int
    reworded: bool = False
    copied_words: int = 0

    def similarity(self) -> float:
        """Return twice the words matched over the words of both."""
        return 2 * self.matched / (self.query[1] - self.query[0] + self.document[1] - self.document[0])


def sentences(stops: list[bool]) -> list[Span]:
    """Return the sentences: of three words or more, those of more than 80 in even pieces of 25 at most."""
    found, first = list[Span](), 0
    for end in range(1, len(stops) + 1):
        if end < len(stops) and (not stops[end - 1] or end - first < 3):
            continue
        length = end - first
        pieces = math.ceil(length / 25) if length > 80 else 1
        edges = [first + piece * length // pieces for piece in range(pieces + 1)]
        found += itertools.pairwise(edges)
        first = end
    return found


def weights(a: list[Counter[int]], b: list[Counter[int]]) -> dict[int, float]:
    """Return ln(sentences, at least 12) - ln(those with the stem), each rounded to 20 bits after the point.

    Stems in over 64 sentences of a text weigh nothing.
    """
    here, there = (Counter(stem for bag in bags for stem in bag) for bags in (a, b))
    return {
        stem: max(0.0, exact(math.log(max(12, len(a) + len(b)))) - exact(math.log(here[stem] + there[stem])))
        for stem in here | there
        if max(here[stem], there[stem]) <= FREQUENT
    }


def exact(weight: float) -> float:
    """Round, so that sums of few are exact in any order."""
    return round(weight * 2**20) / 2**20


def weigh(bag: Counter[int], weight: dict[int, float]) -> dict[int, float]:
    """Return the weighted bag."""
    return {stem: count * weight[stem] for stem, count in bag.items() if weight.get(stem, 0) > 0}


def cosine(a: dict[int, float], b: dict[int, float]) -> float:
    """Return the cosine of two weighted bags."""
    lengths = math.sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values()))
    return sum(x * b.get(stem, 0) for stem, x in a.items()) / lengths if lengths else 0.0


def seeds(a: list[Counter[int]], b: list[Counter[int]], weight: dict[int, float]) -> list[Pair]:
    """Return the pairs of sentences that are alike, at most 16 for a sentence of the query."""
    found = list[Pair]()
    others = [weigh(bag, weight) for bag in b]
    for i, bag in enumerate(a):
        own = weigh(bag, weight)
        alike = [
            (-cosine(own, other), j)
            for j, other in enumerate(others)
            if 2 * len(own.keys() & other.keys()) > DICE * (len(own) + len(other))
            and cosine(own, other) > COSINE_OF_SEEDS
        ]
        found += [(i, j) for _, j in sorted(alike)[:EACH]]
    return found


def parted(pairs: list[Pair], gap: int, zones: tuple[list[int], list[int]]) -> list[list[Pair]]:
    """Return the pairs gathered over gaps, cut on one side after the other until neither cuts any more."""
    for side in (0, 1):
        pairs = sorted(pairs, key=lambda pair: pair[side])
        groups = [pairs[:1]]
        for before, pair in itertools.pairwise(pairs):
            wide = pair[side] - before[side] - 1 > gap or zones[side][pair[side]] != zones[side][before[side]]
            groups.append([pair]) if wide else groups[-1].append(pair)
        if len(groups) > 1:
            return [part for group in groups for part in parted(group, gap, zones)]
    return [pairs]


@dataclass
class Fragment:
    """Sentences of both texts that tell the same."""

    a: Span
    b: Span
    common: int
    score: float


def fragments(
    a: list[Counter[int]],
    b: list[Counter[int]],
    weight: dict[int, float],
    pairs: list[Pair],
    gap: int,
    zones: tuple[list[int], list[int]],
) -> list[Fragment]:
    """Return the fragments whose bags are alike; what is not is parted at narrower gaps."""
    found = list[Fragment]()
    for group in parted(pairs, gap, zones) if pairs else []:
        here = min(i for i, _ in group), max(i for i, _ in group) + 1
        there = min(j for _, j in group), max(j for _, j in group) + 1
        one, other = sum(a[slice(*here)], Counter[int]()), sum(b[slice(*there)], Counter[int]())
        both = one & other
        if cosine(weigh(one, weight), weigh(other, weight)) > COSINE:
            left = [sum(weigh(side - both, weight).values()) for side in (one, other)]
            score = sum(weigh(both, weight).values()) - UNMATCHED * min(left)
            found.append(Fragment(here, there, sum(both.values()), score))
        elif gap > 0:
            found += fragments(a, b, weight, group, gap - 1, zones)
    return found


def reworded(query: Side, document: Side, copied: list[Passage], least: float) -> list[Passage]:
    """Return the passages of two texts, copied ones that stay and reworded ones, in order of their places."""
    copies = [one for one in copied if one.similarity() >= COPIED]
    wide, left = settled(query, document, copied, copies, [], WIDE, least)
    lengths = [sum(one.query[1] - one.query[0] for one in wide), sum(one.document[1] - one.document[0] for one in wide)]
    if not wide or max(lengths) < LOPSIDED * min(lengths):
        wide, left = settled(query, document, copied, copies, copies, GAP, least)
    return sorted([*wide, *left], key=lambda one: (one.query, one.document))


def settled(
    query: Side,
    document: Side,
    copied: list[Passage],
    copies: list[Passage],
    claims: list[Passage],
    gap: int,
    least: float,
) -> tuple[list[Passage], list[Passage]]:
    """Return the fragments that may be passages, best first, and the copied passages that are left beside them."""
    taken_a = {t for one in claims for t in range(*one.query)}
    taken_b = {t for one in claims for t in range(*one.document)}
    a = [Counter(query.stems[t] for t in range(*span) if t not in taken_a) for span in query.sentences]
    b = [Counter(document.stems[t] for t in range(*span) if t not in taken_b) for span in document.sentences]
    zones = (
        [sum(one.query[0] <= span[0] for one in claims) for span in query.sentences],
        [sum(one.document[0] <= span[0] for one in claims) for span in document.sentences],
    )
    weight = weights(a, b)
    every = fragments(a, b, weight, seeds(a, b, weight), gap, zones)
    accepted, left = list[Passage](), list(copied)
    for one in sorted(every, key=lambda fragment: -fragment.score):
        if one.score < least:
            break
        here = query.sentences[one.a[0]][0], query.sentences[one.a[1] - 1][1]
        there = document.sentences[one.b[0]][0], document.sentences[one.b[1] - 1][1]
        here, there = trimmed(here, taken_a), trimmed(there, taken_b)
        same = Counter(query.words[slice(*here)]) & Counter(document.words[slice(*there)])
        if here[0] == here[1] or there[0] == there[1] or INFLECTED * sum(same.values()) < one.common:
            continue
        met = [p for p in left if meet(p.query, here) or meet(p.document, there)]
        inside = [p for p in met if meet(p.query, here) and meet(p.document, there)]
        blocked = any(meet(p.query, here) or meet(p.document, there) for p in accepted)
        crossing = [p for p in met if p in copies and (gap != WIDE or p not in inside or p.matched >= LONG)]
        shared = sum(p.matched for p in met)
        lesser = shared if len(met) == 1 and gap != WIDE else sum(p.matched for p in met if p in copies)
        if blocked or crossing or max(shared, MORE * lesser) > one.common:
            continue
        left = [p for p in left if p not in met]
        here = min([here[0], *(p.query[0] for p in inside)]), max([here[1], *(p.query[1] for p in inside)])
        there = min([there[0], *(p.document[0] for p in inside)]), max([there[1], *(p.document[1] for p in inside)])
        both = Counter(query.words[slice(*here)]) & Counter(document.words[slice(*there)])
        accepted.append(
            Passage(here, there, sum(both.values()), reworded=True, copied_words=sum(p.matched for p in inside))
        )
    return accepted, left


def meet(one: Span, other: Span) -> bool:
    """Say whether two spans have a token in common."""
    return one[0] < other[1] and other[0] < one[1]


def trimmed(span: Span, taken: set[int]) -> Span:
    """Return the span without what is taken at its ends."""
    first, end = span
    while first < end and first in taken:
        first += 1
    while first < end and end - 1 in taken:
        end -= 1
    return first, end
