"""The examples for CI say what this project understands: each command parses, each parameter exists, nobody is root."""

from __future__ import annotations

import ast
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lib.__main__ import parser
from lib.environment.opening import NOTEBOOK_PARAMETERS
from lib.parameters.loading import ROOT, load
from lib.records.pseudonym_key import NAME

CI = ROOT / "examples" / "ci"


def document(name: str) -> Any:
    """An example that is YAML."""
    return yaml.safe_load((CI / name).read_text())


def commands() -> list[str]:
    """Every command line of ours that the examples hold, from `round` on."""
    lines = [step["run"] for step in document("github-workflow.yaml")["jobs"]["round"]["steps"] if "run" in step]
    lines += document("gitlab-ci.yaml")["staging-websocket"]["script"]
    pod = document("cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    ours = [line.partition("-m lib ")[2] for line in lines if "-m lib " in line]
    return [*ours, shlex.join(pod["containers"][0]["args"]), shlex.join(docker("CMD"))]


def docker(instruction: str) -> list[str]:
    """The list behind an instruction of the Dockerfile."""
    line = next(line for line in (CI / "Dockerfile").read_text().splitlines() if line.startswith(f"{instruction} "))
    return ast.literal_eval(line.partition(" ")[2])


@pytest.mark.parametrize("line", commands())
def test_each_command_is_one_that_the_command_line_takes(line: str) -> None:
    """No option is misspelt, and the parameter files that they name are there."""
    given = parser().parse_args(shlex.split(line))
    assert given.verb == "round"
    assert all(load(file).environment for file in given.files or ())


def test_the_container_is_not_root_and_installs_from_the_lock() -> None:
    """Dockerfile and CronJob agree on the user, and every package is pinned by its hash."""
    text = (CI / "Dockerfile").read_text()
    pod = document("cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert text.index("USER investigator") < text.index("ENTRYPOINT")
    assert f"--uid {pod['securityContext']['runAsUser']}" in text
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert "--require-hashes -r requirements.txt" in text


def test_the_dag_gives_a_notebook_parameters_that_it_has() -> None:
    """Names of notebook parameters, overrides that the parameters know, and files that are there."""
    tree = ast.parse((CI / "airflow_dag.py").read_text())
    call = next(
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "PapermillOperator"
    )
    given = next(word.value for word in call.keywords if word.arg == "parameters")
    assert isinstance(given, ast.Dict)
    notebook = next(word.value for word in call.keywords if word.arg == "input_nb")
    for place in (notebook, given.values[0]):
        parts = [node.value for node in ast.walk(place) if isinstance(node, ast.Constant)]
        assert ROOT.joinpath(*map(str, reversed(parts))).is_file(), parts
    names = [ast.literal_eval(key) for key in given.keys if key is not None]
    assert set(names) <= set(NOTEBOOK_PARAMETERS)
    assert load("embedded", ast.literal_eval(given.values[names.index("overrides")])).fail_on_findings is True


def test_a_repair_takes_one_fault_away(tmp_path: Path) -> None:
    """What stands for a deployment ends with 1 where nothing is left to repair."""
    path = tmp_path / "p.yaml"
    path.write_text("embedded: {faults: [user-unknown]}\n")
    statuses = [
        subprocess.run(
            [sys.executable, "examples/repair.py", str(path)], cwd=ROOT, check=False, timeout=60, capture_output=True
        ).returncode
        for _ in range(2)
    ]
    assert statuses == [0, 1]
    assert yaml.safe_load(path.read_text()) == {"embedded": {"faults": []}}


def test_the_key_of_the_pseudonyms_is_not_uploaded():
    """Records leave the machine, what would let a reader try guesses at their secrets does not."""
    uploads = [
        step["with"] for step in document("github-workflow.yaml")["jobs"]["round"]["steps"] if "path" in step.get("with", {})
    ]
    assert [f"!outputs/{NAME}" in upload["path"].splitlines() for upload in uploads] == [True]
    assert f"outputs/{NAME}" in document("gitlab-ci.yaml")["staging-websocket"]["artifacts"]["exclude"]


def test_the_examples_hand_over_the_key_that_staging_is_asked_with() -> None:
    """Each variable that a pipeline sets is one that params/staging.yaml reads, the signing key's among them."""
    staging = load("staging")
    steps = document("github-workflow.yaml")["jobs"]["round"]["steps"]
    pod = document("cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    for given in ([name for step in steps for name in step.get("env", {})], [one["name"] for one in pod["containers"][0]["env"]]):
        assert f"env:{given[0]}" == staging.token.secret
        assert {f"env:{name}" for name in given} <= set(staging.references())


def test_what_is_kept_of_a_round_is_what_a_round_writes() -> None:
    """The files and folders that are uploaded, mounted or reported are those of the command beside them."""
    gitlab = document("gitlab-ci.yaml")["staging-websocket"]
    line = next(line for line in gitlab["script"] if "-m lib " in line).replace("$OUT", gitlab["variables"]["OUT"])
    given = parser().parse_args(shlex.split(line.partition("-m lib ")[2]))
    assert gitlab["artifacts"]["paths"] == [given.out, given.summary]
    assert gitlab["artifacts"]["reports"] == {"junit": f"{given.out}/round-*/junit.xml"}
    container = document("cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
    workdir = next(line.split()[1] for line in (CI / "Dockerfile").read_text().splitlines() if line.startswith("WORKDIR"))
    out = parser().parse_args(container["args"]).out
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == [f"{workdir}/{out}"]
