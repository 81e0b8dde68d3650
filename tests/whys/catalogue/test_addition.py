"""A cause is one entry and one switch: with both, and nothing else, a copy of the house asks about it, names it and shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lib.parameters.loading import ROOT

ENTRY = """
    Cause(
        id="moon-not-full",
        layer="policy",
        area="CORS and security policy",
        means="the service opens at full moon only",
        lifted_by=("headers",),
        refuted_by=("no-connection", "accepted-then-ended"),
        log_patterns=(LogPattern(r"\\\\bmoon is not full\\\\b", "refused: the moon is not full"),),
        why="Somebody has to say that the moon is full.",
        remedy="Say X-Moon: full.",
        set_to_split="alternatives.headers with X-Moon",
    ),"""
FIELD = "    needs_moon: bool = False\n"
FAULT = '    "moon-not-full": Fault("socket", {"needs_moon": True}),\n'
DEMAND = """    if policy.needs_moon and headers.get("x-moon") != "full":
        raise Refused("WebSocket refused: the moon is not full")
"""
ADDED = {
    "lib/whys/catalogue/policy.py": (r"(CAUSES = \()", rf"\1{ENTRY}"),
    "lib/staging/faults.py": (r"(    needs_bypass: bool = False\n)((?s:.*?))(    \"bypass-key\": )", rf"\1{FIELD}\2{FAULT}\3"),
    "lib/staging/app/admission.py": (r"(    if policy\.needs_bypass )", rf"{DEMAND}\1"),
}
"""The entry, and the switch: a field of the layer's policy, its name among the faults, and what the layer then demands."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house with one more cause."""
    here = tmp_path_factory.mktemp("house")
    for name in ("lib", "params", "notebooks"):
        shutil.copytree(ROOT / name, here / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (where, what) in ADDED.items():
        text, count = re.subn(where, what, (here / name).read_text(), count=1)
        assert count == 1, name
        (here / name).write_text(text)
    return here


def run(house: Path, verb: str, *arguments: str, **overrides: str) -> dict[str, Any]:
    """The document of a verb of that house."""
    given = [part for name, value in overrides.items() for part in ("-p", name.replace("__", "."), value)]
    command = [sys.executable, "-m", "lib", verb, *given, *arguments, "--json", "-"]
    environ = {**os.environ, "PYTHONPATH": str(house)}
    done = subprocess.run(command, cwd=house, env=environ, capture_output=True, text=True, timeout=240)
    assert done.stdout, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_it_is_narrowed_to_by_what_lifts_it(house: Path) -> None:
    """It is asked about as its neighbour is, and both explain the header that helps."""
    headers = "{secrets: [], headers: [{X-Moon: full}]}"
    found = run(house, "whys", embedded__faults="[moon-not-full]", logs__source="none", alternatives=headers)
    assert (found["verdict"], set(found["candidates"])) == ("narrowed", {"bypass-key", "moon-not-full"})
    assert found["works_with"]["changes"] == {"headers.X-Moon": "full"}


def test_it_is_excluded_where_something_else_is_wrong(house: Path) -> None:
    """Another Origin is accepted without any moon."""
    found = run(house, "whys", embedded__faults="[origin-refused]", logs__source="none")
    assert [cause["id"] for cause in found["causes"]] == ["origin-refused"]
    assert "moon-not-full" in {one["id"] for one in found["excluded"]}


def test_it_is_named_reported_and_shown(house: Path) -> None:
    """A round names it by the log's words, with its remedy, in the report, in notebook 02 and on the page."""
    report = run(house, "round", "--only", "02", embedded__faults="[moon-not-full]", alternatives="{secrets: []}")
    record = next((house / "outputs").glob("round-*"))
    diagnosis = json.loads((record / "data" / "diagnosis.json").read_text())
    assert [(cause["id"], cause["strength"]) for cause in diagnosis["causes"]] == [("moon-not-full", "logged")]
    assert "moon-not-full" in json.dumps(report)
    assert "Say X-Moon: full." in (record / "index.html").read_text()
    assert "moon-not-full" in next(record.glob("02*.ipynb")).read_text()
