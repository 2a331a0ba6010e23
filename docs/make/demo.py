"""Draws docs/demo.svg: the real command in a terminal of its own; run by `make picture`."""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
WIDTH = 92
COMMANDS = (["ingest", "seeds"], ["resemble", "seeds/003_e9a2dcc20c2e7980.txt"])


def run(arguments: list[str], environment: dict[str, str]) -> str:
    """Return what the command prints."""
    argv = [sys.executable, "-m", "dedup", *arguments]
    return subprocess.run(argv, env=environment, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    """Run the commands, and draw what a terminal would show."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory() as index:
        environment = {**os.environ, "DEDUP_INDEX": f"lmdb:{index}/index", "FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
        run(["compare", "README.md", "README.md"], environment)  # compiles, which belongs in no picture
        for arguments in COMMANDS:
            output = run(arguments, environment)
            console.print(Text("$ dedup " + " ".join(arguments), "bold green"))
            console.print(Text.from_ansi(output.rstrip()))
            console.print()
    # a picture in a repository loads nothing from elsewhere: the font is the reader's own
    start, end = CONSOLE_SVG_FORMAT.index("@font-face"), CONSOLE_SVG_FORMAT.index(".{unique_id}-matrix")
    template = CONSOLE_SVG_FORMAT[:start] + CONSOLE_SVG_FORMAT[end:]
    console.save_svg(str(HERE / "demo.svg"), title="dedup", theme=MONOKAI, code_format=template, unique_id="demo")


if __name__ == "__main__":
    main()
