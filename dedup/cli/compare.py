"""Two texts side by side, without an index."""

from dataclasses import replace

from dedup.cli.terminal import line
from dedup.cli.warm import prepare_kernels
from dedup.engine import explain
from dedup.errors import InvalidDocument
from dedup.formats import Reading, Rejected, read_text
from dedup.model import Document
from dedup.record import match_json
from dedup.scheme import Scheme
from dedup.search.question import Question


def run(a: str, b: str, how: Reading, question: Question, scheme: Scheme, *, json: bool) -> None:
    """Print how alike the texts in two files are."""
    first, second = _read(a, how), _read(b, how)
    prepare_kernels()
    match = replace(explain(first.text, second.text, question, scheme).match, id=second.id)
    if json:
        print(line(match_json(match)))
    else:
        from dedup.cli.print_answer import show_comparison  # noqa: PLC0415 - Rich is loaded for people only

        show_comparison(first, second, match, scheme)


def _read(path: str, how: Reading) -> Document:
    item = read_text(path, how)
    if isinstance(item, Rejected):
        raise InvalidDocument(item.code, f"{item.source}: {item.reason}")
    return item.document
