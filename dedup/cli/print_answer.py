"""Answers for people: a table of documents, then each shared passage, the two texts under each other."""

from collections.abc import Iterable

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dedup.cli.print_id import Id
from dedup.cli.terminal import clean
from dedup.model import Document, Hit, Match, Passage, Span
from dedup.report.differences import Segment, differences, without_order
from dedup.report.verdicts import said, said_short
from dedup.report.views import counted, summary
from dedup.scheme import Scheme, Unit
from dedup.search.lookup import Lookup

COLUMNS = ("jaccard", "query\nin it", "it in\nquery", "passages")


class Terminal(Console):
    """Takes text as it is: no markup, no emoji codes, no guessed highlights."""

    def __init__(self) -> None:
        """Print to standard output."""
        super().__init__(markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        """Leave a closed pipe to the command, which ends quietly."""
        raise  # noqa: PLE0704 - called while the error is handled


def show_answer(query: Document, lookup: Lookup, unit: Unit) -> None:
    """Print what a query resembles, and the passages shared."""
    out, answer = Terminal(), lookup.answer
    out.print(Text(clean(query.id), "bold"), Text(clean(summary(answer, unit))))
    if answer.matches:
        out.print(_table("document", answer, unit))
    for match in answer:
        _show_passages(out, query, lookup.documents[match.id], match, unit)
    out.print()


def show_hit(hit: Hit, sides: tuple[Document, Document] | None, unit: Unit) -> None:
    """Print a hit of a watch, and the passages shared if the watch's text and the document are still there."""
    out = Terminal()
    out.print(Text(clean(hit.watch), "bold"), Text(f"hit {clean(hit.id)}", "dim"))
    out.print(_table("document", [hit.match], unit))
    if sides:
        _show_passages(out, *sides, hit.match, unit)
    else:
        out.print(Text("the watch or the document has been replaced or removed since", "dim"))


def show_comparison(query: Document, document: Document, match: Match, scheme: Scheme) -> None:
    """Print how alike two texts are."""
    out, why = Terminal(), "" if match.verdict else f": {said_short(scheme)}"
    out.print(Text(clean(query.id), "bold"), Text(clean(f"{said(match.verdict)} {document.id}{why}")))
    out.print(_table("", [match], scheme.unit))
    _show_passages(out, query, document, match, scheme.unit)


def _table(heading: str, matches: Iterable[Match], unit: Unit) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False)
    table.add_column(heading)
    for name in (*COLUMNS, f"{unit}s\nalike"):
        table.add_column(name, justify="right")
    matches = list(matches)
    dated = any(match.direction for match in matches)
    if dated:
        table.add_column("came out")
    stories = any(match.story for match in matches)
    if stories:
        table.add_column("story", overflow="fold")
    folded = any(match.folded for match in matches)
    if folded:
        table.add_column("others of\nits story", justify="right")
    for match in matches:
        passages = [passage for passage in match.passages if passage.kind != "boilerplate"]
        figures = (match.jaccard, match.containment.query_in_document, match.containment.document_in_query)
        words = sum(passage.matched_words for passage in passages)
        counts = f"{len(passages):,}", f"{words:,}"
        came_out = [match.direction or ""] if dated else []
        story = [clean(match.story or "")] if stories else []
        others = [f"{match.folded:,}"] if folded else []
        table.add_row(Id(match.id, "cyan"), *(f"{x:.3f}" for x in figures), *counts, *came_out, *story, *others)
    return table


def _show_passages(out: Console, query: Document, document: Document, match: Match, unit: Unit) -> None:
    for passage in match.passages:
        out.print(_heading(document.id, passage, unit))
        out.print(Padding(_stretches(out, query.text, document.text, passage), (0, 0, 1, 2)))


def _heading(name: str, passage: Passage, unit: Unit) -> Text:
    seen = counted(passage.documents, "document")
    figures = (
        f"{counted(passage.matched_words, unit)} alike, similarity {passage.similarity:.2f}, seen in at least {seen}"
    )
    if passage.source:
        figures += ", earliest of these"
    style = "dim" if passage.kind == "boilerplate" else "cyan"
    kind = "" if passage.kind == "passage" else f"{passage.kind}, "
    return Text.assemble((clean(name), style), (f"  {kind}{figures}", "dim"))


def _stretches(out: Console, query: str, document: str, passage: Passage) -> Table:
    """Return both texts under each other: of copies the words that differ are marked, else those that both have."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column()
    here = query[passage.query.start : passage.query.end]
    there = document[passage.document.start : passage.document.end]
    reworded = passage.kind == "reworded"
    first, second = (without_order if reworded else differences)(here, there)
    plain = out.no_color or out.color_system is None
    base = "dim" if passage.kind == "boilerplate" else ""
    for label, span, segments, style, marks in (
        ("query", passage.query, first, "bold red", "[--]"),
        ("found", passage.document, second, "bold green", "{++}"),
    ):
        text = (
            _marked(segments, base, "bold", "", differ=False)
            if reworded
            else _marked(segments, base, style, marks if plain else "", differ=True)
        )
        grid.add_row(Text(f"{label}\n{_lines(span)}", "dim"), text)
    return grid


def _lines(span: Span) -> str:
    return f"line {span.line}" if span.line == span.end_line else f"lines {span.line}–{span.end_line}"


def _marked(segments: Iterable[Segment], base: str, style: str, marks: str, *, differ: bool) -> Text:
    """Return the segments, those marked that differ, or those that do not."""
    text = Text(style=base)
    for segment in segments:
        content = clean(" ".join(segment.text.split()))
        lead = " " if segment.text[:1].isspace() else ""
        tail = " " if segment.text[-1:].isspace() and content else ""
        marked = segment.differs == differ
        if marked and marks:
            content = marks[:2] + content + marks[2:]
        text.append(lead + content + tail, style if marked else None)
    return text
