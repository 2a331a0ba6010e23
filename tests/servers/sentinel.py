"""A master, its replica, and three Sentinels that make the replica master when the master is gone."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis
from servers.network import Network
from servers.server import PASSWORD, Server, free_port, killed_in_the_end

MASTER = "index"
DOWN_AFTER_MS = 1000


class Sentinels:
    """The addresses of three Sentinels, and the two servers that they watch."""

    def __init__(self, ports: list[int], servers: list[Server], network: Network | None) -> None:
        """Know the ports of the Sentinels, and the servers, the first of which is master; all within a network."""
        self.ports, self.servers, self._network = ports, servers, network

    @property
    def url(self) -> str:
        """The URL that names all Sentinels and the master's name."""
        password = PASSWORD.replace(" ", "%20")
        return f"redis+sentinel://:{password}@{','.join(self._hosts())}/{MASTER}"

    def _hosts(self) -> list[str]:
        through = self._network.port_of if self._network else lambda port: port
        return [f"127.0.0.1:{through(port)}" for port in self.ports]

    def master(self) -> int:
        """Return the port of the present master, as the first Sentinel tells it."""
        with self._client(self.ports[0]) as client:
            return int(client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER)[1])

    def ask(self, *command: str) -> object:
        """Send the first Sentinel one command."""
        with self._client(self.ports[0]) as client:
            return client.execute_command(*command)

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
            replicas = len(self.servers) - 1
            return bool(state["num-slaves"] == replicas and state["num-other-sentinels"] == len(self.ports) - 1)

    def _in_step(self) -> bool:
        for server in self.servers[1:]:
            with server.client() as client:
                if client.info("replication").get("master_link_status") != "up":
                    return False
        return True


@contextlib.contextmanager
def running_sentinels(
    binary: str, folder: Path, *options: str, replicas: int = 1, network: Network | None = None
) -> Iterator[Sentinels]:
    """Run master, replicas and Sentinels, all with the same further options, while the block lasts.

    Within a network every server is reached through it, and known to it by the name `server0`, `server1` …,
    `sentinel0` …; the first server is master.
    """
    with killed_in_the_end([]) as servers, contextlib.ExitStack() as stack:
        master = 0
        for place in range(1 + replicas):
            port = free_port()
            announced = network.join(f"server{place}", port) if network else port
            own = network.options(f"server{place}", announced) if network else ()
            follows = ("--replicaof", f"127.0.0.1 {master}") if master else ()
            servers.append(Server(binary, folder / f"server{place}", *follows, *own, *options, port=port))
            master = master or announced
        ports = [
            stack.enter_context(_sentinel(binary, folder, f"sentinel{place}", master, options, network))
            for place in range(3)
        ]
        sentinels = Sentinels(ports, servers, network)
        sentinels.wait_until_ready()
        yield sentinels


@contextlib.contextmanager
def _sentinel(
    binary: str, above: Path, name: str, master: int, options: tuple[str, ...], network: Network | None
) -> Iterator[int]:
    port, folder = free_port(), above / name
    folder.mkdir()
    configuration = folder / "sentinel.conf"  # a Sentinel writes what it learns into its own configuration
    listening = f"port 0\ntls-port {port}" if "--tls-ca-cert-file" in options else f"port {port}"
    if network:
        announced = network.join(name, port)
        listening += f"\nbind-source-addr {network.source(name)}"
        listening += f"\nsentinel announce-ip 127.0.0.1\nsentinel announce-port {announced}"
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
