"""The pipelines run in substance: their own lines, in a shell, on a copy of the project, against the built-in system."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from lib.parameters.loading import ROOT

pytestmark = pytest.mark.timeout(480)
TIMEOUT_S = 400
QUICK = {"performance": {"samples": 3, "warmup": 1}, "objectives": {}}
BROKEN = {"suite": {"path": "lib/suite/modules", "sabotage": False}}
REPAIRED = {"suite": {"path": None}, "embedded": {"faults": []}}


def checkout(folder: Path, changes: dict[str, Any]) -> Path:
    """A copy of the project with packages that are installed already, in which staging is the built-in system."""
    for name in ("lib", "notebooks", "params", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != "ready":
            (folder / ".venv" / entry.name).symlink_to(entry)
    (folder / ".venv" / "ready").touch()
    embedded = yaml.safe_load((folder / "params" / "embedded.yaml").read_text())
    (folder / "params" / "staging.yaml").write_text(yaml.safe_dump(embedded | QUICK | changes))
    return folder


def run(lines: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A job's lines one after the other, until one fails, as the runners do."""
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def example(name: str) -> Any:
    """An example that is YAML."""
    return yaml.safe_load((ROOT / "examples" / "ci" / name).read_text())


def test_the_workflow_fails_on_findings_with_a_summary_and_annotations_at_their_lines(tmp_path: Path) -> None:
    """GitHub's steps end with 1, the run's page gets one summary, and each annotation leads to the function of its case."""
    lines = [step["run"] for step in example("github-workflow.yaml")["jobs"]["round"]["steps"] if "run" in step]
    folder, summary = checkout(tmp_path / "work", BROKEN), tmp_path / "summary.md"
    done = run(lines, folder, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary), JWT_SECRET_STAGING="not-asked-for")
    assert done.returncode == 1, done.stderr
    assert summary.read_text().count("## embedded, round 1") == 1
    told = re.findall(r"^::error file=([^,]+),line=(\d+),title=[\w.-]+%3A%3A(\w+)", done.stdout + done.stderr, re.MULTILINE)
    assert len(told) == 5, done.stderr
    for file, line, case in told:
        assert f"def {case}(" in (folder / file).read_text().splitlines()[int(line) - 1]
    assert (folder / "outputs" / "round-01" / "index.html").is_file()


def test_the_pipeline_passes_with_the_report_that_it_hands_over(tmp_path: Path) -> None:
    """GitLab's script ends with 0 against a system that works, and leaves what its artifacts name, three suites among them."""
    job = example("gitlab-ci.yaml")["staging-websocket"]
    folder = checkout(tmp_path / "work", REPAIRED)
    done = run(job["script"], folder, **job["variables"])
    assert done.returncode == 0, done.stderr
    assert [name for name in job["artifacts"]["paths"] if not (folder / name).exists()] == []
    (report,) = folder.glob(job["artifacts"]["reports"]["junit"])
    assert [suite.get("name") for suite in ElementTree.parse(report).getroot()] == ["suite", "diagnosis", "objectives"]  # noqa: S314 - our own


def test_the_dag_s_task_fails_where_there_are_findings(tmp_path: Path) -> None:
    """What the DAG hands to its operator is executed by papermill, which ends with the sentence of fail_on_findings."""
    folder, handed = checkout(tmp_path / "work", REPAIRED | {"embedded": {"faults": ["secret-mismatch"]}}), {}
    source = (ROOT / "examples" / "ci" / "airflow_dag.py").read_text()
    tree = ast.parse(source.replace("/opt/websocket-investigation", str(folder)))
    # The operator itself is Airflow's; all that it does with these arguments is to hand them to papermill.
    tree.body = [node for node in tree.body if not str(getattr(node, "module", "")).startswith("airflow")]
    known = {"DAG": lambda *given, **more: nullcontext(), "PapermillOperator": lambda **given: handed.update(given)}
    exec(compile(tree, "airflow_dag.py", "exec"), known)  # noqa: S102 - our own example
    parameters = tmp_path / "given.yaml"
    parameters.write_text(yaml.safe_dump(handed["parameters"]))
    line = shlex.join([".venv/bin/papermill", handed["input_nb"], str(tmp_path / "out.ipynb"), "-f", str(parameters)])
    done = run([line], folder, PYTHONPATH=str(folder))
    assert done.returncode == 1, done.stderr
    assert "fail_on_findings is set" in done.stderr
    assert "secret-mismatch" in (tmp_path / "out.ipynb").read_text()
