"""Notebooks run through papermill in kernels forked from a warmed parent, and a kernel's death is a crash, not a hang."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import psutil
import pytest

from lib.parameters.loading import ROOT
from lib.records.rounds_on_disk import Record
from lib.rounds import execution


class Folder:
    """Receives what papermill saves."""

    def __init__(self, folder: Path):
        self.folder = folder

    def write_notebook(self, name: str, text: str) -> None:
        """Keeps one save."""
        (self.folder / name).write_text(text)


@pytest.fixture(scope="module")
def execute() -> Iterator[execution.Execute]:
    """What runs a notebook."""
    with execution.prepared() as ready:
        yield ready


def run(
    execute: execution.Execute, tmp_path: Path, *cells: str, on_cell: execution.OnCell = lambda number, of, heading: None
) -> tuple[Any, list[Any]]:
    """Runs cells after a parameters cell; the crash, and what the cells put out."""
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    parameters = nbformat.v4.new_code_cell("environment = 'none'\nround_number = 0", metadata={"tags": ["parameters"]})
    notebook.cells = [parameters, *(nbformat.v4.new_code_cell(cell) for cell in cells)]
    path = tmp_path / "01-some-cells.ipynb"
    nbformat.write(notebook, path)
    (tmp_path / "out").mkdir()
    here = SimpleNamespace(environment="embedded", round_number=7, record=Folder(tmp_path / "out"))
    crash = execute(here, path, on_cell)
    done = json.loads((tmp_path / "out" / path.name).read_text())
    return crash, [output for cell in done["cells"] for output in cell.get("outputs", [])]


def test_a_notebook_gets_its_parameters_and_its_own_folder(execute: execution.Execute, tmp_path: Path) -> None:
    """Cells see the round's parameters, run in the notebook's folder, and may await."""
    crash, outputs = run(
        execute,
        tmp_path,
        "import os, asyncio\nawait asyncio.sleep(0)\nprint(environment, round_number, os.path.realpath(os.getcwd()))",
    )
    assert crash is None
    assert outputs[0]["text"] == [f"embedded 7 {os.path.realpath(tmp_path)}\n"]


def test_a_cell_is_told_with_the_heading_that_it_stands_under(tmp_path: Path) -> None:
    """Progress names what a cell does: the last heading above it; the first two cells set the parameters."""
    prose, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [prose("# Why?"), code("a = 1"), prose("Some words.\n\n## The pair\n"), code("a"), code("a")]
    path = tmp_path / "01-some.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    told: list[tuple[int, int, str]] = []
    count = execution._CellCount(path, lambda *one: told.append(one))
    for cell in [*cells[:2], code("injected"), *cells[2:]]:
        count.started(cell, 0)
    assert told == [(1, 4, "parameters"), (2, 4, "Why?"), (3, 4, "The pair"), (4, 4, "The pair")]


def test_kernels_are_forked_from_one_warmed_parent(execute: execution.Execute, tmp_path: Path) -> None:
    """A kernel's parent is not this process, and what notebooks need is imported before its first cell."""
    crash, outputs = run(execute, tmp_path, "import os, sys\nprint(os.getppid(), 'lib.environment' in sys.modules)")
    parent, warmed = outputs[0]["text"][0].split()
    assert crash is None
    assert int(parent) != os.getpid()
    assert warmed == "True"


def test_two_kernels_share_no_state(execute: execution.Execute, tmp_path: Path) -> None:
    """A name set in one notebook is unknown in the next, and random numbers differ."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    _, before = run(execute, first, "left_over = 1\nimport random, numpy\nprint(random.random(), numpy.random.random())")
    crash, after = run(execute, second, "import random, numpy\nprint(random.random(), numpy.random.random())\nleft_over")
    assert crash is not None
    assert "NameError" in crash[1]
    assert not set(before[0]["text"][0].split()) & set(after[0]["text"][0].split())


def test_a_notebook_that_has_run_leaves_nothing_open(execute: execution.Execute, tmp_path: Path) -> None:
    """After more notebooks this process has no more descriptors and threads than after the first."""
    held: list[tuple[int, int]] = []
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
        assert run(execute, tmp_path / name, "print(1)")[0] is None
        for thread in threading.enumerate():
            if "_import_ahead" in thread.name:
                thread.join(60)
        held.append((psutil.Process().num_fds(), threading.active_count()))
    assert held[1:] == [held[0]] * 2


def test_a_crash_names_its_cell_and_keeps_what_came_before(execute: execution.Execute, tmp_path: Path) -> None:
    """The notebook saved after a crash has the outputs of the cells before it."""
    crash, outputs = run(execute, tmp_path, "print('before')", "1 / 0", "print('after')")
    texts = "".join("".join(output.get("text", [])) for output in outputs)
    assert crash[1].startswith("ZeroDivisionError")
    assert "before" in texts
    assert "after" not in texts


def test_a_killed_kernel_is_noticed(execute: execution.Execute, tmp_path: Path) -> None:
    """A kernel that dies ends its notebook within seconds, and the next notebook runs."""
    begun = time.monotonic()
    crash, _ = run(execute, tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert "died" in crash[1]
    assert not Record(tmp_path / "out").has_completed("01-some-cells.ipynb")
    assert time.monotonic() - begun < 30
    (tmp_path / "next").mkdir()
    assert run(execute, tmp_path / "next", "1")[0] is None


def test_a_parent_that_died_is_done_without(tmp_path: Path) -> None:
    """Between two notebooks the parent is killed: the next notebook runs in a stock kernel, a child of this process."""
    with execution.prepared() as ready:
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
        _, before = run(ready, tmp_path / "a", "import os\nprint(os.getppid())")
        psutil.Process(int(before[0]["text"][0])).kill()
        crash, after = run(ready, tmp_path / "b", "import os\nprint(os.getppid())")
    assert crash is None
    assert int(after[0]["text"][0]) == os.getpid()


def test_a_crash_of_the_driver_leaves_no_orphan(tmp_path: Path) -> None:
    """Killed with signal 9 in the middle of a cell, the driver takes the parent, the kernel and what the kernel started with
    it."""
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    assert driver.stdout.readline() == "cell 2\n"
    family = wait_for(
        lambda: psutil.Process(driver.pid).children(recursive=True), lambda found: "sleep" in {one.name() for one in found}
    )
    driver.kill()
    driver.wait()
    assert len(family) >= 3
    assert (
        wait_for(
            lambda: [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE], lambda left: not left
        )
        == []
    )


def wait_for(look: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
    """What is seen when it is enough, or after ten seconds."""
    deadline = time.monotonic() + 10
    while not enough(seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen


DRIVER = """
import sys
from pathlib import Path
from tests.rounds.test_execution import run
from lib.records.rounds_on_disk import Record
from lib.rounds import execution
def told(number, of, heading):
    if number == 2:
        print("cell 2", flush=True)
with execution.prepared() as execute:
    run(execute, Path(sys.argv[1]), "import subprocess; subprocess.run(['sleep', '60'])", on_cell=told)
"""


def test_a_notebook_without_cells_is_broken_off_as_it_is() -> None:
    """There is no cell to call failed, and the interrupt is not hidden by another error."""
    notebook = nbformat.v4.new_notebook()
    execution._mark_broken_off(notebook)
    assert notebook.cells == []
