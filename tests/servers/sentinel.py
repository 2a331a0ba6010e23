"""A master, its replica, and three Sentinels that make the replica master when the master is gone."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from servers.server import PASSWORD, Server, free_port, killed_in_the_end

MASTER = "index"
DOWN_AFTER_MS = 1000


class Sentinels:
    """The addresses of three Sentinels, and the two servers that they watch."""

    def __init__(self, ports: list[int], servers: list[Server]) -> None:
        """Know the ports of the Sentinels, and the servers: the first is master."""
        self.ports, self.servers = ports, servers

    @property
    def url(self) -> str:
        """The URL that names all Sentinels and the master's name."""
        password = PASSWORD.replace(" ", "%20")
        return f"redis+sentinel://:{password}@{','.join(f'127.0.0.1:{port}' for port in self.ports)}/{MASTER}"

    def master(self) -> int:
        """Return the port of the present master, as the first Sentinel tells it."""
        with self._client(self.ports[0]) as client:
            return int(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)[1])

    def _client(self, port: int) -> redis.Redis:
        authority = self.servers[0].authority
        return redis.Redis(port=port, ssl=bool(authority), ssl_ca_certs=str(authority) if authority else None)

    def wait_until_ready(self) -> None:
        """Wait until each Sentinel knows the replica and the two others, and the replica is in step."""
        deadline = time.monotonic() + 30
        while not all(self._knows_all(port) for port in self.ports) or not self._in_step():
            assert time.monotonic() < deadline, "the Sentinels do not find each other"
            time.sleep(0.1)

    def _knows_all(self, port: int) -> bool:
        with self._client(port) as client:
            try:
                state = client.sentinel_master(MASTER)
            except redis.RedisError:
                return False
            return bool(state["num-slaves"] == 1 and state["num-other-sentinels"] == len(self.ports) - 1)

    def _in_step(self) -> bool:
        with self.servers[1].client() as client:
            return bool(client.info("replication").get("master_link_status") == "up")


@contextlib.contextmanager
def running_sentinels(binary: str, folder: Path, *options: str) -> Iterator[Sentinels]:
    """Run master, replica and Sentinels, all with the same further options, while the block lasts."""
    with killed_in_the_end([]) as servers, contextlib.ExitStack() as stack:
        servers.append(Server(binary, folder / "master", *options))
        servers.append(Server(binary, folder / "replica", "--replicaof", f"127.0.0.1 {servers[0].port}", *options))
        ports = [
            stack.enter_context(_sentinel(binary, folder / f"sentinel{i}", servers[0].port, options)) for i in range(3)
        ]
        sentinels = Sentinels(ports, servers)
        sentinels.wait_until_ready()
        yield sentinels


@contextlib.contextmanager
def _sentinel(binary: str, folder: Path, master: int, options: tuple[str, ...]) -> Iterator[int]:
    port = free_port()
    folder.mkdir()
    configuration = folder / "sentinel.conf"  # a Sentinel writes what it learns into its own configuration
    listening = f"port 0\ntls-port {port}" if "--tls-ca-cert-file" in options else f"port {port}"
    configuration.write_text(
        f'{listening}\nbind 127.0.0.1\ndir "{folder}"\nlogfile "{folder / "log"}"\n'
        f"sentinel monitor {MASTER} 127.0.0.1 {master} 2\n"
        f'sentinel auth-pass {MASTER} "{PASSWORD}"\n'
        f"sentinel down-after-milliseconds {MASTER} {DOWN_AFTER_MS}\n"
        f"sentinel failover-timeout {MASTER} 5000\n"
    )
    process = subprocess.Popen([binary, str(configuration), "--sentinel", *options], stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.kill()
        process.wait()
