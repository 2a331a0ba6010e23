"""The files that options name."""

from pathlib import Path
from typing import TextIO

from dedup.errors import InvalidInput


def open_for(option: str, path: str, encoding: str = "utf-8") -> TextIO:
    """Open the file that an option names for writing.

    Raises:
        InvalidInput: it cannot be written.
    """
    try:
        return Path(path).open("w", encoding=encoding)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written ({error.strerror}); name another file for {option}") from error
