"""What reaches the terminal, and how the command ends when somebody hangs up or interrupts."""

import io
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from cli.running import SEEDS, Records, Run, rows
from rich.console import Console
from rich.table import Table

from dedup.cli.print_id import Id
from dedup.cli.terminal import Progress, clean
from dedup.report.differences import Segment, differences

Command = Callable[..., "subprocess.Popen[bytes]"]
HOSTILE = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202edesrever\u2066\r"
WORDS = "seven wizards box with liquor jugs at noon while the quick brown fox jumps over the lazy dog"
A = "000_afc7266689876ce6"
B = "001_8e1230a5eb441382"


def test_control_characters_are_escaped() -> None:
    """Whatever could steer a terminal or turn the reading direction is shown as an escape; letters stay."""
    assert clean(HOSTILE) == "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\u202edesrever\\u2066\\x0d"
    assert clean("a\tb\nc", keep="\n\t") == "a\tb\nc"
    assert clean("żółć 漢字 😀 \ud800") == "żółć 漢字 😀 \\ud800"


def test_hostile_document_cannot_steer_the_terminal(run: Run, write: Records) -> None:
    """No control character of an id, a text or a reason is printed, neither on output nor on standard error."""
    run("ingest", write({"id": f"a{HOSTILE}", "text": f"{WORDS} {HOSTILE}"}))
    query = json.dumps({"id": f"q{HOSTILE}", "text": f"{WORDS} {HOSTILE} {HOSTILE}"}).encode()
    bad = json.dumps({"id": f"r{HOSTILE}", "text": 7}).encode()
    shown = run("resemble", "-", stdin=query + b"\n" + bad, code=3)
    machine = run("resemble", "-", "--json", stdin=query)
    missing = run("get", HOSTILE, code=2)
    assert "passage" in shown.stdout
    assert "rejected[no_text]" in shown.stderr
    for output in (shown.stdout, shown.stderr, machine.stdout, missing.stderr):
        assert not {character for character in output if ord(character) < 32 or 0x7F <= ord(character) < 0xA0} - {"\n"}
        assert "\u202e" not in output


def test_differing_words_are_marked_in_plain_text(run: Run, write: Records) -> None:
    """Without colours the words of one side only stand in [-…-] and {+…+}, the two texts under each other."""
    other = WORDS.replace("noon", "midnight")
    run("ingest", write({"id": "a", "text": f"Once upon a time, {other}. The end."}))
    shown = run("resemble", "-", stdin=WORDS.encode()).stdout
    query, found = [line for line in shown.splitlines() if "[-" in line or "{+" in line]
    assert "with liquor jugs at [-noon-] while" in query
    assert "with liquor jugs at {+midnight+} while" in found


def test_differences_are_those_of_the_words_compared() -> None:
    """Case, accents, quotes and line breaks make no difference; every other word on one side only does."""
    assert differences("The café’s\nopen now", "THE CAFE'S open, today now") == (
        [Segment("The café’s\nopen now", differs=False)],
        [Segment("THE CAFE'S open, ", differs=False), Segment("today", differs=True), Segment(" now", differs=False)],
    )
    assert differences("二〇二六年", "二〇二七年")[0] == [
        Segment("二〇二", differs=False),
        Segment("六", differs=True),
        Segment("年", differs=False),
    ]


