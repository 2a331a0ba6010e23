"""What a collection is held against: a table of documents, or of an index those that the collection may resemble.

An index is asked by the workers, each for the documents that it reads, so that all of them have to reach it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.errors import PythonException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it

from dedup.corpus.against import Against
from dedup.corpus.job import Job
from dedup.corpus.spark.intake import CHOSEN, Columns, chosen_columns, in_spark, records
from dedup.corpus.spark.tables import Tables
from dedup.dates import KEYS
from dedup.engine import open_index
from dedup.errors import InvalidInput, StoreUnreachable
from dedup.formats import Fields
from dedup.stores.urls import kind_of, shown

Sketch = Callable[[DataFrame, Sequence[str], Job, Columns], DataFrame]


def taken_in(
    documents: DataFrame,
    against: DataFrame | str | None,
    job: Job,
    columns: Columns,
    tables: Tables,
    sketch: Sketch,
    numbered: str | None = None,
) -> DataFrame:
    """Return what `sketch` makes of the collection and of what it is held against, whose numbers are negative.

    Args:
        documents: the collection.
        against: a table with the same columns, or the URL of an index.
        job: what is asked.
        columns: which columns are read of the tables.
        tables: where what is read of an index is kept.
        sketch: makes rows of what `chosen_columns` returns.
        numbered: the column of the collection that says which document a row is.

    Raises:
        InvalidInput: a table lacks a column that is named, or the index is in the memory of one process.
        StoreError: the index cannot be read, here or by a worker.
    """
    chosen, ranking = chosen_columns(documents, job, columns, numbered)
    made = sketch(chosen, ranking, job, columns)
    if against is None:
        return made
    if isinstance(against, str):
        old, ranking = _of_index(against, chosen, ranking, job, columns, tables)
    else:
        old, ranking = chosen_columns(against, job, columns)
        old = old.withColumn("document", -1 - F.col("document"))
    return made.union(sketch(old, ranking, job, columns))


def _of_index(
    url: str, chosen: DataFrame, ranking: Sequence[str], job: Job, columns: Columns, tables: Tables
) -> tuple[DataFrame, list[str]]:
    """Return the documents of an index that the collection may resemble, and the fields whose values they have."""
    if kind_of(url) == "memory":
        raise InvalidInput(
            "an index in memory is known to one process alone: give the URL of an index that all machines reach"
        )
    names, fields = [job.keep.field] if job.keep.field else list(KEYS), Fields(columns.id, columns.text)
    with open_index(url, read_only=True) as index:
        whole = Against(index, job).all_of(index)
        everything = [one.number for one in index.arrivals()[1]] if whole else []
    with _read_by_workers(url):
        if whole:
            found = chosen.sparkSession.createDataFrame(pa.table({"number": pa.array(everything, pa.int64())}))
        else:
            found = chosen.mapInArrow(lambda parts: _numbers(parts, url, job, ranking, fields), "number bigint")
        numbers = tables.keep("work/found", found.distinct())
        read = numbers.mapInArrow(lambda parts: _documents(parts, url, names), in_spark(CHOSEN))
        return tables.keep("work/against", read.dropDuplicates(["document"])), names


def _numbers(
    parts: Iterable[Any], url: str, job: Job, ranking: Sequence[str], fields: Fields
) -> Iterator[pa.RecordBatch]:
    """Yield the numbers of what the documents of a task may resemble."""
    with open_index(url, read_only=True) as index:
        held = Against(index, job)
        for part in parts:
            for _ in held.watched(records(part.to_pydict(), ranking, fields)):
                pass
        yield pa.RecordBatch.from_arrays([pa.array(held.numbers.astype(np.int64))], ["number"])


def _documents(parts: Iterable[Any], url: str, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield the documents that these numbers belong to, as `chosen_columns` does; the first to arrive has the least."""
    with open_index(url, read_only=True) as index:
        for part in parts:
            rows = [
                {
                    "document": -1 - number,
                    "id": document.id,
                    "text": document.text,
                    "number": number,
                    "values": [_string(document.metadata.get(name)) for name in names],
                }
                for number, document in index.arrived(np.sort(np.asarray(part.column("number"))).astype(np.uint32))
            ]
            yield pa.RecordBatch.from_pylist(rows, CHOSEN)


def _string(value: Any) -> str | None:
    return None if value is None else str(value)


@contextmanager
def _read_by_workers(url: str) -> Iterator[None]:
    """Say in one line what kept a worker from reading the index.

    Raises:
        StoreUnreachable: a worker could not read it.
    """
    try:
        yield
    except PythonException as error:
        told = re.findall(r"^dedup\.errors\.\w+: (.*)", str(error), re.MULTILINE)
        if not told:
            raise
        raise StoreUnreachable(
            f"{shown(url)}: a worker could not read the index ({told[-1]}); give an index that every machine reaches: "
            "redis://HOST, or a folder on a disk that all of them share"
        ) from error
