"""Conditions on metadata: which documents a look-up may return."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from dedup.dates import Moment, bound_of, moment
from dedup.errors import InvalidInput

Test = Callable[[Any], bool]
_MISSING = object()
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_IN_TIME: dict[str, Callable[[Moment, Moment], bool]] = {
    "<": lambda value, bound: value.before(bound),
    "<=": lambda value, bound: not bound.before(value),
    ">": lambda value, bound: bound.before(value),
    ">=": lambda value, bound: not value.before(bound),
}
_FORM = 'give a value, a list of values, or an object of "<", "<=", ">", ">=" (a number or string), "not", "same"'


class Filter:
    """A conjunction of conditions, one a metadata field.

    A field's condition is a value it must equal, a list of values of which it must equal one, or an object of `<`,
    `<=`, `>`, `>=`, `not` (a value or a list that it must not equal) and `same` (true or false: whether it must equal
    the query document's own). A field that is missing meets `not` and `same: false` only.

    Numbers compare with numbers, strings with strings. A bound that is a date or a time, `now`, `today` or `-7d`
    (seven days ago; also s, m, h, w) compares in time, with what `dedup.dates.moment` reads from the field, whatever
    its form and its offset; what names no time does not meet it. A day is a whole day: `<=` takes it in, `>` begins
    after it. Of a year or a month that the bound lies in, `<=` and `>=` hold, for it may be either.
    """

    def __init__(self, conditions: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> None:
        """Read the conditions; `own` is the metadata of the query document, where there is one.

        Raises:
            InvalidInput: if a condition is of no known form, or `same` is asked for without a query document.
        """
        self._tests = [
            (field, test) for field, condition in conditions.items() for test in _tests(field, condition, own)
        ]

    @classmethod
    def of(cls, conditions: Mapping[str, Any] | None, own: Mapping[str, Any] | None) -> Self | None:
        """Return a filter, or None where there is no condition.

        Raises:
            InvalidInput: as the constructor does.
        """
        if not isinstance(conditions, Mapping | None):
            raise InvalidInput(f"filter {conditions!r}: give an object of conditions, a field's name before each")
        return cls(conditions, own) if conditions else None

    def __call__(self, metadata: Mapping[str, Any]) -> bool:
        """Whether the metadata meet every condition."""
        return all(test(metadata.get(field, _MISSING)) for field, test in self._tests)


def _tests(field: str, condition: Any, own: Mapping[str, Any] | None) -> Iterator[Test]:
    if not isinstance(condition, Mapping):
        yield _one_of(condition)
        return
    if not condition:
        raise InvalidInput(f"filter on {field!r}: no condition; {_FORM}")
    for name, operand in condition.items():
        if name == "not":
            yield _negated(_one_of(operand))
        elif name == "same" and isinstance(operand, bool):
            yield _same(field, operand, own)
        elif name in _ORDER and _orderable(operand):
            yield _ordered(field, name, operand)
        else:
            raise InvalidInput(
                f"filter on {field!r}: {name!r} is no condition, or its operand is of a wrong kind; {_FORM}"
            )


def _one_of(condition: Any) -> Test:
    wanted = condition if isinstance(condition, list | tuple) else [condition]
    return lambda value: any(_equal(value, one) for one in wanted)


def _equal(a: Any, b: Any) -> bool:
    """JSON's equality: 1 is 1.0, but true is not 1."""
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _negated(test: Test) -> Test:
    return lambda value: not test(value)


def _same(field: str, wanted: bool, own: Mapping[str, Any] | None) -> Test:
    if own is None:
        raise InvalidInput(f'filter on {field!r}: "same" compares with the query\'s own metadata; ask by id')
    mine = own.get(field, _MISSING)
    return lambda value: (mine is not _MISSING and _equal(value, mine)) == wanted


def _orderable(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _ordered(field: str, name: str, bound: Any) -> Test:
    try:
        when = bound_of(bound) if isinstance(bound, str) else None
    except ValueError as error:
        raise InvalidInput(f"filter on {field!r}: {name} {bound!r}: {error}") from None
    return _in_time(_IN_TIME[name], when) if when else _in_order(_ORDER[name], bound)


def _in_time(compare: Callable[[Moment, Moment], bool], bound: Moment) -> Test:
    def test(value: Any) -> bool:
        when = moment(value)
        return when is not None and compare(when, bound)

    return test


def _in_order(compare: Callable[[Any, Any], bool], bound: Any) -> Test:
    def test(value: Any) -> bool:
        comparable = _orderable(value) and isinstance(value, str) == isinstance(bound, str)
        return comparable and compare(value, bound)

    return test
