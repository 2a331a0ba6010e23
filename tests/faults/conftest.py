"""Indexes to break."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.indexes import entries, opened, own

from dedup.stores.redis.requests import Wire


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """A closed index of ten documents."""
    folder = tmp_path / "index"
    with opened(folder, create=True) as store:
        store.put(entries(0, 10), own)
    return folder


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that any user may enter, with a closed index of ten documents in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    with opened(folder / "index", create=True) as store:
        store.put(entries(0, 10), own)
    yield folder / "index"
    folder.chmod(0o755)
    (folder / "index").chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that may pass is given a twentieth of a second to do so: the tests let it last."""
    for ask in (Wire.ask, Wire.one, Wire.each):
        assert ask.__kwdefaults__
        monkeypatch.setitem(ask.__kwdefaults__, "patience", 0.05)
