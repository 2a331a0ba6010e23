"""A frame of another program in, Arrow tables out: what `dedup corpus` does, without files."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from dedup.corpus.frame_source import opened
from dedup.corpus.job import Job
from dedup.corpus.kept import BYTES_IN_A_GROUP, Kept, KeptRows
from dedup.corpus.results_folder import CLUSTERS, PAIRS, RUNS, WORK, writing
from dedup.corpus.run import resolved
from dedup.corpus.runs.run import resolved_runs
from dedup.corpus.runs.summary import Summary as RunsSummary
from dedup.corpus.spool import schema_of, stored
from dedup.corpus.summary import Summary
from dedup.corpus.watch import unwatched
from dedup.engine import Index
from dedup.errors import InvalidInput
from dedup.formats import Item, Rejected, Source
from dedup.formats.items import ROW
from dedup.formats.rows import ROWS_AT_ONCE, items, numbered, unusable
from dedup.record import USUAL, Fields

_USUAL = Job()
_REJECTED = pa.schema({"row": pa.int64(), "id": pa.string(), "code": pa.string(), "reason": pa.string()})
_OPTIONS = {"--id-field": "id=", "--text-field": "text="}


class Frame(Protocol):
    """Rows that other programs can read: of PyArrow, pandas, Polars, DuckDB and more."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows as a stream, by the Arrow PyCapsule interface."""


class Dataset(Protocol):
    """A data set of Hugging Face, which exports no stream."""

    def with_format(self, type: Any, /) -> Any:  # noqa: A002 - its own name
        """Return the same rows as tables."""


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """What was found in a frame.

    Attributes:
        clusters: a row for each member of a cluster, as in `clusters.parquet`; of runs an empty table.
        pairs: a row for each pair that counts, as in `pairs.parquet`; of runs an empty table.
        runs: a row for each run, as in `runs.parquet`; of another level an empty table.
        kept: the frame's own rows that stay, in their order, with its columns and types, but for views (of Polars):
            these are large strings, for PyArrow can neither choose among views nor write a part of them. With `cut` the
            texts are those without what is cut out. None if passages or runs are only reported.
        rejected: the rows that cannot be used: `row` (from 0), `id` where known, `code` and `reason`.
        summary: the figures.
    """

    clusters: pa.Table
    pairs: pa.Table
    runs: pa.Table
    kept: pa.Table | None
    rejected: pa.Table
    summary: Summary | RunsSummary


def deduplicate(
    frame: Frame | Dataset,
    job: Job = _USUAL,
    *,
    id: str = "id",  # noqa: A002 - the column's usual name
    text: str = "text",
    against: Index | None = None,
) -> Deduplicated:
    """Find the duplicates among the rows of a frame.

    The frame is read once, a batch at a time. Memory holds what is returned, and what `dedup corpus` takes; work files
    lie in a temporary folder that goes away.

    Args:
        frame: whatever exports an Arrow stream (`__arrow_c_stream__`): a table or reader of PyArrow, a frame of pandas
            (2.2 or later) or Polars, a relation of DuckDB; or a data set of Hugging Face, also a streamed one.
        job: what counts as a duplicate, and which stays.
        id: the column with the ids, strings or whole numbers; if there is no column `id`, rows are numbered from 0.
        text: the column with the texts.
        against: an open index, whose documents outrank all others.

    Raises:
        InvalidInput: the frame exports no stream or breaks off, lacks a column, or no row of it can be used.
        StoreError: the temporary folder is full, or the index cannot be read.
    """
    rows, rejected = _Rows(frame, id, text), list[Rejected]()
    kept = _Collected(rows.schema)

    def keep(work: Path, _: Path, __: int) -> Kept:
        kept.schema = stored(schema_of(work) or rows.schema)
        return KeptRows(work, kept.schema, kept)

    with tempfile.TemporaryDirectory() as name, writing(Path(name)):
        folder = Path(name)
        (folder / WORK).mkdir()
        resolve = resolved_runs if job.level == "runs" else partial(resolved, previous=())
        told: dict[str, Any] = {"against": against, "keep": keep, "reject": rejected.append, "watch": unwatched}
        with resolve(rows.items(), folder, job, **told) as (_, summary):
            clusters, pairs, runs = (_read(folder / file) for file in (CLUSTERS, PAIRS, RUNS))
    stays = None if summary.kept is None else rows.without_number(kept.table())
    return Deduplicated(clusters, pairs, runs, stays, _rejected(rejected), summary)


