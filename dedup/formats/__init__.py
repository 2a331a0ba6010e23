"""Paths or standard input in, a stream of records and rejects out.

A format is a module with `records(stream, path, name, fields)`, which yields a `Record` or a `Rejected` for each item
(or a `Page`, of which `extraction` makes one) and never raises for what the data holds; `reading.FORMATS` names it.
Compression is a matter of its own, and memory is bounded whatever the data hold.
"""

from dedup.formats.items import Item, Record, Rejected, Source
from dedup.formats.paths import read, read_queries, read_text
from dedup.formats.reading import FORMATS, Reading
from dedup.formats.stream import Meter
from dedup.record import Fields

__all__ = [
    "FORMATS",
    "Fields",
    "Item",
    "Meter",
    "Reading",
    "Record",
    "Rejected",
    "Source",
    "read",
    "read_queries",
    "read_text",
]
