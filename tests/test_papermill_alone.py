"""A notebook run by stock papermill, without a round: it works from wherever it is called, and leaves nothing but its output."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lib.environment import embedded
from lib.parameters.loading import ROOT

CANARY = "canary-2c26b46b68ffc68ff99b453c1d304134"
TIMEOUT_S = 180

pytestmark = [pytest.mark.xdist_group("papermill-alone"), pytest.mark.timeout(300)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what a notebook needs, so that whatever it wrote beside itself would be seen."""
    folder = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__", "round-*")
    for name in ("lib", "notebooks", "params", "outputs"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def files(folder: Path) -> dict[str, int]:
    """Every file below a folder with its size; compiled bytecode and databases of IPython aside."""
    found = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): path.stat().st_size for path in found}


def papermill(project: Path, start: str, notebook: str, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command as one would type it, with keys that can be recognised."""
    keys = {variable: f"{CANARY}-{name}" for name, variable in embedded.KEYS.items()}
    environment = {**os.environ, **keys, "PYTHONPATH": str(project)}
    environment.pop("INVESTIGATION", None)
    command = [sys.executable, "-m", "papermill", notebook, str(out), *arguments]
    return subprocess.run(
        command, cwd=project / start, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


@pytest.mark.parametrize(
    ("start", "notebook"), [(".", "notebooks/02-five-whys-403.ipynb"), ("notebooks", "02-five-whys-403.ipynb")]
)
def test_the_diagnosis_runs_alone(project: Path, tmp_path: Path, start: str, notebook: str) -> None:
    """From the root and from its own folder: no error, the causes named, no other file, and no key or token in what it put
    out."""
    before, out = files(project), tmp_path / "out.ipynb"
    done = papermill(project, start, notebook, out, "-p", "environment", "embedded")
    assert done.returncode == 0, done.stderr[-2000:]
    assert files(project) == before
    text = out.read_text()
    cells: list[dict[str, Any]] = json.loads(text)["cells"]
    assert "error" not in {output["output_type"] for cell in cells for output in cell.get("outputs", [])}
    answer = next(json.dumps(cell["outputs"]) for cell in cells if "here.whys()" in "".join(cell["source"]))
    assert "Logged: " in answer
    assert "secret-mismatch" in answer
    assert "user-unknown" in answer
    for secret in (CANARY, "eyJhbGciOi"):
        assert secret not in text + done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("-p", "enviroment", "staging"), "the notebook parameter enviroment"),
        (("-y", "overrides: {fail_on_findings: true, performance.samples: 5}"), "fail_on_findings is set"),
    ],
)
def test_papermill_s_own_exit_status_can_be_trusted(project: Path, tmp_path: Path, given: tuple[str, str], said: str) -> None:
    """A misspelt parameter ends it, and so do findings where that was asked for."""
    done = papermill(project, ".", "notebooks/04-performance.ipynb", tmp_path / "out.ipynb", *given)
    assert done.returncode == 1
    assert said in done.stderr
