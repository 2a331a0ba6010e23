"""Requests to Redis servers: packed once, sent side by side to every node concerned, repeated while a fault may pass.

redis-py's own pipeline costs about 10 us of client time a command, and its cluster pipeline three times that; here a
request is bytes from the start, and its connections, parser and cluster map are redis-py's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import redis
from redis.connection import ConnectionPool
from redis.crc import key_slot

from dedup.patience import patiently
from dedup.stores.redis.faults import passing, translate
from dedup.stores.redis.histories import Batch, ServersChanged

Request = tuple[bytes, bytes, int]
"""The key that decides on the node, the packed command or commands, and how many replies they give; the last counts."""

_REQUESTS_AT_ONCE = 4_000  # not measured: bounds what servers and sockets buffer; a look-up has some 160
_PAUSES = 0.02, 1.0  # seconds; not measured: a failover takes some


def pack(*parts: bytes | int) -> bytes:
    """Return a command in the server's protocol (RESP: an array of bulk strings)."""
    packed = [b"*%d\r\n" % len(parts)]
    for part in parts:
        text = part if isinstance(part, bytes) else b"%d" % part
        packed.append(b"$%d\r\n%b\r\n" % (len(text), text))
    return b"".join(packed)


def command(name: bytes, key: bytes, *parts: bytes | int) -> Request:
    """Return the request of one command on `key`."""
    return key, pack(name, key, *parts), 1


def transaction(key: bytes, commands: Sequence[Request]) -> Request:
    """Return commands on keys of one slot as a request that runs whole or not at all and gives all their replies."""
    packed = b"".join(data for _, data, _ in commands)
    return key, pack(b"MULTI") + packed + pack(b"EXEC"), len(commands) + 2


