"""What docs/operations.md tells operators to do works on a real server."""

import re
import shutil
from pathlib import Path

import pytest
import redis
from servers.server import Server, running

import dedup
from dedup.errors import StoreDenied
from dedup.model import Document

PAGE = (Path(__file__).parents[1] / "docs" / "operations.md").read_text("utf-8")
TEXT = "Seven wizards box with liquor jugs at noon while the quick brown fox jumps over a lazy dog by the river."


def test_documented_user_can_do_all_that_an_index_needs(own_server: Server) -> None:
    """The user of the index's own that the page makes can do everything there, and nothing in another namespace."""
    [line] = re.findall(r"^ACL SETUSER .*$", PAGE, re.MULTILINE)
    with own_server.client() as client:
        client.execute_command(*line.replace("PASSWORD", "secret").split())
    url = f"redis://indexer:secret@127.0.0.1:{own_server.port}?namespace="
    with dedup.open(url + "news") as index:
        for text in (TEXT, TEXT + " Again."):
            index.put([Document("a", text), Document("b", TEXT)])
        assert [match.id for match in index.resemble(TEXT)] == ["b", "a"]
        index.watch("wizards", TEXT)
        assert index.remove(["a"]) == 1
        index.put([Document("c", TEXT)])
        assert [hit.match.id for hit in index.hits()] == ["c"]
        assert index.stats().documents == 2
        assert index.check(repair=True).sound
    with pytest.raises(StoreDenied):
        dedup.open(url + "other")


def test_documented_backup_is_restored(redis_path: str, tmp_path: Path) -> None:
    """A snapshot put in place as the page says holds the index, which then goes on with its log."""
    with running(redis_path, tmp_path / "first") as server, dedup.open(server.url()) as index:
        index.put([Document("a", TEXT)])
        with server.client() as client:
            client.execute_command("SAVE")
    (tmp_path / "second").mkdir()
    shutil.copy(tmp_path / "first" / "dump.rdb", tmp_path / "second" / "dump.rdb")
    with running(redis_path, tmp_path / "second", "--appendonly", "no") as server:
        with server.client() as client:
            client.config_set("appendonly", "yes")
            wait_for_log(client)
        server.kill()
    with running(redis_path, tmp_path / "second") as server, dedup.open(server.url(), create=False) as index:
        assert [match.id for match in index.resemble(TEXT)] == ["a"]


def wait_for_log(client: redis.Redis) -> None:
    """Wait until the log has been written for the first time."""
    while client.info("persistence")["aof_rewrite_in_progress"] or not client.info("persistence")["aof_enabled"]:
        pass


def test_settings_of_the_page_are_those_of_the_file() -> None:
    """Each setting that the page explains has the value of deploy/redis.conf."""
    lines = (Path(__file__).parents[1] / "deploy" / "redis.conf").read_text("utf-8").splitlines()
    configured = dict(line.split(" ", 1) for line in lines if line and line[0] != "#")
    for name, value in re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \|", PAGE, re.MULTILINE):
        assert configured[name] == value