class _Rows:
    """The rows of a frame, as documents.

    Attributes:
        schema: the columns, that with the number of the row included where there is one.
    """

    def __init__(self, frame: Any, id: str, text: str) -> None:  # noqa: A002 - as above
        self.schema, self._batches = opened(frame)
        names = self.schema.names
        self._number = _free(names) if id not in names and id in (USUAL.id, ROW) else None
        if self._number:
            self.schema = self.schema.insert(0, pa.field(self._number, pa.int64()))
        self._fields = Fields(self._number or id, text)
        if wrong := unusable(self.schema, self._fields):
            raise InvalidInput(f"the frame: {_in_python(wrong[1])}")
        for field in self.schema:
            if pa.types.is_run_end_encoded(field.type):  # Arrow (26) neither chooses among such values nor casts them
                raise InvalidInput(f'the frame: column "{field.name}" is {field.type}; decode it by run_end_decode')

    def items(self) -> Iterator[Item]:
        """Yield a document or a reject for each row.

        Raises:
            InvalidInput: the frame breaks off.
        """
        row = 0
        try:
            for batch in self._batches:
                for start in range(0, len(batch), ROWS_AT_ONCE):
                    some = batch.slice(start, ROWS_AT_ONCE)
                    places = range(row, row + len(some))
                    row = places.stop
                    some = numbered(some, places, self._number) if self._number else some
                    yield from items(some, [Source("", place) for place in places], self._fields)
        except (pa.ArrowException, OSError) as error:
            raise InvalidInput(f"the frame breaks off after {row:,} rows ({error}); nothing was found") from error

    def without_number(self, table: pa.Table) -> pa.Table:
        """Return a table of these rows without the number that the frame did not have."""
        return table.drop_columns([self._number]) if self._number else table


def _free(names: Sequence[str]) -> str:
    """Return a name that no column has."""
    name = ROW
    while name in names:
        name += "_"
    return name


class _Collected:
    """The rows that stay, in pieces of some size: many small ones would make whatever follows slow.

    Attributes:
        schema: their columns.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self._pieces, self._waiting, self._bytes = list[pa.RecordBatch](), list[pa.RecordBatch](), 0

    def write(self, batch: pa.RecordBatch, size: int) -> None:
        """Append the rows, which take about so many bytes."""
        self._waiting.append(batch)
        self._bytes += size
        if self._bytes >= BYTES_IN_A_GROUP:
            self.close()

    def close(self) -> None:
        """Make one piece of what waits."""
        if self._waiting:
            self._pieces += pa.Table.from_batches(self._waiting).combine_chunks().to_batches()
        self._waiting, self._bytes = [], 0

    def table(self) -> pa.Table:
        """Return all rows."""
        return pa.Table.from_batches(self._pieces, self.schema)


def _read(path: Path) -> pa.Table:
    if not path.exists():
        return pa.table({})
    with pq.ParquetFile(path) as file:
        return file.read(use_threads=False)


def _rejected(rejects: Sequence[Rejected]) -> pa.Table:
    rows = [(one.source.line, one.id, one.code, _in_python(one.reason)) for one in rejects]
    return pa.Table.from_pylist([dict(zip(_REJECTED.names, row, strict=True)) for row in rows], _REJECTED)


def _in_python(message: str) -> str:
    """Return a message with the names of arguments in place of those of options."""
    for option, argument in _OPTIONS.items():
        message = message.replace(option, argument)
    return message