class Wire:
    """The servers of an index: one, whatever Sentinel says it is, or the nodes of a cluster."""

    def __init__(self, client: Any, name: str, patience: float) -> None:
        """Use a redis-py client's connections.

        Args:
            client: for one server or a cluster.
            name: what messages call the index.
            patience: for how many seconds requests are repeated after a fault that may pass.
        """
        self._patience = patience
        self._client = client
        self._cluster: Any = client if hasattr(client, "nodes_manager") else None
        self._slots: dict[int, ConnectionPool] = {}
        self._batch = Batch()
        self.name = name

    @property
    def nodes_are_many(self) -> bool:
        """Whether requests go to several servers, which answer in no order."""
        return self._cluster is not None

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Within the block this thread reaches each server in one history: if it begins another, `ServersChanged`."""
        batch = self._batch
        before = batch.met, batch.masters, batch.repeated
        batch.met, batch.masters, batch.repeated = {}, self._masters(), False
        try:
            yield
        finally:
            batch.met, batch.masters, batch.repeated = before

    def history(self, key: bytes) -> bytes:
        """Return the name of the history in which the present batch has met the server that holds a key."""
        return self._batch.met[self._pool_of(key)].name if self._batch.met else b""

    @property
    def repeated(self) -> bool:
        """Whether a request of the present batch was sent again, so that it may have been done twice."""
        return self._batch.repeated

    @property
    def address(self) -> tuple[str, int]:
        """The one server that the present batch has met."""
        (history,) = (self._batch.met or {}).values()
        return history.address

    def spread(self, stem: bytes) -> list[bytes]:
        """Return keys that begin with `stem`, one on each server that holds keys."""
        if self._cluster is None:
            return [stem]
        servers = len({nodes[0].name for nodes in self._cluster.nodes_manager.slots_cache.values()})
        keys: dict[ConnectionPool, bytes] = {}
        for number in count():
            key = b"%b:%d" % (stem, number)
            keys.setdefault(self._pool_of(key), key)
            if len(keys) == servers:
                return list(keys.values())
        raise AssertionError  # counting has no end

    def _masters(self) -> frozenset[str]:
        return frozenset(node.name for node in self._cluster.get_primaries()) if self._cluster else frozenset()

    def _meet(self, pool: ConnectionPool, connection: Any) -> None:
        """Refuse a server that is not, or not any more, the one that this thread's batch began with."""
        met = self._batch.met
        if met is None:
            return
        replaced = pool not in met and not self._batch.masters <= self._masters()
        if replaced or met.setdefault(pool, connection.history) != connection.history:
            raise ServersChanged(
                f"index {self.name}: a server restarted or failed over while the batch was written; put it again"
            )

    def ask(self, requests: Sequence[Request], *, patience: float | None = None) -> list[Any]:
        """Return the reply to each request, all of them or an error; each may be sent more than once.

        Args:
            requests: those for the same server reach it in this order.
            patience: for how many seconds requests are repeated after a fault that may pass; None: as opened.

        Raises:
            StoreError: what the fault means for the index.
        """
        answers: list[Any] = [None] * len(requests)
        patience = self._patience if patience is None else patience
        for first in range(0, len(requests), _REQUESTS_AT_ONCE):
            self._ask(requests, range(first, min(first + _REQUESTS_AT_ONCE, len(requests))), answers, patience)
        return answers

    def one(self, request: Request, *, patience: float | None = None) -> Any:
        """Return the reply to one request."""
        return self.ask([request], patience=patience)[0]

    def _ask(self, requests: Sequence[Request], places: Sequence[int], answers: list[Any], patience: float) -> None:
        left, tries = list(places), count()

        def attempt() -> None:
            if next(tries):
                self._batch.repeated = True
                self._find_nodes()
            self._try(requests, left, answers)

        self._patiently(attempt, patience)

    def _patiently(self, act: Callable[[], Any], patience: float) -> Any:
        """Return what `act` returns, tried again while a fault may pass; raise what the fault means for the index."""
        try:
            return patiently(act, passing, seconds=patience, pauses=_PAUSES)
        except (redis.RedisError, redis.exceptions.RedisClusterException, OSError) as error:
            raise translate(error, self.name) from error

    def _try(self, requests: Sequence[Request], left: list[int], answers: list[Any]) -> None:
        """Send what is left, read every reply, and keep in `left` what must be sent again."""
        self._exchange(self._by_node(requests, left), requests, answers)
        self._follow(requests, left, answers)
        left[:] = [place for place in left if isinstance(answers[place], Exception)]
        errors = [answers[place] for place in left]
        for error in sorted(errors, key=passing):
            raise error

    def _by_node(self, requests: Sequence[Request], left: list[int]) -> dict[ConnectionPool, list[int]]:
        if self._cluster is None:
            return {self._client.connection_pool: left}
        by_node: dict[ConnectionPool, list[int]] = {}
        for place in left:
            by_node.setdefault(self._pool_of(requests[place][0]), []).append(place)
        return by_node

    def _pool_of(self, key: bytes) -> ConnectionPool:
        if self._cluster is None:
            pool: ConnectionPool = self._client.connection_pool
            return pool
        slot = key_slot(key)
        known = self._slots.get(slot)
        if known is None:
            known = self._slots[slot] = self._pool(self._cluster.nodes_manager.get_node_from_slot(slot))
        return known

    def _pool(self, node: Any) -> ConnectionPool:
        pool: ConnectionPool = self._cluster.get_redis_connection(node).connection_pool
        return pool

    def _exchange(
        self,
        by_node: dict[ConnectionPool, list[int]],
        requests: Sequence[Request],
        answers: list[Any],
        head: bytes = b"",
    ) -> None:
        """Send to all nodes, then read from all; a broken connection's error becomes the answer to all it carried."""
        sent: list[tuple[ConnectionPool, Any, list[int]]] = []
        try:
            for pool, places in by_node.items():
                data = b"".join([head + requests[place][1] for place in places])
                connection = _answer_errors(places, answers, partial(self._send, pool, data))
                if connection is not None:
                    sent.append((pool, connection, places))
            while sent:
                pool, connection, places = sent.pop(0)
                _answer_errors(places, answers, partial(_read, connection, requests, places, answers, bool(head)))
                pool.release(connection)
        finally:
            for pool, connection, _ in sent:
                connection.disconnect()
                pool.release(connection)

    def _send(self, pool: ConnectionPool, data: bytes) -> Any:
        connection: Any = pool.get_connection()
        try:
            self._meet(pool, connection)
            connection.send_packed_command([data])
        except BaseException:
            connection.disconnect()
            pool.release(connection)
            raise
        return connection

    def _follow(self, requests: Sequence[Request], left: list[int], answers: list[Any]) -> None:
        """Ask the node that a key of a moving slot is on its way to."""
        if self._cluster is None:
            return
        by_node: dict[ConnectionPool, list[int]] = {}
        for place in left:
            error = answers[place]
            if type(error) is redis.exceptions.AskError:
                node = self._cluster.get_node(host=error.host, port=error.port)
                if node is not None:
                    by_node.setdefault(self._pool(node), []).append(place)
        if by_node:
            self._exchange(by_node, requests, answers, pack(b"ASKING"))

    def _find_nodes(self) -> None:
        """Ask the cluster anew which node has which slot."""
        if self._cluster is not None:
            self._cluster.nodes_manager.initialize()
            self._slots = {}

    def nodes(self) -> Iterator[Any]:
        """Iterate over redis-py clients, one for each server that holds keys."""
        if self._cluster is None:
            yield self._client
            return
        for node in self._cluster.get_primaries():
            yield self._cluster.get_redis_connection(node)

    def each(self, ask: Callable[[Any], Any], *, patience: float | None = None) -> list[Any]:
        """Return what each server answers to a plain redis-py call."""
        return [self._of(partial(ask, node), patience) for node in list(self.nodes())]

    def keys(self, pattern: bytes) -> Iterator[list[bytes]]:
        """Iterate over the keys of all servers, some thousand at a time; one may come more than once."""
        for node in list(self.nodes()):
            cursor = 0
            while True:
                cursor, keys = self._of(partial(node.scan, cursor, match=pattern, count=2_000))
                if keys:
                    yield keys
                if not cursor:
                    break

    def _of(self, ask: Callable[[], Any], patience: float | None = None) -> Any:
        """Return what one server answers to a plain redis-py call."""
        return self._patiently(ask, self._patience if patience is None else patience)

    def delete_if_same(self, pointers: bytes, expected: dict[bytes, bytes], ids: bytes) -> bool:
        """Delete fields of a hash, and the members of that name in a set of its slot, if all are as expected."""
        client = self._client
        if self._cluster is not None:
            client = self._cluster.get_redis_connection(self._cluster.get_node_from_key(pointers))
        try:
            with client.pipeline() as pipe:
                pipe.watch(pointers)
                if pipe.hmget(pointers, list(expected)) != list(expected.values()):
                    return False
                pipe.multi()
                pipe.hdel(pointers, *expected)
                pipe.zrem(ids, *expected)
                pipe.execute()
        except redis.WatchError:
            return False
        except (redis.RedisError, redis.exceptions.RedisClusterException, OSError) as error:
            raise translate(error, self.name) from error
        return True

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def _answer_errors(places: Iterable[int], answers: list[Any], act: Callable[[], Any]) -> Any:
    """Return what `act` does; if the connection breaks, its error is the answer to all of `places`."""
    try:
        return act()
    except (redis.RedisError, redis.exceptions.RedisClusterException, OSError) as error:
        for place in places:
            answers[place] = error
    return None


def _read(connection: Any, requests: Sequence[Request], places: Sequence[int], answers: list[Any], extra: int) -> None:
    """Read the replies to all of `places`; whatever stops that half way leaves a connection that is not used again."""
    read = connection.read_response
    try:
        for place in places:
            answers[place] = _reply(read, requests[place][2] + extra)
    except BaseException:
        connection.disconnect()
        raise


def _reply(read: Callable[..., Any], replies: int) -> Any:
    """Return the last of some replies, or the first error among them."""
    fault: Exception | None = None
    reply: Any = None
    for _ in range(replies):
        try:
            reply = read(disable_decoding=True, disconnect_on_error=False)
        except redis.ResponseError as error:
            fault = fault or error
        except (redis.exceptions.BusyLoadingError, redis.exceptions.AuthenticationError) as error:
            fault = fault or error
    if fault is None and replies > 1 and isinstance(reply, list):
        fault = next((part for part in reply if isinstance(part, Exception)), None)
    return fault if fault is not None else reply
