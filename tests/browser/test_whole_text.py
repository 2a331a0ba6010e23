"""The whole text with its sources in a real browser: the figure, what is counted, ways to go on, on every device."""

import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser.corpus import FIRST, SECOND, THIRD, TOGETHER, A, B, D
from browser.pages import PAIR, Open, focused, serious, tops
from playwright.sync_api import Page

RTL = "pair?" + urlencode({"id": "rtl/1", "with": "rtl/2"})
CLAIM = re.compile(r"(\d+) %\s+of this text appears in (\d+) document")


def looked_up(visit: Open, text: str = TOGETHER, **options: object) -> Page:
    """Return the result of pasting a text."""
    page = visit("", **options)
    page.locator("#text").fill(text)
    page.get_by_role("button", name="Find what it resembles").click()
    page.wait_for_url("**/matches*")  # and until it is loaded, its script included
    return page


def claim(page: Page) -> tuple[int, int]:
    """Return the figure on top: the share in percent, and how many documents."""
    said = CLAIM.search(page.locator(".claim").inner_text())
    assert said
    return int(said[1]), int(said[2])


def marked(page: Page) -> str:
    """Return what is marked, joined."""
    return " ".join(page.locator(".words mark:not(.quiet)").all_inner_texts())


def share(*sentences: str) -> int:
    """Return how many percent of the words of the pasted text the sentences are."""
    return round(100 * sum(len(one.split()) for one in sentences) / len(TOGETHER.split()))


def test_the_text_is_marked_and_one_figure_says_how_much(visit: Open) -> None:
    """Three paragraphs of five are found, each in two of three documents; the figure is their share of the words."""
    page = looked_up(visit)
    assert claim(page) == (share(FIRST, SECOND, THIRD), 3)
    assert page.locator(".words").inner_text().count("mine0 mine1") == 1
    for sentence in (FIRST, SECOND, THIRD):
        assert sentence.rstrip(".") in marked(page)
    assert "mine" not in marked(page)
    assert page.locator(".words mark.several").count() == 3
    titles = page.locator(".words mark.several").evaluate_all("all => all.map(one => one.title)")
    assert sorted(titles) == ["in sources 1, 2", "in sources 1, 3", "in sources 2, 3"]


@pytest.mark.parametrize("script", [True, False])
def test_a_source_alone_is_marked_and_counted(visit: Open, script: bool) -> None:
    """Alone, one source has two paragraphs; left out, what it shares with others stays; with or without a script."""
    page = looked_up(visit, java_script_enabled=script)
    page.locator(".source", has_text="Report 0").get_by_label("Alone").check()
    again = page.get_by_role("button", name="Count again")
    if not script:
        again.click()
    assert claim(page) == (share(FIRST, SECOND), 1)
    assert THIRD.rstrip(".") not in marked(page)
    page.get_by_label("All sources").check()
    for report in ("Report 0", "Report 1"):
        page.locator(".source", has_text=report).get_by_label("Leave out").check()
    if script:
        assert not again.is_visible()
    else:
        again.click()
    assert claim(page) == (share(SECOND, THIRD), 1)
    assert FIRST.rstrip(".") not in marked(page)


def test_boilerplate_counts_when_it_is_switched_on(visit: Open) -> None:
    """A list of names is neither marked nor counted until its switch is on; then the figure and the strip grow."""
    page = visit("matches?id=names/1")
    before = claim(page)[0]
    bars = page.locator(".strip rect:not(.quiet)").count()
    assert "Sir Paul" not in marked(page)
    page.get_by_label("Boilerplate").check()
    assert claim(page)[0] > before
    assert "Sir Paul" in marked(page)
    assert page.locator(".strip rect:not(.quiet)").count() > bars
    assert "kind=boilerplate" in page.url
    page.reload()
    assert "Sir Paul" in marked(page)


def test_script_and_server_count_alike(visit: Open) -> None:
    """The figures that the script computes are those of the server for the same choice, for every source of a text."""
    page = visit(f"matches?id={A}")
    ids = page.locator(".source input[type=radio]").evaluate_all("all => all.map(one => one.value)")
    for one in ids:
        page.locator(f'.source input[type=radio][value="{one}"]').check()
        here = page.locator(".claim").inner_text()
        there = visit("matches?" + urlencode({"id": A, "only": one}), java_script_enabled=False)
        assert there.locator(".claim").inner_text() == here
        assert marked(there) == marked(page)


def test_buttons_and_keys_walk_the_passages(visit: Open) -> None:
    """By touch the buttons, by keyboard j, lead from passage to passage; a number opens both texts at the passage."""
    page = looked_up(visit, has_touch=True, viewport={"width": 390, "height": 500})
    page.get_by_role("button", name="Next passage").tap()
    page.get_by_role("button", name="Next passage").tap()
    page.get_by_role("button", name="Next passage").tap()
    first = focused(page)
    page.get_by_role("button", name="Next passage").tap()
    assert focused(page) != first
    page.get_by_role("button", name="Previous passage").tap()
    assert focused(page) == first
    assert page.locator(".guide").bounding_box()["y"] < 200  # type: ignore[index] # it is drawn
    page.get_by_role("link", name="3 sources").tap()
    page.wait_for_timeout(300)
    assert page.get_by_role("heading", name="Sources").bounding_box()["y"] < 200  # type: ignore[index] # the same


