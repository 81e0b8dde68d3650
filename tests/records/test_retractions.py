"""A claim is withdrawn beside a record, never in it."""

from __future__ import annotations

import pytest

from lib.parameters.loading import BadInput
from lib.records import rounds_on_disk
from lib.records.retractions import retract, retracted, side_file

CLAIMS = [
    {"claim": "secret-mismatch refuses the handshake", "holds": True},
    {"claim": "user-unknown refuses the handshake", "holds": True},
    {"claim": "all cases pass", "holds": False},
]


@pytest.fixture
def folder(tmp_path):
    """A sealed round that asserts two causes."""
    record = rounds_on_disk.claim(tmp_path, 1, environment="e")
    record.write_json("report", {"claims": CLAIMS})
    record.seal({"environment": "e"}, {"python": "3.11"})
    record.release()
    return record.folder


def test_a_claim_is_withdrawn_and_the_record_verifies(folder):
    """The side file holds the whole claim and why, and the page beside it escapes both."""
    retract(folder, "secret-mismatch", "<b>the cache</b> was stale")
    assert [one["claim"] for one in retracted(folder)] == ["secret-mismatch refuses the handshake"]
    assert "&lt;b&gt;the cache" in side_file(folder, "html").read_text()
    assert rounds_on_disk.verify(folder)["ok"]


@pytest.mark.parametrize("claim", ["refuses the handshake", "all cases pass", "no such thing", ""])
def test_what_is_not_asserted_once_is_refused(folder, claim):
    """An ambiguous part, a claim that never held and an unknown one are bad input, and nothing is written."""
    with pytest.raises(BadInput, match="CLAIM"):
        retract(folder, claim, "because")
    assert retracted(folder) == []


def test_a_reason_is_needed(folder):
    """Blanks are no reason."""
    with pytest.raises(BadInput, match="--because"):
        retract(folder, "user-unknown", "  ")


def test_it_moves_with_its_round(folder, tmp_path):
    """A round that is run again takes its withdrawn claims aside with it."""
    retract(folder, "user-unknown", "it was made up")
    rounds_on_disk.claim(tmp_path, 1, environment="e").release()
    assert retracted(folder) == []
    assert len(retracted(tmp_path / "round-01.1")) == 1


def test_a_claim_is_withdrawn_once(folder):
    """A second reason would stand beside the first as if there were two claims."""
    retract(folder, "user-unknown", "it was made up")
    with pytest.raises(BadInput, match=r"withdrawn already at .*: it was made up"):
        retract(folder, "user-unknown", "it was another stack")
    assert len(retracted(folder)) == 1


def test_what_cannot_be_written_is_said(folder, tmp_path):
    """A folder in the side file's place stands for a disk that takes nothing; a side file of others is not written over."""
    side_file(folder, "json").mkdir()
    with pytest.raises(BadInput, match="ROUND"):
        retract(folder, "user-unknown", "it was made up")
    side_file(folder, "json").rmdir()
    side_file(folder, "json").write_text("{")
    with pytest.raises(BadInput, match="is not as this command writes it"):
        retract(folder, "user-unknown", "it was made up")
    assert rounds_on_disk.verify(folder)["ok"]
