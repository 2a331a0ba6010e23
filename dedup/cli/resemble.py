"""What each query resembles, in the order given."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain

import typer

from dedup.cli.files import open_for
from dedup.cli.inputs import tell_files, tell_records
from dedup.cli.opening import open_index
from dedup.cli.rejects import Rejects
from dedup.cli.terminal import line, note
from dedup.cli.warm import prepare_kernels
from dedup.engine import Index, unknown
from dedup.errors import InvalidDocument
from dedup.formats import Item, Meter, Reading, Record, Rejected, Source, read_queries
from dedup.model import Document
from dedup.record import answer_json
from dedup.search.lookup import Lookup
from dedup.search.question import Question


def run(
    paths: list[str],
    ids: list[str],
    how: Reading,
    url: str,
    question: Question,
    *,
    json: bool,
    html: str | None,
    rejects: str | None,
) -> None:
    """Answer what the paths hold, then the documents of those ids."""
    meter = Meter()
    streams = [read_queries(path, how, meter) for path in paths]
    tell_files(meter)
    with Rejects(rejects) as rejected, open_index(url, read_only=True) as index:
        prepare_kernels()
        read = _telling_own(index, chain.from_iterable(streams))
        lookups = _look_up(index, chain(read, _known(index, ids)), question, rejected)
        if html:
            _write_report(html, lookups, question, url, index)
        for query, lookup in lookups:
            if json:
                print(line(answer_json(query.id, lookup.answer)), flush=True)
            else:
                from dedup.cli.print_answer import show_answer  # noqa: PLC0415 - Rich is loaded for people only

                show_answer(query, lookup, index.scheme.unit)
        tell_records(meter)
    raise typer.Exit(rejected.exit_code)


def _telling_own(index: Index, items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items; tell of the first of which the index has a document of the same id."""
    told = False
    for item in items:
        if not told and isinstance(item, Record) and index.get(item.document.id):
            note(f"document {item.document.id!r} of the index is left out: it has the query's id; give it another")
            told = True
        yield item


def _known(index: Index, ids: Sequence[str]) -> Iterator[Item]:
    for name, document in zip(ids, index.get_many(ids), strict=True):
        if document is None:
            raise unknown(name)
        yield Record(Source("--id"), document)


def _look_up(
    index: Index, items: Iterable[Item], question: Question, rejected: Rejects
) -> Iterator[tuple[Document, Lookup]]:
    for item in items:
        if isinstance(item, Rejected):
            rejected.add(item)
            continue
        query = item.document
        try:
            lookup = index.look_up(query.text, query.id, question, metadata=query.metadata)
        except InvalidDocument as error:
            rejected.add(Rejected(item.source, query.id, error.code, str(error)))
            continue
        yield query, lookup


def _write_report(
    path: str, lookups: Iterable[tuple[Document, Lookup]], question: Question, url: str, index: Index
) -> None:
    from dedup.report.about import about  # noqa: PLC0415 - Jinja is loaded for a report only
    from dedup.report.render import section, write  # noqa: PLC0415 - the same

    told = about(question, url, index.stats().documents, datetime.now(UTC))
    with open_for("--html", path) as file:
        write(file, (section(query, lookup, index.scheme.unit) for query, lookup in lookups), told)
