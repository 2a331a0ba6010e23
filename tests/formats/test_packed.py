"""Compressed input: bombs are left, standard input is unpacked, what was read is counted."""

import gzip
import io
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import zstandard

from dedup.formats import Item, Meter, Record, Rejected, read

GOOD = b'{"id": "a", "text": "one"}\n'
PACKERS: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".zst": zstandard.compress}


def codes(items: Sequence[Item]) -> list[str]:
    """Return the id of each document and the code of each reject, in order."""
    return [item.document.id if isinstance(item, Record) else item.code for item in items]


@pytest.mark.parametrize("ending", PACKERS)
def test_bomb_is_left_where_it_begins(tmp_path: Path, ending: str) -> None:
    """Data that unpack to far more than any text would are read no further; the next file is."""
    pack = PACKERS[ending]
    bomb = pack(GOOD) + pack(bytes(1 << 26)) * (6 if ending == ".zst" else 40)
    (tmp_path / f"a.jsonl{ending}").write_bytes(bomb)
    (tmp_path / "b.jsonl").write_bytes(GOOD)
    assert codes(list(read(str(tmp_path)))) == ["a", "bomb", "a"]


def test_long_window_is_refused_with_the_way_to_read_it(tmp_path: Path) -> None:
    """A frame that needs 2 GiB to unpack, as `zstd --long=31` writes it, is a reject that says how to read the file."""
    settings = zstandard.ZstdCompressionParameters(window_log=31, write_content_size=0)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    (tmp_path / "a.jsonl.zst").write_bytes(packer.compress(GOOD) + packer.flush())
    [item] = read(str(tmp_path))
    assert isinstance(item, Rejected)
    assert (item.code, item.source.path) == ("unreadable_file", str(tmp_path / "a.jsonl.zst"))
    assert "zstd -dc --long=31" in item.reason


@pytest.mark.parametrize("ending", PACKERS)
def test_repetitive_file_is_no_bomb(tmp_path: Path, ending: str) -> None:
    """The same document under twenty thousand ids compresses well, and is read to the end."""
    text = "the same words again and again " * 60
    lines = "".join(json.dumps({"id": str(i), "text": text}) + "\n" for i in range(20_000)).encode()
    (tmp_path / f"a.jsonl{ending}").write_bytes(PACKERS[ending](lines))
    assert sum(isinstance(item, Record) for item in read(str(tmp_path))) == 20_000


@pytest.mark.parametrize("ending", PACKERS)
def test_standard_input_is_unpacked(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """Standard input that begins as a compressed file does is unpacked."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(PACKERS[ending](GOOD))))
    assert codes(list(read("-"))) == ["a"]


def test_bytes_are_counted_as_they_are_stored(tmp_path: Path) -> None:
    """The meter knows the size of all files at once, compressed as they are, and reaches it at the end."""
    (tmp_path / "b.jsonl").write_bytes(GOOD)
    (tmp_path / "c.txt").write_text("words")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(GOOD * 100))
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    meter = Meter()
    items = read(str(tmp_path / "*.*"), meter=meter)
    assert (meter.done, meter.total) == (0, size)
    assert len(list(items)) == 102
    assert (meter.done, meter.total) == (size, size)
