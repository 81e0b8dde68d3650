"""Which folder a round writes to: never one that somebody else needs, never over a finished round."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.parameters.loading import ROOT, BadInput
from lib.records import manifest, rounds_on_disk

AT = datetime(2026, 11, 24, 3, 20, 45, 123456, tzinfo=UTC)

CLAIMING = """
import sys, time
from pathlib import Path
from lib.records import rounds_on_disk
rounds_on_disk.claim(Path(sys.argv[1]), 1, environment="e")
print(1, flush=True)
time.sleep(60)
"""


def finished(out, number, *, environment="staging", previous=None, **more):
    record = rounds_on_disk.claim(out, number, environment=environment, **more)
    record.write_json("report", {"round": number})
    record.seal({"environment": environment}, {"python": "3.11"}, previous)
    record.release()
    return record


def test_a_finished_round_moves_aside(tmp_path):
    """Running a round again keeps every earlier run under its number, oldest first."""
    for run in range(3):
        record = finished(tmp_path, 1)
        record.write_json("run", run)
    assert [rounds_on_disk.Record(tmp_path / name).read_json("run") for name in ("round-01.1", "round-01.2", "round-01")] == [
        0,
        1,
        2,
    ]


def test_an_unfinished_round_is_emptied_or_continued(tmp_path):
    """Without resume a broken-off round starts afresh; with it, what is there stays, and when it began."""
    first = rounds_on_disk.claim(tmp_path, 1, environment="staging", now=AT)
    first.write_json("suite", {"cases": []})
    first.release()
    again = rounds_on_disk.claim(tmp_path, 1, environment="staging", resume=True, now=AT + timedelta(hours=1))
    assert again.read_json("suite") == {"cases": []}
    assert manifest.read(again.folder)["started_at"] == "2026-11-24T03:20:45.123456Z"
    again.release()
    assert rounds_on_disk.claim(tmp_path, 1, environment="staging").read_json("suite") is None


def test_a_round_is_not_resumed_with_other_parameters(tmp_path):
    """Evidence gathered under different parameters is never mixed in one record."""
    rounds_on_disk.claim(tmp_path, 1, environment="staging", parameters={"budget": 1}).release()
    rounds_on_disk.claim(tmp_path, 1, environment="staging", parameters={"budget": 1}, resume=True).release()
    with pytest.raises(BadInput, match="other parameters"):
        rounds_on_disk.claim(tmp_path, 1, environment="staging", parameters={"budget": 2}, resume=True)


def test_one_folder_holds_one_environment(tmp_path):
    """Another environment's records are refused before anything is written."""
    finished(tmp_path, 1, environment="staging")
    with pytest.raises(BadInput, match="environment 'staging'"):
        rounds_on_disk.claim(tmp_path, 2, environment="embedded")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".pseudonyms.key", "round-01"]


def test_a_folder_that_is_no_record_is_left_alone(tmp_path):
    """Somebody's own folder of that name is neither emptied nor moved."""
    (tmp_path / "round-01").mkdir()
    (tmp_path / "round-01" / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="holds no manifest"):
        rounds_on_disk.claim(tmp_path, 1, environment="staging")
    assert (tmp_path / "round-01" / "thesis.txt").read_text() == "mine"


def test_two_processes_never_write_the_same_round(tmp_path):
    """The second claim is refused and names the first's process; the claim ends with its process, however that ends."""
    other = subprocess.Popen([sys.executable, "-c", CLAIMING, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert other.stdout.readline() == b"1\n"
        with pytest.raises(BadInput, match=f"process {other.pid} "):
            rounds_on_disk.claim(tmp_path, 1, environment="e")
    finally:
        other.kill()
        other.communicate(timeout=10)
    rounds_on_disk.claim(tmp_path, 1, environment="e").release()


def test_latest_is_the_finished_round_before(tmp_path):
    """Rounds count by number, not by name or age; unfinished and moved ones are passed over."""
    assert rounds_on_disk.latest(tmp_path) is None
    for number in (10, 2, 9, 2):
        finished(tmp_path, number)
    rounds_on_disk.claim(tmp_path, 11, environment="staging").release()
    assert rounds_on_disk.latest(tmp_path).name == "round-10"
    assert rounds_on_disk.latest(tmp_path, before=10).name == "round-09"
    assert rounds_on_disk.latest(tmp_path, before=2) is None


@pytest.mark.parametrize("out", ["s3://bucket/rounds", "gs://bucket", "https://ci.example/artifacts", "file:///srv/rounds"])
def test_an_address_is_no_folder(out, tmp_path, monkeypatch):
    """Rounds are written to folders of this machine; an address is refused, and no folder of its name is made."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match="--out"):
        rounds_on_disk.claim(Path(out), 1, environment="e")
    assert list(tmp_path.iterdir()) == []
