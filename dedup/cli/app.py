"""The `dedup` command: its subcommands, its settings file, and which exit code an error means."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from dedup.cli.commands import COMMANDS, INDEX_COMMANDS
from dedup.cli.exit import INTERRUPTED, PIPE_CLOSED, STORE_REFUSED, USAGE
from dedup.cli.help import Command, Refused, epilog
from dedup.cli.settings import load
from dedup.cli.terminal import give_up_output, note
from dedup.cli.watch_commands import WATCH_COMMANDS
from dedup.errors import InvalidInput, ResemblesError, WrongUsage

READERS = {"resemble", "compare", "get", "stats", "tune", "serve", "help", "story", "stories"}
"""Subcommands that change nothing."""
GROUPS = {
    "index": ("Make an index, or change how it is laid out.", INDEX_COMMANDS),
    "watch": ("Watch for texts in what comes in.", WATCH_COMMANDS),
}
"""Commands of two words: what each group is for, and its commands."""


def _refuse(message: str) -> NoReturn:
    note(f"error[{WrongUsage.code}]: {message}")
    raise typer.Exit(USAGE)


@contextmanager
def _usage_told(ctx: Any) -> Iterator[None]:
    """Say of a wrong option, argument or value what every other error says: a code, what happened, what to do."""
    try:
        yield
    except Refused as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # what a group says that was given no command
            raise
        said: Any = error
        message = said.format_message().rstrip(". ")
        _refuse(f"{message}; `{(said.ctx or ctx).command_path} -h` says what it takes")


class Commands(TyperGroup):
    """The subcommands; errors raised on purpose become one line and an exit code, never a traceback."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the options before the subcommand; say where an option belongs that is a subcommand's."""
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        theirs = {option for one in self.commands.values() for parameter in one.params for option in parameter.opts}
        if args and args[0].startswith("--") and (option := args[0].partition("=")[0]) in theirs - own:
            place = next((i for i, word in enumerate(args) if word in self.commands), len(args))
            command = args[place] if place < len(args) else "COMMAND"
            moved = " ".join([command, *args[:place], *args[place + 1 :]])
            _refuse(f"{option} follows the command: dedup {moved}")
        with _usage_told(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand."""
        try:
            with _usage_told(ctx):
                result = super().invoke(ctx)
            sys.stdout.flush()
        except ResemblesError as error:
            note(f"error[{error.code}]: {error}")
            raise typer.Exit(USAGE if isinstance(error, InvalidInput) else STORE_REFUSED) from error
        except KeyboardInterrupt as error:
            safe = "" if ctx.invoked_subcommand in READERS else "; what was done before is safe"
            note(f"interrupted{safe}")
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            give_up_output()
            raise typer.Exit(PIPE_CLOSED) from error
        return result


app = typer.Typer(
    name="dedup",
    cls=Commands,
    no_args_is_help=True,
    subcommand_metavar="COMMAND …",
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
        typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """What does this text resemble, and which lines?

    Each option may also be set in the environment (DEDUP_INDEX …), or in the file dedup.toml of the working folder, or
    in the file that DEDUP_CONFIG names. `dedup help COMMAND` explains a command; docs/cli.md explains all of them.
    """
    values = load()
    context.default_map = {command.__name__: values for command in COMMANDS}
    context.default_map |= {group: dict.fromkeys(commands, values) for group, (_, commands) in GROUPS.items()}


def explain(
    names: Annotated[list[str] | None, typer.Argument(metavar="COMMAND", help="The command to explain.")] = None,
) -> None:
    """Explain a command, or list all commands."""
    app([*(names or []), "--help"], prog_name="dedup")


for command in COMMANDS:
    app.command(cls=Command, epilog=epilog(command.__name__))(command)
app.command("help", cls=Command, epilog=epilog("help"))(explain)

for name, (told, commands) in GROUPS.items():
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, subcommand_metavar="COMMAND …", help=told)
    for subcommand, work in commands.items():
        group.command(subcommand, cls=Command, epilog=epilog(f"{name} {subcommand}"))(work)
    app.add_typer(group, name=name)
