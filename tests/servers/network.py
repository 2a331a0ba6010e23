"""A network of our own between servers, Sentinels and clients on one machine, which can be parted in two.

Whoever listens is reached through a relay; whoever connects is known by its source address, 127.0.1.N, all others
being clients. While the network is parted nothing passes between the sides, and nothing is closed, as when a cable is
out.
"""

import contextlib
import socket
import threading
from collections.abc import Iterator


class Network:
    """Relays, and who is on which side."""

    def __init__(self) -> None:
        """Nobody has joined, and all reach all."""
        self._names: list[str] = []
        self._ports: dict[int, int] = {}
        self._apart: frozenset[str] = frozenset()
        self._whole = threading.Condition()
        self._closed = False
        self._sockets: list[socket.socket] = []

    def join(self, name: str, port: int) -> int:
        """Relay a loopback port to the one who listens there; return the relay's port."""
        self._names.append(name)
        listener = socket.create_server(("127.0.0.1", 0))
        self._sockets.append(listener)
        self._ports[port] = int(listener.getsockname()[1])
        threading.Thread(target=self._accept, args=(listener, name, port), daemon=True).start()
        return self._ports[port]

    def port_of(self, port: int) -> int:
        """Return the relay's port of one who listens."""
        return self._ports[port]

    def source(self, name: str) -> str:
        """Return the address that one who has joined connects from."""
        return f"127.0.1.{1 + self._names.index(name)}"

    def options(self, name: str, announced: int) -> tuple[str, ...]:
        """Return what a server needs to be told, as options of its command line."""
        announce = "--replica-announce-ip", "127.0.0.1", "--replica-announce-port", str(announced)
        return *announce, "--bind-source-addr", self.source(name)

    def part(self, *side: str) -> None:
        """Let nothing pass between these (`client` are all clients) and all others; nobody: heal."""
        with self._whole:
            self._apart = frozenset(side)
            self._whole.notify_all()

    def close(self) -> None:
        """End all relays."""
        with self._whole:
            self._closed = True
            self._whole.notify_all()
        for one in self._sockets:
            _end(one)
            one.close()

    def _accept(self, listener: socket.socket, name: str, port: int) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, (source, _) = listener.accept()
                self._sockets.append(client)
                threading.Thread(target=self._relay, args=(client, source, name, port), daemon=True).start()

    def _relay(self, client: socket.socket, source: str, name: str, port: int) -> None:
        last = source.rpartition(".")
        other = self._names[int(last[2]) - 1] if last[0] == "127.0.1" else "client"
        with contextlib.suppress(OSError):
            self._pass(other, name)
            server = socket.create_connection(("127.0.0.1", port))
            self._sockets.append(server)
            for one in (client, server):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(server, client, other, name), daemon=True).start()
            self._pump(client, server, other, name)
        _end(client)

    def _pump(self, start: socket.socket, end: socket.socket, *ends: str) -> None:
        with contextlib.suppress(OSError):
            while data := start.recv(1 << 16):
                self._pass(*ends)
                end.sendall(data)
        _end(start)
        _end(end)

    def _pass(self, one: str, other: str) -> None:
        """Wait while two are apart."""
        with self._whole:
            self._whole.wait_for(lambda: self._closed or (one in self._apart) == (other in self._apart))
        if self._closed:
            raise OSError


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def network() -> Iterator[Network]:
    """Have a network while the block lasts."""
    one = Network()
    try:
        yield one
    finally:
        one.close()
