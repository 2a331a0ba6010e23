"""The command line: data on standard output, everything else on standard error.

Commands import what they need when they run, so that help is at hand at once.
"""

import io
import os
import sys

from dedup.cli.app import app


def main() -> None:
    """Run the command that the arguments name, and exit."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy starts a thread a processor for what is not used here
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may know fewer characters than texts have
    app(prog_name="dedup")


__all__ = ["app", "main"]
