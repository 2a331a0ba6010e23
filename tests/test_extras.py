"""Each optional package, missing: one error with its code, its exit code and the command that mends it."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
BLOCKS = """
import sys

class Blocker:
    def find_spec(self, name, *_):
        if name == {!r}:
            raise ModuleNotFoundError("blocked", name=name)

sys.meta_path.insert(0, Blocker())
"""
SAYS_CODE = """
from dedup.errors import MissingExtra
try:
    {}
except MissingExtra as error:
    sys.exit(f"error[{{error.code}}]: {{error}}")
"""

COMMANDS = [
    *(("client", module, "import dedup; dedup.Client('http://127.0.0.1:1')") for module in ("httpx2",)),
    *(("corpus", module, ["corpus", "a.jsonl", "--out", "out"]) for module in ("duckdb", "pyarrow")),
    *(("corpus", module, ["tune", "a.jsonl"]) for module in ("duckdb", "pyarrow")),
    *(("lake", module, ["ingest", "s3://data/a.jsonl"]) for module in ("fsspec", "s3fs")),
    ("lake", "aiohttp", ["ingest", "https://127.0.0.1:9/a.jsonl"]),
    ("parquet", "pyarrow", ["ingest", "a.parquet"]),
    *(
        ("service", module, command)
        for module in (
            "fastapi",
            "httptools",
            "limits",
            "prometheus_client",
            "pydantic_settings",
            "structlog",
            "uvicorn",
        )
        for command in (["serve"], ["key", "newsroom"])
    ),
    *(("spark", module, "import dedup.corpus.spark") for module in ("pandas", "pyspark")),
    ("corpus", "duckdb", "import dedup.corpus.spark"),
    *(
        ("telemetry", module, ["serve", "--port", "0"])
        for module in ("opentelemetry.exporter.otlp.proto.http", "opentelemetry.sdk")
    ),
    *(("warc", module, ["ingest", "a.warc", "b.html"]) for module in ("fastwarc", "lxml_html_clean", "trafilatura")),
    ("", "datasketch", "import dedup; dedup.to_datasketch(None, dedup.Scheme())"),
]


def without(module: str, command: str | list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of ours, or Python, in which importing a module fails."""
    given = f"sys.argv[1:] = {command!r}\nfrom dedup.cli import main; main()"
    program = SAYS_CODE.format(command) if isinstance(command, str) else given
    return subprocess.run(
        [sys.executable, "-c", BLOCKS.format(module) + program],
        capture_output=True,
        check=False,
        cwd=folder,
        env={"DEDUP_TELEMETRY": "true", "PATH": ""},
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(("extra", "module", "command"), COMMANDS)
def test_a_missing_package_is_one_error(extra: str, module: str, command: str | list[str], tmp_path: Path) -> None:
    """Whatever is missing, standard error has one line: the code, what is missing, and the command that installs it."""
    for name in ("a.jsonl", "a.parquet", "a.warc", "b.html"):
        (tmp_path / name).touch()
    result = without(module, command, tmp_path)
    assert result.returncode == (1 if isinstance(command, str) else 2), result.stderr
    (line,) = result.stderr.splitlines()
    assert line.startswith("error[missing_extra]: ")
    assert line.endswith("pip install " + (f"'resembles[{extra}]'" if extra else module))
    assert not {one.name for one in tmp_path.iterdir()} - {"a.jsonl", "a.parquet", "a.warc", "b.html"}


@pytest.mark.parametrize(("extra", "module"), [("corpus", "duckdb"), ("spark", "pyspark")])
def test_a_module_that_is_run_by_name_says_the_same(extra: str, module: str, tmp_path: Path) -> None:
    """`python -m dedup.corpus.spark` without a package that it needs is one line and exit code 2, no traceback."""
    (tmp_path / "sitecustomize.py").write_text(BLOCKS.format(module))
    command = [sys.executable, "-m", "dedup.corpus.spark", "a.jsonl", "--out", "out"]
    hidden = {"PYTHONPATH": str(tmp_path)}
    result = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path, env=hidden, text=True, timeout=60)
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error[missing_extra]: dedup.corpus")
    assert line.endswith(f"pip install 'resembles[{extra}]'")


def test_every_optional_package_is_tried() -> None:
    """Each package that an extra names is one that the tests above block; `all` is every extra but Spark."""
    blocked = {one for _, module, _ in COMMANDS for one in packages_distributions()[module.partition(".")[0]]}
    extras = {name: found for name, found in PROJECT["optional-dependencies"].items() if name != "all"}
    wanted = {re.match(r"[\w-]+", one)[0] for found in extras.values() for one in found}  # type: ignore[index]
    assert wanted <= {one.replace("_", "-").lower() for one in blocked}
    (every,) = PROJECT["optional-dependencies"]["all"]
    assert set(re.findall(r"\w+", every)) == {"resembles", *extras} - {"spark"}


def test_another_package_called_service_is_harmless_or_named(tmp_path: Path) -> None:
    """A folder `service` where one works does not matter; on PYTHONPATH it is an error that names it."""
    theirs, elsewhere = tmp_path / "theirs", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (theirs / "service").mkdir(parents=True)
    (theirs / "service/__init__.py").touch()
    command = [sys.executable, "-m", "dedup", "key", "newsroom"]
    made = subprocess.run(command, capture_output=True, check=False, cwd=theirs, text=True)
    assert "[[serve.keys]]" in made.stdout
    hidden = {"PYTHONPATH": str(theirs)}
    refused = subprocess.run(command, capture_output=True, check=False, cwd=elsewhere, env=hidden, text=True)
    assert refused.returncode == 2
    assert f"error[invalid_input]: `import service` gives {theirs}/service" in refused.stderr