def test_stretches_too_long_to_align_are_shown_unmarked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two stretches whose alignment would take too much memory come back whole."""
    monkeypatch.setattr("dedup.align.steps.MOST_CELLS", 8)
    assert differences("a b c", "a b d") == ([Segment("a b c", differs=False)], [Segment("a b d", differs=False)])


def test_answer_for_people_holds_every_figure(seeded: Run) -> None:
    """The table names each document with its figures; each passage says its kind, words, similarity and count."""
    shown = seeded("resemble", SEEDS / f"{B}.txt").stdout
    [answer] = rows(seeded("resemble", SEEDS / f"{B}.txt", "--json").stdout)
    assert shown.startswith(f"{B} shares passages with {answer['matches'][0]['id']}; it resembles 2 ")
    for match in answer["matches"]:
        [row] = [
            line
            for line in shown.splitlines()
            if line.strip().startswith(match["id"]) and f"{match['jaccard']:.3f}" in line
        ]
        for share in match["containment"].values():
            assert f"{share:.3f}" in row
        for passage in match["passages"]:
            assert (
                f"{passage['matched_words']} words alike, similarity {passage['similarity']:.2f}, seen in at least"
                in " ".join(shown.split())
            )
            first, last = passage["query"]["line"], passage["query"]["end_line"]
            assert (f"line {first}" if first == last else f"lines {first}–{last}") in shown


def test_query_that_resembles_nothing_says_so(seeded: Run) -> None:
    """An answer without matches is a sentence, not an empty table."""
    assert seeded("resemble", "-", stdin=WORDS.encode()).stdout == "- is new: it resembles nothing in the index\n\n"


@pytest.mark.parametrize(("limit", "said"), [(1, "1 of them is shown"), (2, "2 of them are shown")])
def test_documents_that_are_not_shown_are_told(run: Run, write: Records, limit: int, said: str) -> None:
    """Of three documents found so many are shown as were asked for."""
    text = " ".join(f"word{place}" for place in range(40))
    run("ingest", write(*({"id": f"d{place}", "text": f"{text} {place}"} for place in range(3))))
    shown = " ".join(run("resemble", "-", "--limit", limit, stdin=text.encode()).stdout.split())
    assert f"; it resembles 3 documents, which hold 100 % of its words; {said} " in shown


def printed(name: str, width: int) -> list[str]:
    """Return the lines of an id in a table so wide."""
    console = Console(width=width, file=io.StringIO())
    table = Table(box=None, show_header=False, padding=0)
    table.add_row(Id(name))
    with console.capture() as shown:
        console.print(table)
    return [line.rstrip() for line in shown.get().splitlines()]


def test_an_id_is_broken_between_its_words() -> None:
    """Where a table has no room for an id, its lines end behind a hyphen or its like; only a long word is broken."""
    assert printed("2018-04-19_reuters/storm", 24) == ["2018-04-19_reuters/storm"]
    assert printed("2018-04-19_reuters/storm", 19) == ["2018-04-19_reuters/", "storm"]
    assert printed("2018-04-19_reuters/storm", 18) == ["2018-04-19_", "reuters/storm"]
    assert printed("a-extraordinary", 10) == ["a-", "extraordin", "ary"]
    assert printed("a\nb", 10) == [r"a\x0ab"]


def terminal_output(*arguments: object, **environment: str) -> str:
    """Return what the command prints when its output is a terminal."""
    ours, theirs = pty.openpty()
    argv = [sys.executable, "-m", "dedup", *map(str, arguments)]
    base = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, env=base | {"TERM": "xterm"} | environment) as process:
        os.close(theirs)
        output = b""
        try:
            while block := os.read(ours, 1 << 16):
                output += block
        except OSError:  # Linux's way to say that the other side hung up
            pass
        os.close(ours)
        assert process.wait() == 0
    return output.decode()


def test_colours_on_a_terminal_unless_unwanted(seeded: Run) -> None:
    """On a terminal differing words are coloured; with NO_COLOR they are marked instead."""
    coloured = terminal_output("resemble", "--id", B)
    plain = terminal_output("resemble", "--id", B, NO_COLOR="1")
    assert "\x1b[1;31m" in coloured
    assert "[-" not in coloured
    assert "\x1b[1;31m" not in plain
    assert "[-" in plain


def test_text_printed_on_a_terminal_is_escaped(run: Run, write: Records) -> None:
    """`get` escapes control characters on a terminal; it keeps line breaks."""
    run("ingest", write({"id": "a", "text": f"one\ntwo {HOSTILE}"}))
    assert terminal_output("get", "a") == "one\r\ntwo " + clean(HOSTILE) + "\r\n"


def test_closed_pipe_ends_the_command_quietly(seeded: Run, write: Records, command: Command) -> None:
    """`dedup … | head` ends without a message once head has gone, for people and for programs."""
    seeded("ingest", write({"id": "big", "text": "words " * 100_000}))
    for arguments in (
        ["get", "big"],
        ["get", "big", "--json"],
        ["resemble", *["--id", B] * 60],
        ["resemble", "--json", *["--id", B] * 120],
    ):
        with command(*arguments) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            assert (process.wait(), process.stderr.read()) == (141, b"")


def test_interrupt_says_what_is_safe(run: Run, command: Command) -> None:
    """Ctrl-C during ingest ends with 130 and counts what is in; the index holds exactly that."""
    with command("ingest", "-") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        for i in range(2_500):
            text = f"{WORDS} number {i}" if i != 2_000 else None
            process.stdin.write(json.dumps({"id": str(i), "text": text}).encode() + b"\n")
        process.stdin.flush()
        assert b"2000: " in process.stderr.readline()  # what follows the batch is refused once the batch is counted
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stdout.read() == b""
        assert b"interrupted: 2,000 documents are in and safe; " in process.stderr.read()
    assert rows(run("check", "--json").stdout)[0]["documents"] == 2_000


def test_interrupted_question_ends_without_a_traceback(seeded: Run, command: Command) -> None:
    """Ctrl-C between two queries ends with 130 and one line; the answers given before stand."""
    with command("resemble", "-", "--json") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b'{"id": "q", "text": "too short"}\n')
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["too_short"]
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert process.stderr.read() == b"interrupted\n"


def test_progress_is_shown_only_to_somebody_who_waits(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Progress appears on a terminal once a second has passed, and never elsewhere."""
    with Progress("documents") as progress:
        progress.advance(2_000)
        progress._start -= 10
        progress.advance(2_000)
        assert progress.done == 4_000
        assert str(progress).startswith("4,000 documents, ")
        assert capfd.readouterr().err == ""
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setenv("FORCE_COLOR", "1")
        progress.advance(1)
    assert "4,001 documents, " in capfd.readouterr().err
