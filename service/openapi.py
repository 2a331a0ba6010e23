"""What the OpenAPI document says of refusals."""

from typing import Any

from service.schemas import ProblemOut

_ALWAYS = (400, 401, 403, 408, 421, 422, 429, 500, 503)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the responses that a route refuses with, beside those that every route may."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    return {status: {"description": "Refused.", "content": content} for status in sorted({*_ALWAYS, *statuses})}


def described(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document with the problem's schema, which no route returns by itself."""
    schema = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, definition in schema.pop("$defs").items():
        document["components"]["schemas"][name] = definition
    document["components"]["schemas"]["ProblemOut"] = schema
    return document
