"""What each query resembles, in the order given."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain

import typer

from dedup.cli.opening import document, open_index, prepare_kernels
from dedup.cli.rejects import Rejects
from dedup.cli.shape import answer_json, line
from dedup.cli.show import show_answer
from dedup.engine import Index
from dedup.errors import InvalidDocument
from dedup.formats import Item, Record, Rejected, Source, read_queries


@dataclass(frozen=True)
class Question:
    """What is asked of each query, as `Index.resemble` takes it."""

    limit: int
    min_words: int
    min_similarity: float
    passages: bool


def run(paths: list[str], ids: list[str], url: str, question: Question, *, json: bool, rejects: str | None) -> None:
    """Answer what the paths hold, then the documents of those ids."""
    streams = [read_queries(path) for path in paths]
    with Rejects(rejects) as rejected, open_index(url, read_only=True) as index:
        prepare_kernels()
        for item in chain(chain.from_iterable(streams), _known(index, ids)):
            if isinstance(item, Rejected):
                rejected.add(item)
                continue
            try:
                _answer(index, item, question, json=json)
            except InvalidDocument as error:
                rejected.add(Rejected(item.source, item.document.id, error.code, str(error)))
    raise typer.Exit(rejected.exit_code)


def _known(index: Index, ids: Iterable[str]) -> Iterator[Item]:
    for name in ids:
        yield Record(Source("--id"), document(index, name))


def _answer(index: Index, record: Record, question: Question, *, json: bool) -> None:
    query = record.document
    answer = index.resemble(query.text, id=query.id, **asdict(question))
    if json:
        print(line(answer_json(query.id, answer)), flush=True)
    else:
        show_answer(query, answer, index.get)
