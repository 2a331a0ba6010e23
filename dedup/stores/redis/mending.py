"""Deleting what no pointer leads to any more: postings first, the record last, so that what is left can be named.

The journal says of each writer which numbers it was given and which documents were to go, so that whoever writes next
cleans up after one that died.
"""

from collections.abc import Sequence

from dedup.stores.base import PostingsOf, Stored
from dedup.stores.redis.parts import Parts
from dedup.stores.redis.records import load_numbers
from dedup.stores.redis.requests import command
from dedup.stores.redis.writing import Journal
from dedup.stores.withdrawal import Withdrawal

_AT_ONCE = 256  # not measured: bounds the texts held at once


def withdraw(parts: Parts, journal: Journal, gone: Sequence[Stored], postings_of: PostingsOf) -> None:
    """Delete the postings of documents that no pointer leads to; those of an unreadable one are left for a sweep."""
    withdrawal = Withdrawal(postings_of, gone)
    journal.added -= parts.postings.delete(*withdrawal.of(gone))
    journal.doubtful |= not all(map(withdrawal.readable, gone))


def mend(parts: Parts, journal: Journal, postings_of: PostingsOf) -> None:
    """Delete what the dead writers that the journal tells of have left.

    They stay in the journal until a sweep: one may have replaced a document that another writer put in the same moment,
    whose number nobody knows, and only what is not in an empty journal is taken for current unasked.
    """
    if not journal.dead:
        return
    olds = parts.wire.one(command(b"HMGET", parts.layout.olds, *journal.dead))
    for data, writer in zip(olds, journal.dead.values(), strict=True):
        numbers = [*range(writer.first, writer.end), *load_numbers(data or b"")]
        for first in range(0, len(numbers), _AT_ONCE):
            _mend(parts, journal, numbers[first : first + _AT_ONCE], postings_of)
    mended = [part for token, writer in journal.dead.items() for part in (token, writer.mended.pack())]
    parts.wire.ask(
        [command(b"HSET", parts.layout.pending, *mended), command(b"HDEL", parts.layout.olds, *journal.dead)]
    )


def _mend(parts: Parts, journal: Journal, numbers: Sequence[int], postings_of: PostingsOf) -> None:
    stored = {one.number: one for one in parts.documents.records(numbers) if one}
    gone = [stored[number] for number in parts.documents.not_current(stored)]
    withdraw(parts, journal, gone, postings_of)
    parts.documents.entomb(gone)
