"""Files that sabotage changed are named."""

from __future__ import annotations

from lib.suite.sabotage.working_tree import changes, state_of


def test_new_gone_and_changed_files_are_named(tmp_path):
    """What stayed as it was is not; caches are not looked at."""
    for name in ("kept", "gone", "changed"):
        tmp_path.joinpath(name).write_text("x")
    before = state_of(tmp_path)
    tmp_path.joinpath("gone").unlink()
    tmp_path.joinpath("changed").write_text("xy")
    tmp_path.joinpath("new").write_text("x")
    tmp_path.joinpath("__pycache__").mkdir()
    tmp_path.joinpath("__pycache__/a.pyc").write_text("x")
    assert changes(before, state_of(tmp_path)) == ["changed", "gone", "new"]


def test_an_unknown_folder_has_no_files():
    """Nothing is claimed of it."""
    assert state_of(None) == {}


def test_a_suite_that_writes_under_sabotage_is_named(judged):
    """A reporter of the suite's own cannot be led elsewhere; that it wrote is a note."""
    run = judged("""
        import os, pathlib, requests
        def test_a():
            with pathlib.Path(__file__).with_name("own.log").open("a") as log: log.write("x")
            assert requests.get(os.environ["REST"] + "/health").ok
    """)
    assert [case.worth for case in run.cases] == ["positive"]
    assert any("own.log" in note for note in run.notes)
