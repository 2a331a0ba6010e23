"""Which of several documents a rule keeps, and how rules are written."""

from typing import Any

import pytest

from dedup.corpus import Keep
from dedup.errors import InvalidInput


def ranked(rule: str, *metadata: dict[str, Any], texts: list[str] | None = None) -> list[int]:
    """Return the numbers of documents, best first."""
    keep, texts = Keep.parse(rule), texts or ["text"] * len(metadata)
    numbers = range(len(texts))
    return sorted(numbers, key=lambda n: (keep.key(n, texts[n], metadata[n] if metadata else {}), n))


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("first", Keep("first")),
        ("longest", Keep("longest")),
        ("earliest", Keep("earliest")),
        ("earliest:day", Keep("earliest", "day")),
        ("priority:source=own", Keep("priority", "source", ("own",))),
        ("priority:source=own,agency", Keep("priority", "source", ("own", "agency"))),
        ("priority:source=a=b", Keep("priority", "source", ("a=b",))),
    ],
)
def test_a_rule_is_read_as_written(written: str, rule: Keep) -> None:
    """Each form of the help gives its rule."""
    assert Keep.parse(written) == rule


BAD_RULES = ["", "last", "First", "first ", "first:x", "longest:x", "earliest:day=1", "earliest:=1"]
BAD_RULES += ["priority", "priority:source", "priority:source=", "priority:=a"]


@pytest.mark.parametrize("written", BAD_RULES)
def test_what_is_no_rule_is_refused(written: str) -> None:
    """A rule with too much, too little or another name is refused, and the message shows it."""
    with pytest.raises(InvalidInput) as caught:
        Keep.parse(written)
    assert repr(written) in str(caught.value)


def test_first_and_longest() -> None:
    """`first` goes by the input's order, `longest` by code points."""
    texts = ["12", "1234", "👩👩👩"]
    assert ranked("first", texts=texts) == [0, 1, 2]
    assert ranked("longest", texts=texts) == [1, 2, 0]


def test_earliest_keeps_undated_documents_last() -> None:
    """Dates of before 1970 too come before documents that have none, or none that can be read."""
    dates: list[dict[str, Any]] = [{}, {"published": "2020-05-01"}, {"date": "1969-12-31"}, {"published": "soon"}]
    assert ranked("earliest", *dates, {"date": "2019-01-01"}) == [2, 4, 1, 0, 3]


def test_earliest_by_a_field_looks_at_no_other() -> None:
    """With a field named, the usual ones do not count."""
    dates = [{"published": "2001-01-01"}, {"day": "2020-05-01"}, {"day": "2020-04-30", "published": "2026-01-01"}]
    assert ranked("earliest:day", *dates) == [2, 1, 0]


def test_priority_goes_by_the_order_of_the_values() -> None:
    """Values that the rule does not name come after those that it names, missing ones with them."""
    sources: list[dict[str, Any]] = [{}, {"source": "blog"}, {"source": "agency"}, {"source": "own"}, {"source": None}]
    assert ranked("priority:source=own,agency", *sources) == [3, 2, 0, 1, 4]
