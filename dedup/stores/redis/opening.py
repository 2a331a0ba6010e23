"""Opening an index: is it ours, of this format and scheme, on a server that keeps what it is given?"""

import json
import uuid

import redis

from dedup.errors import StoreEvicts, StoreForeign
from dedup.scheme import Scheme
from dedup.stores.redis.address import Address
from dedup.stores.redis.faults import translate
from dedup.stores.redis.layout import Layout, bits_for_documents
from dedup.stores.redis.requests import Wire, command
from dedup.stores.redis.sentinels import Sentinels
from dedup.stores.session import REDIS_FORMAT, absent, read_header

_PATIENCE = 3.0  # seconds; not measured: a wrong URL should fail before one wonders


def connect(address: Address) -> tuple[Wire, Sentinels | None]:
    """Return the servers that the address names, all of which keep what they are given, and who looks after them.

    Raises:
        StoreError: one is not reachable, refuses, or evicts.
    """
    try:
        client, sentinels = address.client()
        wire = Wire(client, address.shown, address.patience)
    except (redis.RedisError, redis.exceptions.RedisClusterException, OSError) as error:
        raise translate(error, address.shown) from error
    try:
        for memory in wire.each(lambda node: node.info("memory"), patience=_PATIENCE):
            _refuse_eviction(memory, address.shown)
    except BaseException:
        wire.close()
        raise
    return wire, sentinels


def _refuse_eviction(memory: dict[str, object], name: str) -> None:
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise StoreEvicts(
            f"index {name}: the server evicts keys when its memory is full (maxmemory-policy {policy}), "
            "which would lose postings unnoticed; set `maxmemory-policy noeviction` in its configuration"
        )


def load(wire: Wire, layout: Layout, wanted: Scheme | None) -> Scheme | None:
    """Return the index's scheme if it is as wanted, None if there is no index."""
    data = wire.one(command(b"GET", layout.meta), patience=_PATIENCE)
    if data is None:
        return None
    try:
        meta = json.loads(data)
        version, written = int(meta["resembles"]), json.dumps(meta["scheme"]).encode()
    except (ValueError, KeyError, TypeError) as error:
        raise StoreForeign(
            f"index {wire.name}: key {layout.meta.decode()} is another program's; give another ?namespace="
        ) from error
    return read_header(wire.name, version, REDIS_FORMAT, written, wanted)


def begin(wire: Wire, layout: Layout, wanted: Scheme | None, documents: int, *, create: bool) -> Scheme:
    """Write what makes a new index, of which nothing changes if another process has just done so."""
    if not create:
        raise absent(wire.name)
    scheme = wanted or Scheme()
    shape = b"1:%d" % bits_for_documents(documents)
    header = {"resembles": REDIS_FORMAT, "scheme": json.loads(scheme.to_json()), "name": uuid.uuid4().hex}
    with wire.steady():
        wire.one(command(b"SET", layout.shape, shape, b"NX"))
        wire.one(command(b"SET", layout.epoch, wire.history(layout.epoch), b"NX"))
    wire.one(command(b"SET", layout.meta, json.dumps(header).encode(), b"NX"))
    return load(wire, layout, wanted) or scheme
