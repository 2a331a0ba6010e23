"""The definition of runs in plain Python: a dictionary of tuples of tokens, and the rule as it is written."""

from collections.abc import Sequence
from typing import NamedTuple


class Run(NamedTuple):
    """A run: the number of its document, its first token, its length, and where its source begins."""

    document: int
    start: int
    length: int
    source: int
    source_start: int


def runs(documents: Sequence[Sequence[str]], n: int) -> list[Run]:
    """Return the runs of documents, given as tokens in order of rank."""
    first: dict[tuple[str, ...], tuple[int, int]] = {}
    for number, tokens in enumerate(documents):
        for place in range(len(tokens) - n + 1):
            first.setdefault(tuple(tokens[place : place + n]), (number, place))
    found = []
    for number, tokens in enumerate(documents):
        place = 0
        while place + n <= len(tokens):
            source, start = first[tuple(tokens[place : place + n])]
            if source == number and place - start < n:
                place += 1
                continue
            length = n
            while (
                place + length < len(tokens)
                and start + length < len(documents[source])
                and tokens[place + length] == documents[source][start + length]
            ):
                length += 1
            found.append(Run(number, place, length, source, start))
            place += length - n + 1
    return found


def covered(documents: Sequence[Sequence[str]], n: int) -> list[set[int]]:
    """Return which tokens of each document lie in a repeated window."""
    first: dict[tuple[str, ...], tuple[int, int]] = {}
    repeated: list[set[int]] = [set() for _ in documents]
    for number, tokens in enumerate(documents):
        for place in range(len(tokens) - n + 1):
            at = first.setdefault(tuple(tokens[place : place + n]), (number, place))
            if at[0] != number or place - at[1] >= n:
                repeated[number].update(range(place, place + n))
    return repeated
