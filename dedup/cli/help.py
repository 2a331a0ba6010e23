"""How help and refused values are worded: arguments by their names, ranges in words, an example and a page to read."""

import re
from collections.abc import Iterable
from typing import Any

import typer
from typer.core import TyperArgument, TyperCommand

EXAMPLES = {
    "ingest": ("dedup ingest articles.jsonl.gz 'wire/*.csv' --rejects rejects.jsonl", "ingest"),
    "resemble": ("dedup resemble draft.txt", "cli"),
    "compare": ("dedup compare draft.txt printed.txt", "cli"),
    "warm": ("dedup warm", "cli"),
    "get": ("dedup get wire-1", "cli"),
    "remove": ("dedup remove wire-1 wire-2", "cli"),
    "stats": ("dedup stats --index lmdb:./index", "cli"),
    "check": ("dedup check --repair", "operations"),
    "sweep": ("dedup sweep --index redis://HOST", "operations"),
    "copy": ("dedup copy lmdb:./index redis://HOST", "operations"),
    "index create": ("dedup index create --unit character --index lmdb:./pages", "recipes"),
    "index grow": ("dedup index grow --index redis://HOST", "operations"),
    "index backup": ("dedup index backup ./backup --index lmdb:./index", "operations"),
    "watch add": ("dedup watch add merger release.txt --where source=wire", "watches"),
    "watch list": ("dedup watch list", "watches"),
    "watch remove": ("dedup watch remove merger", "watches"),
    "watch hits": ("dedup watch hits merger --follow --json", "watches"),
    "serve": ("dedup serve --index lmdb:./index --port 8080", "http"),
    "key": ("dedup key newsroom read write", "http"),
    "corpus": ("dedup corpus 'news/*.jsonl.zst' --out results --threshold 0.8", "corpus"),
    "network": ("dedup network 'pages/*.jsonl' --out network --unit character --series paper", "network"),
    "tune": ("dedup tune sample.jsonl --html pairs.html", "corpus"),
    "story": ("dedup story wire-1", "stories"),
    "stories": ("dedup stories --since -7d --order largest", "stories"),
    "help": ("dedup help ingest", "cli"),
}
"""For each command a line to try and the page in docs/ that explains it."""

_RANGES = ((r"([0-9]+)<=x<=([0-9]+)", r"\1 to \2"), (r"x>=([0-9]+)", r"at least \1"))
_REFUSALS = (  # in the words of typer before 0.29, and since
    ("Value error, ", ""),
    ("Input should be a valid integer.*|.* is not a valid int.*", "give a whole number"),
    (r".* is not in the range x>=([0-9]+)", r"give a number of at least \1"),
    (r".* is not in the range ([0-9]+)<=x<=([0-9]+)", r"give a number from \1 to \2"),
    ("Input should be greater than or equal to ", "give a number of at least "),
    ("Input should be less than or equal to ", "give a number of at most "),
    (r"(?<=[^?. ])[. ]*$", "."),
)
Refused: type[Exception] = typer.BadParameter.__mro__[1]  # typer names it in its own click since 0.29, in click before
_NO_BRACKETS = str.maketrans("", "", "<>")  # choices come as <one|other>


def epilog(name: str) -> str:
    """Return what ends the help of the command of that name."""
    example, page = EXAMPLES[name]
    return f"\b\nExample:\n  {example}\n\nMore: docs/{page}.md"


class Command(TyperCommand):
    """A command whose help shows no types and no braces of the framework."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return what follows the command's name in the line of its usage."""
        return ["[OPTIONS]", *(_usage(one) for one in self.get_params(ctx) if isinstance(one, TyperArgument))]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments; a value that cannot be is refused in plain words."""
        try:
            return super().parse_args(ctx, args)
        except Refused as error:
            said: Any = error
            said.ctx = said.ctx or ctx  # of a value that is missing the parser does not say whose option it is
            if isinstance(error, typer.BadParameter):
                said.message = _worded(said.message, _REFUSALS)
            raise

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if isinstance(parameter, TyperArgument):
                sections["Arguments"].append((_name(parameter), _worded(record[1])))
            else:
                sections["Options"].append((record[0].translate(_NO_BRACKETS), _worded(record[1])))
        for title, rows in sections.items():
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


def _name(argument: TyperArgument) -> str:
    return argument.metavar or str(argument.name).upper()


def _usage(argument: TyperArgument) -> str:
    return _name(argument) if argument.required else f"[{_name(argument)}]"


def _worded(text: str, table: Iterable[tuple[str, str]] = _RANGES) -> str:
    for pattern, words in table:
        text = re.sub(pattern, words, text, count=1)
    return text
