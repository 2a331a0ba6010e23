"""Options come from the command line, else from the environment, else from the settings file."""

from pathlib import Path

import pytest
from cli.running import SEEDS, Records, Run, rows


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


def test_the_share_that_counts_as_contained_is_set(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ten shingles a text lacks two: a near-duplicate by default, contained by file, environment or flag."""
    (here / "a.txt").write_text(" ".join(f"word{i}" for i in range(11)))
    (here / "b.txt").write_text(" ".join(f"word{i}" for i in range(13)))
    assert run("compare", "a.txt", "b.txt").stdout.startswith("a is a near-duplicate of b\n")
    (here / "dedup.toml").write_text("contained = 0.9")
    assert run("compare", "a.txt", "b.txt").stdout.startswith("a is contained in b\n")
    monkeypatch.setenv("DEDUP_CONTAINED", "0.8")
    assert '"verdict": "near_duplicate"' in run("compare", "a.txt", "b.txt", "--json").stdout
    assert run("compare", "b.txt", "a.txt", "--contained", "0.81").stdout.startswith("b contains a\n")


def test_what_an_index_and_an_ingest_do_is_set(run: Run, here: Path, write: Records) -> None:
    """A project that keeps stories and skips what is like another says so once."""
    (here / "dedup.toml").write_text('stories = 0.5\nskip_like = 0.8\nmeasure = "containment"\n')
    assert "stories=0.5" in run("index", "create").stdout
    words = [f"word{place}" for place in range(40)]
    source = write({"id": "wire", "text": " ".join(words)}, {"id": "cut", "text": " ".join(words[:20])})
    assert "1 put" in run("ingest", source).stdout


def test_how_a_query_is_answered_is_set(run: Run, here: Path, write: Records) -> None:
    """`fold` and `verbatim` of the file are those of `resemble`."""
    (here / "dedup.toml").write_text('stories = 0.5\nfold = "story"\nverbatim = true\n')
    run("index", "create")
    text = " ".join(f"word{place}" for place in range(40))
    source = write(*({"id": str(place), "text": f"{text} {place}"} for place in range(3)))
    run("ingest", source)
    (answer,) = rows(run("resemble", "-", "--json", stdin=text.encode()).stdout)
    assert [match["folded"] for match in answer["matches"]] == [2]


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
