"""Pages as OCR reads them: letters taken for others of their shape, left out and put in, blanks lost and made."""

import random

LIKE = "anu bh6 ceo dcl eco fts gqy hbli il1j ji kh li1t mrn nui o0ec pq qg rvt sfz tlf unii vyr wvv xr yv zs"
SHAPES = {one[0]: one[1:] for one in LIKE.split()}
ANY = "abcdefghijklmnopqrstuvwxyz .,"
LEFT_OUT, PUT_IN, SHAPE = 0.14, 0.26, 0.75  # cumulated shares of the errors; the rest is any character


def misread(text: str, rate: float, rng: random.Random) -> str:
    """Return the text with errors at that rate a character."""
    return "".join(_error(one, rng) if rng.random() < rate else one for one in text)


def _error(one: str, rng: random.Random) -> str:
    kind, shapes = rng.random(), SHAPES.get(one.lower())
    if kind < LEFT_OUT:
        return ""
    if kind < PUT_IN:
        return one + rng.choice(".,ilt- ")
    return rng.choice(shapes) if shapes and kind < SHAPE else rng.choice(ANY)
