"""What stayed in an earlier run, so that it stays again."""

from collections.abc import Iterator

from dedup.corpus.results_folder import KEPT_IDS
from dedup.corpus.results_lake import kept_in, level_of
from dedup.errors import InvalidInput
from dedup.formats import Fields, Reading, Record, read
from dedup.formats.lakes import shown_path
from dedup.record import USUAL

_IDS = Fields("id", "id")  # there an id stands for its text too


def survivors(folder: str, fields: Fields = USUAL) -> Iterator[str]:
    """Yield the ids of the documents that an earlier run kept.

    Args:
        folder: what it wrote, a path or a URL.
        fields: which field of its records is the id.

    Raises:
        InvalidInput: at once, if the folder holds no documents that were kept, or those of a run of another level.
    """
    kept, where = kept_in(folder), shown_path(folder)
    level = level_of(folder)
    if level not in (None, "documents"):
        raise InvalidInput(f"{where}: holds results of {level}; name a folder of --level documents")
    if kept is None:
        raise InvalidInput(f"{where}: holds no kept.* file of an earlier run; name the folder that its --out named")
    items = read(kept, how=Reading(_IDS if kept.endswith(KEPT_IDS) else fields))
    return (item.document.id for item in items if isinstance(item, Record))
