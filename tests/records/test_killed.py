"""A round's folder, whenever whoever claims it is killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lib.parameters.loading import ROOT
from lib.records import rounds_on_disk
from lib.records.retractions import SIDE_FILES, retract, retracted

BEFORE_EACH = """
import json, os, shutil, signal, sys
from pathlib import Path
from lib.records import manifest, rounds_on_disk

out, state = Path(sys.argv[1]), Path(sys.argv[2])
looked_up = manifest.versions(), manifest.revision(Path.cwd())
manifest.versions, manifest.revision = (lambda: looked_up[0]), (lambda root: looked_up[1])  # once is enough for all

def claimed(killed_before):
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(state, out)
    if (pid := os.fork()):
        return os.waitpid(pid, 0)[1]
    count = 0
    def hook(event, arguments):
        nonlocal count
        if str(out) in repr(arguments):
            count += 1
            if count == killed_before:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    rounds_on_disk.claim(out, 1, environment="e")
    os._exit(0)

for moment in range(1, 1000):
    status = claimed(moment)
    left = {one.name: (one / "manifest.json").is_file() if one.is_dir() else one.stat().st_size for one in out.iterdir()}
    print(json.dumps(left), flush=True)
    if status == 0:
        break
    rounds_on_disk.claim(out, 1, environment="e").release()
    print(json.dumps(sorted(path.name for path in out.iterdir())), flush=True)
"""


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A folder of rounds with one finished round, of which a claim was withdrawn."""
    record = rounds_on_disk.claim(tmp_path / "state", 1, environment="e")
    record.write_json("report", {"claims": [{"claim": "it is the cache", "holds": True}]})
    record.seal({"environment": "e"}, {"python": "3.11"})
    record.release()
    retract(record.folder, "it is the cache", "it was not")
    return tmp_path / "state"


def moments(out: Path, state: Path) -> tuple[list[dict[str, int]], list[list[str]]]:
    """What lies in the folder when whoever claims a round was killed before each thing that it did there, and what lies there
    when another has claimed it after that."""
    command = [sys.executable, "-c", BEFORE_EACH, str(out), str(state)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=200, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return lines[::2], lines[1::2]


def test_a_round_is_there_with_its_manifest_or_not_at_all(tmp_path: Path, state: Path) -> None:
    """Whoever is killed leaves no folder that no verb can read, no empty key, and nothing that the next one does not remove."""
    left, after = moments(tmp_path / "out", state)
    assert len(left) > 20
    rounds = ("round-01", "round-01.1")
    assert all(one[name] for one in left for name in rounds if name in one)
    assert all(one.get(".pseudonyms.key", 1) for one in left)
    finished = ["round-01.1", *(f"round-01.1.retracted.{kind}" for kind in SIDE_FILES)]
    assert {tuple(one) for one in after} == {tuple(sorted([".pseudonyms.key", "round-01", *finished]))}


def test_what_was_withdrawn_stays_with_its_round(tmp_path: Path, state: Path) -> None:
    """A round that is run again takes its withdrawals aside with it: none stands beside the new one."""
    rounds_on_disk.claim(state, 1, environment="e").release()
    assert [one["because"] for one in retracted(state / "round-01.1")] == ["it was not"]
    assert retracted(state / "round-01") == []
