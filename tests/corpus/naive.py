"""The definition in plain Python: all pairs, sets of tuples of words, and the rule as it is written."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

K = 4
Shingles = frozenset[tuple[str, ...]]


def words(text: str) -> list[str]:
    """Return the words of an English text in lower case."""
    return re.findall(r"\w+(?:'\w+)*", text.lower())


def shingles(text: str) -> Shingles:
    """Return the runs of four words; a shorter text is one run."""
    found = words(text)
    if len(found) < K:
        return frozenset({tuple(found)})
    return frozenset(tuple(found[i : i + K]) for i in range(len(found) - K + 1))


def jaccard(better: Shingles, worse: Shingles) -> float:
    """Return the share of either's shingles that both have."""
    return len(better & worse) / len(better | worse)


def containment(better: Shingles, worse: Shingles) -> float:
    """Return the share of the lower ranked one's shingles that the other has too."""
    return len(better & worse) / len(worse)


def survivors(
    texts: Mapping[str, str],
    ranked: Sequence[str],
    threshold: float,
    similarity: Callable[[Shingles, Shingles], float] = jaccard,
    indexed: Collection[str] = (),
) -> dict[str, str]:
    """Return what each document is a duplicate of, itself if of none: greedily, in order of rank.

    Those of an index are no duplicates of each other, but for texts of the same words.
    """
    sets = {name: shingles(text) for name, text in texts.items()}
    same = {name: words(texts[name]) for name in ranked}
    owner: dict[str, str] = {}
    for place, name in enumerate(ranked):
        twin = next((one for one in ranked[:place] if same[one] == same[name]), None)
        if twin is not None:
            owner[name] = owner[twin]
            continue
        better = (one for one in ranked[:place] if owner[one] == one and name not in indexed)
        owner[name] = next((one for one in better if similarity(sets[one], sets[name]) >= threshold), name)
    return owner


def components(texts: Mapping[str, str], ranked: Sequence[str], threshold: float) -> dict[str, str]:
    """Return the best ranked document that each hangs together with, over pairs that are alike enough."""
    sets = {name: shingles(text) for name, text in texts.items()}
    owner = {name: name for name in ranked}
    changed = True
    while changed:
        changed = False
        for one in ranked:
            for other in ranked:
                first = min(owner[one], owner[other], key=ranked.index)
                if owner[one] != owner[other] and jaccard(sets[one], sets[other]) >= threshold:
                    owner[one] = owner[other] = first
                    changed = True
    return owner
