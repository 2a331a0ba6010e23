"""Tokens and their places, held to the naive model and to Unicode's own normal forms."""

import unicodedata

import numpy as np
import pytest
import unicodedata2 as ucd
from hypothesis import given
from hypothesis import strategies as st
from naive import token_hash, words

from dedup.kernels import addresses
from dedup.sketching import fold
from dedup.sketching.tokens import _tokenize, folding, tokenize
from tools import fold_table

SCRIPTS = (
    "aZé ß'’“.\u0301\u0323\u0345\u0338 \u00ad\u200b\u200d가각ᄀ\u1161"
    " हिन्दी\u093c נִקּוּד עם׳ר عَرَّبِيّ مـم ıIİ がか\u3099ﾊﾟ漢字 กำ้ั ລາວ ខ្មែរ မြန်\ud800\x00１ﬁ½①™ ٣ی ﯼ ᨗ"
)
BROKEN = [*"aé1e\u0301\u093cक字'\u200b ", *"-\u2010\u00ad¬⸗", "\n", "\r\n", "\r", " \t"]


def tokens_of(text: str) -> list[str]:
    """Return the stretches of the original text that its tokens come from."""
    tokens = tokenize([text])
    return [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]


def same(a: str, b: str) -> bool:
    """Whether two texts have the same tokens, and any."""
    left, right = tokenize([a, b]).offsets[1:]
    hashes = tokenize([a, b]).hashes
    return bool(left > 0 and np.array_equal(hashes[:left], hashes[left:right]))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("café", "cafe"),
        ("Ｆｕｌｌ　ｗｉｄｔｈ １２", "full width 12"),
        ("Straße", "STRASSE"),
        ("ﬁne ﬂow", "fine flow"),
        ("“It’s” ‘so’", "\"It's\" 'so'"),
        ("мʼята", "м'ята"),
        ("‘rock `n’ roll’", "rock n roll"),
        ("soft\u00adhyphen zero\u200bwidth\ufeff", "softhyphen zerowidth"),
        ("ΌΔΟΣ", "οδος"),
        ("İstanbul", "istanbul"),
        ("ｶﾞｷﾞ", "ガギ"),
        ("s\u0336t\u0336r\u0336uck", "struck"),
        ("≠ x", "= x"),
        ("①②", "12"),
        ("كَتَبَ الرَّجُلُ رِسَالَةً", "كتب الرجل رسالة"),  # Arabic vowel signs, shadda, tanwin
        ("هٰذا اللّٰه", "هذا الله"),  # superscript alef
        ("اللـــجنة ـ هنا", "اللجنة هنا"),  # tatweel, in a word and alone
        ("בְּרֵאשִׁית בָּרָא אֱלֹהִים", "בראשית ברא אלהים"),  # Genesis 1:1, pointed and unpointed
        ("ג׳ון צ׳רצ׳יל", "ג'ון צ'רצ'יל"),  # geresh, an apostrophe between letters
        ("ışık ve ısıtma", "IŞIK VE ISITMA"),  # Turkish capitals
        ("İSTANBUL'DA KAPALI", "istanbul'da kapalı"),
        ("ｶ\u3099", "ガ"),
        ("Ɤamma", "ɤamma"),  # a capital of Unicode 16
        ("Łódź Søren Đà Nẵng Ħamrun", "Lodz Soren Da Nang Hamrun"),  # a stroke is an overlay, as in U+0338
        ("Ðà Nẵng Sigurðsson", "Đà Nẵng Sigurdsson"),  # Ð for Đ, as many Vietnamese texts have it
        ("Cæsar œuvre", "Caesar oeuvre"),
        ("١٩٤٨ ۱۹۴۸ १९४८ ๑๙๔๘", "1948 1948 1948 1948"),
        ("کتابی علی", "كتابي على"),  # a Persian keyboard's letters, and an Arabic one's
        ("ٱلله لَهُۥ", "الله له"),  # alef wasla and small waw, in pointed text only
        ("أحمد إلى آدم مسؤول", "احمد الى ادم مسوول"),  # hamza over its carrier
        ("ייִדיש װאָס", "יידיש וואס"),  # Yiddish digraphs as one letter or two
        ("അവൻ", "അവന\u0d4d\u200d"),  # a Malayalam chillu, atomic and as before Unicode 5.1
        ("উৎসব", "উত\u09cd\u200dসব"),  # the same of Bengali
        ("Windows™ 10", "Windows® 10"),
        ("1½ cups", "1 1/2 cups"),
        ("com-\nmittee com\u00ad\r\n  mittee Com¬\rmit⸗\ntee COM\u2010\n\tMITTEE", "committee " * 4),
    ],
)
def test_looks_through_typography(a: str, b: str) -> None:
    """Two ways of writing the same words give the same tokens."""
    assert same(a, b)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        *(("ไท", "ไทย์"), ("བོད", "བད"), ("ދިވެހި", "ދވހ"), ("กำ", "ก")),
        *(("ᨀᨗ", "ᨀᨘ"), ("ꪀꪲ", "ꪀ"), ("ཙ", "ཙ༹"), ("ة", "ه"), ("ھ", "ه"), ("þing", "thing"), ("m²", "m")),
        *(("1990-\n1995", "19901995"), ("com- \nmittee", "committee"), ("com-\n\nmittee", "committee")),
        *(("com--\nmittee", "committee"), ("com¬mittee", "committee"), ("-\nmittee", "committee")),
        *(("कि", "क"), ("कि", "की"), ("résumé", "resumes"), ("can not", "cannot"), ("ก", "กั"), ("can't", "can t")),
    ],
)
def test_keeps_what_makes_a_word(a: str, b: str) -> None:
    """Vowel signs, letters and spaces still tell words apart."""
    assert not same(a, b)