def test_the_strip_leads_into_the_text(visit: Open) -> None:
    """A click on the strip brings the stretch there into sight."""
    page = looked_up(visit, TOGETHER + "\n\nmore" * 200, viewport={"width": 1000, "height": 500})
    page.locator(".whole-strip a").last.click()
    page.wait_for_timeout(200)
    assert "#t" in page.url
    top = page.locator("mark:target").bounding_box()
    assert top
    assert 0 <= top["y"] < 500


def test_a_file_becomes_the_text(visit: Open, tmp_path: Path) -> None:
    """A text file is read into the field; one that is no text in UTF-8 is told."""
    (tmp_path / "a.txt").write_text(TOGETHER + " äöü", "utf-8")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00caf\xe9")
    page = visit("")
    page.locator("#file").set_input_files(tmp_path / "a.txt")
    page.get_by_text("a.txt is in the field").wait_for()
    assert page.locator("#text").input_value() == TOGETHER + " äöü"
    page.locator("#file").set_input_files(tmp_path / "b.txt")
    page.get_by_text("b.txt is no text in UTF-8").wait_for()


def test_two_texts_of_ones_own_are_compared(visit: Open) -> None:
    """From the first page a link leads to two fields, and they to both texts side by side."""
    page = visit("")
    page.get_by_role("link", name="compare two texts").click()
    page.locator("#a").fill(TOGETHER)
    page.locator("#b").fill(f"Before it all. {SECOND} And after.")
    page.get_by_role("button", name="Compare").click()
    assert page.locator(".sides mark").count() >= 2
    assert "every ten minutes" in page.locator(".passage .row").first.inner_text()


def test_a_result_is_exported_and_has_an_address(visit: Open) -> None:
    """The report is downloaded from the page; the address of a short text's result shows the same."""
    page = looked_up(visit)
    page.get_by_text("Export and address").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report", exact=True).click()
    assert download.value.suggested_filename == "matches.html"
    said = claim(page)
    page.get_by_role("link", name="The address of this result").click()
    page.wait_for_url(re.compile(r"/matches\?(text|packed)="))
    assert claim(page) == said


def test_a_pair_opens_at_its_first_passage(visit: Open) -> None:
    """Both texts show the first passage at once; the buttons go on to the next."""
    page = visit(PAIR, viewport={"width": 1000, "height": 500}, has_touch=True)
    page.wait_for_selector("mark.on")
    for side in (0, 1):
        height = page.locator(".text").nth(side).evaluate("text => text.clientHeight")
        assert 0 <= tops(page, 1)[side] < height
    page.get_by_role("button", name="Next").tap()
    page.get_by_role("button", name="Next").tap()
    assert page.locator(".status").inner_text().startswith("Passage 2 of ")


def test_a_strip_lies_as_its_text_is_written(visit: Open) -> None:
    """Under a text from right to left, what stands at its end lies at the strip's left; a click leads there."""
    page = visit(RTL)
    [bar] = page.locator(".side").nth(1).locator(".strip a").all()
    strip = page.locator(".side").nth(1).locator(".strip").bounding_box()
    box = bar.bounding_box()
    assert strip
    assert box
    assert box["x"] < strip["x"] + 5
    assert box["x"] + box["width"] < strip["x"] + strip["width"] - 5
    bar.click()
    assert focused(page) == "b1"


@pytest.mark.parametrize("look", ["light", "dark"])
def test_axe_finds_nothing_serious_in_a_choice(visit: Open, look: str) -> None:
    """With one source left out, boilerplate counted and the panels open, there is no serious finding."""
    page = visit("matches?id=names/1", color_scheme=look)
    page.get_by_label("Boilerplate").check()
    page.get_by_label("Leave out").first.check()
    for panel in page.locator("summary").all():
        panel.click()
    assert serious(page) == []


def test_forced_colours_and_paper_keep_the_marks(visit: Open) -> None:
    """In forced colours copied stretches have the system's mark; on paper text and sources remain, controls do not."""
    page = looked_up(visit, forced_colors="active")
    colour = page.locator(".words mark.copied").first.evaluate("mark => getComputedStyle(mark).backgroundColor")
    assert colour == "rgb(255, 255, 0)"
    page = looked_up(visit)
    page.emulate_media(media="print")
    assert page.locator(".words mark").first.is_visible()
    assert page.locator(".source").count() == page.locator(".source:visible").count() == 3
    assert not page.locator(".chips:visible, .choices:visible, .steps:visible, form:visible").count()


def test_nothing_found_says_what_may_help(visit: Open) -> None:
    """A text that resembles nothing, and one that is too short, say so and what was looked at."""
    page = looked_up(visit, "Absolutely unheard of words that stand in no document of any index whatsoever today.")
    assert "This text is new: it resembles nothing in the index" in page.locator(".summary").inner_text()
    assert page.locator(".hints li").count() == 2
    page = looked_up(visit, "two words")
    assert "are needed" in page.locator(".hints").inner_text()


def test_a_pair_says_who_came_first(visit: Open) -> None:
    """With dates on both sides, the list and the pair say that the other document came out earlier."""
    page = visit("matches?" + urlencode({"id": B}))
    assert "earlier" in page.locator(".source", has_text=D).locator(".byline").inner_text()
    page.locator(".sources").get_by_role("link", name=D).click()
    assert page.get_by_text("The right came out earlier than the left.").is_visible()
