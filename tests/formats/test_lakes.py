"""Inputs that lie elsewhere: in a bucket of S3, behind a web server; broken connections, refusals, secrets."""

import gzip
import io
import json
import os
import ssl
import time
from collections.abc import Iterator
from typing import Any

import aiohttp.connector
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import trustme
import zstandard
from s3fs import S3FileSystem
from servers.buckets import SECRET, Put
from servers.cutting import cutting
from servers.web import Web, running_web

from dedup.errors import InvalidInput, MissingExtra, ResemblesError, StoreDenied, StoreUnreachable
from dedup.formats import Item, Meter, Record, Rejected, lake_stream, lakes, read, read_queries, read_text

STORY = "The head of the general staff met the commander in Baku on Thursday."


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon; read in small pieces."""
    monkeypatch.setattr(lakes, "SECONDS", 30.0)
    monkeypatch.setattr(lakes, "PAUSES", (0.01, 0.05))
    monkeypatch.setattr(lake_stream, "LEAST_AT_ONCE", 1 << 10)
    monkeypatch.setattr(lake_stream, "MOST_AT_ONCE", 1 << 14)


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server without encryption."""
    with running_web() as server:
        yield server


@pytest.fixture
def secure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A web server over TLS, of an authority that this process trusts."""
    authority, context = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(context)
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", context)  # made when the module was imported
    with running_web(authority.issue_cert("127.0.0.1")) as server:
        yield server


def jsonl(*ids: str, text: str = STORY) -> bytes:
    """Return JSON Lines of documents with these ids."""
    return "".join(json.dumps({"id": one, "text": f"{text} {one}"}) + "\n" for one in ids).encode()


def many(count: int) -> bytes:
    """Return so many lines, 110 bytes each."""
    return jsonl(*(f"{i:06}" for i in range(count)))


def ids(items: Iterator[Item]) -> list[str]:
    """Return the ids of documents, and of rejects their codes."""
    return [one.document.id if isinstance(one, Record) else one.code for one in items]


def parquet(**columns: list[Any]) -> bytes:
    """Return a Parquet file."""
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, row_group_size=50)
    return file.getvalue()


def test_every_form_in_a_bucket(bucket: Put) -> None:
    """A bucket's files are read as a folder's, packed or not; ids, order and what is passed over are the same."""
    bucket("in/a.jsonl", jsonl("a1", "a2"))
    bucket("in/b.jsonl.gz", gzip.compress(jsonl("b1")))
    bucket("in/c.jsonl.zst", zstandard.compress(jsonl("c1")))
    bucket("in/d.csv", b"id,text\nd1,one text\n")
    bucket("in/deep/e.txt", STORY.encode())
    bucket("in/f.parquet", parquet(id=["f1"], text=[STORY]))
    bucket("in/g.bin", b"\0")
    bucket("other.jsonl", jsonl("no"))
    meter = Meter()
    assert ids(read("s3://data/in", meter=meter)) == ["a1", "a2", "b1", "c1", "d1", "deep/e", "f1"]
    assert meter.passed_over == {".bin": 1}
    assert meter.total
    assert meter.done >= meter.total - 1


def test_paths_as_locally(bucket: Put) -> None:
    """A file, a pattern, a folder with a slash, and queries name what they name on a disk."""
    for name in ("x/1.jsonl", "x/2.jsonl", "x/y/3.jsonl"):
        bucket(name, jsonl(name[-7:-6]))
    assert ids(read("s3://data/x/2.jsonl")) == ["2"]
    assert ids(read("s3://data/x/*.jsonl")) == ["1", "2"]
    assert ids(read("s3://data/x/**/*.jsonl")) == ["1", "2", "3"]
    assert ids(read("s3://data/x/")) == ids(read("s3://data/x")) == ["1", "2", "3"]
    assert ids(read_queries("s3://data/x/1.jsonl")) == ["1"]
    assert [item.source.path for item in read("s3://data/x/y")] == ["s3://data/x/y/3.jsonl"]


def test_rows_come_from_a_part_of_a_file(bucket: Put) -> None:
    """Parquet is read in pieces, from its end first; it comes out as it went in."""
    texts = [f"{STORY} {i}" for i in range(300)]
    bucket("rows.parquet", parquet(id=list(range(300)), text=texts, other=[os.urandom(200) for _ in range(300)]))
    items = list(read("s3://data/rows.parquet"))
    assert [(one.document.id, one.document.text) for one in items if isinstance(one, Record)] == [
        (str(i), one) for i, one in enumerate(texts)
    ]


def test_a_file_over_tls(secure: Web) -> None:
    """A file behind https, packed, is read and named by its own name; a text can be compared."""
    secure.files = {
        "/d/a.jsonl.gz": gzip.compress(many(500)),
        "/d/b%20c.txt": STORY.encode(),
        "/e.parquet": parquet(id=["e"], text=[STORY]),
    }
    assert ids(read(f"{secure.url}/d/a.jsonl.gz")) == [f"{i:06}" for i in range(500)]
    assert ids(read(f"{secure.url}/d/b%20c.txt", f"{secure.url}/e.parquet")) == ["b c", "e"]
    item = read_text(f"{secure.url}/d/b%20c.txt")
    assert isinstance(item, Record)
    assert item.document.text == STORY


def test_reading_goes_on_where_a_connection_broke(secure: Web) -> None:
    """However often connections break, every line comes once and in order, and little is sent twice."""
    content = many(2_000)
    secure.files = {"/a.jsonl": content}
    secure.break_at = [100, 700, 0, 5_000, 1, 1, 9_999]
    assert ids(read(f"{secure.url}/a.jsonl")) == [f"{i:06}" for i in range(2_000)]
    assert secure.break_at == []
    assert secure.sent - len(content) < 100 + 700 + 5_000 + 2 + 9_999 + 10


def test_a_bucket_is_read_on_where_a_connection_broke(bucket: Put, s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind connections that break in the middle of answers a bucket's lines come once each, in order."""
    bucket("a.jsonl", many(2_000))
    bucket("b.parquet", parquet(id=list(range(2_000)), text=[f"{STORY} {i}" for i in range(2_000)]))
    cuts = [3_000, 9_000, 900, 12_000, 2_500, 5_000]
    with cutting(int(s3.meta.endpoint_url.rpartition(":")[2]), cuts) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        S3FileSystem.clear_instance_cache()
        found = ids(read("s3://data/a.jsonl", "s3://data/b.parquet"))
    S3FileSystem.clear_instance_cache()
    assert found == [*(f"{i:06}" for i in range(2_000)), *map(str, range(2_000))]
    assert cuts == []


