"""Telling a list of names from a sentence, in scripts that have capitals: a byline, a table or a title says nothing."""

from collections.abc import Iterable

TELLING_WORDS = 3
"""Fewest different words in lower case, particles apart, that a sentence has. ADR 4: 2 lets lists of names pass."""

_ENGLISH = "a an and for of the"
_GERMANIC = "das der des die für und vom von zu zum zur van och og med"
_ROMANCE = "d da dal de degli dei del della delle di do dos du e el en et i il l la las le les los o y"
_OTHERS = "u z и в на та του της και ve bin ibn al dan và agus"
PARTICLES = frozenset(f"{_ENGLISH} {_GERMANIC} {_ROMANCE} {_OTHERS}".split())
"""Words in lower case that stand within names and between them."""


def names_only(words: Iterable[str], text: str) -> bool:
    """Return whether `text`, of these words, holds names and titles only: hardly a word in lower case but particles.

    A text without lower case, as in a headline of capitals or in Chinese, is never judged so.
    """
    if not any(character.islower() for character in text):
        return False
    plain = {word for word in words if word[0].isalpha() and not word[0].isupper()}
    return len(plain - PARTICLES) < TELLING_WORDS
