"""What each query resembles, in the order given."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import typer

from dedup.cli.opening import document, open_index
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import line
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index
from dedup.errors import InvalidDocument, InvalidInput
from dedup.formats import Item, Record, Rejected, Source, read_queries
from dedup.model import Answer, Document
from dedup.record import answer_json


@dataclass(frozen=True)
class Question:
    """What is asked of each query, as `Index.resemble` takes it."""

    limit: int
    min_words: int
    min_similarity: float
    passages: bool


def run(
    paths: list[str],
    ids: list[str],
    url: str,
    question: Question,
    *,
    json: bool,
    html: str | None,
    rejects: str | None,
) -> None:
    """Answer what the paths hold, then the documents of those ids."""
    streams = [read_queries(path) for path in paths]
    with Rejects(rejects) as rejected, open_index(url, read_only=True) as index:
        prepare_kernels()
        answers = _answers(index, chain(chain.from_iterable(streams), _known(index, ids)), question, rejected)
        if html:
            _write_report(html, index, answers)
        for query, answer in answers:
            if json:
                print(line(answer_json(query.id, answer)), flush=True)
            else:
                from dedup.cli.print_answer import show_answer  # noqa: PLC0415 - Rich is loaded for people only

                show_answer(query, answer, index.get)
    raise typer.Exit(rejected.exit_code)


def _known(index: Index, ids: Iterable[str]) -> Iterator[Item]:
    for name in ids:
        yield Record(Source("--id"), document(index, name))


def _answers(
    index: Index, items: Iterable[Item], question: Question, rejected: Rejects
) -> Iterator[tuple[Document, Answer]]:
    for item in items:
        if isinstance(item, Rejected):
            rejected.add(item)
            continue
        query = item.document
        try:
            answer = index.resemble(query.text, id=query.id, **asdict(question))
        except InvalidDocument as error:
            rejected.add(Rejected(item.source, query.id, error.code, str(error)))
            continue
        yield query, answer


def _write_report(path: str, index: Index, answers: Iterable[tuple[Document, Answer]]) -> None:
    from dedup.report.render import section, write  # noqa: PLC0415 - Jinja is loaded for a report only

    try:
        file = Path(path).open("w", encoding="utf-8")  # noqa: SIM115 - closed below; the error is about opening
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written ({error.strerror}); name another file for --html") from error
    with file:
        write(file, (section(query, answer, index.get) for query, answer in answers))
