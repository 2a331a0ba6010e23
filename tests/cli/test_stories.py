"""Stories on the command line."""

import re

import pytest
from cli.running import Records, Run, rows

WIRE = (
    "The head of the general staff met the commander in Baku on Thursday, the first such meeting in a year, and both "
    "said that they would meet again before the winter if the talks in Geneva went on as they had begun."
)


@pytest.fixture
def told(run: Run, write: Records) -> None:
    """Make an index with two stories."""
    run("index", "create", "--stories", "0.5")
    run(
        "ingest",
        write(
            {"id": "wire", "text": WIRE, "date": "2018-04-19"},
            {"id": "late", "text": f"{WIRE} Markets did not move.", "date": "2018-04-21"},
            {"id": "copy", "text": f"BAKU: {WIRE}"},
            {
                "id": "other",
                "text": "Seven wizards box with liquor jugs at noon, and nobody minds.",
                "date": "2018-04-18",
            },
        ),
    )


@pytest.mark.usefixtures("told")
def test_a_story_is_told(run: Run) -> None:
    """A row for each document with whom it took most from; each passage with its printings; the same as JSON."""
    shown = run("story", "wire").stdout
    assert "wire 3 documents, 1 without a date" in shown
    assert "in 3 documents, first in wire" in shown
    assert "wire line 1, late line 1, copy line 1" in shown
    [story] = rows(run("story", "wire", "--json").stdout)
    words = len(WIRE.split())
    assert [(one["id"], one["parent"], one["matched_words"]) for one in story["members"]] == [
        ("wire", None, 0),
        ("late", "wire", words),
        ("copy", "wire", words),
    ]


@pytest.mark.usefixtures("told")
def test_stories_are_listed(run: Run) -> None:
    """The newest first, or the largest; since a day; as JSON with where to go on."""
    shown = run("stories").stdout
    assert shown.startswith("4 documents of 2 stories")
    assert shown.index("other") < shown.index("wire")
    [largest] = rows(run("stories", "--order", "largest", "--limit", "1", "--json").stdout)
    assert [(one["name"], one["count"]) for one in largest["stories"]] == [("wire", 3)]
    assert run("stories", "--since", "2018-04-20").stdout.startswith("1 document of 1 story")
    assert run("stories", "--since", str(largest["next"])).stdout == "0 documents of 0 stories\n"


@pytest.mark.usefixtures("told")
def test_a_look_up_folds_stories(run: Run) -> None:
    """The best of each story stays, and a column says how many more there are."""
    shown = run("resemble", "--id", "copy", "--fold", "story").stdout
    assert "the best of each story is shown" in " ".join(shown.split())
    assert "others of" in shown
    [answer] = rows(run("resemble", "--id", "copy", "--fold", "story", "--json").stdout)
    assert (answer["found"], [one["folded"] for one in answer["matches"]]) == (2, [1])


