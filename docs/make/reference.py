"""Write docs/python.md: the reference of all public names, from their docstrings and types.

Run by `make docs`; a test holds the page to the code.
"""

import dataclasses
import re
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import griffe

import dedup
from dedup.search import question

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "python.md"
HEAD = """# Python

<!-- made by docs/make/reference.py -->

`import dedup` gives every name on this page. The way from a first index to an answer is told in [start](start.md), the
words in [concepts](concepts.md#concepts), the errors in [errors](errors.md).
"""
GROUPS = {
    "An index": ("open", "Index", "Client", "AsyncClient"),
    "What goes in": ("Document", "Report", "Placed", "Duplicated", "Reject"),
    "A question and its answer": ("Question", "Answer", "Match", "Containment", "Passage", "Span", "compare"),
    "Stories": ("Story", "Member", "Reprinted", "Printing", "Stories", "Outline"),
    "What is watched for": ("Watch", "Hit", "Hits"),
    "Sketches": ("Scheme", "sketch", "Sketch", "to_datasketch"),
}
TITLES = {"parameters": "Arguments", "attributes": "Attributes", "raises": "Errors"}


def made() -> str:
    """Return the reference."""
    package = griffe.load("dedup", search_paths=[ROOT], docstring_parser="google")
    left = [name for name in dedup.__all__ if not any(name in group for group in GROUPS.values())]
    parts = [HEAD]
    for title, names in [*GROUPS.items(), ("Everything else", left)]:
        known = [name for name in names if name in dedup.__all__]
        if known:
            parts += [
                f"\n## {title}\n",
                *(text for name in known for text in described(package[name].final_target, name)),
            ]
    return "".join(parts)


def described(item: Any, name: str) -> Iterator[str]:
    """Yield what there is to say of a function, or of a class and its public methods."""
    yield f"\n### dedup.{name}\n"
    if name != "Index":  # made by dedup.open only
        yield f"\n```text\n{signature(item, f'dedup.{name}')}\n```\n"
    yield from sections(item)
    for method in [*item.members.values(), *_inherited(item)] if item.is_class else ():
        if method.is_function and not method.name.startswith("_"):
            yield f"\n#### {name}.{method.name}\n\n```text\n{signature(method, method.name)}\n```\n"
            yield from sections(method)
        elif method.is_attribute and "property" in method.labels:
            yield f"\n#### {name}.{method.name}\n\n```text\n{method.name}: {method.annotation}\n```\n"
            yield from sections(method)


def _inherited(item: Any) -> list[Any]:
    """Return the members that a class has from the package's other classes."""
    return [member.final_target for member in item.inherited_members.values()]


def signature(item: Any, name: str) -> str:
    """Return a call as it is written, one line if it is short."""
    returned = None if item.is_class else item.returns
    arguments = list(_arguments([one for one in item.parameters if one.name != "self"]))
    arrow = f" -> {returned}" if returned is not None else ""
    line = f"{name}({', '.join(arguments)}){arrow}"
    return line if len(line) <= 110 else f"{name}(\n    " + ",\n    ".join(arguments) + f",\n){arrow}"


def _arguments(parameters: Sequence[Any]) -> Iterator[str]:
    keyword_only = False
    for one in parameters:
        if one.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            keyword_only = True
            yield "*"
        fields = re.fullmatch(r"Unpack\[(\w+)\]", str(one.annotation))
        if fields:
            yield from _fields(fields[1], starred=keyword_only)
            continue
        typed = f": {one.annotation}" if one.annotation is not None else ""
        yield f"{one.name}{typed}" + (f" = {one.default}" if one.default is not None else "")


def _fields(name: str, *, starred: bool) -> Iterator[str]:
    """Yield the keywords that a dictionary of them stands for, each with the default of `Question`."""
    names = typing.get_type_hints(getattr(question, name))
    if not starred:
        yield "*"
    for one in dataclasses.fields(question.Question):
        if one.name in names:
            yield f"{one.name}: {one.type} = {one.default}".replace("<class '", "").replace("'>", "")


def sections(item: Any) -> Iterator[str]:
    """Yield the docstring: paragraphs as they stand, lists of arguments, attributes and errors."""
    for section in item.docstring.parsed if item.docstring else ():
        if section.kind is griffe.DocstringSectionKind.text:
            yield f"\n{section.value}\n"
        elif section.kind.value in TITLES:
            yield f"\n{TITLES[section.kind.value]}:\n\n"
            for one in section.value:
                name = one.annotation if section.kind is griffe.DocstringSectionKind.raises else one.name
                yield f"- `{name}`: {' '.join(one.description.split())}\n"


if __name__ == "__main__":
    PAGE.write_text(made(), "utf-8")
