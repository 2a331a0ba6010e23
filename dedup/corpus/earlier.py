"""What stayed in an earlier run, so that it stays again."""

from collections.abc import Iterator
from pathlib import Path

from dedup.corpus.results_folder import KEPT
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
    kept = folder / KEPT
    if not kept.is_file():
        raise InvalidInput(f"{folder}: holds no {KEPT} of an earlier run; name the folder that its --out named")
    items = read(str(kept), how=Reading(fields))
    return (item.document.id for item in items if isinstance(item, Record))
