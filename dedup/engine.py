"""Put, remove, resemble, compare: the stages composed over a store."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from dedup.candidates import rank
from dedup.errors import InvalidDocument, InvalidInput
from dedup.model import Answer, Document, Match, Reject, Report
from dedup.scheme import Scheme
from dedup.sketches import Sketch, sketch, sketch_tokens
from dedup.stores import open_store
from dedup.stores.base import Buckets, CheckReport, Entry, Outcome, Stats, Store, Stored
from dedup.stores.codec import decode, digest, encode, id_key
from dedup.text import Tokens, tokenize
from dedup.verify import Limits, Query, best, figure, verify

BATCH = 2_000
BATCH_CHARACTERS = 1 << 25
LONGEST_TEXT = 1 << 24
LISTED = 64
CANDIDATES = 48
CHUNK = 512
WHOLE = 2 * CHUNK


def open_index(url: str, scheme: Scheme | None = None, *, create: bool = True, read_only: bool = False) -> "Index":
    """Open an index, new if there is none and `create` is set.

    Args:
        url: `lmdb:PATH` (or just a path) or `memory:`.
        scheme: the scheme it must have; by default its own, for a new one the default scheme.
        create: make a new index where there is none.
        read_only: refuse to write.

    Raises:
        InvalidURL: the URL's kind is unknown.
        StoreError: the index cannot be opened, or has another scheme.
    """
    return Index(open_store(url, scheme, create=create and not read_only, read_only=read_only))


class Index:
    """Documents that can be asked what a text resembles; made by `dedup.open`, usable in a `with` statement."""

    def __init__(self, store: Store) -> None:
        """Work on an open store."""
        self._store = store

    def __enter__(self) -> Self:
        """Return the index itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the index."""
        self.close()

    @property
    def scheme(self) -> Scheme:
        """The scheme that the index was built with."""
        return self._store.scheme

    def put(self, documents: Iterable[Document]) -> Report:
        """Index documents; an id that is there already is replaced, equal content changes nothing.

        Documents go in by batches of 2,000, each durable before the next one starts. One that cannot be indexed is
        rejected with a code and a reason, and the others go in.

        Raises:
            StoreError: the index cannot be written; what earlier batches put stays.
        """
        counts, rejects, place = {"put": 0, "unchanged": 0, "replaced": 0}, list[Reject](), 0
        for batch in _batches(documents):
            entries, superseded = self._entries(batch, place, rejects)
            counts["replaced"] += superseded
            for outcome in self._write(entries):
                counts[outcome.status] += 1
            place += len(batch)
        return Report(**counts, rejected=tuple(rejects))

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents, text and all; return how many there were."""
        gone = [stored for stored in self._store.remove(list(dict.fromkeys(ids))) if stored]
        self._withdraw(gone)
        return len(gone)

    def get(self, id: str) -> Document | None:  # noqa: A002 - the field's name everywhere
        """Return the document of that id, or None."""
        stored = self._store.get([id])[0]
        return decode(stored.id, stored.payload) if stored else None

    def documents(self) -> Iterator[Document]:
        """Iterate over all documents, in order of the id's UTF-8 bytes."""
        for stored in self._store.scan():
            yield decode(stored.id, stored.payload)

    def resemble(
        self,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        limit: int = 10,
        min_words: int = 12,
        min_similarity: float = 0.6,
        passages: bool = True,
    ) -> Answer:
        """Say what a text resembles, best first.

        Args:
            text: the query; by default the text of the document `id`.
            id: a document that the query does not match: its own.
            limit: matches to return at most; of more, those that cover most of the query between them.
            min_words: matched words that a passage needs at least.
            min_similarity: similarity that a passage needs at least, 0 to 1.
            passages: look for passages; if not, only documents that are alike as a whole are found.

        Raises:
            InvalidInput: a limit makes no sense, or there is neither a text nor an id.
            InvalidDocument: `unknown_id` or `long_text`.
        """
        _check_limits(limit, min_words, min_similarity)
        text = self._text(id) if text is None else text
        _check_length(text, "the query")
        tokens = tokenize([text])
        if len(tokens.hashes) < self.scheme.k:
            return Answer((), too_short=True)
        query, documents, truncated = self._candidates(text, tokens, id, max(CANDIDATES, limit + 16), min_words)
        limits = Limits(min_words, min_similarity, passages=passages)
        matches = verify(query, documents, self.scheme, limits)
        return Answer(tuple(best(matches, len(text), limit)), truncated)

    def stats(self) -> Stats:
        """Return the index's size."""
        return self._store.stats()

    def check(self, *, repair: bool = False) -> CheckReport:
        """Verify that every posting's document exists and every document's buckets are there; mend them on demand."""
        return self._store.check(self._postings_of, repair=repair)

    def close(self) -> None:
        """Release the index; a second close does nothing."""
        self._store.close()

    def _entries(self, batch: Sequence[Document], place: int, rejects: list[Reject]) -> tuple[list[Entry], int]:
        """Return what to write, the last of each id; how many of the same id came before it."""
        good = list[tuple[int, Document, bytes]]()
        for i, document in enumerate(batch, place):
            with _rejecting(document, i, rejects):
                good.append((i, document, _payload(document)))
        sketches = sketch([document.text for _, document, _ in good], self.scheme)
        entries: dict[str, Entry] = {}
        for row, (i, document, payload) in enumerate(good):
            with _rejecting(document, i, rejects):
                entries[document.id] = Entry(
                    document.id, digest(document), payload, _chunks(sketches, row, document.id)
                )
        indexed = len(batch) - sum(reject.place >= place for reject in rejects)
        return list(entries.values()), indexed - len(entries)

    def _write(self, entries: Sequence[Entry]) -> list[Outcome]:
        outcomes = self._store.put(entries) if entries else []
        self._withdraw([outcome.old for outcome in outcomes if outcome.old])
        return outcomes

    def _withdraw(self, gone: Sequence[Stored]) -> None:
        """Delete the postings of documents that are no longer current."""
        if gone:
            self._store.withdraw(
                [(old.number + i, chunk) for old in gone for i, chunk in enumerate(self._postings_of(old))],
            )

    def _postings_of(self, stored: Stored) -> tuple[Buckets, ...]:
        return _chunks(sketch([decode(stored.id, stored.payload).text], self.scheme), 0, stored.id)

    def _text(self, id: str | None) -> str:  # noqa: A002 - the field's name everywhere
        if id is None:
            raise InvalidInput("neither a text nor an id to look up; give one of them")
        document = self.get(id)
        if document is None:
            raise InvalidDocument("unknown_id", f"there is no document {id!r} in the index; check the id")
        return document.text

    def _candidates(
        self, text: str, tokens: Tokens, own: str | None, most: int, min_words: int
    ) -> tuple[Query, list[Document], bool]:
        sketched = sketch_tokens(tokens, self.scheme)
        total = self._store.stats().documents
        postings = self._store.lookup(sketched.buckets, LISTED)
        windows = 1 + len(tokens.hashes) // WHOLE
        numbers, cut = rank(postings, total, most * windows)
        living = {stored.id: stored for stored in self._store.fetch(numbers) if stored and stored.id != own}
        documents = [decode(stored.id, stored.payload) for stored in living.values()]
        passage = sketched.places >= 0
        order = np.argsort(sketched.buckets[passage])
        query = Query(text, tokens, sketched.buckets[passage][order], postings.counts[passage][order], total)
        return query, documents, _hides_passage(sketched.places[passage], cut[passage], min_words, self.scheme)


