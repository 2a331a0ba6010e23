"""How a text is laid out: its direction, and whether its lines were broken to a width."""

import re
import unicodedata
from itertools import pairwise

NARROWEST, WIDEST = 40, 100  # not measured: characters; wire copy, mail and books are broken at 60 to 80
FEWEST = 4  # not measured: lines that a paragraph goes on after; fewer prove nothing
FITTING = 0.9  # not measured: share of the lines that must be as full as they can be
_SPACING = re.compile(r"\t| {3}|^ {2}", re.MULTILINE)  # columns, indents; two blanks after a full stop are prose
_INNER = re.compile(r"(?<=[^\r\n])(\r\n|\n|\r)(?=[^\s])")


def reflowed(text: str) -> str:
    """Return the text with blanks for the line ends within paragraphs, if its lines were broken to a width.

    They were if hardly a line has room for the first word of the next. The places of all characters stay as they are.
    Verse, lists and code have lines with room, and stay.
    """
    return _INNER.sub(lambda end: " " * len(end[0]), text) if _broken(text) else text


def collapsible(shown: str, text: str) -> bool:
    """Whether runs of blanks in what is shown of `text` mean nothing: it was laid out anew, or has none."""
    return shown != text or not _SPACING.search(text)


def _broken(text: str) -> bool:
    lines = text.splitlines()
    goes_on = [
        (len(line.rstrip()), len(after.split(maxsplit=1)[0]))
        for line, after in pairwise(lines)
        if line.strip() and after[:1].strip()
    ]
    if len(goes_on) < FEWEST:
        return False
    width = sorted(length for length, _ in goes_on)[int(0.95 * (len(goes_on) - 1))]  # a long address breaks no rule
    full = sum(length + 1 + word > width for length, word in goes_on)
    return NARROWEST <= width <= WIDEST and full >= FITTING * len(goes_on)


def right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction is written from right to left, as a browser judges `dir=auto`."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((one for one in strong if one in {"L", "R", "AL"}), "L") != "L"
