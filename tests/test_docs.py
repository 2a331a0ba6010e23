"""The documents say what is so: every example runs, every option, variable and code is explained."""

import ast
import importlib.util
import re
import sys
import types
from pathlib import Path

import pytest
from typer.main import get_command

import dedup
from dedup import errors
from dedup.cli.app import app
from dedup.cli.settings import KEYS
from dedup.kernels import warm
from service.settings import Settings
from tools.fold_table import UNICODE

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]
COMMANDS |= {f"{group} {name}": one for group in ("index", "watch") for name, one in COMMANDS[group].commands.items()}


def made_by(script: str) -> types.ModuleType:
    """Load one of the scripts that write parts of the documents."""
    spec = importlib.util.spec_from_file_location(f"docs_{script}", ROOT / "docs" / "make" / f"{script}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # a dataclass looks its module up there
    spec.loader.exec_module(module)
    return module


examples = made_by("examples")
WITH_EXAMPLES = [page for page in PAGES if any(examples.examples(page))]


@pytest.fixture(scope="module")
def compiled() -> None:
    """Compile the kernels first: what a command says of that is on no page."""
    warm.compile_all([task for task in warm.all_tasks() if not task.kept])


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_examples_print_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    """The blocks of a page run one after the other in a folder that was empty, and print what stands there."""
    for _, example in examples.examples(page):
        for command, shown, printed in zip(
            example.commands, example.shown, examples.outputs(example, tmp_path), strict=True
        ):
            assert examples.agree(shown, printed), f"{example.name}: {command}\nshown:\n{shown}\nprinted:\n{printed}"


def test_an_output_that_changed_is_noticed() -> None:
    """An example agrees with what it prints, with anything where the page has an ellipsis, and with nothing else."""
    assert examples.agree("1 put in … s\n", "1 put in 0.25 s \n\n")
    assert not examples.agree("1 put in … s\n", "2 put in 0.25 s\n")
    assert not examples.agree("", "a warning\n")


def test_every_way_in_has_an_example_that_runs() -> None:
    """README shows the library, the command line, HTTP and whole collections; start and recipes run too."""
    names = {page.name for page in WITH_EXAMPLES}
    assert {"README.md", "start.md", "recipes.md", "cli.md", "ingest.md", "corpus.md", "http.md"} <= names
    commands = "".join(command for _, example in examples.examples(ROOT / "README.md") for command in example.commands)
    assert all(way in commands for way in ("import dedup", "dedup ingest", "dedup serve", "dedup corpus"))


def test_blocks_that_do_not_run_cannot() -> None:
    """A block of commands that is not run sets up the checkout, or needs a machine that the reader has to name."""
    for page in PAGES:
        blocks = re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        assert {language for language, _ in blocks} <= {"console", "python", "text", "json", "toml", "sh"}
        for line in (line for language, block in blocks if language == "sh" for line in block.splitlines()):
            assert line.startswith(("make ", "pip install ")), (page.name, line)


@pytest.mark.parametrize("script", ["map", "reference", "flow"])
def test_what_is_made_from_the_code_is_up_to_date(script: str) -> None:
    """The map, the reference and the picture are those that the code gives; `make docs` writes them anew."""
    module = made_by(script)
    assert module.PAGE.read_text("utf-8") == module.made()


def test_map_describes_every_file() -> None:
    """Each module says in its first line what it holds, so that the map has a line for it."""
    assert not re.findall(r"^\| `[^`]+` \|  \|$", (ROOT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE)


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
    assert named - known == {"--help", "--version", "--install-completion", "--show-completion"}


def test_the_settings_of_the_file_are_those_that_are_explained() -> None:
    """The column `dedup.toml` of docs/cli.md names what the file may hold, and nothing else."""
    page = (ROOT / "docs/cli.md").read_text("utf-8")
    rows = re.findall(r"^\| `--[^|]*\|[^|]*\| `(\w+)`( of `\[serve\]`)? \|", page, re.MULTILINE)
    assert {name for name, of_serve in rows if not of_serve} == KEYS.keys() - {"serve"}
    assert {name for name, of_serve in rows if of_serve} <= Settings.model_fields.keys()


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
    explained = set(re.findall(r"^(?:\| )?`([a-z0-9_]+)` (?:\||is any other failure)", page, re.MULTILINE))
    assert explained == codes_raised()


def test_public_names_are_those_declared() -> None:
    """`dedup.__all__` names what can be had from the package, no more and no less, in order."""
    loaded = {name: getattr(dedup, name) for name in dedup.__all__}
    public = {name for name, value in vars(dedup).items() if name[0] != "_" and not isinstance(value, types.ModuleType)}
    helpers = {"import_module", "TYPE_CHECKING", "Any"}
    assert public - helpers == loaded.keys()
    assert sorted(dedup.__all__) == dedup.__all__


def test_readme_commands_are_those_that_are_checked() -> None:
    """CI runs the README's two commands, the slow tests and the check of budgets; all are targets of the Makefile."""
    readme = (ROOT / "README.md").read_text("utf-8")
    block = re.findall(r"^```sh\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)[0]
    commands = [line.split("#")[0].strip() for line in block.splitlines()]
    assert commands == ["make demo", "make test"]
    script = (ROOT / ".ci/run").read_text("utf-8")
    run_by_ci = set(re.findall(r"^ *make (?:--silent -C \S+ )?([a-z-]+)", script, re.MULTILINE))
    assert run_by_ci == {"demo", "test", "test-slow", "bench-check"}
    assert run_by_ci <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


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


LOCKS = {path.stem: path.read_text("utf-8") for path in ROOT.glob("locks/*.txt")}


def pinned(name: str) -> set[str]:
    """Return what a lock pins: names, versions and markers."""
    return set(re.findall(r"^(\S+==[^\\\n]+)", LOCKS[name], re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_registry(name: str) -> None:
    """A lock holds versions and hashes only: where packages come from is the user's own setting."""
    assert "numba==" in LOCKS[name]
    assert not re.search(r"://|^--", LOCKS[name], re.MULTILINE)


def test_each_lock_adds_to_the_one_before() -> None:
    """What a purpose needs beyond another is added, at the same versions: one folder serves all of them in turn."""
    assert pinned("run") < pinned("service") < pinned("test") < pinned("bench")
    assert not {one.split("==")[0] for one in pinned("service")} & {"pyspark", "pytest", "mypy", "trafilatura"}


def test_the_fold_table_s_unicode_is_the_lock_s() -> None:
    """`unicodedata2` is locked at the Unicode that the table was made from."""
    assert f"unicodedata2=={UNICODE}" in {one.strip() for one in pinned("test")}
