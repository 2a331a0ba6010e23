"""Signatures and buckets, held to datasketch, to xxhash and to the naive model."""

import numpy as np
import pytest
import xxhash
from datasketch import MinHash
from hypothesis import given
from hypothesis import strategies as st
from naive import buckets, minima, minimum_places, shingle_hash, shingles, signature

import dedup
from dedup.kernels import Uint32s, entry
from dedup.scheme import Scheme
from dedup.sketching.sketches import shingles as shingle_hashes
from dedup.sketching.sketches import sketch
from dedup.sketching.tokens import tokenize
from dedup.sketching.xxh3 import xxh3

SCHEMES = [
    Scheme(),
    Scheme(k=1, w=1, num_perm=16, bands=2, rows=8),
    Scheme(k=7, w=9, num_perm=64, bands=9, rows=7, seed=5),
    Scheme(k=2, w=64, num_perm=128, bands=4, rows=32),
    Scheme(k=3, w=3, num_perm=3, bands=3, rows=1),
]


@entry
def hashed(data: Uint32s, seed: np.uint64) -> np.uint64:
    """Let Python call the kernel."""
    return xxh3(data, 0, len(data), seed)


texts = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=80).map(" ".join), max_size=6)


@given(texts, st.sampled_from(SCHEMES))
def test_equals_datasketch_xxhash_and_the_naive_model(given_texts: list[str], scheme: Scheme) -> None:
    """Signature, band keys, window minima and their places are what the packages and the naive model say."""
    sketched = sketch(given_texts, scheme)
    for i, text in enumerate(given_texts):
        hashes = shingles([int(h) for h in tokenize([text]).hashes], scheme.k)
        assert sketched.signatures[i].tolist() == signature(hashes, scheme).hashvalues.tolist()
        own = slice(sketched.offsets[i], sketched.offsets[i + 1])
        assert sketched.buckets[own].tolist() == buckets(hashes, scheme)
        places = [-1] * scheme.bands if hashes else []
        assert sketched.places[own].tolist() == places + list(minimum_places(hashes, scheme.w).values())


def test_long_texts_cross_the_blocks() -> None:
    """A text of more shingles than a block holds has datasketch's signature and the model's buckets."""
    text = " ".join(str(i * i) for i in range(9_000))
    hashes = shingles([int(h) for h in tokenize([text]).hashes], 4)
    sketched = sketch([text])
    assert sketched.signatures[0].tolist() == signature(hashes, Scheme()).hashvalues.tolist()
    assert sketched.buckets.tolist() == buckets(hashes, Scheme())


def test_threads_change_nothing() -> None:
    """Two threads give what one gives, in the same order."""
    given_texts = [f"{i} " * 3 + "the same words in every text " * 500 for i in range(120)]
    one, two = sketch(given_texts), sketch(given_texts, threads=2)
    for field in ("signatures", "buckets", "places", "offsets"):
        assert np.array_equal(getattr(one, field), getattr(two, field))


def test_no_texts_and_empty_texts() -> None:
    """Nothing gives nothing; a text without words has datasketch's empty signature and no buckets."""
    assert sketch([]).signatures.shape == (0, 128)
    empty = sketch(["", " ,.- "])
    assert empty.offsets.tolist() == [0, 0, 0]
    assert np.array_equal(empty.signatures[0], MinHash(128, scheme="affine32").hashvalues)


def test_places_are_where_the_minima_stand() -> None:
    """A minimum's place is the first token of its shingle; a band has place -1."""
    text = " ".join(str(i % 37) for i in range(200))
    sketched, (hashes, _) = sketch([text]), shingle_hashes(tokenize([text]), 4)
    assert sketched.places[:42].tolist() == [-1] * 42
    assert np.array_equal(hashes[sketched.places[42:]], sketched.buckets[42:])


@given(st.lists(st.integers(0, 10**6), min_size=7, max_size=12), st.data())
def test_a_shared_run_of_seven_tokens_shares_a_bucket(run: list[int], data: st.DataObject) -> None:
    """Two texts that share a verbatim run of w + k - 1 tokens share a passage bucket, whatever surrounds it."""
    around = st.lists(st.integers(0, 10**6), max_size=30)
    both = [data.draw(around) + run + data.draw(around) for _ in range(2)]
    sketched = sketch([" ".join(map(str, words)) for words in both])
    first, second = (set(sketched.buckets[sketched.offsets[i] + 42 : sketched.offsets[i + 1]].tolist()) for i in (0, 1))
    assert first & second


