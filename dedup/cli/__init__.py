"""The command line: data on standard output, everything else on standard error.

Commands import what they need when they run, so that help is at hand at once.
"""

import io
import os
import sys


def main() -> None:
    """Run the command that the arguments name, and exit."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy starts a thread a processor for what is not used here
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal may know fewer characters than texts have
    try:
        from dedup.cli.app import app  # noqa: PLC0415 - where memory is short, this is refused already

        app(prog_name="dedup")
    except Exception as error:  # noqa: BLE001 - all but a refusal by the system is raised again
        _tell_refusal(error)


def _tell_refusal(error: Exception) -> None:
    """Say in one line what the system refused, and exit; raise what is no such error."""
    from dedup.cli.exit import STORE_REFUSED  # noqa: PLC0415 - for the one case in which it is needed
    from dedup.cli.refusals import told  # noqa: PLC0415 - the same
    from dedup.cli.terminal import give_up_output, note  # noqa: PLC0415 - the same

    refusal = told(error)
    if refusal is None:
        raise error
    note(f"error[{refusal.code}]: {refusal}")
    give_up_output()
    sys.exit(STORE_REFUSED)


__all__ = ["main"]
