"""Counts what the house is built of, and fails where it grows crooked: `make lint` runs it.

Rooms at the top, circles among siblings, imports that point up, rooms without a test file, functions and files that are too long.
What is still owed stands in `owed.txt`.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
MAX_ROOMS = 22
MAX_FUNCTION_LINES = 40
MAX_FILE_LINES = 400

NOT_OURS = ("lib/suite/modules",)
"""What is investigated, not what protects our code."""

OWED = ROOT / "tests" / "owed.txt"
"""What does not hold yet, one a line: a file without a test file or of too many lines, a function as file:name. The list
only gets shorter."""


def main() -> int:
    """Prints the counts and every finding; 1 where there is one."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    floors = next(contract["layers"] for contract in settings["contracts"] if contract.get("containers") == ["lib"])
    sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph("lib")
    rooms = sorted(graph.find_children("lib"))
    arrows = {pair for pair in _arrows(graph) if pair[0] != pair[1]}
    circles, up = list(_circles(graph, "lib")), sorted(_upward(arrows, floors))
    owed = frozenset(OWED.read_text(encoding="utf-8").split())
    findings = [
        *([f"lib has {len(rooms)} rooms at the top, more than {MAX_ROOMS}"] if len(rooms) > MAX_ROOMS else []),
        *(f"a circle: {circle}" for circle in circles),
        *(f"an import points up: {importer} imports {imported}" for importer, imported in up),
    ]
    found = [(name, said) for rule in (untested, long_functions, long_files, unexplained) for name, said in rule(ROOT)]
    findings += [f"{name} {said}" for name, said in found if name not in owed]
    print(f"{len(rooms)} rooms, {len(arrows)} arrows, {len(circles)} circles, {len(up)} imports upward", end="; ")
    settled = sorted(owed - {name for name, _ in found})
    print(f"{len(owed)} owed{'; no longer: ' if settled else ''}{', '.join(settled)}")
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


def _top(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _arrows(graph: grimp.ImportGraph) -> Iterator[tuple[str, str]]:
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            yield _top(module), _top(imported)


def _circles(graph: grimp.ImportGraph, package: str) -> Iterator[str]:
    """The imports that would have to go for the children of a package, and theirs, to have no circle."""
    for importer, imported in sorted(graph.nominate_cycle_breakers(package)):
        yield f"{importer} imports {imported}"
    for child in sorted(graph.find_children(package)):
        if graph.find_children(child):
            yield from _circles(graph, child)


def _upward(arrows: set[tuple[str, str]], floors: list[str]) -> Iterator[tuple[str, str]]:
    floor_of = {f"lib.{name.strip()}": floor for floor, names in enumerate(floors) for name in names.split("|")}
    for importer, imported in arrows:
        if importer in floor_of and imported in floor_of and floor_of[imported] < floor_of[importer]:
            yield importer, imported


def _ours(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted((root / "lib").rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if not name.startswith(NOT_OURS):
            yield name, path


def untested(root: Path) -> Iterator[tuple[str, str]]:
    """Each file that says more than a docstring, and the test file that it lacks: lib/a/b.py has tests/a/test_b.py."""
    for name, path in _ours(root):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        if path.name != "__init__.py" and any(
            isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) for one in body
        ):
            folder = Path(name).parent.relative_to("lib").as_posix().removeprefix(".")
            test = "/".join(part for part in ("tests", folder, f"test_{path.stem.strip('_')}.py") if part)
            if not (root / test).is_file():
                yield name, f"has no test file {test}"


def long_functions(root: Path) -> Iterator[tuple[str, str]]:
    """Functions of more lines than a reader holds at once, docstrings not counted."""
    for name, path in _ours(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                told = node.body[0] if ast.get_docstring(node) else None
                lines = (node.end_lineno or 0) - node.lineno + 1 - ((told.end_lineno or 0) - told.lineno + 1 if told else 0)
                if lines > MAX_FUNCTION_LINES:
                    yield f"{name}:{node.name}", f"has {lines} lines, more than {MAX_FUNCTION_LINES}"


def long_files(root: Path) -> Iterator[tuple[str, str]]:
    """Files that hold more than one thought, by their length."""
    for name, path in _ours(root):
        lines = path.read_text(encoding="utf-8").count("\n")
        if lines > MAX_FILE_LINES:
            yield name, f"has {lines} lines, more than {MAX_FILE_LINES}"


def unexplained(root: Path) -> Iterator[tuple[str, str]]:
    """Lines on which a type checker is silenced without a reason behind it."""
    for name, path in _ours(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"# type: ignore\S*\s*$", line):
                yield name, f"has an ignore that does not say why (line {number})"


if __name__ == "__main__":
    sys.exit(main())
