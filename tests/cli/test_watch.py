"""Watches by command line: put, listed, removed, and what came in shown in order."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.running import Records, Run, rows

RELEASE = "Alpha and Beta will merge next year to form the largest maker of wooden toys in Europe."
STORY = {"id": "story", "text": f"BERLIN - {RELEASE} Shares rose.", "source": "wire"}
OTHER = {"id": "other", "text": "Seven wizards box with liquor jugs at noon, and nobody minds them at all."}


def test_from_text_to_hit(run: Run, write: Records) -> None:
    """What is watched for by a text, a file, standard input or an id is found in what is ingested, which says so."""
    Path("release.txt").write_text(RELEASE)
    run("ingest", write({"id": "mine", "text": RELEASE}))
    run("watch", "add", "by-text", "--text", RELEASE)
    run("watch", "add", "by-file", "release.txt", "--where", "source=wire")
    run("watch", "add", "by-pipe", "-", "--where", "source=paper", stdin=RELEASE.encode())
    run("watch", "add", "by-id", "--id", "mine")
    done = run("ingest", write(STORY, OTHER, name="wire.jsonl"))
    assert done.stderr == "3 hits of watches: `dedup watch hits` shows what came in that is watched for\n"
    hits = rows(run("watch", "hits", "--json").stdout)
    assert [(hit["watch"], hit["match"]["id"]) for hit in hits] == [
        *(("by-file", "story"), ("by-id", "story"), ("by-text", "story")),
    ]
    assert hits[0]["match"]["metadata"] == {"source": "wire"}
    assert [row["id"] for row in rows(run("watch", "list", "--json").stdout)] == [None, "mine", None, None]


def test_hits_for_people(run: Run, write: Records) -> None:
    """A hit shows the figures and both texts, or that one of them is gone."""
    run("watch", "add", "merger", "--text", RELEASE)
    run("ingest", write(STORY))
    shown = run("watch", "hits").stdout
    assert "merger hit 0000000000:merger" in shown
    assert "  query  Alpha and Beta will merge" in shown
    run("remove", "story")
    assert "replaced or removed since" in run("watch", "hits", "merger").stdout


def test_cursor_and_limit(run: Run, write: Records) -> None:
    """`--limit` ends early, `--after` goes on behind a hit."""
    run("watch", "add", "merger", "--text", RELEASE)
    run("ingest", write(*({**STORY, "id": f"story-{i}"} for i in range(5))))
    first = rows(run("watch", "hits", "--limit", 2, "--json").stdout)
    rest = rows(run("watch", "hits", "--after", first[-1]["id"], "--json").stdout)
    assert [hit["match"]["id"] for hit in first + rest] == [f"story-{i}" for i in range(5)]


def test_list_and_remove(run: Run) -> None:
    """A watch is listed in a line, with where its hits are sent; removing counts those that there were."""
    added = run("watch", "add", "merger", "--text", RELEASE, "--webhook", "https://example.org/hook").stdout
    line = "merger: Alpha and Beta will merge next year to form the largest make …, sent to https://example.org/hook\n"
    assert (added, run("watch", "list").stdout) == (f"watching for {line}", line)
    assert run("watch", "remove", "merger", "nobody").stdout == "1 removed, 1 unknown\n"
    assert run("watch", "list").stdout == ""


def test_a_copy_says_that_it_has_no_watches(run: Run, write: Records) -> None:
    """`copy` tells of watches that it leaves behind; once there are none any more it says nothing of them."""
    run("ingest", write(STORY))
    assert run("copy", "lmdb:./index", "lmdb:./first").stderr == ""
    run("watch", "add", "merger", "--text", RELEASE)
    said = run("copy", "lmdb:./index", "lmdb:./second").stderr
    assert "the watches of lmdb:./index were not copied; put them into lmdb:./second with `dedup watch add`" in said
    assert run("watch", "list", "--index", "lmdb:./second").stdout == ""
    run("watch", "remove", "merger")
    assert run("copy", "lmdb:./index", "lmdb:./third").stderr == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "a"), 2, "error[usage]"),
        (("add", "a", "x.txt", "--text", RELEASE), 2, "error[usage]"),
        (("add", "a", "absent.txt"), 2, "error[invalid_input]"),
        (("add", "a", "--text", "too few words"), 2, "error[short_text]"),
        (("add", "a", "--id", "nobody"), 2, "error[unknown_id]"),
        (("add", "a", "--text", RELEASE, "--where", "source"), 2, "error[invalid_input]"),
        (("add", "a", "--text", RELEASE, "--webhook", "host"), 2, "error[invalid_input]"),
        (("add", "a", "--text", RELEASE, "--index", "memory:"), 2, "error[invalid_input]"),
        (("hits", "nobody"), 2, "error[unknown_watch]"),
        (("hits", "--limit", "0"), 2, "error[usage]"),
    ],
)
def test_refusals(run: Run, write: Records, arguments: tuple[str, ...], code: int, said: str) -> None:
    """What makes no sense is refused in one line, with a code."""
    run("ingest", write(OTHER))
    refused = run("watch", *arguments, code=code)
    assert refused.stderr.startswith(said)
    assert refused.stderr.count("\n") == 1


def test_follow(run: Run, write: Records, command: Callable[..., Any]) -> None:
    """`--follow` shows what comes in while it waits, until it is interrupted."""
    run("watch", "add", "merger", "--text", RELEASE)
    with command("watch", "hits", "--follow", "--json") as following:
        run("ingest", write(STORY))
        assert following.stdout
        assert rows(following.stdout.readline().decode())[0]["match"]["id"] == "story"
        following.send_signal(signal.SIGINT)
        assert following.wait() == 130
