"""tests/structure.py: each of its rules finds a violation that was planted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import grimp
import pytest

from tests import structure

Rule = Callable[[Path], Iterator[tuple[str, str]]]

PLANTED: list[tuple[Rule, str, str]] = [
    (structure.untested, "def said() -> None: ...\n", "lib/room/one.py has no test file tests/room/test_one.py"),
    (structure.long_functions, "def long():\n" + "    x = 1\n" * 40, "lib/room/one.py:long has 41 lines, more than 40"),
    (structure.long_files, "x = 1\n" * 401, "lib/room/one.py has 401 lines, more than 400"),
    (structure.unexplained, "x: int = ''  # type: ignore[assignment]\n", "has an ignore that does not say why (line 1)"),
]


@pytest.mark.parametrize(("rule", "text", "said"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_violation_is_found(tmp_path: Path, rule: Rule, text: str, said: str) -> None:
    """A file that breaks one rule is named, with what is wrong."""
    path = tmp_path / "lib" / "room" / "one.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    ((name, found),) = rule(tmp_path)
    assert said in f"{name} {found}"


def test_a_file_with_its_test_and_one_that_says_nothing_are_let_be(tmp_path: Path) -> None:
    """Neither a package's docstring nor a file of constants owes a test, nor does a file that has one."""
    for name, text in {"lib/a.py": "def f(): ...\n", "tests/test_a.py": "", "lib/b.py": "X = 1\n", "lib/__init__.py": ""}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(structure.untested(tmp_path)) == []


def test_a_circle_and_an_import_upward_are_found() -> None:
    """Two rooms that import each other are a circle, and the lower one's import points up."""
    graph = grimp.ImportGraph()
    for module in ("lib", "lib.rounds", "lib.facts"):
        graph.add_module(module)
    graph.add_import(importer="lib.rounds", imported="lib.facts")
    graph.add_import(importer="lib.facts", imported="lib.rounds")
    assert len(list(structure._circles(graph, "lib"))) == 1
    arrows = set(structure._arrows(graph))
    assert list(structure._upward(arrows, ["rounds", "redaction | facts"])) == [("lib.facts", "lib.rounds")]
