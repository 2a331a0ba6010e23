"""What can be asked of an index: its documents, what a text resembles, how large it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Self, Unpack

import numpy as np

from dedup.admission import check_length, check_several, check_types, name_of
from dedup.errors import InvalidDocument, InvalidInput, StoreDamaged
from dedup.model import Answer, Document, Reject
from dedup.scheme import Scheme
from dedup.search.explain import Candidate, candidates
from dedup.search.lookup import Lookup, Watch, look_up, unwatched
from dedup.search.partners import Partners, Wanted, partners
from dedup.search.question import Question, QuestionFields
from dedup.search.sharing import Least, Sharing, arrived, sharing
from dedup.stores.base import Numbers, Stats, Store, Stored
from dedup.stores.codec import decode
from dedup.stories.newest import newest
from dedup.stories.story import Order, Since, Stories, Story
from dedup.stories.telling import require_stories, tell


class Arrival(NamedTuple):
    """A document that came in.

    Attributes:
        id: its id.
        number: its number in the index, larger than those of all that came in before.
        next: the number to go on from behind it.
        expires: when it is as good as removed, in seconds since 1970; 0 for never.
        metadata: its metadata; none if the document cannot be read.
    """

    id: str
    number: int
    next: int
    expires: int
    metadata: Mapping[str, Any]


class Reader:
    """The reading half of an index."""

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

    def get(self, id: str) -> Document | None:  # noqa: A002 - the field's name everywhere
        """Return the document of that id, or None."""
        return self.get_many([id])[0]

    def get_many(self, ids: Sequence[str]) -> list[Document | None]:
        """Return the document of each id, or None, in one request to the store."""
        check_several(ids)
        return [_document(stored) if stored else None for stored in self._store.get(ids)]

    def document(self, id: str) -> Document:  # noqa: A002 - the same
        """Return the document of that id.

        Raises:
            InvalidDocument: there is none (`unknown_id`).
        """
        document = self.get(id)
        if document is None:
            raise unknown(id)
        return document

    def documents(self, after: str = "") -> Iterator[Document]:
        """Iterate over all documents whose id sorts after `after`, in order of the id's UTF-8 bytes."""
        for stored in self._store.scan(after):
            yield _document(stored)

    def arrivals(self, first: int = 0) -> tuple[int, Iterator[Arrival]]:
        """Return what has come in from number `first` on, so that a reader can follow the index.

        Returns:
            The number to go on from, and what came in before it, in that order; of a document that was replaced the
            last version alone. Removals do not come in: `standing` tells them.
        """
        end, arrived = self._store.arrivals(first)
        return end, map(_arrival, arrived)

    def standing(self, numbers: Sequence[int]) -> set[int]:
        """Return those numbers of arrivals whose documents are still there, neither replaced nor removed."""
        found = self._store.fetch(np.array(numbers, np.uint32))
        return {stored.number for stored in found if stored}.intersection(numbers)

    def sharing(self, texts: Sequence[str], most: int, least: Least | None) -> Sharing:
        """Return who shares a band with one of the texts, or, if `least` is given, so many window minima.

        Args:
            texts: any number of them; their buckets are read in one request.
            most: how many parts of documents to read of each bucket: the first to arrive.
            least: how many minima a part of a document must share with a text, of so many that the text has.
        """
        return sharing(self._store, texts, most, least)

    def arrived(self, numbers: Numbers) -> Iterator[tuple[int, Document]]:
        """Yield number and document of those that these numbers (ascending) belong to, each once, as they arrived."""
        return arrived(self._store, numbers)

    def resemble(
        self,
        text: str | None = None,
        *,
        id: str | None = None,  # noqa: A002 - the field's name everywhere
        **fields: Unpack[QuestionFields],
    ) -> Answer:
        """Say what a text resembles, best first.

        Args:
            text: the query; by default the text of the document `id`.
            id: a document that the query does not match: itself.
            **fields: those of `dedup.Question`, which says what they mean.

        Raises:
            InvalidInput: a limit or condition makes no sense, or there is neither a text nor an id.
            InvalidDocument: `unknown_id` or `long_text`.
        """
        return self.ask(text, Question(**fields), id=id)

    def resemble_many(
        self, queries: Iterable[str | Document], **fields: Unpack[QuestionFields]
    ) -> Iterator[Answer | Reject]:
        """Yield what each query resembles, in the order given; of one that cannot be looked up, the reason.

        Args:
            queries: texts, or documents, which do not match the document of the same id, and whose metadata say when
                they came out.
            **fields: as for `resemble`, the same for all queries.

        Raises:
            InvalidInput: a limit or condition makes no sense.
        """
        check_several(queries)
        question = Question(**fields)
        return (self._answered(place, query, question) for place, query in enumerate(queries))

    def ask(self, text: str | None, question: Question, *, id: str | None = None) -> Answer:  # noqa: A002 - the same
        """Return what `resemble` does, of a question that is a value."""
        return self.look_up(text, id, question).answer

    def look_up(
        self,
        text: str | None,
        id: str | None,  # noqa: A002 - the field's name everywhere
        question: Question,
        watch: Watch = unwatched,
        metadata: Mapping[str, Any] | None = None,
    ) -> Lookup:
        """Return what `ask` does, and the documents that were read for it; `watch` is told of each stage.

        The query's metadata, which say when it came out, are by default those of the document `id`.

        Raises:
            NoStories: stories are to be folded, and the index has none.
        """
        if question.fold:
            require_stories(self._store)
        own = None
        if text is None:
            own = self._known(id)
            text = own.text
        elif metadata:
            own = Document(id or "", text, metadata)
        elif id is not None:
            own = self.get(id)
        check_length(text, "the query")
        return look_up(self._store, text, question, own, id, watch)

    def story(self, name: str, cursor: int = 0, *, watch: Watch = unwatched) -> Story:
        """Return a story: its documents, who took from whom, and the passages that travelled.

        Args:
            name: its name, as a match and a document give it.
            cursor: the number of the first member to read: 0, or the `next` of the part before.
            watch: told of each member that is compared.

        Raises:
            NoStories: the index was made without stories.
            UnknownStory: no document belongs to a story of that name.
        """
        return tell(self._store, name, cursor, watch)

    def stories(
        self, since: Since = None, limit: int = 20, order: Order = "newest", *, watch: Watch = unwatched
    ) -> Stories:
        """Return the stories of the newest documents; see `dedup.stories.newest.newest`.

        Raises:
            NoStories: the index was made without stories.
            InvalidInput: `since`, `limit` or `order` makes no sense.
        """
        return newest(self._store, since, limit, order, watch)

    def explain(self, lookup: Lookup) -> Iterator[Candidate]:
        """Yield each document that a look-up considered, best candidate first, with what speaks for and against it."""
        return candidates(lookup, self.scheme)

    def partners(self, document: Document, question: Question, wanted: Wanted) -> Partners:
        """Return all documents, of those wanted, that share a passage with a document; see `dedup.search.partners`.

        Raises:
            StoreDamaged: one of them cannot be read.
        """
        return partners(self._store, document, question, wanted)

    def stats(self) -> Stats:
        """Return the index's size."""
        return self._store.stats()

    def expired(self) -> int:
        """Return how many of the documents that `stats` counts have expired and wait for a sweep; it reads all ids."""
        return self._store.expired()

    def unreadable(self) -> Iterator[str]:
        """Yield the ids of the documents that are damaged; all texts are read for it."""
        for stored in self._store.scan():
            try:
                _document(stored)
            except StoreDamaged:
                yield stored.id

    def close(self) -> None:
        """Release the index; a second close does nothing."""
        self._store.close()

    def _known(self, id: str | None) -> Document:  # noqa: A002 - the field's name everywhere
        if id is None:
            raise InvalidInput("neither a text nor an id to look up; give one of them")
        return self.document(id)

    def _answered(self, place: int, query: str | Document, question: Question) -> Answer | Reject:
        try:
            if isinstance(query, str):
                return self.ask(query, question)
            check_types(query)
            return self.look_up(query.text, query.id, question, metadata=query.metadata).answer
        except InvalidInput as error:
            return Reject(place, "" if isinstance(query, str) else name_of(query), error.code, str(error))


def unknown(id: str) -> InvalidDocument:  # noqa: A002 - the field's name everywhere
    """Return the refusal of an id that no document has."""
    return InvalidDocument("unknown_id", f"there is no document {id!r} in the index; check the id")


def _document(stored: Stored) -> Document:
    return decode(stored.id, stored.payload, stored.digest)


def _arrival(stored: Stored) -> Arrival:
    try:
        metadata = _document(stored).metadata
    except StoreDamaged:  # `check` names it; nobody who follows the index is held up by it
        metadata = {}
    return Arrival(stored.id, stored.number, stored.number + stored.chunks, stored.expires, metadata)