def compare(a: str, b: str, *, min_words: int = 12, min_similarity: float = 0.6, scheme: Scheme | None = None) -> Match:
    """Compare two texts without an index; the match's id is "b", its figures and passages are exact.

    Raises:
        InvalidInput: a limit makes no sense.
        InvalidDocument: `long_text`.
    """
    _check_limits(1, min_words, min_similarity)
    _check_length(a, "the first text")
    _check_length(b, "the second text")
    query = Query(a, tokenize([a]), np.empty(0, np.uint64), np.empty(0, np.uint32), total=1)
    limits = Limits(min_words, min_similarity)
    return figure(query, [Document("b", b)], scheme or Scheme(), limits)[0]


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch, characters = list[Document](), 0
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if len(batch) == BATCH or characters >= BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


@contextmanager
def _rejecting(document: Document, place: int, rejects: list[Reject]) -> Iterator[None]:
    try:
        yield
    except InvalidDocument as error:
        rejects.append(Reject(place, document.id, error.code, str(error)))


def _payload(document: Document) -> bytes:
    id_key(document.id)
    _check_length(document.text, f"document {document.id!r}")
    return encode(document)


def _chunks(sketches: Sketch, row: int, name: str) -> tuple[Buckets, ...]:
    """Return a document's buckets by chunk: one for up to 1,024 tokens, else one for every 512, bands in the first.

    Each bucket is in one chunk only, so that a bucket's count is one of documents.

    Raises:
        InvalidDocument: `no_words`.
    """
    own = slice(sketches.offsets[row], sketches.offsets[row + 1])
    buckets, places = sketches.buckets[own], sketches.places[own]
    if len(buckets) == 0:
        raise InvalidDocument("no_words", f"document {name!r} has no words: there is nothing to index")
    if places[-1] < WHOLE:
        return (buckets,)
    ends = np.searchsorted(places, np.arange(CHUNK, places[-1] + 1, CHUNK))
    return tuple(np.split(buckets, ends))


def _check_limits(limit: int, min_words: int, min_similarity: float) -> None:
    if limit < 1 or min_words < 1 or not 0 < min_similarity <= 1:
        raise InvalidInput(
            f"limit {limit}, min_words {min_words}, min_similarity {min_similarity}: "
            "give at least 1, at least 1, and a number above 0 up to 1",
        )


def _check_length(text: str, name: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise InvalidDocument(
            "long_text", f"{name} has {len(text):,} characters; at most {LONGEST_TEXT:,} fit: split it"
        )


def _hides_passage(places: NDArray[np.int32], cut: NDArray[np.bool_], min_words: int, scheme: Scheme) -> bool:
    """Whether a stretch of the query, long enough for a passage, had all its windows read in part only."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], cut, [False])).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    return bool(np.any(places[ends - 1] - places[starts] + scheme.k >= min_words)) if len(starts) else False