def test_winnowing_keeps_two_in_w_plus_one() -> None:
    """On distinct shingles winnowing keeps 2 / (w + 1) of them (Schleimer et al. 2003)."""
    text = " ".join(str(i) for i in range(20_000))
    for w in (4, 8):
        kept = np.count_nonzero(sketch([text], Scheme(w=w)).places >= 0)
        assert kept / 20_000 == pytest.approx(2 / (w + 1), rel=0.03)


def test_naive_minima_take_the_rightmost() -> None:
    """The model itself: of equal minima the rightmost stands for its window."""
    assert minima([5, 1, 1, 7, 9, 8], 3) == [1, 7]
    assert minima([3], 4) == [3]


@pytest.mark.parametrize("jaccard", [0.2, 0.5, 0.8])
def test_estimate_errs_as_theory_says(jaccard: float) -> None:
    """The share of equal signature values estimates Jaccard without bias, RMSE sqrt(J(1 - J) / 128)."""
    rng, errors = np.random.default_rng(3), []
    shared = round(1000 * jaccard)
    for _ in range(300):
        words = rng.choice(10**9, 2000 - shared, replace=False)
        one, other = words[:1000], np.concatenate([words[:shared], words[1000:]])
        pair = sketch([" ".join(map(str, one)), " ".join(map(str, other))], Scheme(k=1)).signatures
        errors.append(np.mean(pair[0] == pair[1]) - shared / (2000 - shared))
    exact = shared / (2000 - shared)
    theory = np.sqrt(exact * (1 - exact) / 128)
    assert abs(np.mean(errors)) < 4 * theory / np.sqrt(300)
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(theory, rel=0.15)


def test_default_bands_find_99_of_100_pairs_at_one_half() -> None:
    """Of pairs at Jaccard 0.5, at least 99 in 100 share a band of the default scheme."""
    rng, found = np.random.default_rng(5), 0
    for _ in range(1500):
        words = rng.choice(10**9, 300, replace=False)
        one, other = words[:225], words[75:]
        pair = _bands(one, other)
        found += bool(np.any(pair[0] == pair[1]))
    assert found / 1500 >= 0.99


def _bands(one: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
    sketched = sketch([" ".join(map(str, words)) for words in (one, other)], Scheme(k=1))
    return [sketched.buckets[sketched.offsets[i] : sketched.offsets[i] + 42] for i in (0, 1)]


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=32), st.integers(0, 2**32 - 1))
def test_xxh3_is_xxhash(values: list[int], seed: int) -> None:
    """The kernel equals the xxhash package for every length and seed that bands use."""
    data = np.array(values, np.uint32)
    assert int(hashed(data, np.uint64(seed))) == xxhash.xxh3_64_intdigest(data.tobytes(), seed)


def test_shingle_hash_avalanche() -> None:
    """Flipping any bit of any token flips every bit of the shingle hash half the time."""
    rng = np.random.default_rng(11)
    for token in range(4):
        flips = np.zeros(64)
        for trial in range(2000):
            tokens = [int(value) for value in rng.integers(0, 2**63, 4)]
            before = shingle_hash(tokens)
            tokens[token] ^= 1 << trial % 64
            flips += [(before ^ shingle_hash(tokens)) >> bit & 1 for bit in range(64)]
        assert np.all(np.abs(flips / 2000 - 0.5) < 0.07)


def test_shingle_hashes_do_not_collide() -> None:
    """All runs of four of twenty words, 160,000, have different hashes, and nearly so in 32 bits."""
    rng = np.random.default_rng(2)
    words = rng.integers(0, 20, 400_000)
    hashes, _ = shingle_hashes(tokenize([" ".join(map(str, words))]), 4)
    runs = np.unique(np.stack([words[i : len(words) - 3 + i] for i in range(4)]), axis=1).shape[1]
    assert len(np.unique(hashes)) == runs
    expected = runs**2 / 2**33
    assert runs - len(np.unique(hashes.astype(np.uint32))) < expected + 6 * expected**0.5


def test_becomes_a_datasketch_minhash() -> None:
    """A signature handed to datasketch estimates as its own would."""
    scheme = Scheme()
    sketched = sketch(["a b c d e f g h", "a b c d e f g x"])
    ours = [dedup.to_datasketch(one, scheme) for one in sketched.signatures]
    theirs = [
        signature(shingles([int(h) for h in tokenize([text]).hashes], 4), scheme)
        for text in ("a b c d e f g h", "a b c d e f g x")
    ]
    assert ours[0].jaccard(ours[1]) == theirs[0].jaccard(theirs[1])
    assert ours[0] == theirs[0]
