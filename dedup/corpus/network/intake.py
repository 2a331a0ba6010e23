"""Records into an index of the run's own, which is thrown away with it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from dedup.engine import Index
from dedup.formats import Item, Record, Rejected, Source
from dedup.model import Document, Reject


def take_in(
    index: Index, items: Iterable[Item], reject: Callable[[Rejected], None], advance: Callable[[int], None]
) -> None:
    """Put what can be used into the index; of several documents of one id the first."""
    sources = deque[Source]()
    for outcome in index.put_each(_documents(items, sources, reject)):
        source = sources.popleft()
        if isinstance(outcome, Reject):
            reject(Rejected(source, outcome.id, outcome.code, outcome.reason))
        advance(1)


def _documents(items: Iterable[Item], sources: deque[Source], reject: Callable[[Rejected], None]) -> Iterator[Document]:
    seen = set[str]()
    for item in items:
        if isinstance(item, Rejected):
            reject(item)
        elif isinstance(item, Record):
            if item.document.id in seen:
                reject(Rejected(item.source, item.document.id, "duplicate_id", "another document has this id"))
                continue
            seen.add(item.document.id)
            sources.append(item.source)
            yield item.document