@given(st.text(st.one_of(st.sampled_from(SCRIPTS), st.characters()), max_size=60))
def test_agrees_with_the_naive_model(text: str) -> None:
    """The kernel's hashes are those of the naive model's folded words, whatever the text."""
    expected = [token_hash(word.encode()) for word in words(text)]
    assert tokenize([text]).hashes.tolist() == expected


@given(st.text(st.one_of(st.sampled_from(SCRIPTS), st.characters()), max_size=60))
def test_characters_are_those_of_the_words(text: str) -> None:
    """Where characters are the unit, each letter, mark and digit of the folded words is a token, no apostrophe."""
    expected = [token_hash(one.encode()) for one in "".join(words(text)) if one != "'"]
    tokens = tokenize([text], "character")
    assert tokens.hashes.tolist() == expected
    assert np.all(tokens.starts < tokens.ends)
    assert np.all(tokens.ends <= len(text))
    assert np.all(np.diff(tokens.starts.astype(np.int64)) >= 0)


def test_characters_have_the_places_of_the_original() -> None:
    """A character's place is where it stands, its accent with it; blanks, punctuation and line ends vanish."""
    text = "Cafe\u0301, ß 日本 don’t com-\nmit"
    tokens = tokenize([text], "character")
    stretches = [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]
    assert stretches == ["C", "a", "f", "e\u0301", "ß", "ß", *"日本dontcommit"]


@given(st.lists(st.sampled_from(BROKEN), max_size=12).map("".join))
def test_words_broken_at_line_ends_agree_with_the_naive_model(text: str) -> None:
    """A hyphen at the end of a line joins what the naive model says it does, in every normal form."""
    assert tokenize([text]).hashes.tolist() == [token_hash(word.encode()) for word in words(text)]
    composed, decomposed = (ucd.normalize(form, text) for form in ("NFC", "NFD"))
    assert tokenize([composed]).hashes.tolist() == tokenize([decomposed]).hashes.tolist()


@given(st.text(st.one_of(st.sampled_from(SCRIPTS), st.characters(exclude_categories=["Cs"])), max_size=60))
def test_normal_forms_are_one_text(text: str) -> None:
    """NFC, NFD, NFKC and NFKD of any text give the same tokens."""
    forms = [ucd.normalize(form, text) for form in ("NFC", "NFD", "NFKC", "NFKD")]
    tokens = tokenize(forms)
    each = [tokens.hashes[tokens.offsets[i] : tokens.offsets[i + 1]].tolist() for i in range(4)]
    assert each[0] == each[1]
    assert each[2] == each[3]
    assert tokenize([text]).hashes.tolist() == each[1]


