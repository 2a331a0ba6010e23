"""The service is as its own description says: Schemathesis asks it all that the description allows, and more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from servers.service import Serving, prose

HERE = Path(__file__).parent


@pytest.mark.parametrize("examples", [8, pytest.param(400, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_the_service_is_as_described(service: Serving, examples: int) -> None:
    """Examples, edges, random requests and sequences of them: all checks of Schemathesis pass, and nothing is a 5xx."""
    service.put("known", prose(40), source="wire")
    program = str(Path(sys.executable).parent / "schemathesis")
    command = [program, "--config-file", str(HERE / "schemathesis.toml"), "run"]
    options = f"--checks all --max-examples {examples} --seed 1 --no-color --suppress-health-check all"
    options += " --phases examples,coverage,fuzzing,stateful --generation-database none"
    done = subprocess.run(
        [*command, f"{service.url}/openapi.json", *options.split()],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
