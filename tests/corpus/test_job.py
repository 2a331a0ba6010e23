"""What a job refuses when Python hands it something else than a command line would."""

from collections.abc import Callable
from typing import Any, cast

import pyarrow as pa
import pytest

from dedup.corpus import Job, Keep, deduplicate
from dedup.errors import InvalidInput

_JOB, _KEEP = cast("Callable[..., Job]", Job), cast("Callable[..., Keep]", Keep)
WRONG: dict[str, Callable[[], Any]] = {
    "level is 'run'; give documents or passages or runs": lambda: _JOB(level="run"),
    "measure is 'cosine'; give jaccard or containment": lambda: _JOB(measure="cosine"),
    "closure is 'x'; give survivor or transitive": lambda: _JOB(closure="x"),
    "unit is 'letter'; give word or character": lambda: _JOB(unit="letter"),
    r"keep is 'earliest'; give a Keep, as in Keep.parse\('earliest'\)": lambda: _JOB(keep="earliest"),
    "min_words is 0; give 1 or more": lambda: Job(level="runs", min_words=0),
    "min_words is -1; give 1 or more": lambda: Job(level="passages", min_words=-1),
    "memory is 'lots'; give a whole number of MB or GB": lambda: Job(memory="lots"),
    "memory is '0GB'; give a whole number of MB or GB": lambda: Job(memory="0GB"),
    "'newest' is no rule; give first, earliest, longest, priority, none": lambda: _KEEP("newest"),
    "priority lacks a field or its values": lambda: Keep("priority"),
    "lacks a field or its values; give": lambda: Keep("priority", "source"),
    "values is the string 'own'; give a tuple": lambda: _KEEP("priority", "source", "own"),
    "longest goes by no field": lambda: Keep("longest", "day"),
    "earliest goes by no values": lambda: Keep("earliest", "day", ("a",)),
    "against is 'kept.index'; give an open index": lambda: deduplicate(
        pa.table({"text": ["one text", "another"]}), against=cast("Any", "kept.index")
    ),
}


@pytest.mark.parametrize("said", WRONG)
def test_what_makes_no_sense_is_refused(said: str) -> None:
    """A name that is no choice, and a value of another kind, are refused with what there is to choose from."""
    with pytest.raises(InvalidInput, match=said):
        WRONG[said]()
