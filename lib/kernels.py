"""Executes one notebook through papermill, its saves redacted by the record that receives them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib.investigation import Investigation

OnCell = Callable[[int, int], None]
Execute = Callable[[Investigation, Path, OnCell], tuple[int, str] | None]
CELL_TIMEOUT_S = 600
START_TIMEOUT_S = 60


class _RecordHandler:
    """papermill's door to the record: what it saves after each cell is redacted like everything else."""

    def __init__(self, record: Any):
        self._record = record

    def read(self, path: str) -> str:
        raise OSError(f"{path} is written only")

    def listdir(self, path: str) -> list[str]:
        return []

    def write(self, text: str, path: str) -> None:
        self._record.write_notebook(path.removeprefix("record://"), text)

    def pretty_path(self, path: str) -> str:
        return path.removeprefix("record://")


@contextmanager
def prepared() -> Iterator[Execute]:
    """A function that executes a notebook into the round's record; it returns None, or cell and error of a crash."""
    yield _execute


def _execute(here: Investigation, path: Path, on_cell: OnCell) -> tuple[int, str] | None:
    import logging

    import papermill
    from papermill.exceptions import PapermillExecutionError
    from papermill.iorw import papermill_io

    assert here.record is not None
    logging.getLogger("papermill").setLevel(logging.ERROR)
    papermill_io.register("record://", _RecordHandler(here.record))
    count = 0

    def started(cell: Any, cell_index: int) -> None:
        nonlocal count
        if cell.cell_type == "code":
            count += 1
            on_cell(count, total)

    total = _code_cells(path)
    try:
        papermill.execute_notebook(
            str(path),
            f"record://{path.name}",
            parameters={"environment": here.environment, "round_number": here.round_number},
            kernel_name="python3",
            progress_bar=False,
            cwd=str(path.parent),
            execution_timeout=CELL_TIMEOUT_S,
            start_timeout=START_TIMEOUT_S,
            on_cell_start=started,
        )
    except PapermillExecutionError as crash:
        return crash.exec_count or crash.cell_index, f"{crash.ename}: {crash.evalue}"[:500]
    return None


def _code_cells(path: Path) -> int:
    import json

    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return 1 + sum(cell["cell_type"] == "code" for cell in cells)
