"""Ranks, candidates and edges in DuckDB, which spills to disk what memory does not hold."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dedup.corpus.intake import DOCUMENTS, UNITS
from dedup.corpus.job import Job
from dedup.errors import StoreFull
from dedup.formats import Source

ROWS = 1 << 20  # not measured: 8 MB a column
_OWN = """
CREATE TABLE own AS SELECT id FROM read_parquet(?) WHERE ? GROUP BY id HAVING bool_or(indexed) AND NOT bool_and(indexed)
"""
_RANKED_DOCUMENTS = """
CREATE TABLE documents AS
SELECT document, id, key, indexed, row_number() OVER (ORDER BY indexed DESC, earlier DESC, key, id) - 1 AS rank
FROM (
    SELECT *, NOT indexed AND id IN (SELECT id FROM survivors UNION SELECT id FROM own) AS earlier FROM read_parquet(?)
    WHERE NOT (indexed AND id IN (SELECT id FROM own))
    QUALIFY row_number() OVER (PARTITION BY indexed, id ORDER BY key, content, document) = 1
)
"""
_RANKED_UNITS = """
CREATE TABLE units AS
SELECT *, min(rank) OVER (PARTITION BY low, high) AS twin
FROM (
    SELECT unit, document, start, stop, low, high, words, indexed,
        row_number() OVER (ORDER BY documents.rank, start) - 1 AS rank
    FROM read_parquet(?) JOIN documents USING (document)
)
ORDER BY rank
"""
_REPEATED = """
SELECT id, path, place FROM read_parquet(?) WHERE document NOT IN (SELECT document FROM documents) AND NOT indexed
ORDER BY document
"""
_EDGES = "SELECT better, worse FROM edges WHERE similarity >= ? ORDER BY worse, better"


class Join:
    """The tables of one run: documents, units by rank, candidates, edges."""

    def __init__(self, work: Path, job: Job) -> None:
        """Work in the folder `work`, with as much memory and as many threads as the job says.

        Raises:
            StoreFull: there is not even memory to begin.
            OSError: a file could not be written.
        """
        self._work = work
        self._job = job
        try:
            self._database = duckdb.connect(str(work / "join.duckdb"))
            for name, value in (
                ("memory_limit", job.memory),
                ("threads", job.threads),
                ("temp_directory", str(work / "spill")),
            ):
                self._database.execute(f"SET {name} = '{value}'")
            self._database.execute("CREATE TABLE survivors (id VARCHAR)")
            self._database.execute("CREATE TABLE candidates (better BIGINT, worse BIGINT)")
            self._database.execute(
                "CREATE TABLE edges (better BIGINT, worse BIGINT, shared INTEGER, similarity DOUBLE)"
            )
        except duckdb.Error as error:
            self._raise_known(error)
            raise

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the database.

        Raises:
            StoreFull: it ran out of memory.
            OSError: its files could not be written.
        """
        try:
            self._database.close()
        except duckdb.Error as closing:
            error = error or closing
        self._raise_known(error)

    def _raise_known(self, error: BaseException | None) -> None:
        """Raise what an error of DuckDB's means, if that is known."""
        if isinstance(error, duckdb.OutOfMemoryException):
            raise StoreFull(f"the join does not fit into {self._job.memory}; give it more with --memory") from error
        if isinstance(error, duckdb.IOException | duckdb.TransactionException):  # it may fail first where it commits
            raise OSError(str(error)) from error

    def remember(self, ids: Iterable[str]) -> None:
        """Let the documents of these ids outrank all but an index's: those that an earlier run kept."""
        rows = iter(ids)
        while some := list(islice(rows, ROWS)):
            self.insert("survivors", id=pa.array(some, pa.string()))

    def rank(self, *, joins: bool = False) -> list[tuple[str, Source]]:
        """Rank documents and units, as `rank_documents` does, and return what it returns."""
        repeated = self.rank_documents(joins=joins)
        self._database.execute(_RANKED_UNITS, [str(self._work / UNITS)])
        return repeated

    def rank_documents(self, *, joins: bool = False) -> list[tuple[str, Source]]:
        """Rank documents; return id and place of each whose id a better one has.

        Where the collection `joins` the index, its documents stand for those that the index has under the same ids, and
        outrank the others as those do that an earlier run kept.
        """
        file = str(self._work / DOCUMENTS)
        self._database.execute(_OWN, [file, joins])
        self._database.execute(_RANKED_DOCUMENTS, [file])
        return [(name, Source(path, line)) for name, path, line in self.rows(_REPEATED, [file])]

    def column(self, query: str, values: Sequence[Any] = ()) -> list[NDArray[Any]]:
        """Return the columns of a query as arrays."""
        return list(self._database.execute(query, list(values)).fetchnumpy().values())

    def run(self, query: str) -> None:
        """Run a statement."""
        self._database.execute(query)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the few rows of a query."""
        return self._database.execute(query, list(values)).fetchall()

    def one(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Return the first value of a query."""
        return self.rows(query, values)[0][0]

    def candidates(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the pairs that share a bucket, each once, in order of their ranks."""
        yield from self._batches("SELECT DISTINCT better, worse FROM candidates ORDER BY better, worse")

    def edges(self, threshold: float) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Yield the edges at or above a similarity, sorted by the worse rank, then by the better."""
        yield from self._batches(_EDGES, [threshold])

    def _batches(self, query: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield the columns of a query, some rows at a time, as arrays."""
        for batch in self.table(query, values):
            yield tuple(column.to_numpy(zero_copy_only=False) for column in batch.columns)

    def table(self, query: str, values: Sequence[Any] = ()) -> Any:
        """Return an Arrow reader of a query's rows."""
        # a cursor of its own, so that others can write meanwhile
        return self._database.cursor().sql(query, params=list(values)).to_arrow_reader(ROWS)

    def insert(self, table: str, **columns: Any) -> None:
        """Append rows."""
        self._database.register("rows_to_insert", pa.table(columns))
        self._database.execute(f"INSERT INTO {table} SELECT * FROM rows_to_insert")  # noqa: S608 - a name of ours
        self._database.unregister("rows_to_insert")

    def create(self, table: str, **columns: NDArray[Any]) -> None:
        """Make a table of these rows."""
        self._database.register("rows_to_insert", pa.table(columns))
        self._database.execute(f"CREATE TABLE {table} AS SELECT * FROM rows_to_insert")  # noqa: S608 - a name of ours
        self._database.unregister("rows_to_insert")
