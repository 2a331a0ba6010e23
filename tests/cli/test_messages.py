"""Messages say what happened, to what, and what to do; help shows an example and the page to read."""

import json
import re
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from cli.running import SEEDS, Records, Run, rows
from typer.main import get_command

from dedup.cli.app import app
from dedup.cli.help import EXAMPLES
from dedup.cli.inputs import ENOUGH, named
from dedup.cli.terminal import MOST_ALIKE
from dedup.corpus.job import Closure, Level, Measure
from dedup.formats import FORMATS
from dedup.stores.urls import shown

ROOT = Path(__file__).parents[2]
GROUP = get_command(app)
COMMANDS = dict(GROUP.commands)  # type: ignore[attr-defined]
for group in ("index", "watch"):
    COMMANDS |= {f"{group} {name}": one for name, one in COMMANDS.pop(group).commands.items()}
CHOICES = {"level": get_args(Level), "measure": get_args(Measure), "closure": get_args(Closure), "format": (*FORMATS,)}

MISTAKES: dict[str, tuple[list[str], int, str]] = {
    "no index yet": (["stats"], 4, r"no index at \./index; `dedup ingest PATH` makes one"),
    "no index at a path": (["stats", "--index", "lmdb:../other"], 4, r"no index at \.\./other;"),
    "option before the command": (
        ["--index", "X", "stats", "--json"],
        2,
        r"follows the command: dedup stats --index X",
    ),
    "option with its value": (["--index=X", "stats"], 2, r"follows the command: dedup stats --index=X"),
    "address of a service": (["stats", "--index", "http://127.0.0.1:8080"], 2, r"invalid_url.*dedup\.Client"),
    "text as the path": (["resemble", "some words pasted"], 2, "a text itself on standard input"),
    "address that does not answer": (["ingest", "http://127.0.0.1:9/a.jsonl"], 4, "check the address and the network"),
    "address of no known kind": (["ingest", "nonsense://x/a.jsonl"], 2, "no known kind of address"),
    "option without its value": (
        ["resemble", "--limit"],
        2,
        "'--limit' requires an argument; `dedup resemble -h`",
    ),
    "value of a switch": (["--version=3"], 2, "'--version' does not take a value; `dedup -h` says"),
    "percent": (["resemble", "-", "--min-similarity", "80"], 2, r"did you mean 0\.8\?"),
    "no share": (["tune", "-", "--threshold", "-1"], 2, "'--threshold'.* -1: give a number from 0 to 1;"),
    "too much": (["compare", "a", "b", "--contained", "1.1"], 2, "'--contained'.* 1.1: give a number from 0.5 to 1;"),
    "too little": (["compare", "a", "b", "--contained", "0.4"], 2, "'--contained'.* 0.4: give a number from 0.5 to 1;"),
    "low percent": (["compare", "a", "b", "--contained", "30"], 2, "30: give a number from 0.5 to 1;"),
    "no number": (["tune", "-", "--threshold", "high"], 2, "give one from 0 to 1"),
    "no file": (["ingest", "-", "--rejects", "-"], 2, "--rejects -: .*; give the path of a file"),
    "no file for duplicates": (["ingest", "-", "--skip-like", "1", "--duplicates", "-"], 2, "--duplicates -: "),
    "too small": (["resemble", "-", "--limit", "0"], 2, "give a number of at least 1"),
    "no whole number": (["resemble", "-", "--limit", "x"], 2, "give a whole number"),
    "unknown level": (["corpus", "-", "--out", "x", "--level", "words"], 2, "not one of 'documents', 'passages'"),
    "bracket in a password": (["stats", "--index", "redis://:a[b@127.0.0.1:1"], 2, "percent-encoded"),
    "slash in a password": (["stats", "--index", "redis://:a/b@127.0.0.1:1"], 2, "percent-encoded"),
    "unknown parameter": (["stats", "--index", "redis://127.0.0.1:1?bogus=1"], 2, "invalid_url.*bogus"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistake_is_told_with_what_to_do(run: Run, name: str) -> None:
    """A frequent mistake ends with its exit code and a message that says what to do, without a traceback."""
    arguments, code, message = MISTAKES[name]
    result = run(*arguments, code=code)
    assert result.stdout == ""
    assert re.search(message, result.stderr), result.stderr


@pytest.mark.parametrize("target", ["lmdb:./index", "index", "lmdb:{here}/index", "lmdb:sub/../index"])
def test_index_is_not_copied_to_itself(seeded: Run, here: Path, target: str) -> None:
    """FROM and TO that are one folder are refused, however they are written."""
    (here / "sub").mkdir()
    error = seeded("copy", "lmdb:./index", target.format(here=here), code=2).stderr
    assert error.startswith("error[invalid_input]: FROM and TO are the same index")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("redis://me:secret@host:1/0", "redis://me:***@host:1/0"),
        ("redis://:se/cr@et#x@host", "redis://:***@host"),
        ("unix://:secret@/a.sock?db=1", "unix://:***@/a.sock?db=1"),
        ("redis://host?password=secret&db=1", "redis://host?password=***&db=1"),
        ("redis+sentinel://h/m?sentinel_password=secret", "redis+sentinel://h/m?sentinel_password=***"),
        ("redis://host?passwd=secret", "redis://host?passwd=***"),
        ("redis:secret@host", "redis:***@host"),
        ("redis//:se://cret@host", "redis//:***@host"),
        ("redis:/:secret@host:7391", "redis:/:***@host:7391"),
        ("redis://me@host", "redis://me@host"),
        ("lmdb:./a:b@c", "lmdb:./a:b@c"),
    ],
)
def test_url_is_shown_without_its_password(url: str, safe: str) -> None:
    """No password of an index URL is shown, percent-encoded or not; nothing else is hidden."""
    assert shown(url) == safe


