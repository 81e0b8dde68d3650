"""The files that set the project up agree with one another, and the house keeps its own rules."""

from __future__ import annotations

import re
import subprocess
import tomllib

import yaml

from lib.parameters.loading import ROOT

MAX_ROOM_LINES = 400


def test_every_dependency_is_pinned_with_hashes_and_without_addresses() -> None:
    """requirements.txt pins each package of pyproject.toml with its hashes and names no index."""
    text = (ROOT / "requirements.txt").read_text()
    pins = {_canonical(name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["test"], *project["optional-dependencies"]["load"]]
    assert {_canonical(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in asked} <= pins
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", text.strip()))
    assert "://" not in text


def test_the_conda_file_takes_everything_from_the_pins() -> None:
    """environment.yml names python and pip, and leaves the rest to requirements.txt."""
    document = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = document["dependencies"]
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert conda == [f"python={wanted.removeprefix('>=')}", "pip"]
    assert pip == {"pip": ["-r requirements.txt"]}


def test_no_room_has_more_than_400_lines() -> None:
    """A file of lib over 400 lines has become two."""
    tracked = subprocess.run(
        ["git", "ls-files", "lib/*.py"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30
    ).stdout.split()
    long = {name: lines for name in tracked if (lines := len((ROOT / name).read_text().splitlines())) > MAX_ROOM_LINES}
    assert not long


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
