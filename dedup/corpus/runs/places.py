"""Where runs stand in their texts: each document that has one, or is the source of one, is read once more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.job import Job
from dedup.corpus.join import Join
from dedup.corpus.lines import Frame, frames, unpacked
from dedup.corpus.threads import in_order
from dedup.scheme import Unit
from dedup.sketching.tokens import Tokens, tokenize

_SPANS = """
CREATE TABLE spans AS
SELECT document, first, words FROM runs UNION SELECT source, source_first, words FROM runs ORDER BY ALL
"""
_ALL_SPANS = "SELECT document, first, words FROM spans ORDER BY ALL"
_PLACES = """
CREATE TABLE places (
    document BIGINT, first BIGINT, words BIGINT, start BIGINT, stop BIGINT, before BIGINT, after BIGINT
)
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Documents that follow one another, in a frame of lines, and the runs and sources in some of them, by document."""

    frame: Frame
    documents: NDArray[np.int64]
    firsts: NDArray[np.int64]
    words: NDArray[np.int64]


def place(join: Join, work: Path, job: Job) -> None:
    """Write a table `places`: where each run and each source lies in its text, and where the words beside it do."""
    join.run(_SPANS)
    join.run(_PLACES)
    for columns in in_order(partial(_placed, work=work, unit=job.unit), _groups(join, work), job.threads):
        join.insert("places", **columns)


def _groups(join: Join, work: Path) -> Iterator[Group]:
    documents, firsts, words = join.column(_ALL_SPANS)
    for frame in frames(work):
        part = frame.within(documents)
        if part.start < part.stop:
            yield Group(frame, documents[part], firsts[part], words[part])


def _placed(group: Group, work: Path, unit: Unit) -> Mapping[str, NDArray[Any]]:
    lines = unpacked(group.frame, work)
    documents, rows = np.unique(group.documents, return_inverse=True)
    texts = [lines[number - group.frame.first].text for number in documents.tolist()]
    return {
        "document": group.documents,
        "first": group.firsts,
        "words": group.words,
        **places(tokenize(texts, unit), texts, rows, group.firsts, group.words),
    }


def places(
    tokens: Tokens,
    texts: Sequence[str],
    rows: NDArray[np.int64],
    firsts: NDArray[np.int64],
    words: NDArray[np.int64],
) -> dict[str, NDArray[np.int64]]:
    """Return where runs lie, in code points.

    Args:
        tokens: of the texts.
        texts: them.
        rows: (n,) the text of each run.
        firsts: (n,) its first token, counted from the text's.
        words: (n,) its tokens.

    Returns:
        (n,) each: `start` and `stop`, where the token `before` it ends, or 0, and where the one `after` it begins, or
        the text's length.
    """
    begin, end = tokens.offsets[rows] + firsts, tokens.offsets[rows] + firsts + words
    ends, starts = np.append(tokens.ends, 0), np.append(tokens.starts, 0)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    found = {
        "start": starts[begin],
        "stop": ends[end - 1],
        "before": np.where(firsts > 0, ends[begin - 1], 0),
        "after": np.where(end < tokens.offsets[rows + 1], starts[end], lengths[rows]),
    }
    return {name: values.astype(np.int64) for name, values in found.items()}
