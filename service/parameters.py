"""Parameters in an address: each is known, and is there once."""

from collections import Counter
from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel

from service.problems import Problem, fields


def known_parameters(dependant: Dependant) -> frozenset[str]:
    """Return the names of the parameters that a route takes in its address."""
    return frozenset(_names(dependant))


def refuse_odd(request: Request, known: frozenset[str]) -> None:
    """Refuse a parameter that the route does not have, and one that is given twice.

    Raises:
        Problem: 422, which names them.
    """
    given = Counter(name for name, _ in request.query_params.multi_items())
    faults = [_fault(name, "extra_forbidden", "this path has no such parameter") for name in given.keys() - known]
    faults += [_fault(name, "given_twice", "give it once") for name in given.keys() & known if given[name] > 1]
    if faults:
        allowed = ", ".join(sorted(known)) or "none"
        detail = f"a parameter is unknown or given twice; this path has {allowed}; see errors"
        raise Problem(422, "invalid_request", detail, errors=fields(faults))


def _fault(name: str, code: str, detail: str) -> dict[str, object]:
    return {"loc": ("query", name), "type": code, "msg": detail}


def _names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from kind.model_fields
        else:
            yield parameter.alias
    for needed in dependant.dependencies:
        yield from _names(needed)
