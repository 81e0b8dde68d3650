"""A suite's files are known again by what they hold."""

from __future__ import annotations

from pathlib import Path

from lib.suite.sources import sources


def test_each_file_of_a_case_is_known_with_the_fixtures_beside_it(tmp_path: Path) -> None:
    """The module and every conftest.py above it within the suite; nothing for what is not there or lies elsewhere."""
    (tmp_path / "a").mkdir()
    for name in ("conftest.py", "a/conftest.py", "a/test_x.py"):
        (tmp_path / name).write_text("# one")
    found = sources(tmp_path, ["a/test_x.py::test_one", "a/test_x.py::C::test_two", "gone.py::test", "/etc/hostname::test"])
    assert list(found) == ["a/conftest.py", "a/test_x.py", "conftest.py"]
    (tmp_path / "a" / "test_x.py").write_text("# two")
    changed = sources(tmp_path, ["a/test_x.py::test_one"])
    assert [name for name in found if found[name] != changed[name]] == ["a/test_x.py"]
    assert sources(None, ["a.py::test"]) == {}
