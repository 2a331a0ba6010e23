"""Run the examples of README and docs, and hold what they print to what the page shows.

A `console` block is a terminal: `$ ` begins a command, `> ` goes on with it, the other lines are what it prints. A
`python` block is a program; a `text` block right after it is its output. `…` on a page stands for what changes from run
to run. The blocks of a page run one after the other in one folder. `python docs/make/examples.py` writes the outputs
anew wherever they no longer agree.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PORT = "8080"
_BLOCK = re.compile(
    r"^```(?P<language>console|python)\n(?P<body>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```\n)?",
    re.DOTALL | re.MULTILINE,
)
_MARK = "@@ end of command"
_VARYING = [  # what differs from run to run is shown as `…` when a page is written anew
    (re.compile(r"(?<=[ :])\d+\.\d+(?= s\b)|(?<=\"seconds\": )[\d.e-]+"), "…"),
    (re.compile(r"\b[\d,]+/s"), "…/s"),
]


@dataclass(frozen=True)
class Example:
    """A block of a page: the program, and what the page says it prints, a text for each command."""

    name: str
    language: str
    commands: tuple[str, ...]
    shown: tuple[str, ...]


def examples(page: Path) -> Iterator[tuple[re.Match[str], Example]]:
    """Yield each block of a page that can be run, with where it stands."""
    for i, block in enumerate(_BLOCK.finditer(page.read_text("utf-8"))):
        if block["language"] == "python":
            commands, shown = [block["body"]], [block["shown"] or ""]
        else:
            commands, shown = _commands(block["body"])
        yield block, Example(f"{page.name}-{i}", block["language"], tuple(commands), tuple(shown))


def _commands(body: str) -> tuple[list[str], list[str]]:
    """Take a terminal apart into commands and what each prints."""
    commands, shown = list[str](), list[str]()
    for line in body.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append(line[2:])
            shown.append("")
        elif re.match(r"> |>$", line) and not shown[-1]:
            commands[-1] += line[2:] or "\n"
        else:
            shown[-1] += line
    return commands, shown


def outputs(example: Example, folder: Path) -> list[str]:
    """Run an example as a newcomer would, in that folder, the command on the path, without settings of their own.

    Raises:
        RuntimeError: a command failed, or there was a traceback.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEDUP_")}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{environment['PATH']}", "COLUMNS": "80", "NO_COLOR": "1"}
    port = _free_port()
    environment["DEDUP_PORT"] = port
    if example.language == "python":
        argv, program = [sys.executable, "-W", "error", "program"], example.commands[0]
    else:
        argv = ["bash", "program"]
        program = "".join(f"{command}printf '\\n{_MARK} %s\\n' $?\n" for command in example.commands)
    (folder / "program").write_text(program.replace(f":{PORT}", f":{port}"), "utf-8")
    printed = _run(argv, folder, environment).replace(f":{port}", f":{PORT}").replace(str(folder), "~")
    if "Traceback" in printed:
        raise RuntimeError(printed)
    return [printed] if example.language == "python" else _parted(printed)


def _run(argv: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Run a program with all that it leaves running, and return what it prints on both of its outputs."""
    with (
        (folder / "printed").open("wb") as file,
        subprocess.Popen(
            argv,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        code = process.wait(300)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
    printed = (folder / "printed").read_text("utf-8")
    if code:
        raise RuntimeError(f"exit code {code}: {printed}")
    return printed


def _parted(printed: str) -> list[str]:
    """Take what a terminal shows apart again: a text for each command."""
    parts = re.split(rf"\n{_MARK} (\d+)\n", printed)
    codes, texts = parts[1::2], parts[0:-1:2]
    for code, text in zip(codes, texts, strict=True):
        if code not in {"0", "3"}:
            raise RuntimeError(f"exit code {code}: {text}")
    return texts


def agree(shown: str, printed: str) -> bool:
    """Whether a page shows what was printed; `…` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in _stripped(shown).split("…"))
    return re.fullmatch(pattern, _stripped(printed), re.DOTALL) is not None


def _stripped(text: str) -> str:
    """Leave out white space at line ends, which nobody sees, and blank lines at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n")


def _masked(text: str) -> str:
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return _stripped(text) + "\n" if text.strip() else ""


def _free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def _written(example: Example, printed: list[str]) -> str:
    """Return the block with these outputs, but for those that the page shows rightly."""
    right = [old if agree(old, new) else _masked(new) for old, new in zip(example.shown, printed, strict=True)]
    if example.language == "python":
        output = f"\n```text\n{right[0]}```\n" if right[0] else ""
        return f"```python\n{example.commands[0]}```\n{output}"
    lines = []
    for command, output in zip(example.commands, right, strict=True):
        first, *rest = command.splitlines()
        lines += [f"$ {first}", *(f"> {line}".rstrip() for line in rest), *output.splitlines()]
    return "```console\n" + "".join(f"{line}\n" for line in lines) + "```\n"


def update(page: Path) -> None:
    """Write the outputs of a page anew."""
    text = page.read_text("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for block, example in examples(page):
            text = text.replace(block[0], _written(example, outputs(example, Path(folder))))
    page.write_text(text, "utf-8")


if __name__ == "__main__":
    subprocess.run([Path(sys.executable).parent / "dedup", "warm"], check=True)  # whose lines belong on no page
    for named in sys.argv[1:] or PAGES:
        update(Path(named))
