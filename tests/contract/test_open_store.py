"""One function opens every kind of index from its URL."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dedup.errors import InvalidURL, SchemeMismatch, StoreClosed, StoreReadOnly, StoreUnreachable
from dedup.scheme import Scheme
from dedup.stores import open_store
from dedup.stores.base import Buckets, Entry, Stored

ENTRY = Entry("a", bytes(16), b"text", (np.array([1], dtype=np.uint64),))


def of(_: Stored) -> tuple[Buckets, ...]:
    """Return the buckets of the only document."""
    return ENTRY.postings


@pytest.mark.parametrize("written", ["lmdb:{}", "{}"])
def test_path_and_lmdb_url_are_the_same_index(tmp_path: Path, written: str) -> None:
    """A bare path is an LMDB folder, which is made with its parents."""
    folder = tmp_path / "deep" / "down" / "index"
    first = open_store(written.format(folder), create=True)
    first.put([ENTRY], of)
    first.close()
    second = open_store(f"lmdb:{folder}", create=False)
    assert [stored.id for stored in second.scan()] == ["a"]
    second.close()


@pytest.mark.parametrize("url", ["redus://host", "ftp://a/b", "C:index", "index:old"])
def test_unknown_kind_is_refused_and_the_known_are_named(url: str) -> None:
    """A URL of an unknown kind is refused with the list of kinds."""
    with pytest.raises(InvalidURL, match=r"memory:.*lmdb:"):
        open_store(url, create=True)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("redis//:secret@host", "kind is unknown"),
        (" redis://:secret@host", "kind is unknown"),
        (":secret@host:6379", "kind is unknown"),
        ("secret@host:6379", "kind is unknown"),
        ("127.0.0.1:6379", "kind is unknown"),
        ("https://me:secret@host", "dedup.Client"),
        ("lmdb://index", "write lmdb:PATH"),
        ("redis:/host", "names no server"),
        ("redis://:secret@host/abc", "number of a database"),
        ("redis://:secret@host/0#1", "leave out #"),
        ("redis+cluster://:secret@host/3", "no database but 0"),
        ("redis+sentinel://:secret@host", "HOST:PORT/SERVICE"),
        ("redis+sentinel://:secret@host/service/abc", "HOST:PORT/SERVICE"),
        ("redis://:secret@host?durability=", "durability= is empty"),
        ("redis://:secret@host?namespace", "namespace= is empty"),
        ("redis://:secret@host?durability=fsync&durability=memory", "durability= comes twice"),
        ("redis://:secret@host?tls=1", "rediss://HOST"),
        ("redis+cluster://:secret@host?tls=yes", "tls=yes; give 0 or 1"),
        ("redis://:secret@host?durable=1", "'durable' is no setting"),
        ("redis+cluster://:secret@host?durable=1", "'durable' is no setting"),
        ("redis+sentinel://:secret@host/service?durable=1", "'durable' is no setting"),
    ],
)
def test_url_that_is_not_quite_right_is_refused(
    url: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looks like a URL and is none, or sets what there is not, makes no folder and shows no password."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidURL) as refusal:
        open_store(url, create=True)
    assert says in str(refusal.value)
    assert "secret" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "lmdb:"])
def test_url_without_a_path_is_refused(url: str) -> None:
    """An LMDB index needs a folder."""
    with pytest.raises(InvalidURL, match="lmdb:PATH"):
        open_store(url, create=True)


def test_path_with_a_colon_is_a_path_when_it_looks_like_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`./a:b` is a path."""
    monkeypatch.chdir(tmp_path)
    open_store("./a:b", create=True).close()
    assert (tmp_path / "a:b" / "data.mdb").exists()


def test_index_keeps_its_scheme(tmp_path: Path) -> None:
    """A new index takes the scheme given, or the default; opening it without one gives its own back."""
    other = Scheme(k=3, bands=20, rows=5)
    for name, scheme in (("own", other), ("default", None)):
        open_store(str(tmp_path / name), scheme, create=True).close()
    for name, scheme in (("own", other), ("default", Scheme())):
        for asked in (None, scheme):
            store = open_store(str(tmp_path / name), asked, create=False)
            assert store.scheme == scheme
            store.close()
    assert open_store("memory:", other, create=True).scheme == other
    assert open_store("memory:", create=True).scheme == Scheme()


