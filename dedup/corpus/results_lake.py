"""Results that go where a URL says: written here, and uploaded when all is there.

An object store cannot rename. So the file that says how it went, `summary.json`, goes up last, and where results are
replaced it is removed first: whoever waits for it reads whole results.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dedup.corpus.results_folder import KEPT_FILES, SUMMARY, output, refuse
from dedup.errors import InvalidInput
from dedup.formats.lakes import connected, is_address, persist, shown_path, telling


@contextmanager
def results(out: Path | str, *, force: bool = False) -> Iterator[Path]:
    """Yield a folder whose files are in the end those of `out`, a folder or a URL, as `output` does.

    Raises:
        InvalidInput: nothing can be written to such a URL.
        OutputExists: `out` holds something, and `force` is not set.
        StoreError: `out` cannot be written.
    """
    if not is_address(str(out)):
        with output(Path(out), force=force) as folder:
            yield folder
        return
    url = str(out).rstrip("/")
    if urlsplit(url).scheme.lower() in ("http", "https"):
        raise InvalidInput(
            f"{shown_path(url)}: web servers take no files; give a folder, or a URL as s3://BUCKET/RESULTS"
        )
    filesystem, path = connected(url, "writing it")
    held = _held(filesystem, path, url)
    refuse(shown_path(url), held, force=force or SUMMARY not in held)  # without it an upload was not finished
    with tempfile.TemporaryDirectory() as name:
        local = Path(name) / "results"
        with output(local) as folder:
            yield folder
        with telling(url, "written"):
            _upload(filesystem, local, path, held)


def kept_in(out: str) -> str | None:
    """Return the path or the URL of the file that says what was kept, in a folder of results; None if there is none."""
    if not is_address(out):
        return next((str(file) for name in KEPT_FILES if (file := Path(out, name)).is_file()), None)
    filesystem, path = connected(out.rstrip("/"), "reading it")
    held = _held(filesystem, path, out)
    return next((f"{out.rstrip('/')}/{name}" for name in KEPT_FILES if name in held), None)


def level_of(out: str) -> str | None:
    """Return the level of a folder of results by their summary; None where there is none that says so."""
    if is_address(out):
        filesystem, path = connected(out.rstrip("/"), "reading it")
        with telling(out, "read"):
            data = filesystem.cat_file(f"{path}/{SUMMARY}") if SUMMARY in _held(filesystem, path, out) else b"{}"
    else:
        file = Path(out, SUMMARY)
        data = file.read_bytes() if file.is_file() else b"{}"
    level: str | None = json.loads(data).get("settings", {}).get("level")
    return level


def _held(filesystem: Any, path: str, url: str) -> list[str]:
    """Return the names of what lies below a path."""
    with telling(url, "read"):
        return sorted(name.removeprefix(path).strip("/") for name in filesystem.find(path))


def _upload(filesystem: Any, local: Path, path: str, held: list[str]) -> None:
    names = sorted(file.name for file in local.iterdir() if file.name != SUMMARY)
    if SUMMARY in held:
        persist(lambda: filesystem.rm_file(f"{path}/{SUMMARY}"))
    for name in names:
        _put(filesystem, local / name, path)
    for name in set(held) - {*names, SUMMARY}:
        filesystem.rm_file(f"{path}/{name}")
    _put(filesystem, local / SUMMARY, path)


def _put(filesystem: Any, file: Path, path: str) -> None:
    persist(lambda: filesystem.put_file(str(file), f"{path}/{file.name}"))
