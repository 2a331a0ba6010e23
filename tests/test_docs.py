"""The documents say what is so: every example runs, every option, variable and code is explained."""

import ast
import os
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

import dedup
from dedup import errors
from dedup.cli import app

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Yield each example in that language, with the page and number that name it."""
    for page in PAGES:
        for i, block in enumerate(
            re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        ):
            yield f"{page.name}-{i}", block


def run(argv: list[str], block: str, folder: Path) -> None:
    """Run an example as a newcomer would: the command on the path, an empty folder, no settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEDUP_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(argv, input=block, text=True, cwd=folder, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


SHELL, PYTHON = dict(blocks("sh")), dict(blocks("python"))


@pytest.mark.parametrize("name", SHELL)
def test_shell_example_runs(name: str, tmp_path: Path) -> None:
    """Each shell example runs as it stands in an empty folder."""
    run(["bash", "-eu"], SHELL[name], tmp_path)


@pytest.mark.parametrize("name", PYTHON)
def test_python_example_runs(name: str, tmp_path: Path) -> None:
    """Each Python example runs as it stands in an empty folder."""
    run([sys.executable, "-W", "error", "-"], PYTHON[name], tmp_path)


def test_readme_has_examples_of_both_ways_in() -> None:
    """The README shows the library and the command line, so that the tests above have something to run."""
    assert "README.md-0" in SHELL
    assert "README.md-0" in PYTHON


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_variable_is_explained(name: str) -> None:
    """docs/cli.md names each command, each option and each environment variable."""
    page = (ROOT / "docs/cli.md").read_text("utf-8")
    assert f"| `dedup {name}" in page
    for parameter in COMMANDS[name].params:
        for option in [*parameter.opts, *parameter.secondary_opts]:
            assert not option.startswith("--") or f"`{option}" in page
        if parameter.envvar:
            assert f"`{parameter.envvar}`" in page


def test_no_option_is_explained_that_is_gone() -> None:
    """Each option that docs/cli.md names belongs to a command."""
    known = {
        option
        for one in COMMANDS.values()
        for parameter in one.params
        for option in [*parameter.opts, *parameter.secondary_opts]
    }
    named = set(re.findall(r"--[a-z][a-z-]+", (ROOT / "docs/cli.md").read_text("utf-8")))
    assert named - known == {"--help", "--version"}


def codes_raised() -> set[str]:
    """Return the codes of the error classes, and those that stand where a document or record is refused."""
    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.code for one in classes if issubclass(one, errors.ResemblesError)}
    place = {"InvalidDocument": 0, "Rejected": 2}
    for path in (ROOT / "dedup").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in place:
                code = node.args[place[node.func.id]]
                codes |= {str(code.value)} if isinstance(code, ast.Constant) else set()
    return codes


def test_every_error_code_is_explained_and_no_other() -> None:
    """docs/errors.md explains exactly the codes that the package uses."""
    page = (ROOT / "docs/errors.md").read_text("utf-8")
    explained = set(re.findall(r"^(?:\| )?`([a-z0-9_]+)` (?:\||is the root)", page, re.MULTILINE))
    assert explained == codes_raised()


def test_public_names_are_those_declared() -> None:
    """`dedup.__all__` names what can be had from the package, no more and no less, in order."""
    loaded = {name: getattr(dedup, name) for name in dedup.__all__}
    public = {name for name, value in vars(dedup).items() if name[0] != "_" and not isinstance(value, types.ModuleType)}
    helpers = {"import_module", "TYPE_CHECKING", "Any"}
    assert public - helpers == loaded.keys()
    assert sorted(dedup.__all__) == dedup.__all__


def test_readme_commands_are_those_that_are_checked() -> None:
    """CI runs the README's test command, then the check of budgets; both its commands are targets of the Makefile."""
    readme = (ROOT / "README.md").read_text("utf-8")
    [block] = re.findall(r"^```console\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    commands = [line.split("#")[0].strip() for line in block.splitlines()]
    assert commands == ["make demo", "make test"]
    assert (ROOT / ".ci/run").read_text("utf-8").splitlines()[-2:] == ["make test", "make bench-check"]
    assert {"demo", "test"} <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def test_links_lead_somewhere() -> None:
    """Every relative link or picture in the documents is a file."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), (page, target)


def test_every_decision_has_a_status_and_is_listed() -> None:
    """Each decision says below its title whether it holds and since when, and docs/adr/README.md says the same."""
    listed = (ROOT / "docs/adr/README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| \[\d+\]\((\S+)\) \|.*\| (.*) \|$", listed, re.MULTILINE))
    pages = {page.name: page.read_text("utf-8") for page in (ROOT / "docs/adr").glob("0*.md")}
    stated = {name: re.match(r"# .*\n\nStatus: ([^.]*, [A-Z][a-z]+ 20\d\d)\.", page) for name, page in pages.items()}
    assert rows == {name: status and status[1] for name, status in stated.items()}


def test_lock_names_no_registry() -> None:
    """The lock holds versions and hashes only: where packages come from is the user's own setting."""
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "numba==" in lock
    assert not re.search(r"://|^--", lock, re.MULTILINE)
