"""The documents that the browser meets: the seeds, dated; an attack in every field; a megabyte."""

import random
from collections.abc import Iterator
from pathlib import Path

from dedup import Document

SEEDS = Path(__file__).parents[2] / "seeds"
A, B, C, D, E = sorted(path.stem for path in SEEDS.glob("*.txt"))
PUBLISHED = {A: "2018-04-19T22:40:00Z", B: "2018-04-19T14:05:00Z", C: "2018-04-18", D: "2018-04-18"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>{{ 7 * 7 }}</textarea>"
STORY = "Seven wizards box with liquor jugs at noon while the quick brown fox jumps over lazy dogs by the river. "
NAMES = "Sir Paul Green, Dr. Ann Hill, Mr. Tom Lake, Sir John Brown, Dr. Mary Wood, Mr. Al Stone. "
LARGE = 1_000_000
FIRST = "Seven bakers of the old town opened a school for apprentices on Monday, said the guild, after long planning."
SECOND = "The northern line will be closed for repairs until late autumn, and buses will run every ten minutes instead."
THIRD = "A rare orchid was found on the slopes above the lake by two students who lost their way in the morning fog."
MIXED = ((FIRST, SECOND), (FIRST, THIRD), (SECOND, THIRD))
APART = [" ".join(f"{word}{number}" for number in range(30)) for word in ("mine", "yours", "ours", "a", "b", "c")]
TOGETHER = f"{FIRST}\n\n{APART[0]}\n\n{SECOND}\n\n{APART[1]}\n\n{THIRD}"
GENESIS = (
    "في البدء خلق الله السماوات والأرض وكانت الأرض خربة وخالية وعلى وجه الغمر ظلمة وروح الله يرف على وجه المياه "
    "وقال الله ليكن نور فكان نور ورأى الله النور أنه حسن وفصل الله بين النور والظلمة"
)


def documents(*, large: bool = True) -> Iterator[Document]:
    """Yield them all."""
    for path in SEEDS.glob("*.txt"):
        dated = {"published": PUBLISHED[path.stem]} if path.stem in PUBLISHED else {}
        yield Document(path.stem, path.read_bytes().decode(), {"source": "wire", **dated})
    attack = {"title": HOSTILE, "source": HOSTILE, "published": HOSTILE, HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]}
    yield Document(HOSTILE, STORY + HOSTILE, attack)
    yield Document("odd", STORY + "\0\x07 a lone \ud800 surrogate, \u202eturned", {"published": "2018-02-30"})
    for place, words in enumerate(("rain over the northern hills", "market prices for winter wheat"), 1):
        between = " ".join(f"{words} {number}" for number in range(place * 20, place * 20 + 15))
        yield Document(f"names/{place}", f"{words}. {NAMES}{between}. {STORY}")
    for number, (here, there) in enumerate(MIXED):
        yield Document(f"mixed/{number}", f"{here}\n\n{APART[number + 3]}\n\n{there}", {"title": f"Report {number}"})
    yield Document("rtl/1", f"{GENESIS} {STORY}")
    yield Document("rtl/2", f"كتاب قديم جدا. {GENESIS}")
    if large:
        first, second = megabytes()
        yield Document("large/1", first)
        yield Document("large/2", second)


def megabytes() -> tuple[str, str]:
    """Return two texts of a million characters, one word in fifty of the second another."""
    numbers = random.Random(1)  # noqa: S311 - a reproducible text is wanted, not a secret one
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(numbers.choices(letters, k=numbers.randint(2, 9))) for _ in range(8_000)]
    paragraphs = [numbers.choices(words, k=80) for _ in range(LARGE // 500)]
    edited = [[word if numbers.random() > 0.02 else "EDITED" for word in paragraph] for paragraph in paragraphs]
    first, second = ("\n\n".join(map(" ".join, text))[:LARGE] for text in (paragraphs, edited))
    return first, second
