"""Which of several duplicates stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self, cast, get_args

from dedup.dates import KEYS, moment
from dedup.errors import InvalidInput

Rule = Literal["first", "earliest", "longest", "priority", "none"]
LAST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Keep:
    """A rule that ranks documents.

    Attributes:
        rule: "first" of the input, the "earliest" by a date, the "longest" in code points, or by "priority"; "none" of
            them, for runs that are cut out: the first copy goes too.
        field: the field of the metadata with the date, or with what the priority goes by; by default that of dates.
        values: of a priority the field's values, best first; others come after them.
    """

    rule: Rule = "first"
    field: str = ""
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no rule, and a field or values that the rule does not go by."""
        if self.rule not in get_args(Rule):
            raise InvalidInput(f"keep: {self.rule!r} is no rule; give {', '.join(get_args(Rule))}")
        if isinstance(self.values, str):
            raise InvalidInput(f"keep: values is the string {self.values!r}; give a tuple of strings")
        if self.rule == "priority" and not (self.field and self.values):
            raise InvalidInput('keep priority lacks a field or its values; give Keep("priority", FIELD, ("a", "b"))')
        if self.values and self.rule != "priority":
            raise InvalidInput(f"keep {self.rule} goes by no values; leave them out, or give priority")
        if self.field and self.rule not in ("earliest", "priority"):
            raise InvalidInput(f"keep {self.rule} goes by no field; leave it out, or give earliest or priority")

    @classmethod
    def parse(cls, written: str) -> Self:
        """Return the rule written as `first`, `longest`, `none`, `earliest`, `earliest:FIELD` or `priority:FIELD=a,b`.

        Raises:
            InvalidInput: it is written otherwise.
        """
        rule, _, rest = written.partition(":")
        field, _, values = rest.partition("=")
        if rule == "priority" and field and values:
            return cls("priority", field, tuple(values.split(",")))
        if rule == "earliest" and not values:
            return cls("earliest", field)
        if written == "first":
            return cls()
        if written in ("longest", "none"):
            return cls(cast("Rule", written))
        raise InvalidInput(f"keep: {written!r} is no rule; give first, longest, none, earliest, or priority:FIELD=a,b")

    @property
    def told(self) -> str:
        """The rule as a person says it."""
        field = self.field or " or ".join(KEYS)
        return {
            "first": "the first",
            "longest": "the longest",
            "none": "none",
            "earliest": f"the earliest by {field}",
            "priority": f"the best by {field}: {', '.join(self.values)}",
        }[self.rule]

    def key(self, number: int, text: str, metadata: Mapping[str, Any]) -> int:
        """Return what ranks a document, the number `number` of the input: the least is best."""
        if self.rule == "earliest":
            return self._date(metadata)
        if self.rule == "longest":
            return -len(text)
        if self.rule == "priority":
            value = metadata.get(self.field)
            return self.values.index(value) if value in self.values else len(self.values)
        return number

    def _date(self, metadata: Mapping[str, Any]) -> int:
        """Return microseconds since 1970; a document without a date comes last."""
        for name in (self.field,) if self.field else KEYS:
            if found := moment(metadata.get(name)):
                return (found.at - _EPOCH) // _MICROSECOND
        return LAST
