"""Spreading an index's postings over more shards while it is read and written.

The new generation is named beside the old one: from then on writers write to both. Once the writers that do not know of
it have left the journal, everything is copied; then the new one is named alone, readers change over with their next
look-up, and the old one is deleted. Each step can be repeated: a growth that was cut short goes on with the next call.
"""

import time

from dedup.stores.redis.layout import Layout, bits_for
from dedup.stores.redis.postings import Shards
from dedup.stores.redis.records import LEASE
from dedup.stores.redis.requests import Wire, command
from dedup.stores.redis.writing import walk_shards

_POLL = 0.05  # not measured: short beside the growing itself
_GRACE = 6.0  # seconds, longer than a reader that has just asked for the old shards may wait for them


def grow(wire: Wire, layout: Layout, postings: int) -> None:
    """Build shards for twice that many postings, and change over to them."""
    if len(layout.generations) == 1:
        old = layout.generations[0]
        _name(wire, layout, old, old.successor(max(bits_for(2 * postings), old.bits + 1)))
    old, new = layout.generations
    _let_writers_leave(wire, layout)
    for names, numbers in walk_shards(wire, old):
        wire.ask(new.write(names, numbers))
    _name(wire, layout, new)
    _let_writers_leave(wire, layout)
    time.sleep(_GRACE)
    delete_old_shards(wire, layout)


def delete_old_shards(wire: Wire, layout: Layout) -> None:
    """Delete the shards of the generation before the one that is read, also if a growth was cut short before it did."""
    shards = layout.generations[0]
    if shards.number > 1 and len(layout.generations) == 1:
        for keys in wire.keys(Shards(shards.namespace, shards.number - 1, shards.bits).prefix + b"*"):
            wire.ask([command(b"UNLINK", key) for key in keys])


def _name(wire: Wire, layout: Layout, *generations: Shards) -> None:
    """Tell every reader and writer which generations there are: the first is read."""
    wire.one(command(b"SET", layout.shape, b" ".join(b"%d:%d" % (one.number, one.bits) for one in generations)))
    start = layout.known
    layout.take(start, wire.ask(layout.refresh()))


def _let_writers_leave(wire: Wire, layout: Layout) -> None:
    """Wait until all who are in the journal now have left it, or are dead."""
    deadline = time.monotonic() + LEASE
    present = set(wire.one(command(b"HKEYS", layout.pending)))
    while present and time.monotonic() < deadline:
        time.sleep(_POLL)
        present &= set(wire.one(command(b"HKEYS", layout.pending)))
