"""Put, remove, resemble, compare: the stages composed over a store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, NamedTuple, Self

from dedup.admission import admit, check_length, name_of
from dedup.errors import InvalidDocument, InvalidInput
from dedup.model import Answer, Document, Match, Placed, Reject, Report
from dedup.scheme import Scheme
from dedup.search.explain import Candidate, Comparison, candidates, pair
from dedup.search.lookup import Lookup, Question, Watch, look_up, unwatched
from dedup.sketching.chunks import chunks
from dedup.sketching.sketches import sketch
from dedup.stores import open_store
from dedup.stores.base import Buckets, CheckReport, Entry, Outcome, Stats, Store, Stored, SweepReport
from dedup.stores.codec import content, decode, digest, encode

BATCH = 2_000  # ADR 2: .42 M postings/s in batches of 100, 1.19 M and more of 2,000, 1.13 M of 20,000
BATCH_CHARACTERS = 1 << 25  # not measured: bounds memory where documents are long
_COPIED_AT_ONCE = 1_000  # not measured: half of BATCH


def open_index(url: str, scheme: Scheme | None = None, *, create: bool = True, read_only: bool = False) -> "Index":
    """Open an index, new if there is none and `create` is set.

    Args:
        url: `lmdb:PATH` (or just a path), `redis://HOST` and its kin, or `memory:`.
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

    def put(self, documents: Iterable[Document], *, ttl: int = 0) -> Report:
        """Index documents; an id that is there already is replaced, equal content changes nothing.

        Documents go in by batches of 2,000, each durable before the next one starts. One that cannot be indexed is
        rejected with a code and a reason, and the others go in. After `ttl` seconds, unless that is 0, a document is
        as good as removed; what is unchanged keeps its time.

        Raises:
            StoreError: the index cannot be written; what earlier batches put stays.
        """
        counts, rejects = {"put": 0, "unchanged": 0, "replaced": 0}, list[Reject]()
        for outcome in self.put_each(documents, ttl=ttl):
            if isinstance(outcome, Reject):
                rejects.append(outcome)
            else:
                counts[outcome.status] += 1
        return Report(**counts, rejected=tuple(rejects))

    def put_each(
        self, documents: Iterable[Document], *, ttl: int = 0, create: bool = False
    ) -> Iterator[Placed | Reject]:
        """Index documents as `put` does, and yield what became of each, in the order given, once it is durable.

        With `create` a document whose id is there already is `kept` as it is, also if several processes create it.
        """
        for batch in _batches(documents):
            entries = self._entries(batch, ttl, create=create)
            outcomes = dict(zip(entries, self._write(list(entries.values())), strict=True))
            for one in batch:
                if isinstance(one, Reject):
                    yield one
                    continue
                # of several with the same id the first bears what became of the id, the others replaced it
                first = outcomes.pop(one.id, None)
                yield Placed(one.place, one.id, first.status if first else "replaced", one.digest.hex())

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents, text and all; return how many there were."""
        gone = [stored for stored in self._store.remove(list(dict.fromkeys(ids))) if stored]
        self._withdraw(gone)
        return len(gone)

    def get(self, id: str) -> Document | None:  # noqa: A002 - the field's name everywhere
        """Return the document of that id, or None."""
        stored = self._store.get([id])[0]
        return decode(stored.id, stored.payload) if stored else None

    def documents(self, after: str = "") -> Iterator[Document]:
        """Iterate over all documents whose id sorts after `after`, in order of the id's UTF-8 bytes."""
        for stored in self._store.scan(after):
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
        filter: Mapping[str, Any] | None = None,  # noqa: A002 - the same
    ) -> Answer:
        """Say what a text resembles, best first.

        Args:
            text: the query; by default the text of the document `id`.
            id: a document that the query does not match: its own.
            limit: matches to return at most; of more, those that cover most of the query between them.
            min_words: matched words that a passage needs at least.
            min_similarity: similarity that a passage needs at least, 0 to 1.
            passages: look for passages; if not, only documents that are alike as a whole are found.
            filter: conditions that a document's metadata must meet, field by field; see `dedup.search.filters.Filter`.

        Raises:
            InvalidInput: a limit or condition makes no sense, or there is neither a text nor an id.
            InvalidDocument: `unknown_id` or `long_text`.
        """
        return self.look_up(text, id, Question(limit, min_words, min_similarity, passages, filter)).answer

    def look_up(
        self,
        text: str | None,
        id: str | None,  # noqa: A002 - the field's name everywhere
        question: Question,
        watch: Watch = unwatched,
    ) -> Lookup:
        """Return what `resemble` does, and what the look-up saw on the way; `watch` is told of each stage."""
        own = self._own(id) if text is None else self.get(id) if id is not None and question.filter else None
        text = own.text if text is None and own else text or ""
        check_length(text, "the query")
        return look_up(self._store, text, question, own, id, watch)

    def explain(self, found: Lookup, question: Question) -> Iterator[Candidate]:
        """Yield each document that a look-up considered, best candidate first, with what speaks for and against it."""
        ids = frozenset(match.id for match in found.answer)
        return candidates(found.seen, ids, question, self.scheme) if found.seen else iter(())

    def stats(self) -> Stats:
        """Return the index's size."""
        return self._store.stats()

    def check(self, *, repair: bool = False) -> CheckReport:
        """Verify that every posting's document exists and every document's buckets are there; mend them on demand."""
        return self._store.check(self._postings_of, repair=repair)

    def sweep(self) -> SweepReport:
        """Delete documents that have expired, and what interrupted writers left."""
        return self._store.sweep(self._postings_of)

    def grow(self) -> bool:
        """Spread the postings over more shards if `stats` says that it is due; return whether it was."""
        return self._store.grow()

    def copy_to(self, target: "Index", *, now: float) -> Iterator[tuple[int, int]]:
        """Put all documents into another index of the same scheme; yield how many were copied and unchanged, by batch.

        Args:
            target: where to; what it holds already is left alone, so that an interrupted copy goes on.
            now: seconds since 1970, from which remaining times to live count.
        """
        pages = self._store.scan()
        while page := list(islice(pages, _COPIED_AT_ONCE)):
            there = target._store.get([one.id for one in page])  # noqa: SLF001 - another of its own kind
            fresh = [one for one, old in zip(page, there, strict=True) if old is None or old.digest != one.digest]
            sketches = sketch([decode(one.id, one.payload).text for one in fresh], self.scheme)
            target._write(  # noqa: SLF001 - the same
                [
                    Entry(
                        one.id,
                        one.digest,
                        one.payload,
                        chunks(sketches, row),
                        max(1, int(one.expires - now)) if one.expires else 0,
                    )
                    for row, one in enumerate(fresh)
                ]
            )
            yield len(fresh), len(page) - len(fresh)

    def close(self) -> None:
        """Release the index; a second close does nothing."""
        self._store.close()

    def _entries(self, batch: "list[_Encoded | Reject]", ttl: int, *, create: bool) -> dict[str, Entry]:
        """Return what to write, the last of each id; what turns out to have no words becomes a reject in its place."""
        good = [(i, one) for i, one in enumerate(batch) if isinstance(one, _Encoded)]
        sketches = sketch([one.text for _, one in good], self.scheme)
        entries: dict[str, Entry] = {}
        for row, (i, one) in enumerate(good):
            try:
                parts = chunks(sketches, row)
            except InvalidDocument as error:
                batch[i] = Reject(one.place, one.id, error.code, str(error))
            else:
                entries[one.id] = Entry(one.id, one.digest, one.payload, parts, ttl, create)
        return entries

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
        return chunks(sketch([decode(stored.id, stored.payload).text], self.scheme), 0)

    def _own(self, id: str | None) -> Document:  # noqa: A002 - the field's name everywhere
        if id is None:
            raise InvalidInput("neither a text nor an id to look up; give one of them")
        document = self.get(id)
        if document is None:
            raise InvalidDocument("unknown_id", f"there is no document {id!r} in the index; check the id")
        return document


