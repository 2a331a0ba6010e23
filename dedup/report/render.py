"""Templates, and the report: one self-contained file that can be sent to someone."""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, TextIO

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dedup.report.views import (
    Listed,
    Name,
    SharedPassage,
    SideBySide,
    counted,
    listed,
    name,
    pair,
    percent,
    sentence,
)

if TYPE_CHECKING:
    from dedup.model import Document
    from dedup.search.lookup import Lookup

HUES = 6  # as many as page.css tells apart
LINES = 5
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Section:
    """One query of a report; `pairs` can be read once."""

    name: Name
    summary: str
    found: tuple[Listed, ...]
    pairs: Iterable[SideBySide]


def section(query: "Document", lookup: "Lookup") -> Section:
    """Return a report's section; each pair of texts is set side by side when it is written."""
    answer = lookup.answer
    found = tuple(listed(query.text, match) for match in answer)
    pairs = (pair(query, lookup.documents[match.id], match) for match in answer)
    return Section(name(query), sentence(answer), found, pairs)


def write(file: TextIO, sections: Iterable[Section]) -> None:
    """Write a report, section by section: memory holds what one look-up read at a time."""
    template = environment().get_template("report.html")
    file.writelines(template.generate(sections=sections, style=asset("page.css"), script=asset("page.js")))


@cache
def environment(*packages: str) -> Environment:
    """Return the templates of this package, before them those of others; everything shown is escaped."""
    loaders = [PackageLoader(package) for package in (*packages, "dedup.report")]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=showable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"look": look, "percent": percent, "counted": counted, "digest": digest, "told": told}
    return environment


@cache
def asset(file: str) -> str:
    """Return a stylesheet, script or picture of the page."""
    return (files("dedup.report") / "static" / file).read_text("utf-8")


def showable(value: object) -> object:
    """Replace what no HTML may hold: a lone surrogate by U+FFFD, a control character by its picture."""
    return _UNSHOWABLE.sub(_picture, value) if isinstance(value, str) and not isinstance(value, Markup) else value


def look(number: int) -> str:
    """Return the classes of passage `number`: its colour and its line, which repeat together after 30."""
    return f"c{(number - 1) % HUES} u{(number - 1) % LINES}"


def told(shared: SharedPassage) -> str:
    """Return a passage's figures as words."""
    passage = shared.passage
    boilerplate = "boilerplate, " if shared.boilerplate else ""
    figures = f"{counted(passage.matched_words, 'word')} alike, similarity {percent(passage.similarity)}"
    return f"{boilerplate}{figures}, seen in at least {counted(passage.documents, 'document')}"


def digest(content: str) -> str:
    """Return what a content security policy names inline content by."""
    return "sha256-" + b64encode(sha256(content.encode()).digest()).decode()


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "�" if code > 0x7F else chr(0x2421 if code == 0x7F else 0x2400 + code)
