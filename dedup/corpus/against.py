"""An index that a collection is held against: of its documents those are read that some of the collection may resemble.

They are found by the index's own buckets while the collection is read, so that the cost follows the collection, not the
index. Where these buckets cannot find them, as words cannot find a text that was misread, all documents are read.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dedup.corpus.job import FULL, RECALL, Job
from dedup.corpus.units import paragraphs
from dedup.engine import Index
from dedup.errors import InvalidInput
from dedup.formats import Item, Record, Source

CHARACTERS_AT_ONCE = 1 << 20  # not measured: the buckets of some 500 articles in a request
LISTED = 4096  # chunks read of a bucket for runs, of which the first to arrive may hold all; it bounds the memory
PART = 128  # minima of about 330 words, which a part of a document (512) holds whole or at least a half of
_INDEX = Source("the index")


class Against:
    """Documents of an index, which outrank all others and are left alone; None stands for no index."""

    def __init__(self, index: Index | None, job: Job) -> None:
        """Hold a collection against an open index.

        Raises:
            InvalidInput: what is given is no open index.
        """
        if not isinstance(index, Index | None):
            raise InvalidInput(f"against is {index!r}; give an open index: with dedup.open(URL) as index")
        self.cut = 0
        self.numbers: NDArray[np.uint32] = np.empty(0, np.uint32)
        self._index, self._job = index, job

    def sources(self, items: Iterable[Item]) -> Sequence[tuple[Iterable[Item], bool]]:
        """Return the collection, then of the index what it may resemble, each with whether it is the index."""
        return (self.watched(items), False), (self._documents(), True)

    def watched(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the collection as it is; the numbers of what it may resemble are added to `numbers` meanwhile."""
        if self._index is None or self.all_of(self._index):
            yield from items
            return
        texts, characters = list[str](), 0
        for item in items:
            yield item
            if isinstance(item, Record) and isinstance(item.document.text, str):
                texts.append(item.document.text)
                characters += len(item.document.text)
            if characters >= CHARACTERS_AT_ONCE:
                self._find(self._index, texts)
                texts, characters = [], 0
        self._find(self._index, texts)

    def _documents(self) -> Iterator[Item]:
        """Yield what was found, in the order in which it came into the index: when the collection has been read."""
        if self._index is None:
            return
        if self.all_of(self._index):
            self.numbers = np.array([one.number for one in self._index.arrivals()[1]], np.uint32)
        for _, document in self._index.arrived(self.numbers):
            yield Record(_INDEX, document)

    def all_of(self, index: Index) -> bool:
        """Return whether the index's buckets may miss what the job is to find."""
        scheme, job = index.scheme, self._job
        return scheme.unit != job.unit or (job.level != "documents" and job.least < scheme.w + scheme.k - 1)

    def _find(self, index: Index, texts: Sequence[str]) -> None:
        if self._job.level == "passages":
            texts = [text[start:stop] for text in texts for start, stop in paragraphs(text)]
        if texts:
            most = LISTED if self._job.level == "runs" else FULL
            found = index.sharing(texts, most, self._least if self._by_minima(index) else None)
            self.cut += found.cut
            self.numbers = np.union1d(self.numbers, found.numbers)

    def _by_minima(self, index: Index) -> bool:
        """Return whether bands of whole signatures find too few: of paragraphs, contained texts, less alike ones."""
        job = self._job
        whole_documents = job.level == "documents" and job.measure == "jaccard"
        return not whole_documents or index.scheme.recall(job.threshold) < RECALL

    def _least(self, minima: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return a quarter of the threshold's share of them, of a run's own minima a quarter, and not less than one.

        A word that differs takes four shingles with it, and seven windows. So at a threshold of .8 six of ten minima
        stay, and three of ten in one of two parts; at .5 three of ten, and half of those. In a run all stay, half of
        them in one of two parts; a quarter allows for those that the document has elsewhere too, and counts there.
        """
        if self._job.level == "runs" and self._index:
            scheme = self._index.scheme
            own = (self._job.least - scheme.w - scheme.k + 2) // scheme.w
            return np.full(len(minima), max(1, own // 4))
        return np.maximum(1, (self._job.threshold * np.minimum(minima, PART) / 4).astype(np.int64))