def compare(a: str, b: str, *, min_words: int = 12, min_similarity: float = 0.6, scheme: Scheme | None = None) -> Match:
    """Compare two texts without an index; the match's id is "b", its figures and passages are exact.

    Raises:
        InvalidInput: a limit makes no sense.
        InvalidDocument: `long_text`.
    """
    return explain(a, b, Question(1, min_words, min_similarity), scheme).match


def explain(a: str, b: str, question: Question | None = None, scheme: Scheme | None = None) -> Comparison:
    """Compare two texts as `compare` does, and say why they are matched or not."""
    check_length(a, "the first text")
    check_length(b, "the second text")
    return pair(a, b, question or Question(), scheme or Scheme())


def version(document: Document) -> str:
    """Return 32 hexadecimal digits, equal for equal text and metadata; see `Placed`."""
    return digest(content(document.text, admit(document))).hex()


class _Encoded(NamedTuple):
    """A document ready to be sketched: of its metadata only the encoded form is held."""

    place: int
    id: str
    text: str
    payload: bytes
    digest: bytes


def _batches(documents: Iterable[Document]) -> Iterator[list[_Encoded | Reject]]:
    """Yield batches bounded in number and in size, so that memory is bounded too."""
    batch, size = list[_Encoded | Reject](), 0
    for place, document in enumerate(documents):
        one = _encoded(place, document)
        batch.append(one)
        size += len(one.id) + (len(one.text) + len(one.payload) if isinstance(one, _Encoded) else 0)
        if len(batch) == BATCH or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _encoded(place: int, document: Document) -> _Encoded | Reject:
    try:
        metadata = admit(document)
    except InvalidDocument as error:
        return Reject(place, name_of(document), error.code, str(error))
    whole = content(document.text, metadata)
    return _Encoded(place, document.id, document.text, encode(whole), digest(whole))
