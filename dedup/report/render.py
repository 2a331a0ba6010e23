"""Templates, and the report: one self-contained file that can be sent to someone."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, TextIO

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dedup.report.kinds import KINDS, shown_kind
from dedup.report.verdicts import said, said_new, said_short
from dedup.report.views import LISTED, SideBySide, counted, pair, percent, sentence
from dedup.report.whole import View, Whole, whole
from dedup.scheme import Unit
from dedup.search.question import CONTAINED

if TYPE_CHECKING:
    from dedup.model import Document, Passage
    from dedup.search.lookup import Lookup

HUES = 6  # as many as page.css tells apart
LINES = 5
PIECES = 1_000  # not measured: of a template, written at once
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Section:
    """One query of a report; `pairs` can be read once."""

    whole: Whole
    summary: str
    pairs: Iterable[SideBySide]


def section(query: "Document", lookup: "Lookup", unit: Unit, view: View | None = None) -> Section:
    """Return a report's section, lengths in `unit`; each pair of texts is set side by side when it is written."""
    pairs = (pair(query, lookup.documents[match.id], match, unit) for match in lookup.answer)
    return Section(whole(query, lookup.answer, unit, view), sentence(lookup.answer, unit), pairs)


def write(file: TextIO, sections: Iterable[Section], about: Sequence[tuple[str, str]] = ()) -> None:
    """Write a report as `report` yields it."""
    file.writelines(report(sections, about))


def report(sections: Iterable[Section], about: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """Yield a report, section by section: memory holds what one look-up read at a time.

    Args:
        sections: one for each query.
        about: names and values that say when, where and how was asked; see `dedup.report.about`.
    """
    template = environment().get_template("report.html")
    pieces = template.stream(sections=sections, about=about, style=asset("page.css"), script=asset("page.js"))
    pieces.enable_buffering(PIECES)
    yield from pieces


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
    named = (look, percent, counted, digest, told, figures, shown_kind, said, said_new, said_short)
    environment.filters |= {function.__name__: function for function in named}
    environment.globals |= {"kinds": KINDS, "listed": LISTED, "contained": CONTAINED}
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


def told(passage: "Passage", unit: Unit) -> str:
    """Return a passage's kind and figures as words."""
    return f"{shown_kind(passage.kind)}, {figures(passage, unit)}"


def figures(passage: "Passage", unit: Unit) -> str:
    """Return a passage's figures as words."""
    alike = f"{counted(passage.matched_words, unit)} alike, similarity {percent(passage.similarity)}"
    return f"{alike}, seen in at least {counted(passage.documents, 'document')}"


def digest(content: str) -> str:
    """Return what a content security policy names inline content by."""
    return "sha256-" + b64encode(sha256(content.encode()).digest()).decode()


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    return "�" if code > 0x7F else chr(0x2421 if code == 0x7F else 0x2400 + code)