def test_equal_rejects_are_folded(run: Run, write: Records) -> None:
    """Ten rejects of a code are shown and the others counted; --rejects keeps each."""
    data = write({"id": "a", "text": "some words"}, *({"id": str(i)} for i in range(50)), {"id": "b", "text": "?"})
    result = run("ingest", data, "--rejects", "r.jsonl", code=3)
    lines = [line for line in result.stderr.splitlines() if line.startswith("rejected[no_text]")]
    assert len(lines) == MOST_ALIKE + 1
    assert lines[-1] == "rejected[no_text]: 40 more records; each is in r.jsonl"
    assert result.stderr.count("rejected[no_words]") == 1
    assert len(rows(Path("r.jsonl").read_text())) == 51
    assert "--rejects FILE keeps each" in run("ingest", data, code=3).stderr


def test_wrong_option_ends_the_run(run: Run, write: Records) -> None:
    """If the first thousand records are rejected alike, nothing is put and the command says why."""
    data = write(*({"id": str(i), "body": "words"} for i in range(ENOUGH + 500)), {"id": "x", "text": "good words"})
    result = run("ingest", data, code=2)
    [error] = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert "first 1,000 records" in error
    assert "the fields are id, body: name one with --text-field" in error
    assert rows(run("stats", "--json").stdout)[0]["documents"] == 0
    assert run("ingest", data, "--text-field", "body", code=3).stdout.startswith("1,500 put")


def test_good_record_among_the_first_keeps_the_run_going(run: Run, write: Records) -> None:
    """A thousand bad records behind a good one do not end the run."""
    data = write({"id": "x", "text": "good words"}, *({"id": str(i)} for i in range(ENOUGH + 1)))
    assert run("ingest", data, code=3).stdout.startswith("1 put")


def test_files_passed_over_are_told(run: Run, here: Path) -> None:
    """Files of a folder that no format knows are counted by their endings on standard error."""
    for name in ("a.txt", "b.pdf", "c.pdf", "d.docx"):
        (here / "in" / name).parent.mkdir(exist_ok=True)
        (here / "in" / name).write_text("some words")
    result = run("ingest", "in")
    assert "3 files of other kinds passed over: 2 .pdf, 1 .docx" in result.stderr
    assert result.stdout.startswith("1 put")


@pytest.mark.parametrize("command", ["ingest", "resemble"])
def test_records_passed_over_are_told_at_the_end(run: Run, here: Path, command: str) -> None:
    """What an archive holds beside documents is counted by its kind, in one line, whichever command reads it."""
    (here / "a.txt").write_text("some words")
    run("ingest", "a.txt")
    head = b"WARC/1.0\r\nWARC-Type: %b\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nsome words\r\n\r\n"
    data = head.replace(b"Content-Length", b"WARC-Target-URI: http://a/\r\nContent-Length") % b"resource"
    (here / "a.warc").write_bytes(head % b"warcinfo" + (head % b"request") * 2 + data)
    result = run(command, "a.warc")
    assert result.stderr.splitlines()[-1] == "3 records of other kinds passed over: 2 request, 1 warcinfo"


@pytest.mark.parametrize(("arguments", "reason"), [([], "holds no record"), (["--where", "n=8"], "meets --where")])
def test_nothing_put_is_told(run: Run, write: Records, arguments: list[str], reason: str) -> None:
    """An input that holds no record, or none that meets --where, is told as such."""
    data = write(*([{"id": "a", "text": "some words", "n": 7}] if arguments else []))
    result = run("ingest", data, *arguments)
    assert result.stdout.startswith("0 put")
    assert "no document was put: " in result.stderr
    assert reason in result.stderr


def test_encoding_of_a_query_is_named(run: Run, here: Path) -> None:
    """A query in another encoding is told by the option, and answered with it."""
    words = "Der Müller grüßt die schöne Bäckerin am frühen Morgen über die Straße hinweg und lächelt."
    (here / "a.txt").write_text(words)
    (here / "q.txt").write_bytes(words.encode("cp1252"))
    run("ingest", "a.txt")
    assert "--encoding windows-1252" in run("resemble", "q.txt", code=3).stderr
    [answer] = rows(run("resemble", "q.txt", "--encoding", "windows-1252", "--json").stdout)
    assert answer["matches"][0]["jaccard"] == 1
    [match] = rows(run("compare", "q.txt", "q.txt", "--encoding", "windows-1252", "--json").stdout)
    assert match["jaccard"] == 1