@pytest.mark.timeout(900)  # the model takes a minute alone
def test_every_code_point_agrees_with_the_naive_model() -> None:
    """Each code point, between two letters, folds as the naive model says."""
    texts = [f"x{chr(code)}y" for code in range(0x110000)]
    tokens = tokenize(texts)
    wrong = [
        hex(code)
        for code in range(0x110000)
        if tokens.hashes[tokens.offsets[code] : tokens.offsets[code + 1]].tolist()
        != [token_hash(word.encode()) for word in words(texts[code])]
    ]
    assert wrong == []


def test_shipped_table_is_the_one_that_is_built() -> None:
    """The table on disk is what `tools.fold_table` makes, under every Python, of the Unicode that it names."""
    assert ucd.unidata_version == fold_table.UNICODE
    for made, shipped in zip(fold_table.build(), fold.load(), strict=True):
        assert np.array_equal(made, shipped)


def test_case_folding_is_python_s_own_for_what_python_knows() -> None:
    """For each code point that the running Python has, the table's case folding is `str.casefold`."""
    known = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) != "Cn"]
    assert [one for one in known if fold_table.casefold(one) != one.casefold()] == []


@given(st.text(st.one_of(st.sampled_from(SCRIPTS), st.characters()), max_size=60))
def test_places_lie_in_order_in_the_original(text: str) -> None:
    """Every token covers at least one code point of the text, and none begins before the one before it."""
    tokens = tokenize([text])
    assert np.all(tokens.starts < tokens.ends)
    assert np.all(tokens.ends <= len(text))
    assert np.all(np.diff(tokens.starts.astype(np.int64)) >= 0)


def test_places_are_code_points_of_the_original() -> None:
    """A token's place is where its characters stand, accents and all, past astral characters and expansions."""
    text = "👩‍👩‍👧 Cafe\u0301, Straße—ﷺ 日本。か\u3099 don’t"
    expected = ["Cafe\u0301", "Straße", *["ﷺ"] * 4, "日", "本", "か\u3099", "don’t"]
    assert tokens_of(text) == expected


def test_a_word_joined_over_a_line_end_has_the_place_of_both_parts() -> None:
    """A broken word's token reaches from its first letter to its last, hyphen and line end in between."""
    assert tokens_of("the com-\n  mittee, well-\nknown") == ["the", "com-\n  mittee", "well-\nknown"]


def test_unspaced_scripts_have_a_token_a_character() -> None:
    """Han, Kana, Thai, Lao, Khmer and Myanmar letters are tokens of their own, with their marks."""
    assert tokens_of("日本語 カタカナー ไทย์ iPhoneの") == [*"日本語カタカナー", "ไ", "ท", "ย์", "iPhone", "の"]


@pytest.mark.parametrize("other", ["\u2014", "😀", "\ud83d", "ﬁn"])
def test_the_ascii_way_and_the_other_ways_agree(other: str) -> None:
    """A text folds the same whether it crosses in one, two or four bytes a code point."""
    ascii_text = "".join(map(chr, range(128))) * 3
    alone, beside = tokenize([ascii_text]), tokenize([ascii_text, other])
    for field in ("hashes", "starts", "ends"):
        assert getattr(alone, field).tolist() == getattr(beside, field)[: len(alone.hashes)].tolist()


@pytest.mark.parametrize("letter", ["각", "\ufdfa", "ﬁ", "か\u3099", "日"])
def test_a_broken_word_changes_nothing_about_the_rest(letter: str) -> None:
    """However much a letter expands to, a word broken at a line end leaves the tokens before it as they are."""
    text = f"{letter}{letter} " * 20_000
    whole, broken = tokenize([f"{text} word"]), tokenize([f"{text} wo-\nrd"])
    assert whole.hashes.tolist() == broken.hashes.tolist()
    assert whole.starts.tolist() == broken.starts.tolist()


