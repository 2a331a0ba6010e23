"""The definition in plain Python: all pairs, sets of tuples of words, and the rule as it is written."""

from collections.abc import Mapping, Sequence

K = 4


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the runs of four words; a shorter text is one run."""
    words = text.lower().split()
    if len(words) < K:
        return frozenset({tuple(words)})
    return frozenset(tuple(words[i : i + K]) for i in range(len(words) - K + 1))


def jaccard(better: frozenset[tuple[str, ...]], worse: frozenset[tuple[str, ...]]) -> float:
    """Return the share of either's shingles that both have."""
    return len(better & worse) / len(better | worse)


def containment(better: frozenset[tuple[str, ...]], worse: frozenset[tuple[str, ...]]) -> float:
    """Return the share of the lower ranked one's shingles that the other has too."""
    return len(better & worse) / len(worse)


def survivors(
    texts: Mapping[str, str], ranked: Sequence[str], threshold: float, similarity: object = jaccard
) -> dict[str, str]:
    """Return what each document is a duplicate of, itself if of none: greedily, in order of rank."""
    assert callable(similarity)
    sets = {name: shingles(text) for name, text in texts.items()}
    same = {name: texts[name].lower().split() for name in ranked}
    owner: dict[str, str] = {}
    for place, name in enumerate(ranked):
        twin = next((one for one in ranked[:place] if same[one] == same[name]), None)
        if twin is not None:
            owner[name] = owner[twin]
            continue
        better = (one for one in ranked[:place] if owner[one] == one)
        owner[name] = next((one for one in better if similarity(sets[one], sets[name]) >= threshold), name)
    return owner
