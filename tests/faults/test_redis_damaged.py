"""What a flipped bit in a server's log may leave: keys that nobody named, ids that a scan would miss."""

from servers.server import Server

from dedup.engine import open_index
from dedup.model import Document
from dedup.stores.redis.layout import numbers_of


def test_id_that_no_list_names_is_missing_until_it_is_repaired(redis_server: Server) -> None:
    """A check counts an id that a scan would miss, and a repair lists it again."""
    with open_index(f"{redis_server.url()}?namespace=unlisted") as index, redis_server.client() as client:
        index.put([Document(name, f"the words of document {name}") for name in ("a", "b")])
        taken = [key for key in client.scan_iter("unlisted:ids:*") if client.zrem(key, "a")]
        assert len(taken) == 1
        assert [document.id for document in index.documents()] == ["b"]
        report = index.check()
        assert (report.missing, report.sound) == (1, False)
        assert index.check(repair=True).repaired == 1
        assert index.check().sound
        assert [document.id for document in index.documents()] == ["a", "b"]


def test_key_that_nobody_named_is_passed_over() -> None:
    """Of keys below a prefix only those that end in a number as it is written have one."""
    keys = [b"n:p1:00ff", b"n:p1:wb46", b"n:p1:", b"n:p1:+1"]
    assert numbers_of(keys, b"n:p1:", 16) == [255]
