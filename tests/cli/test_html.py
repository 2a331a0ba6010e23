"""`dedup resemble --html` writes a report that needs nothing else."""

import hashlib
import re
from base64 import b64encode
from pathlib import Path

from cli.running import SEEDS, Records, Run


def test_report_holds_all_answers_in_one_file(seeded: Run) -> None:
    """Each query has its matches and both texts; nothing is printed; the file names no other and no host."""
    assert seeded("resemble", SEEDS, "--html", "report.html").stdout == ""
    report = Path("report.html").read_text("utf-8")
    assert report.count('<section class="query">') == 5
    assert report.count('<section class="against"') == 6
    assert "<mark" in report
    assert not re.search(r'(?:src|href)="(?!#|data:,)', report)
    assert "http" not in re.sub(r"http-equiv", "", report.split("<body")[0])


def test_report_allows_its_own_style_and_script_only(seeded: Run) -> None:
    """The policy in the file names the hashes of the one style and the one script in it."""
    seeded("resemble", SEEDS, "--html", "report.html")
    report = Path("report.html").read_text("utf-8")
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        [content] = re.findall(f"<{element}>(.*?)</{element}>", report, re.DOTALL)
        digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in report


def test_report_escapes_what_texts_and_ids_hold(run: Run, write: Records) -> None:
    """A script in an id, a title or a text is shown, not run."""
    attack = "<script>alert(1)</script>"
    words = "seven wizards box with liquor jugs at noon while quick foxes jump over lazy dogs"
    run("ingest", write({"id": f"x{attack}", "text": f"{words} {attack}", "title": attack}))
    run("resemble", "-", "--html", "report.html", stdin=f"{words} {attack} \x00".encode())
    report = Path("report.html").read_text("utf-8")
    assert attack not in report
    assert report.count("&lt;script&gt;alert(1)") >= 3


def test_report_that_cannot_be_written_is_a_wrong_usage(seeded: Run) -> None:
    """An unwritable file, and --html with --json, say what to do and end with code 2."""
    assert "name another file for --html" in seeded("resemble", SEEDS, "--html", "no/folder.html", code=2).stderr
    assert "not both" in seeded("resemble", SEEDS, "--html", "a.html", "--json", code=2).stderr


def test_report_leaves_out_what_is_rejected(seeded: Run, write: Records) -> None:
    """A query that is no document is told on standard error, and the others are in the report."""
    Path("bad.jsonl").write_text('oops\n{"id": "q", "text": "some other words that are in no document at all"}\n')
    result = seeded("resemble", "bad.jsonl", "--html", "report.html", code=3)
    assert "rejected[" in result.stderr
    assert Path("report.html").read_text("utf-8").count('<section class="query">') == 1
