"""What an open index in Redis is made of."""

from dataclasses import dataclass

from dedup.stores.redis.documents import Documents
from dedup.stores.redis.durability import Durability
from dedup.stores.redis.layout import Layout
from dedup.stores.redis.requests import Wire
from dedup.stores.redis.writing import PostingWriter


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one open index, which share its connections and what is known of its layout."""

    wire: Wire
    layout: Layout
    durability: Durability
    documents: Documents
    postings: PostingWriter
