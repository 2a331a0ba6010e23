"""Newspaper pages as OCR reads them, with texts reprinted among them: which pages share what, and where, is known.

A page is a piece of one text followed by printings of others, each misread anew. A text is printed whole, or as one of
its halves, or from some way in; those of `LEAST` letters or more in common are the pairs to be found.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

from benchmarks.texts.misread import misread

LEAST = 60  # letters that two printings have in common, before they are misread, to be a pair
PAPERS, FIRST_DAY, DAYS = 40, date(1850, 1, 1), 1500
CUTS = ((0.0, 1.0),) * 6 + ((0.0, 0.5), (0.5, 1.0), (0.2, 0.9), (0.1, 1.0))


@dataclass(frozen=True, slots=True)
class Printing:
    """A text's place on a page.

    Attributes:
        page: the page's number.
        text: the text's number.
        first: the first letter of the text that is printed.
        last: the letter after the last.
        places: for each letter printed where it begins on the page, and where the last one ends.
    """

    page: int
    text: int
    first: int
    last: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages: their texts and dates, the newspapers that they are of, and the printings on them."""

    texts: Sequence[str]
    dates: Sequence[date]
    papers: Sequence[str]
    printings: Sequence[Printing]

    def records(self) -> Iterator[dict[str, str]]:
        """Yield a record for each page."""
        for number, (text, day, paper) in enumerate(zip(self.texts, self.dates, self.papers, strict=True)):
            yield {"id": f"p{number:04}", "text": text, "date": day.isoformat(), "series": paper}

    def pairs(self) -> Iterator[tuple[tuple[int, int, int], tuple[int, int, int]]]:
        """Yield page, start and end of what two printings have in common, on both sides, the lower page first."""
        for one, other in combinations(self.printings, 2):
            first, last = max(one.first, other.first), min(one.last, other.last)
            if one.text == other.text and one.page != other.page and last - first >= LEAST:
                a, b = sorted((_side(one, first, last), _side(other, first, last)))
                yield a, b


def _side(one: Printing, first: int, last: int) -> tuple[int, int, int]:
    return one.page, one.places[first - one.first], one.places[last - one.first]


def pages(fillers: Sequence[str], reprinted: Sequence[str], count: int, rate: float, seed: int = 1) -> Pages:
    """Return `count` pages, each a filler and some of the texts that are reprinted, misread at a rate a letter."""
    rng = random.Random(seed)
    hosts = [list[int]() for _ in range(count)]
    for text in range(len(reprinted)):
        for page in rng.sample(range(count), min(count, 2 + int(rng.paretovariate(1.1)))):
            hosts[page].append(text)
    made, printings = list[str](), list[Printing]()
    for page, own in enumerate(hosts):
        written = misread(fillers[page % len(fillers)], rate, rng)
        for text in own:
            start, end = rng.choice(CUTS)
            whole = reprinted[text]
            first, last = int(start * len(whole)), int(end * len(whole))
            written, places = _printed(f"{written}\n\n", whole[first:last], rate, rng)
            printings.append(Printing(page, text, first, last, places))
        made.append(written)
    days = [FIRST_DAY + timedelta(days=rng.randrange(DAYS)) for _ in range(count)]
    papers = [f"paper {rng.randrange(PAPERS)}" for _ in range(count)]
    return Pages(made, days, papers, printings)


def _printed(before: str, text: str, rate: float, rng: random.Random) -> tuple[str, tuple[int, ...]]:
    """Return a page with a text added as OCR reads it, and where each of its letters is."""
    pieces, places = [before], [len(before)]
    for letter in text:
        pieces.append(misread(letter, rate, rng))
        places.append(places[-1] + len(pieces[-1]))
    return "".join(pieces), tuple(places)
