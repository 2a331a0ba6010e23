"""Items into an index: each reject, of the reading or of the index, is told with its place."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from dedup.engine import Index
from dedup.formats import Item, Rejected, Source
from dedup.model import Document, Placed, Reject


def put_items(index: Index, items: Iterable[Item], reject: Callable[[Rejected], None]) -> Iterator[Placed]:
    """Put the documents among the items into the index, and yield what became of each once it is durable."""
    sources = deque[Source]()
    for outcome in index.put_each(_documents(items, sources, reject)):
        source = sources.popleft()
        if isinstance(outcome, Reject):
            reject(Rejected(source, outcome.id, outcome.code, outcome.reason))
        else:
            yield outcome


def _documents(items: Iterable[Item], sources: deque[Source], reject: Callable[[Rejected], None]) -> Iterator[Document]:
    for item in items:
        if isinstance(item, Rejected):
            reject(item)
        else:
            sources.append(item.source)
            yield item.document