def test_a_server_that_stays_broken_is_told(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no further try helps, what came before is there and the rest is one reject that says so."""
    monkeypatch.setattr(lakes, "SECONDS", 0.5)
    web.files = {"/a.jsonl": many(200)}
    items = read(f"{web.url}/a.jsonl")
    first = next(items)
    web.status = 503
    rest = ids(items)
    assert isinstance(first, Record)
    assert rest[-1] == "unreadable_file"
    assert 0 < len(rest) < 199


@pytest.mark.parametrize("sizes", [True, False])
def test_a_server_that_sends_whole_files_only(web: Web, sizes: bool) -> None:
    """Without parts and without sizes files are read from beginning to end, also Parquet; a break is told."""
    web.ranges, web.sizes = False, sizes
    web.files = {"/a.jsonl": many(500), "/e.parquet": parquet(id=["e"], text=[STORY])}
    assert len(ids(read(f"{web.url.replace('http', 'HTTP')}/a.jsonl"))) == 500
    assert ids(read(f"{web.url}/e.parquet")) == ["e"]
    if sizes:
        web.break_at = [20_000]
        assert ids(read(f"{web.url}/a.jsonl"))[-1] == "unreadable_file"


def test_a_file_that_changes_is_told(web: Web) -> None:
    """No mixture of two files passes for one; that machines of one address name a version differently is no change."""
    web.files = {"/a.jsonl": many(400)}
    items = read(f"{web.url}/a.jsonl")
    next(items)
    web.tag = "of another machine"
    assert len(ids(items)) == 399
    items = read(f"{web.url}/a.jsonl")
    next(items)
    web.files["/a.jsonl"] = many(400).replace(b"general", b"GENERAL")
    web.tag, web.modified = "3", 3_600
    *_, last = items
    assert isinstance(last, Rejected)
    assert "changed while it was read" in last.reason


def test_what_is_not_there(bucket: Put, web: Web) -> None:
    """A missing file, bucket or match, a folder without texts and an unknown kind of URL are refused at once."""
    bucket("odd/a.bin", b"\0")
    for url, said in (
        ("s3://data/none.jsonl", "no such file or folder"),
        ("s3://nowhere-at-all/a.jsonl", "no such file or folder"),
        ("s3://data/*.jsonl", "nothing matches"),
        ("s3://data/odd", "holds no file ending in"),
        ("s3://data/odd/a.bin", "no known format"),
        (f"simplecache::{web.url}/a.jsonl", "give the last one alone"),
        (f"{web.url}/none.jsonl", "no such file or folder"),
        ("nonsense://x/a.jsonl", "no known kind of address"),
    ):
        with pytest.raises(InvalidInput, match=said):
            read(url)


def test_a_server_with_packed_copies_is_asked_for_files_as_they_are(web: Web) -> None:
    """A server that would send packed what is asked for without packing is not given the occasion."""
    web.files, web.packs = {"/a.jsonl": many(500)}, True
    assert len(ids(read(f"{web.url}/a.jsonl"))) == 500


def test_parts_of_a_wrong_length_are_told_soon(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose parts have another length is asked a few times, not for minutes; the message says what to do."""
    web.files = {"/a.jsonl": many(500)}
    items = read(f"{web.url}/a.jsonl")
    next(items)
    web.files["/a.jsonl"] = web.files["/a.jsonl"][:10_000]
    before = web.asked["GET"]
    *_, last = items
    assert isinstance(last, Rejected)
    assert "download the file" in last.reason
    assert web.asked["GET"] - before < 10


def test_a_busy_server_is_waited_for(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is busy at first is asked again after the seconds it wants; one that stays busy is told so."""
    web.files, web.busy, web.wait = {"/a.jsonl": many(10)}, 2, 1
    start = time.monotonic()
    assert len(ids(read(f"{web.url}/a.jsonl"))) == 10
    assert time.monotonic() - start >= 1
    monkeypatch.setattr(lakes, "SECONDS", 0.2)
    for status in (429, 503):
        web.status = status
        with pytest.raises(StoreUnreachable, match="the server is busy: try again later"):
            read(f"{web.url}/a.jsonl")


def test_a_silent_server_is_given_up(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes a connection and says nothing is asked again, and given up when the time is over."""
    monkeypatch.setattr(lakes, "SILENCE", 0.2)
    web.files, web.silent = {"/a.jsonl": many(10)}, 3
    assert len(ids(read(f"{web.url}/a.jsonl"))) == 10
    monkeypatch.setattr(lakes, "SECONDS", 0.5)
    web.silent = 100
    with pytest.raises(StoreUnreachable, match="check the address and the network"):
        read(f"{web.url}/a.jsonl")


def test_a_file_that_was_cut_off_before(web: Web) -> None:
    """What ends too early behind a URL may have been cut off on the way: the message says to try again or download."""
    web.files = {"/a.jsonl.gz": gzip.compress(many(500))[:-100]}
    *_, last = read(f"{web.url}/a.jsonl.gz")
    assert isinstance(last, Rejected)
    assert last.reason.endswith("try again, or download the file and check it")


def test_what_is_refused_or_silent(web: Web) -> None:
    """A server that refuses the credentials, and one that does not answer, are errors of their own."""
    for status in (401, 403):
        web.status = status
        with pytest.raises(StoreDenied, match="check the credentials"):
            read(f"{web.url}/a.jsonl")
    web.status = 401
    with pytest.raises(StoreDenied, match="as in https://USER:PASSWORD@HOST/PATH"):
        read(f"{web.url}/a.jsonl")
    with pytest.raises(StoreUnreachable, match="check the address"):
        read("http://127.0.0.1:9/a.jsonl")


SECRETS = [
    "https://user:pass-word@127.0.0.1:9/a.jsonl",
    "https://ghp-token@127.0.0.1:9/a.jsonl",
    "https://127.0.0.1:9/a.jsonl?X-Amz-Credential=AKIA&X-Amz-Signature=5ecre7&X-Amz-Security-Token=t0ken",
    "s3://AKIAKEY:se/cret+key@data/a.jsonl",
    "https://user:p%40ss-word@127.0.0.1:9/a.jsonl?sig=abc%2Bdef",
    "https://127.0.0.1:9/a.jsonl#access_token=5ecre7",
    "https://127.0.0.1:9/a.jsonl;token=5ecre7",
    "https://127.0.0.1:9/a.jsonl?5ecre7",
    "https://127.0.0.1:9/a.jsonl?sig=ab'5ecre7",
    "https://127.0.0.1:9/a.jsonl?sig=a b 5ecre7",
    "https://:5ecre7@127.0.0.1:9/a.jsonl",
    "https://u:123/5ecre7@127.0.0.1:9/a.jsonl",
    "https://u:p?5ecre7@127.0.0.1:9/a.jsonl",
    "https://u:8080/5ecre7@127.0.0.1:9/a.jsonl",
    "https://u:a 5ecre7@127.0.0.1:9/a.jsonl",
    "HTTPS://u:5ecre7@127.0.0.1:9/a.jsonl",
    "simplecache::http://user:5ecre7@127.0.0.1:9/a.jsonl?sig=t0ken",
]
HIDDEN = [
    "pass-word",
    "ghp-token",
    "5ecre7",
    "t0ken",
    "AKIA",
    "se/cret",
    "cret+key",
    "p%40ss",
    "p@ss",
    "abc%2B",
    "abc+d",
]


@pytest.mark.parametrize("url", SECRETS)
def test_messages_hold_no_secret(url: str, s3: Any) -> None:
    """Neither user nor password nor signature of a URL is in the message of what went wrong with it."""
    with pytest.raises(ResemblesError) as raised:
        read(url)
    shown = [str(raised.value), lakes.shown_path(url), lakes.told(ValueError(f"cannot open {url!r}"), url)]
    assert not [secret for secret in [*HIDDEN, SECRET] for text in shown if secret in text]
    assert "***" in shown[1]


def test_rejects_name_no_secret(web: Web) -> None:
    """Where a record stands is told with the URL, without the values of its query."""
    web.files = {"/a.jsonl": b"nonsense\n"}
    [reject] = read(f"{web.url}/a.jsonl?token=5ecre7")
    assert reject.source.path == f"{web.url}/a.jsonl?***"


@pytest.mark.parametrize(
    "path",
    [
        "a.jsonl",
        "./user:pass@x",
        "C:/a?b=c",
        "s3://data/a=b@c.jsonl",
        "hf://datasets/o/n@main/a.parquet",
        "https://h:80/a",
        "https://h/a@b",
        "s3://data/a?.jsonl",
        "s3://data/a#1;b:c@d.jsonl",
    ],
)
def test_what_is_no_secret_is_shown(path: str) -> None:
    """Paths, partitions, revisions and ports are shown as they are."""
    assert lakes.shown_path(path) == path


@pytest.mark.parametrize(("url", "package"), [("gs://b/a.jsonl", "gcsfs"), ("abfs://b/a.jsonl", "adlfs")])
def test_a_missing_driver_says_what_to_install(url: str, package: str) -> None:
    """Of a store that the extra has no package for the message names the package, and how to have it."""
    with pytest.raises(MissingExtra, match=f"needs {package}, which is not installed; pip install {package}"):
        read(url)


def test_a_hub_is_named_by_its_own_urls() -> None:
    """A data set of Hugging Face is taken for one, revision and all."""
    filesystem, path = lakes.connected("hf://datasets/owner/name@v1/data", "reading it")
    assert "hf" in filesystem.protocol
    assert path == "datasets/owner/name@v1/data"
