"""The settings file: the options that a project wants every time."""

import os
import tomllib
from pathlib import Path

from dedup.errors import InvalidInput

KEYS: dict[str, tuple[type, ...]] = {
    "index": (str,),
    "limit": (int,),
    "fold": (str,),
    "stories": (float, int),
    "min_words": (int,),
    "min_similarity": (float, int),
    "contained": (float, int),
    "passages": (bool,),
    "verbatim": (bool,),
    "skip_like": (float, int),
    "level": (str,),
    "threshold": (float, int),
    "measure": (str,),
    "unit": (str,),
    "keep": (str,),
    "closure": (str,),
    "against": (str,),
    "threads": (int,),
    "memory": (str,),
    "serve": (dict,),
}


def load() -> dict[str, object]:
    """Return the settings in the file that DEDUP_CONFIG names, else in `dedup.toml` here if there is one.

    Raises:
        InvalidInput: if the file named is missing, or is not TOML, or holds an unknown key or a value of another type.
    """
    named = os.environ.get("DEDUP_CONFIG")
    path = Path(named or "dedup.toml")
    if not named and not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"settings: {path} cannot be read ({error}); mend the file or unset DEDUP_CONFIG") from error
    for key, value in values.items():
        if key not in KEYS:
            raise InvalidInput(f"settings: {path} sets {key!r}, which is no setting; there are {', '.join(KEYS)}")
        if type(value) not in KEYS[key]:
            raise InvalidInput(f"settings: {path} sets {key} to {value!r}; give a {KEYS[key][0].__name__}")
    return values
