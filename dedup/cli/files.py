"""The files that options name."""

import glob
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from dedup.errors import InvalidInput
from dedup.formats.lakes import is_address, shown_path


def open_for(option: str, path: str, encoding: str = "utf-8") -> TextIO:
    """Open the file that an option names for writing.

    Raises:
        InvalidInput: it cannot be written.
    """
    if path == "-":
        raise InvalidInput(f"{option} -: standard output has what the command finds; give the path of a file")
    if is_address(path):
        raise InvalidInput(f"{shown_path(path)}: {option} writes a file on this machine; give a path")
    try:
        return Path(path).open("w", encoding=encoding)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written ({error.strerror}); name another file for {option}") from error


def keep_inputs(paths: Iterable[str], **outputs: str | None) -> None:
    """Refuse to write over what is to be read.

    Args:
        paths: the files, folders and patterns that are read; an empty one stands for an option that was not given.
        outputs: the file that each option names, by the option's name without hyphens.

    Raises:
        InvalidInput: one of them is an input, or lies in a folder that is one and is there already.
    """
    for path in filter(None, paths):
        for option, name in outputs.items():
            if name and Path(name).exists() and _covers(path, Path(name)):
                raise InvalidInput(f"--{option} {name}: this file is an input and would be lost; name another file")


def _covers(path: str, file: Path) -> bool:
    if Path(path).is_dir():
        return file.resolve().is_relative_to(Path(path).resolve())
    matches = [path] if Path(path).exists() else glob.iglob(path, recursive=True)  # noqa: PTH207 - as inputs are found
    return any(file.samefile(one) for one in matches)
