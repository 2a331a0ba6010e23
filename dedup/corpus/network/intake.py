"""Records into an index of the run's own, which is thrown away with it."""

from collections.abc import Callable, Iterable, Iterator

from dedup.corpus.putting import put_items
from dedup.engine import Index
from dedup.formats import Item, Record, Rejected


def take_in(
    index: Index, items: Iterable[Item], reject: Callable[[Rejected], None], advance: Callable[[int], None]
) -> None:
    """Put what can be used into the index; of several documents of one id the first."""
    for _ in put_items(index, _firsts(items), reject):
        advance(1)


def _firsts(items: Iterable[Item]) -> Iterator[Item]:
    seen = set[str]()
    for item in items:
        if isinstance(item, Record) and item.document.id in seen:
            yield Rejected(item.source, item.document.id, "duplicate_id", "another document has this id")
            continue
        if isinstance(item, Record):
            seen.add(item.document.id)
        yield item
