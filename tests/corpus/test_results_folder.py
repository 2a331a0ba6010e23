"""The folder of results: two runs that write it do not meet."""

import threading
from pathlib import Path

import pytest

from dedup.corpus.results_folder import SUMMARY, output
from dedup.errors import OutputExists, StoreBusy


def test_second_run_waits_until_the_folder_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a run finishes, however long the disk takes, another one into the same folder is refused."""
    out, syncing, go_on = tmp_path / "out", threading.Event(), threading.Event()

    def slow(_: int) -> None:
        syncing.set()
        assert go_on.wait(20)

    def write() -> None:
        with output(out, force=True) as folder:
            (folder / SUMMARY).write_text("first")

    monkeypatch.setattr("os.fsync", slow)
    first = threading.Thread(target=write)
    first.start()
    assert syncing.wait(20)
    with pytest.raises(StoreBusy, match="another run is writing it"), output(out, force=True):
        pass
    go_on.set()
    first.join()
    assert (out / SUMMARY).read_text() == "first"
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
    with output(out, force=True) as folder:
        (folder / SUMMARY).write_text("second")
    assert (out / SUMMARY).read_text() == "second"
    with pytest.raises(OutputExists), output(out):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["out"]


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    """A lock that nobody holds, and a half folder, are taken over by the next run."""
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial/half").write_text("half")
    (tmp_path / ".out.lock").touch()
    with output(tmp_path / "out") as folder:
        (folder / SUMMARY).write_text("whole")
    assert [one.name for one in (tmp_path / "out").iterdir()] == [SUMMARY]
    assert [one.name for one in tmp_path.iterdir()] == ["out"]
