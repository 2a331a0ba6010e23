"""The `dedup` command: its subcommands, its settings file, and which exit code an error means."""

import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from dedup.cli.commands import COMMANDS, INDEX_COMMANDS
from dedup.cli.exit import INTERRUPTED, PIPE_CLOSED, STORE_REFUSED, USAGE
from dedup.cli.settings import load
from dedup.cli.terminal import note
from dedup.errors import InvalidInput, ResemblesError


class Commands(TyperGroup):
    """The subcommands; errors raised on purpose become one line and an exit code, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except ResemblesError as error:
            note(f"error[{error.code}]: {error}")
            raise typer.Exit(USAGE if isinstance(error, InvalidInput) else STORE_REFUSED) from error
        except KeyboardInterrupt as error:
            note("interrupted; what was acknowledged before is safe")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(PIPE_CLOSED) from error
        return result


app = typer.Typer(
    name="dedup",
    cls=Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help in rich panels takes 0.29 s instead of 0.11
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - it takes a third of the time of help

        print(f"resembles {version('resembles')}")
        raise typer.Exit


@app.callback()
def settings(
    context: typer.Context,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """What does this text resemble, and which lines?

    Options come from the command line, else from the environment (DEDUP_INDEX …), else from dedup.toml in the
    working folder or the file that DEDUP_CONFIG names.
    """
    values = load()
    context.default_map = {command.__name__: values for command in COMMANDS}
    context.default_map["index"] = {command.__name__: values for command in INDEX_COMMANDS}


for command in COMMANDS:
    app.command()(command)

index = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after how an index is laid out.")
for command in INDEX_COMMANDS:
    index.command()(command)
app.add_typer(index, name="index")
