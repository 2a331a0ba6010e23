"""What stayed in an earlier run, so that it stays again."""

from collections.abc import Iterator

from dedup.corpus.results_folder import KEPT_IDS
from dedup.corpus.results_lake import kept_in
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
        InvalidInput: at once, if the folder holds no documents that were kept.
    """
    kept = kept_in(folder)
    if kept is None:
        where = shown_path(folder)
        raise InvalidInput(f"{where}: holds no kept.* file of an earlier run; name the folder that its --out named")
    items = read(kept, how=Reading(_IDS if kept.endswith(KEPT_IDS) else fields))
    return (item.document.id for item in items if isinstance(item, Record))
