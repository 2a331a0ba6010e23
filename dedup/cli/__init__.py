"""The command line: data on standard output, everything else on standard error.

Commands import what they need when they run, so that help is at hand at once.
"""

import io
import os
import sys

from dedup.cli.exit import STORE_REFUSED
from dedup.cli.refusals import told  # here already: where memory is short, nothing more can be imported to say so
from dedup.cli.terminal import give_up_output, note
from dedup.limits import spare, stacked

_LIBRARIES = 272 << 20
"""Bytes of addresses: 280 MiB were measured for NumPy, Numba and LLVM, some of which end the process with less."""

_STACK = 256 << 10
"""Bytes: `dedup check` outgrew 84 KiB, and 120 were enough."""


def main() -> None:
    """Run the command that the arguments name, and exit."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy starts a thread a processor for what is not used here
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may know fewer characters than texts have
    try:
        stacked(_STACK, "each command")
        with spare(_LIBRARIES, "each command"):
            pass
        from dedup.cli.app import app  # noqa: PLC0415 - where memory is short, this is refused already

        app(prog_name="dedup")
    except Exception as error:  # noqa: BLE001 - all but a refusal by the system is raised again
        _tell_refusal(error)


def _tell_refusal(error: Exception) -> None:
    """Say in one line what the system refused, and exit; raise what is no such error."""
    refusal = told(error)
    if refusal is None:
        raise error
    note(f"error[{refusal.code}]: {refusal}")
    give_up_output()
    sys.exit(STORE_REFUSED)


__all__ = ["main"]
