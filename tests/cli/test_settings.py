"""Options come from the command line, else from the environment, else from the settings file."""

from pathlib import Path

import pytest
from cli.running import SEEDS, Run


def index_used(run: Run, *options: str) -> str:
    """Return what a command says about the index that is not there."""
    return run("stats", *options, code=4).stderr


def test_flag_beats_environment_beats_file(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index is the default's, then the file's, then the environment's, then the flag's."""
    assert " index " in index_used(run)
    (here / "dedup.toml").write_text('index = "lmdb:from_file"')
    assert "from_file" in index_used(run)
    monkeypatch.setenv("DEDUP_INDEX", "lmdb:from_environment")
    assert "from_environment" in index_used(run)
    assert "from_flag" in index_used(run, "--index", "lmdb:from_flag")


def test_file_may_be_named(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DEDUP_CONFIG names a settings file, which is used instead of the one in the working folder."""
    (here / "dedup.toml").write_text('index = "lmdb:from_folder"')
    (here / "other.toml").write_text('index = "lmdb:from_named"')
    monkeypatch.setenv("DEDUP_CONFIG", "other.toml")
    assert "from_named" in index_used(run)


def test_all_settings_are_taken(run: Run, here: Path) -> None:
    """Every key of the file sets its option."""
    a, b = sorted(SEEDS.glob("*.txt"))[:4:3]
    everything = run("compare", a, b).stdout
    (here / "dedup.toml").write_text(
        'index = "x"\nlimit = 1\nmin_words = 10000\nmin_similarity = 1\npassages = false\n'
    )
    assert len(run("compare", a, b).stdout) < len(everything)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("colour = true", "'colour'"),
        ('limit = "many"', "limit"),
        ("limit = true", "limit"),
        ("limit = ", "cannot be read"),
        ("\udcff", "cannot be read"),
    ],
)
def test_unusable_file_is_an_error(run: Run, here: Path, content: str, reason: str) -> None:
    """A settings file that cannot be meant is refused by name, not ignored."""
    (here / "dedup.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    line = run("stats", code=2).stderr
    assert line.startswith("error[invalid_input]: settings: dedup.toml ")
    assert reason in line


def test_missing_named_file_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DEDUP_CONFIG that names no file is refused."""
    monkeypatch.setenv("DEDUP_CONFIG", "nowhere.toml")
    assert "nowhere.toml cannot be read" in run("stats", code=2).stderr
