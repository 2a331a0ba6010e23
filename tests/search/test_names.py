"""What is a list of names and what a sentence, by hand."""

import pytest

from dedup.search.names import names_only


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Jane Doe and Max van der Berg for The Times", True),
        ("Photo by Jane Doe", True),
        ("Photo taken by Jane Doe", True),
        ("Photo taken yesterday by Jane Doe", False),
        ("Photo by Jane, by Max, by Ann, by Tom", True),
        ("Jane 2 4th 6am Doe", True),
        ("JANE DOE AND MAX BERG IN THE TIMES", False),
        ("市长周二宣布了新的预算", False),
        ("", False),
        ("der Rat tagt", True),
        ("der Rat tagt heute wieder", False),
    ],
)
def test_fewer_than_three_telling_words_are_names(text: str, names: bool) -> None:
    """Words in lower case tell, each once; particles, capitals and figures do not; no lower case, no judgement."""
    assert names_only(text.replace(",", "").split(), text) is names