def test_pairs_of_tune_are_called_by_their_ids(run: Run, write: Records) -> None:
    """Each pair that `tune` shows names both documents."""
    data = write(
        *({"id": f"doc-{n}", "text": f"Seven wizards box with jugs at noon on day {n} in town"} for n in (1, 2))
    )
    shown_pair = run("tune", data).stdout
    assert re.search(r"^ ?doc-2 ", shown_pair, re.MULTILINE)
    assert not re.search(r"^ ?b ", shown_pair, re.MULTILINE)


def test_terminal_without_unicode_gets_escapes(command: Callable[..., "subprocess.Popen[bytes]"], here: Path) -> None:
    """Where standard output knows fewer characters than a text has, they come as escapes."""
    text = "Сегодня семь волшебников боксируют с кувшинами ликёра в полдень на старой площади города"
    (here / "a.txt").write_text(text)
    with command("compare", "a.txt", "a.txt", PYTHONIOENCODING="latin-1") as process:
        output, errors = process.communicate()
    assert (process.returncode, errors) == (0, b"")
    assert rb"\u0421\u0435\u0433" in output


@pytest.mark.parametrize("arguments", [["resemble", "-"], ["tune", "-"], ["ingest", "-"]])
def test_interrupt_says_what_is_safe(
    command: Callable[..., "subprocess.Popen[bytes]"], seeded: Run, arguments: list[str]
) -> None:
    """A command that changes nothing says no more than that it was interrupted; one that writes says what is safe."""
    with command(*arguments) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b'{"id": "a", "text": "some words that nobody reads on"}\n')
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read().decode()
    assert process.returncode == 130
    assert ("safe" in errors) == (arguments[0] == "ingest")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_and_its_page(name: str) -> None:
    """The help of each command ends with an example that the command takes, and a page that there is."""
    example, page = EXAMPLES[name]
    words = shlex.split(example)
    beginning = ["dedup", *name.split()]
    assert words[: len(beginning)] == beginning
    COMMANDS[name].make_context(name, words[len(beginning) :])
    assert (ROOT / "docs" / f"{page}.md").is_file()


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_no_types_of_the_framework(run: Run, name: str) -> None:
    """Help names arguments as people write them, without braces, types or formulas."""
    text = run("help", *name.split()).stdout
    assert text == run(*name.split(), "--help").stdout
    assert "Example:\n    dedup " in text
    usage = text.splitlines()[0]
    assert not re.search(r"[{}<>]|\.\.\.", usage)
    assert not re.search(r"<|x>=|list\[", text.replace('{">="', ""))


def test_choices_of_options_are_those_of_the_library() -> None:
    """`--level`, `--measure`, `--closure` and `--format` offer exactly what the library knows."""
    seen = set()
    for command in COMMANDS.values():
        for parameter in command.params:
            name = {"kind": "format"}.get(str(parameter.name), str(parameter.name))
            if name in CHOICES:
                seen.add(name)
                context = command.make_context("x", [], resilient_parsing=True)
                record = parameter.get_help_record(context)
                assert record is not None
                assert "|".join(CHOICES[name]) in record[0]
    assert seen == CHOICES.keys()


def test_version_has_a_short_option(run: Run) -> None:
    """`-V` is `--version`."""
    assert run("-V").stdout == run("--version").stdout


def test_shell_completes_commands(command: Callable[..., "subprocess.Popen[bytes]"]) -> None:
    """A shell that has its completion installed is offered the commands."""
    with command(_DEDUP_COMPLETE="complete_bash", COMP_WORDS="dedup re", COMP_CWORD="1") as process:
        output, _ = process.communicate()
    assert output.split() == [b"resemble", b"remove"]


def test_message_of_a_reject_is_short(run: Run, here: Path) -> None:
    """However long a damaged record is, what is told of it fits on a few lines."""
    (here / "a.jsonl").write_text("{" + "x" * 100_000 + "\n" + json.dumps({"id": "a", "text": "some words"}))
    assert len(run("ingest", "a.jsonl", code=3).stderr) < 500


def test_seeds_tell_what_they_pass_over(run: Run) -> None:
    """The seeds' gold is no document, and a single file is told in the singular."""
    assert "1 file of another kind passed over: 1 .json\n" in run("ingest", SEEDS).stderr


def test_paths_are_named_without_passwords() -> None:
    """A report names the first three paths and how many more there are; no password is among them."""
    assert named(["a.jsonl"]) == "a.jsonl"
    assert named(["s3://me:secret@host/a", "b", "c", "d", "e"]) == "s3://***@host/a, b, c, 2 more"
