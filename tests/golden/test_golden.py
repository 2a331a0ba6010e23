"""Every later version opens what formats 1 and 2 wrote, and finds the same documents and answers in it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import lmdb
import pytest
import redis
import xxhash
import zstandard
from golden.contents import (
    CONTENT,
    DOCUMENTS,
    EXPIRES,
    EXPIRING,
    FOLDER,
    LINE,
    NAMESPACE,
    NOTICES,
    PLAIN,
    SCHEME,
    SEVEN_WORDS,
    commands,
    read,
)
from servers.fixtures import url_on

import dedup
from dedup.admission import admit
from dedup.engine import Index
from dedup.errors import StoreGone
from dedup.stores.codec import content, decode, digest, encode

ALL = [*DOCUMENTS, EXPIRING]


def lmdb_index(folder: Path, name: str = "data.mdb") -> str:
    """Unpack a golden folder; return its URL."""
    (folder / "data.mdb").write_bytes(read(name))
    return f"lmdb:{folder}"


def redis_index(url: str) -> str:
    """Load the golden index into a server; return its URL."""
    with redis.Redis.from_url(url) as client:
        for command in commands():
            client.execute_command(*command)
    return f"{url}?namespace={NAMESPACE}"


@pytest.fixture(params=["lmdb", "redis", "valkey"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    """The golden index of each kind."""
    url = lmdb_index(tmp_path) if request.param == "lmdb" else redis_index(url_on(request.param, request))
    with dedup.open(url, create=False) as opened:
        yield opened


def test_documents_come_back(index: Index) -> None:
    """Each document has its text and metadata, and the one with a time to live its expiry."""
    assert list(index.documents()) == sorted(ALL, key=lambda document: document.id.encode())
    assert index.scheme == dedup.Scheme(k=4, w=4, num_perm=128, bands=42, rows=3, seed=1, fold=3, hash=1)
    assert index.get("removed") is None
    (stored,) = index._store.get([EXPIRING.id])
    assert stored is not None
    assert stored.expires == EXPIRES


def test_every_posting_is_where_this_version_looks_for_it(index: Index) -> None:
    """A check finds no posting missing and none too many: texts have the same buckets as then."""
    report = index.check()
    assert (report.documents, report.orphans, report.missing) == (len(ALL), 0, 0)
    stats = index.stats()
    assert (stats.documents, stats.postings) == (len(ALL), report.postings)
    assert stats.chunks > stats.documents


def test_answers_are_the_same(index: Index) -> None:
    """A text of 17 words, the same within 5 more, and a line of 18 notices are found with figures counted by hand."""
    first, second = index.resemble(PLAIN)
    assert (first.id, first.jaccard) == ("plain", 1)
    assert second.id == "copy"
    assert second.jaccard == pytest.approx(14 / 19)  # 17 and 22 words: 14 and 19 shingles
    assert second.containment.query_in_document == 1
    assert second.containment.document_in_query == pytest.approx(14 / 19)
    (passage,) = second.passages
    assert (passage.document.start, passage.document.end) == (26, 26 + len(PLAIN))
    (long,) = index.resemble(" ".join(f"w{i}" for i in range(1400, 1450)))
    assert long.id == "long"
    assert len(index.resemble(LINE, limit=100)) == 18


def test_index_can_be_written(index: Index) -> None:
    """Equal content is unchanged, so its digest is the same; a new document is found, a removed one no longer."""
    text = f"a new text in which {SEVEN_WORDS} or about the south"
    report = index.put([*DOCUMENTS, dedup.Document("new", text)])
    assert (report.unchanged, report.put) == (len(DOCUMENTS), 1)
    assert index.remove(["plain", "long"]) == 2
    assert "new" in {match.id for match in index.resemble(text)}
    assert [match.id for match in index.resemble(PLAIN)] == ["copy", "new"]
    assert index.check().sound


def test_payload_holds_what_it_held() -> None:
    """A payload is a byte 1 and zstd; what it unpacks to, and its digest, are fixed."""
    payload = (FOLDER / "payload").read_bytes()
    assert decode("plain", payload) == DOCUMENTS[0]
    for written in (payload, encode(CONTENT)):
        assert written[0] == 1
        assert zstandard.decompress(written[1:]) == CONTENT
    assert content(PLAIN, admit(DOCUMENTS[0])) == CONTENT
    assert digest(CONTENT) == xxhash.xxh3_128_digest(CONTENT)


def test_signature_is_the_same() -> None:
    """A text has the signature that datasketch gave its shingle hashes."""
    (signature,) = dedup.sketch([PLAIN]).signatures
    assert signature.tolist() == json.loads((FOLDER / "signature.json").read_text())


def test_fingerprint_of_the_default_scheme_is_the_same() -> None:
    """A scheme's fingerprint is XXH3-64 of its JSON, so that an index of that scheme still opens."""
    assert dedup.Scheme().fingerprint == xxhash.xxh3_64_hexdigest(SCHEME)


def test_format_2_of_lmdb_is_read_and_written(tmp_path: Path) -> None:
    """Postings in runs, in shards and beyond the first 64 of a bucket are all found, and go with their documents."""
    with dedup.open(lmdb_index(tmp_path, "data2.mdb"), create=False) as index:
        assert list(index.documents()) == sorted([*ALL, *NOTICES], key=lambda document: document.id.encode())
        assert len(index.resemble(LINE, limit=200)) == 90
        assert index.check().sound
        assert index.remove([document.id for document in NOTICES[::2]]) == 36
        assert len(index.resemble(LINE, limit=200)) == 54
        assert index.check().sound


def test_format_1_of_lmdb_becomes_format_2_when_it_is_written(tmp_path: Path) -> None:
    """An index of format 1 is read as it is; once it is written, whoever had it open is told to open it again."""
    url = lmdb_index(tmp_path)
    before = (tmp_path / "data.mdb").read_bytes()
    with dedup.open(url, read_only=True) as index:
        assert len(index.resemble(LINE, limit=100)) == 18
        assert (tmp_path / "data.mdb").read_bytes() == before
        written = f"import dedup; dedup.open({url!r}).put([dedup.Document('new', {PLAIN!r})])"
        subprocess.run([sys.executable, "-c", written], check=True)
        with pytest.raises(StoreGone, match="format 1 when it was opened"):
            index.resemble(LINE)
    with dedup.open(url) as index:
        assert {match.id for match in index.resemble(PLAIN)} == {"plain", "copy", "new"}
        index.put([dedup.Document("plain", LINE)])
        assert len(index.resemble(LINE, limit=100)) == 19
        assert index.check().sound
    with lmdb.open(str(tmp_path)) as handle, handle.begin() as txn:
        assert txn.get(b"resembles") == b"2"
