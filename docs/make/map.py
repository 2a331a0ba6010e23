"""Write the map in docs/architecture.md: a line for each folder and each file, from their own first lines.

Run by `make docs`; a test holds the page to the code.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"
START, END = "<!-- the map: made by docs/make/map.py -->\n", "<!-- the end of the map -->\n"
ROOMS = ("dedup", "service", "benchmarks")


def first_line(file: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").partition("\n")[0]


def folders(top: Path) -> Iterator[Path]:
    """Yield a folder with code, then those in it."""
    if (top / "__init__.py").exists() or any(top.glob("*.py")):
        yield top
        for folder in sorted(path for path in top.iterdir() if path.is_dir()):
            yield from folders(folder)


def table() -> str:
    """Return the map."""
    parts = []
    for folder in (folder for room in ROOMS for folder in folders(ROOT / room)):
        start = folder / "__init__.py"
        about = " " + first_line(start) if start.exists() else ""
        parts.append(f"\n**`{folder.relative_to(ROOT)}/`**{about}\n\n| file | what it holds |\n| --- | --- |\n")
        files = sorted(file for file in folder.glob("*.py") if file.name != "__init__.py")
        parts += [f"| `{file.name}` | {first_line(file)} |\n" for file in files]
    return "".join(parts) + "\n"


def made() -> str:
    """Return the page with the map as the code is now."""
    before, rest = PAGE.read_text("utf-8").split(START)
    return before + START + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(made(), "utf-8")
