"""Put, remove, resemble, compare: the stages composed over a store."""

from dedup.engine.index import Index, open_index
from dedup.engine.pair import compare, explain
from dedup.engine.reader import Arrival, unknown

__all__ = ["Arrival", "Index", "compare", "explain", "open_index", "unknown"]
