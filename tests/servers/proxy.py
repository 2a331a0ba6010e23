"""A proxy between client and server that cuts, delays or half-closes the connection at the n-th command."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import BinaryIO


class Fault(Enum):
    """What happens once the commands let through are used up."""

    CUT = "both sides are closed; what was let through still reaches the server, its replies are lost"
    HALF_CLOSE = "the server sees the end of the commands, its replies still come"
    SILENCE = "nothing is closed, and nothing comes back"


class Proxy:
    """Counts the commands of all its connections from `arm` on.

    Attributes:
        port: where it listens, on 127.0.0.1.
        commands: commands passed on since the last `arm`.
        delay: seconds that each packet to the server is held back.
    """

    def __init__(self, target: int) -> None:
        """Pass everything on to the loopback port `target`."""
        self._target, self._lock = target, threading.Lock()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.commands, self.delay = 0, 0.0
        self._left: int | None = None
        self._fault, self._lasting = Fault.CUT, True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._start(self._accept)

    def arm(self, after: int | None, fault: Fault = Fault.CUT, *, lasting: bool = True) -> None:
        """Let so many commands through (None: all), then let the fault happen: once, or from then on."""
        with self._lock:
            self.commands, self._left, self._fault, self._lasting = 0, after, fault, lasting

    def close(self) -> None:
        """Close everything."""
        self._end(self._listener)
        self._threads[0].join()  # from here on no connection comes
        self._end(*self._sockets)
        for thread in self._threads:
            thread.join()
        for one in [self._listener, *self._sockets]:
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._target))
                except OSError:
                    client.close()  # as if the port were closed
                    continue
                self._sockets += [client, server]
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._start(self._commands, client, server)
                self._start(self._replies, client, server)

    def _start(self, work: Callable[..., None], *args: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=args, daemon=True))
        self._threads[-1].start()

    def _commands(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), client.makefile("rb") as reader:
            while command := _command(reader):
                if not self._passes():
                    self._break(client, server)
                    return
                if self.delay:
                    time.sleep(self.delay)
                server.sendall(command)
        self._end(client, server)

    def _passes(self) -> bool:
        with self._lock:
            if self._left is None or self._left > 0:
                self._left = None if self._left is None else self._left - 1
                self.commands += 1
                return True
            if not self._lasting:
                self._left = None
            return False

    def _break(self, client: socket.socket, server: socket.socket) -> None:
        if self._fault is Fault.CUT:
            self._end(client, server)
        elif self._fault is Fault.HALF_CLOSE:
            server.shutdown(socket.SHUT_WR)

    def _replies(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                client.sendall(data)
        self._end(client, server)

    @staticmethod
    def _end(*sides: socket.socket) -> None:
        for side in sides:
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


def _command(reader: BinaryIO) -> bytes:
    """Read one command as RESP writes it, an array of strings; nothing at the end."""
    header = reader.readline()
    parts = [header]
    for _ in range(int(header[1:]) if header else 0):
        length = reader.readline()
        parts += [length, reader.read(int(length[1:]) + 2)]
    return b"".join(parts)


@contextlib.contextmanager
def proxied(port: int) -> Iterator[Proxy]:
    """Run a proxy before a server while the block lasts."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
