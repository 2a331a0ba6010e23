"""Paths or standard input in, a stream of records and rejects out.

A format is a module with `records(stream, path, name)`, which yields a `Record` or a `Rejected` for each item and never
raises for what the data holds; `paths.READERS` names it by its ending. Compression is a matter of its own.
"""

from dedup.formats.paths import read, read_queries, read_text
from dedup.formats.record import Item, Record, Rejected, Source

__all__ = ["Item", "Record", "Rejected", "Source", "read", "read_queries", "read_text"]
