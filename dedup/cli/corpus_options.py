"""Options that commands over whole collections share."""

import os
import re

import typer

from dedup.errors import InvalidInput

NOT_FOR_RUNS = ("threshold", "measure", "closure")
"""Options that say nothing about runs, which are the same word by word."""


def check_memory(written: str) -> None:
    """Refuse what is no size.

    Raises:
        InvalidInput: it is none.
    """
    if not re.fullmatch(r"[1-9][0-9]{0,5}(MB|GB)", written):
        raise InvalidInput(f"--memory {written}: no size; give a whole number of MB or GB, as in 2GB")


def threads_or_all(threads: int | None) -> int:
    """Return how many threads work: by default one for each processor that this process may use."""
    return threads or len(os.sched_getaffinity(0))


def check_level(context: typer.Context, level: str) -> None:
    """Refuse options that were given and say nothing at this level.

    Raises:
        InvalidInput: there is one.
    """
    for name in NOT_FOR_RUNS:
        if level == "runs" and given(context, name):
            raise InvalidInput(f"--{name} says nothing about runs, which are the same word by word; leave it out")
    for name in ("previous", "ids"):
        if level == "runs" and given(context, name):
            raise InvalidInput(f"--{name} is about whole documents; leave it out, or give --level documents")


def given(context: typer.Context, name: str) -> bool:
    """Return whether an option stands on the command line: neither a default nor a setting."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
