"""A stretch of a text as it is shown: from word to word, its beginning, or both of its ends."""

from dedup.sketching.tokens import tokenize

_ROOM = 64  # not measured: letters beside a place in which its word ends
_GAP = " … "


def whole_words(text: str, start: int, end: int) -> str:
    """Return the stretch of a text, widened to the words that it cuts."""
    return text[_word(text, start)[0] : _word(text, end)[1]]


def beginning(text: str, most: int) -> str:
    """Return the first words of a text in one line, some `most` letters of them."""
    flat = " ".join(text.split())
    return flat if len(flat) <= most else f"{flat[: _word(flat, most)[0]].rstrip()} …"


def both_ends(text: str, most: int) -> str:
    """Return the first and the last words of a text in one line, some `most` letters of them together."""
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    head, tail = flat[: _word(flat, most // 2)[0]], flat[_word(flat, len(flat) - most // 2)[1] :]
    return f"{head.rstrip()}{_GAP}{tail.lstrip()}"


def _word(text: str, place: int) -> tuple[int, int]:
    """Return where the word begins and ends that has letters on both sides of a place; the place, if none has."""
    first = max(place - _ROOM, 0)
    tokens = tokenize([text[first : place + _ROOM]])
    around = (tokens.starts + first < place) & (place < tokens.ends + first)
    words = zip(tokens.starts[around].tolist(), tokens.ends[around].tolist(), strict=True)
    return next(((first + start, first + end) for start, end in words), (place, place))
