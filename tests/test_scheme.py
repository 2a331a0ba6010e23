"""The scheme: what it refuses, how bands are chosen, and that its fingerprint tells schemes apart."""

import dataclasses
from typing import Any

import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from dedup.errors import InvalidScheme
from dedup.scheme import Scheme


def test_default_recall_at_one_half() -> None:
    """The default finds at least 99 of 100 pairs at Jaccard 0.5, by the S-curve."""
    assert 1 - (1 - 0.5**3) ** 42 >= 0.99
    assert (Scheme().bands, Scheme().rows) == (42, 3)


@given(st.floats(0.3, 0.95), st.floats(0.5, 0.999))
def test_for_threshold_keeps_its_promise_with_the_longest_bands(threshold: float, recall: float) -> None:
    """The bands chosen reach the recall, and bands one row longer would not."""
    scheme = Scheme.for_threshold(threshold, recall=recall, num_perm=256)
    assert 1 - (1 - threshold**scheme.rows) ** scheme.bands >= recall
    longer = scheme.rows + 1
    assert longer > 32 or 1 - (1 - threshold**longer) ** (256 // longer) < recall


@pytest.mark.parametrize("arguments", [{"threshold": 0}, {"threshold": 1}, {"threshold": 0.5, "recall": 1.0}])
def test_for_threshold_refuses_the_impossible(arguments: dict[str, Any]) -> None:
    """Thresholds and recalls lie strictly between 0 and 1."""
    with pytest.raises(InvalidScheme):
        Scheme.for_threshold(**arguments)


def test_for_threshold_says_when_permutations_do_not_suffice() -> None:
    """Where no bands reach the recall, the error says what to give."""
    with pytest.raises(InvalidScheme, match="more permutations"):
        Scheme.for_threshold(0.1, recall=0.99, num_perm=16)


@pytest.mark.parametrize(
    "change",
    [
        *(
            {"k": 0},
            {"k": "4"},
            {"w": 65},
            {"num_perm": 0},
            {"rows": 33},
            {"seed": -1},
            {"bands": 43},
            {"unit": "line"},
        ),
        *({"stories": -0.1}, {"stories": 1.1}, {"stories": "x"}, {"stories": None}),
    ],
)
def test_refuses_senseless_parameters(change: dict[str, Any]) -> None:
    """Parameters outside their range or of another type, or bands that the permutations cannot fill, are refused."""
    with pytest.raises(InvalidScheme):
        Scheme(**change)


def test_fingerprint_tells_schemes_apart() -> None:
    """Changing any one parameter changes the fingerprint, which is XXH3 of the JSON."""
    base = Scheme()
    numbers = [field.name for field in dataclasses.fields(base) if field.name not in ("unit", "stories")]
    others = [dataclasses.replace(base, **{name: getattr(base, name) - 1}) for name in numbers]
    others += [dataclasses.replace(base, unit="character"), dataclasses.replace(base, stories=0.5)]
    assert len({base.fingerprint, *(other.fingerprint for other in others)}) == len(others) + 1
    assert base.fingerprint == xxhash.xxh3_64_hexdigest(base.to_json())
    assert Scheme.from_json(base.to_json()) == base


@pytest.mark.parametrize("version", ["fold", "hash"])
def test_renewed_has_the_present_versions(version: str) -> None:
    """A scheme of an older fold table or hash is not supported; renewed it is, and is else the same."""
    old = dataclasses.replace(Scheme(k=5), **{version: getattr(Scheme(), version) - 1})
    assert not old.supported
    assert old.renewed() == Scheme(k=5)
    assert Scheme(k=5).supported


def test_a_unit_has_its_defaults_and_words_are_not_named() -> None:
    """Shingles and windows follow the unit; a scheme of words is written as it was before there were units."""
    assert (Scheme().k, Scheme().w) == (4, 4)
    assert (Scheme(unit="character").k, Scheme(unit="character").w) == (7, 8)
    assert Scheme(k=5, unit="character").k == 5
    assert Scheme.for_threshold(0.5, unit="character").k == 7
    assert b"unit" not in Scheme().to_json()
    assert Scheme.from_json(Scheme(unit="character", w=6).to_json()) == Scheme(unit="character", w=6)
