"""A forwarder that breaks connections in the middle of an answer."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Forwarder:
    """Hands bytes on both ways; `cuts` says after how many bytes of answers connections break, one each."""

    def __init__(self, target: int, cuts: list[int]) -> None:
        self._target, self._cuts, self._lock = target, cuts, threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for work, one, other in ((self._questions, client, server), (self._answers, server, client)):
                    self.threads.append(threading.Thread(target=work, args=(one, other)))
                    self.threads[-1].start()

    def _questions(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                server.sendall(data)
        _end(client, server)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        sent = 0
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 12):
                with self._lock:
                    cut = bool(self._cuts) and sent + len(data) > self._cuts[0]
                    left = self._cuts.pop(0) - sent if cut else len(data)
                client.sendall(data[:left])
                sent += left
                if cut:
                    break
        _end(client, server)


def _end(*sides: socket.socket) -> None:
    for side in sides:
        with contextlib.suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)
        side.close()


@contextmanager
def cutting(target: int, cuts: list[int]) -> Iterator[int]:
    """Forward connections to the loopback port `target`, and yield the port to connect to."""
    forwarder = _Forwarder(target, cuts)
    try:
        yield int(forwarder.listener.getsockname()[1])
    finally:
        _end(forwarder.listener)
        for thread in forwarder.threads:
            thread.join()
