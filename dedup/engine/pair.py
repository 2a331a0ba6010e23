"""Two texts held against each other, without an index."""

from typing import Unpack

from dedup.admission import check_length
from dedup.model import Match
from dedup.scheme import Scheme
from dedup.search.explain import Comparison, pair
from dedup.search.lookup import Watch, unwatched
from dedup.search.question import PairFields, Question


def compare(a: str, b: str, *, scheme: Scheme | None = None, **fields: Unpack[PairFields]) -> Match:
    """Compare two texts without an index; the match's id is "b", its figures and passages are exact.

    Its verdict is None if one of them has fewer than k tokens: too little to judge.

    Args:
        a: the first text.
        b: the second.
        scheme: how they are compared; by default as an index of the default scheme does.
        **fields: `min_words`, `min_similarity`, `reworded` and `contained`; see `dedup.Question`.

    Raises:
        InvalidInput: a limit makes no sense.
        InvalidDocument: `long_text`.
    """
    return explain(a, b, Question(**fields), scheme).match


def explain(
    a: str, b: str, question: Question | None = None, scheme: Scheme | None = None, watch: Watch = unwatched
) -> Comparison:
    """Compare two texts as `compare` does, and say why they are matched or not; `watch` is told of each stage."""
    check_length(a, "the first text")
    check_length(b, "the second text")
    return pair(a, b, question or Question(), scheme or Scheme(), watch)
