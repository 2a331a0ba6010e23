"""What stands at the head of an index: a scheme that is none is damage, and said so."""

import pytest

from dedup import errors
from dedup.scheme import Scheme
from dedup.stores.session import LMDB_FORMAT, read_header

GOOD = Scheme().to_json()


def test_a_scheme_is_read_as_it_was_written() -> None:
    """The scheme that an index was made with is the one that it has."""
    assert read_header("lmdb:i", LMDB_FORMAT, LMDB_FORMAT, GOOD, None) == Scheme()


@pytest.mark.parametrize(
    "data",
    [GOOD.replace(b"bands", b"jands"), GOOD[:-1], b"[]", b"\xff", GOOD.replace(b'"k": 4', b'"k": -4')],
    ids=["a name", "cut", "a list", "no text", "a number"],
)
def test_a_damaged_scheme_is_damage(data: bytes) -> None:
    """Whatever has become of the scheme's JSON, opening the index says that it is damaged and what to do."""
    with pytest.raises(errors.StoreDamaged, match=r"its scheme cannot be read .*restore it from a backup"):
        read_header("lmdb:i", LMDB_FORMAT, LMDB_FORMAT, data, None)