def test_other_scheme_is_refused_naming_both(tmp_path: Path) -> None:
    """An index is never searched with another scheme than its own."""
    open_store(str(tmp_path / "index"), Scheme(k=4), create=True).close()
    with pytest.raises(SchemeMismatch, match=r"(?s)k=4.*k=5"):
        open_store(str(tmp_path / "index"), Scheme(k=5), create=True)


@pytest.mark.parametrize("version", ["fold", "hash"])
@pytest.mark.parametrize("wanted", [None, Scheme()])
def test_an_index_of_another_table_or_hash_is_refused(version: str, wanted: Scheme | None, tmp_path: Path) -> None:
    """An index with a fold table or hash that the package lacks is opened to read its documents alone, never made."""
    url, old = str(tmp_path / "of-old"), replace(Scheme(), **{version: getattr(Scheme(), version) - 1})
    with pytest.raises(StoreUnreachable):
        open_store(url, old, create=True)
    open_store(url, old, create=True, older=True).close()
    with pytest.raises(SchemeMismatch, match=r"of-old was built with .* `dedup copy FROM TO`"):
        open_store(url, wanted, create=False)
    store = open_store(url, create=False, older=True)
    assert store.scheme == old
    store.close()


def test_missing_index_is_not_made_when_only_opened(tmp_path: Path) -> None:
    """Opening a folder that is missing or empty, not to create it, is an error and leaves it as it was."""
    (tmp_path / "empty").mkdir()
    for name in ("missing", "empty"):
        for read_only in (False, True):
            with pytest.raises(StoreUnreachable, match=name):
                open_store(str(tmp_path / name), create=False, read_only=read_only)
    with pytest.raises(StoreUnreachable):
        open_store(str(tmp_path / "missing"), create=True, read_only=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_store_opened_for_reading_refuses_writes(tmp_path: Path) -> None:
    """Each write to a store opened for reading is refused; reading works, also beside a writer in the same process."""
    writer = open_store(str(tmp_path), create=True)
    writer.put([ENTRY], of)
    reader = open_store(str(tmp_path), create=False, read_only=True)
    for write in (
        lambda: reader.put([ENTRY], of),
        lambda: reader.remove(["a"], of),
        lambda: reader.check(lambda _: [], repair=True),
    ):
        with pytest.raises(StoreReadOnly):
            write()
    assert [stored.id for stored in reader.scan()] == ["a"]
    assert reader.check(of, repair=False).sound
    reader.close()
    assert writer.put([ENTRY], of) == ["unchanged"]
    writer.close()


@pytest.mark.parametrize("url", ["memory:", "lmdb:{}"])
def test_closed_store_refuses_every_call(tmp_path: Path, url: str) -> None:
    """After close every call says so, and closing again does nothing."""
    store = open_store(url.format(tmp_path), create=True)
    store.put([ENTRY], of)
    half_read = store.scan()
    store.close()
    store.close()
    nothing = np.empty(0, dtype=np.uint32)
    for call in (
        lambda: store.put([], of),
        lambda: store.remove([], of),
        lambda: store.lookup(nothing.astype(np.uint64), 1),
        lambda: store.fetch(nothing),
        lambda: store.get([]),
        lambda: next(store.scan()),
        lambda: next(half_read),
        store.stats,
        lambda: store.check(lambda _: [], repair=False),
    ):
        with pytest.raises(StoreClosed):
            call()


def test_kinds_load_their_packages_only_when_asked_for() -> None:
    """Importing the stores loads no kind's package, and opening one in memory no Redis."""
    program = (
        "import sys; from dedup.stores import open_store; assert not {'lmdb', 'redis'} & set(sys.modules); "
        "open_store('memory:', create=True); assert 'redis' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
