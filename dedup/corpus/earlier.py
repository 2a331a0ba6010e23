"""What stayed in an earlier run, so that it stays again."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from dedup.corpus.results_folder import KEPT_FILES, KEPT_IDS
from dedup.errors import InvalidInput
from dedup.formats import Fields, Reading, Record, read
from dedup.record import USUAL


def survivors(folder: Path, fields: Fields = USUAL) -> Iterator[str]:
    """Yield the ids of the documents that an earlier run kept.

    Args:
        folder: what it wrote.
        fields: which field of its records is the id.

    Raises:
        InvalidInput: at once, if the folder holds no documents that were kept.
    """
    kept = next((file for name in KEPT_FILES if (file := folder / name).is_file()), None)
    if kept is None:
        raise InvalidInput(f"{folder}: holds no kept.* file of an earlier run; name the folder that its --out named")
    if kept.name == KEPT_IDS:
        return _ids(kept)
    items = read(str(kept), how=Reading(fields))
    return (item.document.id for item in items if isinstance(item, Record))


def _ids(file: Path) -> Iterator[str]:
    with pq.ParquetFile(file) as table:
        for batch in table.iter_batches(columns=["id"]):
            yield from batch.column(0).to_pylist()
