"""The models that kernels are held to: a few lines of plain Python each, written from the public definitions.

Their Unicode is 18.0.0, whatever the running Python has.
"""

import re
import unicodedata
from collections.abc import Iterator

import unicodedata2 as ucd
import xxhash
from datasketch import MinHash

from dedup.scheme import Scheme

WRAP = (1 << 64) - 1
IGNORABLE = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}
IGNORABLE |= {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
APOSTROPHES = "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u05f3\u2018\u2019\u201b\u2032\ua78c"
POINTS = {*range(0x5B0, 0x5BE), 0x5BF, 0x5C1, 0x5C2, *range(0x5C7, 0x5CA), 0xFB1E}  # Hebrew
POINTS |= {*range(0x618, 0x61B), *range(0x64B, 0x653), 0x670, *range(0x8F0, 0x8F3), 0x711}  # Arabic, Syriac
LEFT_OUT = {*IGNORABLE, *POINTS, 0x640, 0x7FA}  # the last two: tatweel, in Arabic and in N'Ko
LEFT_OUT |= {0x6E5, 0x6E6}  # the small waw and yeh of pointed Arabic
VOWELS_AND_TONES = {*range(0x7EB, 0x7F4), 0x7FD, 0x9FE, 0xF39, 0xF82, 0xF83, 0x108D, 0x17DD, 0x18A9}
VOWELS_AND_TONES |= {*range(0x1939, 0x193C), 0x1A17, 0x1A18, *range(0x1A75, 0x1A7D), 0x1A7F, 0xA6F0, 0xA6F1}
VOWELS_AND_TONES |= {
    *range(0xA92B, 0xA92E),
    *range(0xAAB0, 0xAAC2),
    0x101FD,
    *range(0x10A0D, 0x10A3B),
    0x10AE5,
    0x10AE6,
}
VOWELS_AND_TONES |= {*range(0x10D24, 0x10D28), *range(0x10D69, 0x10D6E), 0x10EAB, 0x10EAC, *range(0x10F46, 0x10F51)}
VOWELS_AND_TONES |= {*range(0x10F82, 0x10F86), *range(0x11100, 0x11103), 0x1145E, *range(0x16AF0, 0x16AF5)}
VOWELS_AND_TONES |= {*range(0x16B30, 0x16B37), *range(0x1E130, 0x1E137), 0x1E2AE, *range(0x1E2EC, 0x1E2F0)}
VOWELS_AND_TONES |= {*range(0x1E4EC, 0x1E4F0), 0x1E5EE, 0x1E5EF, *range(0x1E6E3, 0x1E6F6), *range(0x1E8D0, 0x1E8D7)}
VOWELS_AND_TONES |= set(range(0x1E944, 0x1E94A))  # all of them of scripts in which such marks are no accents
SPELLINGS = dict(zip("ıøđħłŧƀƶǥȼɇɉɍɏɨᵽⱥð", "iodhltbzgcejryipad", strict=True)) | {"æ": "ae", "œ": "oe"}
SPELLINGS |= {"ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ہ": "ه", "ە": "ه", "ۃ": "ة", "װ": "וו", "ױ": "וי", "ײ": "יי"}
SPELLINGS |= {"ൺ": "ണ്", "ൻ": "ന്", "ർ": "ര്", "ൽ": "ല്", "ൾ": "ള്", "ൿ": "ക്", "ৎ": "ত্"}
DIGITS = ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
LINE_END = re.compile("[-\u2010\u00ad\u00ac\u2e17](?:\r\n|\r|\n)[ \t]*")
UNSPACED = (
    *("CJK UNIFIED IDEOGRAPH-", "IDEOGRAPHIC ", "HIRAGANA ", "HENTAIGANA ", "KATAKANA"),
    *("THAI ", "LAO ", "KHMER ", "MYANMAR "),
)


def token_hash(data: bytes) -> int:
    """Return the hash of a token's folded UTF-8 bytes."""
    h = 0x243F6A8885A308D3 ^ len(data)
    for i in range(0, len(data), 8):
        h = (h ^ int.from_bytes(data[i : i + 8], "little")) * 0x9E3779B97F4A7C15 & WRAP
        h ^= h >> 32
    h = h * 0xD6E8FEB86659FD93 & WRAP
    return h ^ h >> 32


def shingle_hash(tokens: list[int]) -> int:
    """Return the hash of a run of token hashes."""
    h = 0
    for token in tokens:
        h = (h * 0xA0761D6478BD642F + token) & WRAP
    h = (h ^ h >> 32) * 0xE7037ED1A0B428DB & WRAP
    h = (h ^ h >> 32) * 0x8EBC6AF09C88C6E3 & WRAP
    return h ^ h >> 32


def vanishes(character: str) -> bool:
    """Whether a decomposed character leaves no trace: accents, points, overlays, tatweel, zero-width characters."""
    mark = ucd.combining(character)
    accent = (mark >= 200 or mark == 1) and ord(character) not in VOWELS_AND_TONES
    return accent or ucd.category(character) in {"Cf", "Me"} or ord(character) in LEFT_OUT


def casefold(text: str) -> str:
    """Return the full case folding; a capital that this Python does not know has the small letter of its name."""
    return "".join(_newer(part) or part.casefold() for part in text)


def _newer(character: str) -> str:
    name = ucd.name(character, "")
    if "SMALL LIGATURE LONG S WITH DESCENDER S" in name:
        return "ss"
    known = unicodedata.category(character) != "Cn" or ucd.category(character) != "Lu"
    return "" if known else str(ucd.lookup(name.replace("CAPITAL", "SMALL")))


def folded(character: str) -> str:
    """Return what a character becomes."""
    if ucd.category(character) in {"Cs", "Cn"}:
        return " "
    if ucd.normalize("NFD", character) in APOSTROPHES:
        return "'"
    if character in "\u2120\u2122\U0001f16a\U0001f16b\U0001f16c":
        return " "
    text = character
    for _ in range(3):
        text = casefold("".join(part for part in ucd.normalize("NFKD", text) if not vanishes(part)))
        text = "".join(map(spelled, text))
    text = "".join(part for part in ucd.normalize("NFKD", text) if not vanishes(part))
    return " " + text if "FRACTION " in ucd.name(character, "") and "\u2044" in text else text


def spelled(letter: str) -> str:
    """Return what readers take a letter or digit for another spelling of."""
    if ucd.category(letter) == "Nd":
        return str(DIGITS.index(ucd.name(letter).rpartition(" ")[2]))
    return SPELLINGS.get(letter, letter)


def is_letter(character: str) -> bool:
    """Whether a folded character is a letter of a script with spaces, or a number beyond the digits."""
    spaced = not ucd.name(character, "").startswith(UNSPACED)
    return ucd.category(character)[0] in "LMN" and spaced and character not in f"0123456789{APOSTROPHES}"


def unbroken(text: str) -> str:
    """Return a text with words joined that a hyphen breaks at the end of a line."""
    joined = ""
    while text:
        broken = LINE_END.match(text)
        if broken and ends_in_letter(joined) and begins_with_letter(text[broken.end() :]):
            text = text[broken.end() :]
        else:
            joined, text = joined + text[0], text[1:]
    return joined


def ends_in_letter(text: str) -> bool:
    """Whether what a text ends with is a letter, perhaps with marks, of a script with spaces."""
    parts = "".join(map(folded, text[-40:]))
    base = parts.rstrip("".join(filter(is_mark, parts)))
    if base and ucd.name(base[-1], "").startswith(UNSPACED):
        return False
    return parts != base or (parts != "" and is_letter(parts[-1]))


def begins_with_letter(text: str) -> bool:
    """Whether a text begins with a letter of a script with spaces."""
    first = folded(text[:1]) if text else ""
    return first != "" and is_letter(first[0]) and not is_mark(first[0])


def is_mark(character: str) -> bool:
    """Whether a character belongs to the letter before it and has a canonical place in a run of such."""
    unspaced = ucd.name(character, "").startswith(UNSPACED)
    return ucd.category(character) in {"Mn", "Mc"} and (unspaced or ucd.combining(character) > 0)


def words(text: str) -> Iterator[str]:
    """Yield the folded tokens of a text, each with its marks in canonical order."""
    for run in _runs(text):
        yield from re.findall(r"[^ ']+(?:'[^ ']+)*", run)


def _runs(text: str) -> Iterator[str]:
    """Yield what stands between spaces, one letter at a time where a script has none; apostrophes still in it."""
    word, marks, alone = "", list[str](), False
    for character in [part for one in unbroken(text) for part in folded(one)] + [" "]:
        if is_mark(character):
            marks.append(character)
            continue
        word, marks = word + "".join(sorted(marks, key=ucd.combining)), []
        kept = character in APOSTROPHES or ucd.category(character)[0] in "LMN"
        single = kept and ucd.name(character, "").startswith(UNSPACED)
        single = single and ucd.category(character) != "Nd"
        if word and (alone or single or not kept):
            yield word
            word = ""
        letter = "'" if character in APOSTROPHES else character
        word, alone = word + letter if kept else "", single


def shingles(tokens: list[int], k: int) -> list[int]:
    """Return the shingle hashes of a text; a text shorter than k tokens is one shingle."""
    k = min(k, len(tokens))
    return [shingle_hash(tokens[i : i + k]) for i in range(len(tokens) - k + 1)] if tokens else []


def minimum_places(hashes: list[int], w: int) -> dict[int, int]:
    """Return the distinct window minima, each with its first place; the rightmost of equals stands for its window."""
    w, places = min(w, len(hashes)), dict[int, int]()
    for i in range(len(hashes) - w + 1 if hashes else 0):
        window = hashes[i : i + w]
        place = i + max(j for j in range(w) if window[j] == min(window))
        places.setdefault(hashes[place], place)
    return places


def minima(hashes: list[int], w: int) -> list[int]:
    """Return the distinct window minima in the order of the text."""
    return list(minimum_places(hashes, w))


def signature(hashes: list[int], scheme: Scheme) -> MinHash:
    """Return datasketch's own signature of shingle hashes."""
    minhash = MinHash(scheme.num_perm, seed=scheme.seed, scheme="affine32", hashfunc=lambda h: h & 0xFFFFFFFF)
    minhash.update_batch(hashes)
    return minhash


def buckets(hashes: list[int], scheme: Scheme) -> list[int]:
    """Return the bands of the signature under xxhash, then the window minima."""
    if not hashes:
        return []
    values = signature(hashes, scheme).hashvalues
    bands = [values[band * scheme.rows : (band + 1) * scheme.rows].tobytes() for band in range(scheme.bands)]
    return [xxhash.xxh3_64_intdigest(band, i) for i, band in enumerate(bands)] + minima(hashes, scheme.w)


def shingle_set(text: str, k: int = 4) -> set[tuple[str, ...]]:
    """Return a text's shingles as tuples of words."""
    every = list(words(text))
    k = min(k, len(every))
    return {tuple(every[i : i + k]) for i in range(len(every) - k + 1)} if every else set()


def figures(a: str, b: str) -> tuple[float, float, float]:
    """Return Jaccard, and the containment of each text in the other."""
    one, other = shingle_set(a), shingle_set(b)
    both = len(one & other)
    return both / max(1, len(one | other)), both / max(1, len(one)), both / max(1, len(other))


def longest_run(a: str, b: str) -> int:
    """Return the length in words of the longest verbatim run that two texts share."""
    one, other = list(words(a)), list(words(b))
    best, before = 0, [0] * (len(other) + 1)
    for word in one:
        row = [0] * (len(other) + 1)
        for j, twin in enumerate(other, 1):
            row[j] = before[j - 1] + 1 if word == twin else 0
        best, before = max(best, *row), row
    return best


def common_subsequence(a: str, b: str) -> int:
    """Return the length in words of the longest common subsequence of two texts."""
    one, other = list(words(a)), list(words(b))
    before = [0] * (len(other) + 1)
    for word in one:
        row = [0]
        for j, twin in enumerate(other, 1):
            row.append(before[j - 1] + 1 if word == twin else max(before[j], row[-1]))
        before = row
    return before[-1]
