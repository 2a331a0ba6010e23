"""Maximal exact runs: stretches of two or more tokens that stand, unbroken, in the query and in a document."""

import numpy as np

from dedup.align.arrays import Ids, Places
from dedup.align.vocabulary import ABSENT, first_place
from dedup.kernels import kernel

PLACES = 16
CROSSINGS = 16


@kernel
def find_runs(
    query: Ids,
    document: Ids,
    table: Ids,
    following: Ids,
    ends: Ids,
    crossings: Ids,
    base: int,
    counters: Places,
) -> Ids:
    """Return the maximal runs of one document as rows (query start, document start, length), by document start.

    At most PLACES places of a pair are tried and at most 2 * CROSSINGS runs cross one place of the document, and no
    cell of a diagonal is visited twice, so the work is linear in the document whatever it repeats.

    Args:
        query: token numbers.
        document: token numbers, ABSENT where the query lacks the token.
        table: first places of the query's pairs.
        following: next place of the same pair.
        ends: per diagonal of all documents, where in all documents the last run ended; kept between documents.
        crossings: zeros, one per token of the document.
        base: where the document begins among all documents.
        counters: seeds tried and cells visited are added to places 0 and 1.
    """
    runs = np.empty((64, 3), np.int32)
    count = 0
    ordered = True
    for j in range(len(document) - 1):
        if document[j] < 0 or document[j + 1] < 0:
            continue
        i = first_place(table, query, document[j], document[j + 1])
        tried = 0
        while i != ABSENT and tried < PLACES:
            diagonal = base + j - i + len(query)
            if ends[diagonal] <= base + j and crossings[j] < CROSSINGS:
                before, after = _extend(query, document, i, j, crossings, ends[diagonal] - base)
                ends[diagonal] = base + j + after
                if count == len(runs):
                    runs = doubled(runs)
                runs[count, 0] = i - before
                runs[count, 1] = j - before
                runs[count, 2] = before + after
                ordered &= count == 0 or runs[count - 1, 1] <= j - before
                count += 1
                counters[1] += before + after
            i = following[i]
            tried += 1
        counters[0] += tried
    if ordered:
        return runs[:count]
    return runs[np.argsort(runs[:count, 1], kind="mergesort")]


@kernel
def _extend(query: Ids, document: Ids, i: int, j: int, crossings: Ids, least: int) -> tuple[int, int]:
    """Return how many tokens before and from (i, j) on are equal, going back no further than document place `least`."""
    after = 0
    while i + after < len(query) and j + after < len(document) and query[i + after] == document[j + after]:
        crossings[j + after] += 1
        after += 1
    before = 0
    while (
        i > before
        and j - before > max(least, 0)
        and query[i - before - 1] == document[j - before - 1]
        and crossings[j - before - 1] < CROSSINGS
    ):
        before += 1
        crossings[j - before] += 1
    return before, after


@kernel
def doubled(rows: Ids) -> Ids:
    """Return a copy with room for twice as many rows."""
    larger = np.empty((2 * len(rows), rows.shape[1]), np.int32)
    larger[: len(rows)] = rows
    return larger