@pytest.mark.parametrize(
    "inset", ["é", "œuvre", "’s", "한국어", "각", "कि", "กี่", "北京", "a\u0301\u0323", "😀", "-\nb", "\ud800"]
)
def test_stretches_of_ascii_change_nothing_about_what_lies_between(inset: str) -> None:
    """Where 64 ASCII letters end and something else begins, anywhere, tokens are the naive model's, and in place."""
    plain = "The cat, 'tis said, sat on 42 mats; don't ask why o'clock is what it is. " * 4
    for shift in range(70):
        text = f"{plain[shift:]}{inset}{plain[: 3 * shift]}{inset} wo-\nrd {plain}{inset}"
        tokens = tokenize([text])
        assert tokens.hashes.tolist() == [token_hash(word.encode()) for word in words(text)]
        first = tokenize([plain[shift:]])
        whole = len(first.hashes) - 1
        assert tokens.starts[:whole].tolist() == first.starts[:whole].tolist()
        last = text.rindex(plain)
        behind = tokenize([plain])
        count = len(behind.hashes) - 1
        place = int(np.searchsorted(tokens.starts, last))
        assert (tokens.starts[place : place + count] - last).tolist() == behind.starts[:count].tolist()
        assert (tokens.ends[place : place + count] - last).tolist() == behind.ends[:count].tolist()


def test_batches_keep_texts_apart() -> None:
    """A batch gives each text the tokens that it has alone, empty ones none."""
    texts = ["one two", "", "déjà vu", " ... ", "x" * 9, "日本", "a"]
    batch = tokenize(texts)
    for i, text in enumerate(texts):
        alone, own = tokenize([text]), slice(batch.offsets[i], batch.offsets[i + 1])
        assert batch.hashes[own].tolist() == alone.hashes.tolist()
        assert batch.starts[own].tolist() == alone.starts.tolist()
        assert batch.ends[own].tolist() == alone.ends.tolist()
    assert tokenize([]).offsets.tolist() == [0]


@given(
    st.text(st.one_of(st.sampled_from(SCRIPTS), st.characters()), min_size=1, max_size=8),
    st.integers(1, 6).map(lambda n: 10**n // 8 + 1),
    st.booleans(),
)
def test_steps_grow_no_faster_than_the_text(unit: str, repeats: int, characters: bool) -> None:
    """Repeating any text costs at most a bounded number of steps a character: counted, not timed."""
    texts = [unit * repeats]
    args = (addresses(texts), *folding(), characters, not characters)
    steps = _tokenize(*args)[-1]
    assert steps <= 400 * len(texts[0]) + 400


def test_a_million_marks_are_sorted_in_linear_time() -> None:
    """A run of combining marks of falling class, on which sorting by exchange would be quadratic, stays linear."""
    text = "a" + "\u3099\u093c" * 200_000 + "b"
    args = (addresses([text]), *folding(), False, True)
    assert _tokenize(*args)[-1] <= 10 * len(text)
    assert same(text, "a" + "\u093c" * 200_000 + "\u3099" * 200_000 + "b")


@pytest.mark.parametrize("mark", ["\u0f73", "\u0f77", "\u0f81", "\u0344"])
def test_runs_of_marks_that_are_two_marks_have_room(mark: str) -> None:
    """A code point that becomes two marks may stand 100,000 times in a row, in or out of canonical order."""
    texts = [f"a{mark * 100_000} b", f"a\u0f39{mark * 100_000} b", "after"]
    whole = tokenize(texts)
    for place, one in enumerate(texts):
        assert whole.of(place).hashes.tolist() == tokenize([one]).hashes.tolist()
    assert np.diff(whole.offsets).tolist() == [2, 2, 1]


def test_token_hash_avalanche() -> None:
    """Flipping any bit of a token flips every bit of its hash half the time."""
    rng = np.random.default_rng(7)
    flips, trials = np.zeros(64), 4000
    for _ in range(trials):
        word = bytearray(rng.integers(97, 123, rng.integers(1, 17), dtype=np.uint8).tobytes())
        before = token_hash(bytes(word))
        word[rng.integers(len(word))] ^= 1 << int(rng.integers(5))
        flips += [(before ^ token_hash(bytes(word))) >> bit & 1 for bit in range(64)]
    assert np.all(np.abs(flips / trials - 0.5) < 0.05)


def test_token_hashes_do_not_collide() -> None:
    """A quarter of a million different words have as many hashes, in all and in the upper and lower 40 bits."""
    hashes = tokenize([" ".join(f"{i:x}" for i in range(250_000))]).hashes
    assert len(np.unique(hashes)) == 250_000
    assert len(np.unique(hashes >> np.uint64(24))) >= 250_000 - 3
    assert len(np.unique(hashes & np.uint64((1 << 40) - 1))) >= 250_000 - 3
