"""Put, remove, mend: the stages composed over a store, beside all that can be asked of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final, Literal

from dedup.admission import check_several
from dedup.batches import Encoded, batches, each_id_once
from dedup.engine.watching import Watching
from dedup.errors import InvalidDocument, InvalidInput
from dedup.model import Document, Placed, Reject, Report, Status
from dedup.newcomers import Newcomers, limit_of
from dedup.scheme import Scheme
from dedup.search.near import Limit
from dedup.sketching.chunks import chunks
from dedup.sketching.sketches import sketch
from dedup.stores import open_store
from dedup.stores.base import Buckets, CheckReport, Entry, Store, Stored, SweepReport
from dedup.stores.codec import decode
from dedup.stores.copy import Copied, copy
from dedup.stores.membership import in_story, membership_of

WRITTEN: Final = ("put", "replaced")
LONGEST_TTL = 1 << 31  # seconds, 68 years: stores keep the end of a document's time in 32 bits


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


class Index(Watching):
    """Documents that can be asked what a text resembles; made by `dedup.open`, usable in a `with` statement."""

    def put(
        self,
        documents: Iterable[Document],
        *,
        ttl: int = 0,
        skip_like: float | None = None,
        measure: Literal["jaccard", "containment"] = "jaccard",
    ) -> Report:
        """Index documents; an id that is there already is replaced, equal content changes nothing.

        Documents go in by batches of 2,000, each durable before the next one starts. One that cannot be indexed is
        rejected with a code and a reason, and the others go in. After `ttl` seconds, unless that is 0, a document is
        as good as removed; what is unchanged keeps its time. For `skip_like` and `measure` see `put_each`.

        Raises:
            StoreError: the index cannot be written; what earlier batches put stays.
        """
        counts, rejects, duplicates = {"put": 0, "unchanged": 0, "replaced": 0}, list[Reject](), list[Placed]()
        for outcome in self.put_each(documents, ttl=ttl, skip_like=skip_like, measure=measure):
            if isinstance(outcome, Reject):
                rejects.append(outcome)
            elif outcome.status == "duplicate":
                duplicates.append(outcome)
            else:
                counts[outcome.status] += 1
        return Report(**counts, rejected=tuple(rejects), duplicates=tuple(duplicates))

    def put_each(
        self,
        documents: Iterable[Document],
        *,
        ttl: int = 0,
        create: bool = False,
        skip_like: float | None = None,
        measure: Literal["jaccard", "containment"] = "jaccard",
    ) -> Iterator[Placed | Reject]:
        """Index documents as `put` does, and yield what became of each, in the order given, once it is durable.

        With `create` a document whose id is there already is `kept` as it is, also if several processes create it.

        With `skip_like` a document that is as alike to one in the index, or to one before it that went in, is a
        `duplicate` and not put: `duplicate_of` says of what. What is held against the limit is the Jaccard similarity
        of their sets of shingles or, by `measure`, the share of the new document's that the other one contains. Of
        equal documents that several processes put at once exactly one goes in. A document of the same id never counts.
        Without `skip_like` the measure says nothing.
        """
        check_several(documents)
        if type(ttl) is not int or not 0 <= ttl <= LONGEST_TTL:
            raise InvalidInput(f"ttl {ttl!r}: give whole seconds from 0, which is for ever, to {LONGEST_TTL:,}")
        limit = limit_of(skip_like, measure)
        judged = limit is not None or self.scheme.stories > 0
        for batch in chain.from_iterable(map(each_id_once, batches(documents))) if judged else batches(documents):
            entries = self._entries(batch, ttl, create=create)
            newcomers = self._newcomers(batch, limit) if judged else None
            put = self._store.put(list(entries.values()), self._postings_of, newcomers) if entries else []
            if written := [name for name, status in zip(entries, put, strict=True) if status in WRITTEN]:
                self.settle_own(written)
            yield from _outcomes(batch, dict(zip(entries, put, strict=True)), newcomers)

    def _newcomers(self, batch: "list[Encoded | Reject]", limit: Limit | None) -> Newcomers:
        """Return who decides of a batch."""
        return Newcomers(self.scheme, {one.id: one.text for one in batch if isinstance(one, Encoded)}, limit)

    def remove(self, ids: Iterable[str]) -> int:
        """Remove documents, text and all; return how many there were."""
        check_several(ids)
        return sum(self._store.remove(list(dict.fromkeys(ids)), self._postings_of))

    def check(self, *, repair: bool = False) -> CheckReport:
        """Verify that every posting's document exists and every document's buckets are there; mend them on demand."""
        report = self._store.check(self._postings_of, repair=repair)
        for name, (store, postings_of) in self._beside().items():
            report = report.joined(name, store.check(postings_of, repair=repair))
        return report

    def sweep(self) -> SweepReport:
        """Delete documents that have expired, and what interrupted writers left; hits that have expired too."""
        for store, postings_of in self._beside().values():
            store.sweep(postings_of)
        return self._store.sweep(self._postings_of)

    def grow(self) -> bool:
        """Spread the postings over more shards if `stats` says that it is due; return whether it was."""
        grown = [store.grow() for store in (self._store, *(store for store, _ in self._beside().values()))]
        return any(grown)

    def backup(self, folder: str | Path) -> None:
        """Write one state of an LMDB index into a new folder, which is an index then, while readers and writers go on.

        Raises:
            InvalidInput: the index is on a server, which makes backups itself.
            StoreForeign: the folder is there already, and not empty.
        """
        self._store.backup(Path(folder), {name: store for name, (store, _) in self._beside().items()})

    def copy_from(self, source: Store, *, now: float) -> Iterator[Copied]:
        """Put all documents of another index's store, of whatever scheme, into this one; see `dedup.stores.copy`.

        Documents keep their stories where this index has stories too; those that have none are given theirs.
        """
        return copy(source, self._store, self._postings_of_each, self._judge_of_copies, now)

    def _judge_of_copies(self, copies: Sequence[Stored]) -> Newcomers | None:
        if not self.scheme.stories:
            return None
        texts = {one.id: decode(one.id, one.payload, one.digest).text for one in copies}
        return Newcomers(self.scheme, texts, None)

    def _entries(self, batch: "list[Encoded | Reject]", ttl: int, *, create: bool) -> dict[str, Entry]:
        """Return what to write, the last of each id; what turns out to have no words becomes a reject in its place."""
        good = [(i, one) for i, one in enumerate(batch) if isinstance(one, Encoded)]
        sketches = sketch([one.text for _, one in good], self.scheme)
        entries: dict[str, Entry] = {}
        for row, (i, one) in enumerate(good):
            try:
                parts = chunks(sketches, row, self.scheme.unit)
            except InvalidDocument as error:
                batch[i] = Reject(one.place, one.id, error.code, str(error))
            else:
                entries[one.id] = Entry(one.id, one.digest, one.payload, parts, ttl, create)
        return entries

    def _postings_of(self, stored: Stored) -> tuple[Buckets, ...]:
        return self._postings_of_each([stored])[0]

    def _postings_of_each(self, stored: Sequence[Stored]) -> list[tuple[Buckets, ...]]:
        sketches = sketch([decode(one.id, one.payload, one.digest).text for one in stored], self.scheme)
        return [
            in_story(chunks(sketches, row, self.scheme.unit), membership_of(one.payload))
            for row, one in enumerate(stored)
        ]


def _outcomes(
    batch: "list[Encoded | Reject]", statuses: dict[str, Status], newcomers: Newcomers | None
) -> Iterator[Placed | Reject]:
    """Yield what became of each document of a batch, given what became of each id."""
    for one in batch:
        if isinstance(one, Reject):
            yield one
            continue
        # of several with the same id the first bears what became of the id, the others replaced it
        status = statuses.pop(one.id, "replaced")
        placed = Placed(one.place, one.id, status, one.digest.hex())
        if newcomers and status == "duplicate":
            of, kept = newcomers.duplicates[one.id], newcomers.kept_versions.get(one.id)
            placed = replace(placed, duplicate_of=of, kept_version=kept)
        elif newcomers and status in WRITTEN:
            placed = replace(placed, story=newcomers.stories.get(one.id))
        yield placed
