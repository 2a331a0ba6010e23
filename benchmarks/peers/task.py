"""What every peer is asked for: the MinHash of each text's runs of k words, from the raw text, on one thread."""

import re

NUM_PERM = 128
K = 4
_WORD = re.compile(r"\w+")


def shingles(text: str) -> list[str]:
    """Return the runs of k words, as a peer without a tokenizer of its own has to be given them."""
    words = _WORD.findall(text.lower())
    return [" ".join(words[i : i + K]) for i in range(max(1, len(words) - K + 1))]