@pytest.mark.usefixtures("told")
def test_what_is_left_unread_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Members not compared, members that follow and older documents are each told of on standard error."""
    monkeypatch.setattr("dedup.stories.telling.COMPARED", 1)
    monkeypatch.setattr("dedup.stories.telling.MEMBERS", 2)
    monkeypatch.setattr("dedup.stories.newest.NUMBERS", 1)
    said = run("story", "wire").stderr
    assert "the 1 earliest of 2 documents were compared" in said
    assert "3 documents are in the story; --cursor 2 shows those that came in later" in said
    assert "the newest documents were read, 1 of them; there may be more stories" in run("stories").stderr


@pytest.mark.usefixtures("told")
def test_an_unknown_story_and_a_senseless_date_are_refused(run: Run) -> None:
    """Each is refused with its code, and what to do."""
    assert "error[unknown_story]: there is no story 'nobody'" in run("story", "nobody", code=2).stderr
    assert "error[invalid_input]: since 'soon'" in run("stories", "--since", "soon", code=2).stderr


def test_an_index_without_stories_says_so(run: Run, write: Records) -> None:
    """Its documents have none, and the refusal says how to make an index whose documents have."""
    run("ingest", write({"id": "a", "text": WIRE}))
    for asked in (("story", "a"), ("stories",), ("resemble", "--id", "a", "--fold", "story")):
        assert "error[no_stories]" in run(*asked, code=2).stderr


@pytest.mark.usefixtures("told")
def test_a_document_tells_its_story(run: Run) -> None:
    """`get --json` has the story, and is still what `ingest` takes: the story is no metadata."""
    printed = run("get", "copy", "--json").stdout
    assert rows(printed) == [{"id": "copy", "text": f"BAKU: {WIRE}", "metadata": {}, "story": "wire"}]
    printed += run("get", "late", "--json").stdout
    assert rows(run("ingest", "-", "--json", stdin=printed.encode()).stdout)[0]["unchanged"] == 2


@pytest.mark.usefixtures("told")
def test_a_look_up_names_the_stories(run: Run) -> None:
    """The table has a column for the story of each match, but in an index without stories."""
    lines = [line.split() for line in run("resemble", "--id", "copy").stdout.splitlines()]
    assert [line[-1] for line in lines if line[:1] == ["late"] and line[1].startswith("0.")] == ["wire"]


@pytest.mark.usefixtures("told")
def test_the_id_of_a_document_is_no_story(run: Run) -> None:
    """Who asks for a document's story by the document's id is told the name of the story."""
    said = run("story", "copy", code=2).stderr
    assert "error[unknown_story]: 'copy' is a document of the story 'wire'" in " ".join(said.split())
    said = run("story", "wire", "--cursor", "4000", code=2).stderr
    assert "error[unknown_story]: the story 'wire' has no documents from cursor 4000 on" in " ".join(said.split())


@pytest.mark.usefixtures("told")
def test_the_summary_says_how_many_stories_are_not_shown(run: Run) -> None:
    """Of two stories one is wanted: the line above the table says that it is one of two."""
    assert run("stories", "--limit", "1").stdout.startswith("4 documents of 2 stories; showing the newest 1")
    assert run("stories").stdout.startswith("4 documents of 2 stories\n")


def test_dates_are_never_cut(run: Run, write: Records) -> None:
    """In 80 columns the dates with their times are whole, however long names and texts are."""
    run("index", "create", "--stories", "0.5")
    times = [f"2018-04-{day}T14:05:17.123456+02:00" for day in (19, 20)]
    run("ingest", write(*({"id": f"{'long-' * 9}{time}", "text": WIRE, "date": time} for time in times)))
    shown = run("stories").stdout
    assert re.search(r" 2018-04-19 +2018-04-20 *$", shown, re.MULTILINE)
    assert re.search(r" 12:05:17.123456Z +12:05:17.123456Z *$", shown, re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= 80


def test_documents_say_why_nobody_is_named(run: Run, write: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was replaced by other words shares nothing; one beyond the limit was not compared; a date is raw."""
    monkeypatch.setattr("dedup.stories.telling.COMPARED", 3)
    run("index", "create", "--stories", "0.5")
    run("ingest", write(*({"id": name, "text": WIRE, "date": f"2018-04-1{day}"} for day, name in enumerate("abc"))))
    run("ingest", write({"id": "b", "text": "Seven wizards box with liquor jugs at noon.", "date": "2018-04-11"}))
    run("ingest", write({"id": "d", "text": WIRE, "date": "3/4/2024"}))
    run("ingest", write({"id": "e", "text": WIRE}))
    shown = run("story", "a").stdout
    lines = [line.split() for line in shown.splitlines()[1:]]
    rows = {name: " ".join(told) for name, *told in filter(None, reversed(lines)) if name in "abcde"}
    assert shown.startswith("a 5 documents, 1 without a date, 1 whose date cannot be read")
    assert rows["a"] == "2018-04-10"
    assert rows["b"].startswith("2018-04-11 shares nothing with")
    assert rows["c"].startswith(f"2018-04-12 a {len(WIRE.split())} 100 %")
    assert rows["d"] == "3/4/2024 not compared"
    assert rows["e"] == "not compared"


@pytest.mark.usefixtures("told")
def test_a_year_alone_is_no_date(run: Run) -> None:
    """A number beyond the next one is refused, and the refusal says how a year is written."""
    said = " ".join(run("stories", "--since", "2026", code=2).stderr.split())
    assert "error[invalid_input]: since 2026: no document has that number yet, the next to come in gets 4" in said
    assert "2026-01-01" in said


@pytest.mark.usefixtures("told")
def test_dates_of_a_part_are_told_as_such(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a story of which not all documents were read the dates are marked, and a note says so."""
    assert "the dates are those" not in run("stories").stderr
    monkeypatch.setattr("dedup.stories.newest.OUTLINED", 1)
    monkeypatch.setattr("dedup.cli.stories.OUTLINED", 1)
    assert "of stories of more than 1 documents the dates are those of the first" in " ".join(
        run("stories").stderr.split()
    )
    [found] = rows(run("stories", "--json").stdout)
    assert [(one["name"], one["partial"]) for one in found["stories"]] == [("other", False), ("wire", True)]
