"""What a record says about itself, and how it is found out when somebody changed it."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.parameters.loading import BadInput
from lib.records import manifest, rounds_on_disk


def finished(out, number, *, environment="staging", previous=None, **more):
    record = rounds_on_disk.claim(out, number, environment=environment, **more)
    record.write_json("report", {"round": number})
    record.seal({"environment": environment}, {"python": "3.11"}, previous)
    record.release()
    return record


def test_an_untouched_record_verifies(tmp_path):
    """A sealed round and its successor agree with their manifests and with each other."""
    first = finished(tmp_path, 1)
    second = finished(tmp_path, 2, previous=first.folder)
    assert rounds_on_disk.verify(first.folder) == {
        "schema": 1,
        "ok": True,
        "changed": [],
        "added": [],
        "missing": [],
        "chain": "none",
    }
    assert rounds_on_disk.verify(second.folder)["chain"] == "ok"


def test_every_kind_of_change_is_found(tmp_path):
    """A changed, an added, a missing file and a changed manifest are each named."""
    record = finished(tmp_path, 1)
    record.write_text("a.txt", "a")
    record.write_text("b.txt", "b")
    record.seal({"environment": "staging"})
    (record.folder / "a.txt").write_text("A")
    (record.folder / "b.txt").unlink()
    (record.folder / "c.txt").symlink_to("/etc/hosts")
    path = record.folder / "manifest.json"
    path.write_text(path.read_text().replace('"staging"', '"staging2"'))
    assert rounds_on_disk.verify(record.folder) == {
        **{"schema": 1, "ok": False, "chain": "none"},
        **{"changed": ["a.txt", "manifest.json"], "added": ["c.txt"], "missing": ["b.txt"]},
    }


def test_the_chain_holds_when_the_round_before_has_moved(tmp_path):
    """A round that was run again is still the predecessor of the one that cited it."""
    second = finished(tmp_path, 2, previous=finished(tmp_path, 1).folder)
    finished(tmp_path, 1)
    assert rounds_on_disk.verify(second.folder)["chain"] == "ok"


@pytest.mark.parametrize("touched", ["round-01", "round-02"])
def test_the_chain_breaks_where_any_round_before_was_changed(tmp_path, touched):
    """The last record vouches for all before it."""
    second = finished(tmp_path, 2, previous=finished(tmp_path, 1).folder)
    third = finished(tmp_path, 3, previous=second.folder)
    path = tmp_path / touched / "manifest.json"
    path.write_text(path.read_text() + " ")
    assert rounds_on_disk.verify(third.folder)["chain"] == "broken"
    assert not rounds_on_disk.verify(third.folder)["ok"]


def test_what_is_no_record_is_bad_input(tmp_path):
    """A folder without a manifest is said to be none."""
    with pytest.raises(BadInput, match=r"manifest\.json"):
        rounds_on_disk.verify(tmp_path)


def test_the_revision_is_that_of_the_project_alone(tmp_path):
    """A folder inside somebody else's repository has no revision; a repository of its own has, with what differs."""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "f").write_text("1")
    for step in (["init", "-q"], ["add", "."], ["commit", "-qm", "a"]):
        subprocess.run([*git, *step], check=True, timeout=20, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    assert manifest.revision(tmp_path / "inner") is None
    assert manifest.revision(tmp_path)["modified"] is False
    (tmp_path / "inner" / "f").write_text("2")
    assert manifest.revision(tmp_path)["modified"] is True


BROKEN = [
    '{"files":{},"previous":{"manifest_sha256":[1]}}',
    '{"files":{},"previous":[1]}',
    '{"files":[]}',
    "{",
    "",
    "null",
    "[" * 100_000,
    "9" * 5000,
    '{"files":{"a":[1]},"digest":{}}',
]


@pytest.mark.parametrize("text", BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_a_manifest_that_no_round_writes_does_not_verify(text, tmp_path):
    """Whatever became of a manifest is an answer about the record, never a failure of our own."""
    (tmp_path / manifest.NAME).write_text(text)
    document = rounds_on_disk.verify(tmp_path)
    assert (document["ok"], manifest.NAME in document["changed"]) == (False, True)


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, os.mkdir, lambda path: os.symlink(path, path), lambda path: os.symlink("/dev/zero", path)],
    ids=["a pipe", "a folder", "a link to itself", "a link to a device"],
)
def test_what_is_no_file_in_a_manifest_s_place_does_not_verify(make, tmp_path):
    """It is not waited for, and not read without end."""
    make(tmp_path / manifest.NAME)
    assert rounds_on_disk.verify(tmp_path)["changed"] == [manifest.NAME]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["files", "previous", "manifest_sha256", "digest"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_document_as_a_manifest_is_judged(tmp_path, document):
    """No JSON document in the manifest's place verifies, and none ends in an exception."""
    (tmp_path / manifest.NAME).write_text(json.dumps(document))
    assert rounds_on_disk.verify(tmp_path)["ok"] is False
