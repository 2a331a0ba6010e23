"""Asking all Sentinels which server is the master: a master that was replaced does not know it for seconds."""

import time
from typing import Any

import redis

from dedup.stores.redis.histories import ServersChanged

_CHANGES = b"failover_in_progress"
_AWAY = 5.0  # seconds in which a Sentinel that did not answer is not asked; not measured


class Sentinels:
    """The Sentinels that an index URL names."""

    def __init__(self, clients: list[Any], service: str) -> None:
        """Ask them about one service by their redis-py clients."""
        self._clients, self._service = clients, service
        self._away: dict[Any, float] = {}

    def agree_on(self, address: tuple[str, int], name: str) -> bool:
        """Return whether most of them answer, and none of them is about to make another server master.

        Raises:
            ServersChanged: one of them knows another master than the server at this address.
        """
        now = time.monotonic()
        asked = [client for client in self._clients if self._away.get(client, 0.0) <= now]
        sent = [(client, connection) for client in asked if (connection := self._send(client))]
        told = [state for client, connection in sent if (state := self._read(client, connection))]
        if any((state[b"ip"].decode(), int(state[b"port"])) != address for state in told):
            raise ServersChanged(
                f"index {name}: {address[0]}:{address[1]} is not the master any more; put the batch again"
            )
        return 2 * len(told) > len(self._clients) and not any(_CHANGES in state[b"flags"] for state in told)

    def _send(self, client: Any) -> Any:
        connection = None
        try:
            connection = client.connection_pool.get_connection()
            connection.send_command("SENTINEL", "MASTER", self._service)
        except (redis.RedisError, OSError):
            self._give_up(client, connection)
            return None
        return connection

    def _read(self, client: Any, connection: Any) -> dict[bytes, bytes] | None:
        try:
            fields = connection.read_response(disable_decoding=True)
        except (redis.RedisError, OSError):
            self._give_up(client, connection)
            return None
        client.connection_pool.release(connection)
        return dict(zip(fields[::2], fields[1::2], strict=True))

    def _give_up(self, client: Any, connection: Any) -> None:
        self._away[client] = time.monotonic() + _AWAY
        if connection is not None:
            connection.disconnect()
            client.connection_pool.release(connection)
