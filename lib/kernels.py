"""Executes one notebook through papermill: kernels forked from a warmed parent where that is safe, saves redacted by the record.

With `lib.rounds` this is the door to papermill.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.investigation import Investigation

if TYPE_CHECKING:
    from lib.forked_kernels import KernelParent

OnCell = Callable[[int, int], None]
Execute = Callable[[Investigation, Path, OnCell], tuple[int, str] | None]
CELL_TIMEOUT_S = 600
START_TIMEOUT_S = 60
SAVE_EVERY_S = 2.0


class _RecordHandler:
    """papermill's door to the record: what it saves is redacted like everything else.

    papermill saves twice a cell; the record takes one of these every `SAVE_EVERY_S` seconds, and the last.
    """

    def __init__(self, record: Any):
        self._record = record
        self._held: tuple[str, str] | None = None
        self._saved_at = 0.0

    def read(self, path: str) -> str:
        raise OSError(f"{path} is written only")

    def listdir(self, path: str) -> list[str]:
        return []

    def write(self, text: str, path: str) -> None:
        self._held = (path.removeprefix("record://"), text)
        if time.monotonic() - self._saved_at >= SAVE_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Writes what is held back."""
        if self._held:
            self._record.write_notebook(*self._held)
            self._held, self._saved_at = None, time.monotonic()

    def pretty_path(self, path: str) -> str:
        return path.removeprefix("record://")


@contextmanager
def prepared() -> Iterator[Execute]:
    """A function that executes a notebook into the round's record; it returns None, or number and error of the cell that crashed."""
    from lib.forked_kernels import KernelParent, NotForkable

    try:
        parent = KernelParent.start()
    except NotForkable:
        parent = None
    try:
        yield lambda here, path, on_cell: _execute(here, path, on_cell, parent)
    finally:
        if parent:
            parent.stop()


def _execute(here: Investigation, path: Path, on_cell: OnCell, parent: KernelParent | None) -> tuple[int, str] | None:
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from papermill.iorw import papermill_io

    logging.getLogger("papermill").setLevel(logging.ERROR)
    handler = _RecordHandler(here.record)
    papermill_io.register("record://", handler)
    cells = _CellCount(path, on_cell)
    manager = _forked(parent)
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
            on_cell_start=cells.started,
            shutdown_kernel="immediate",
            **({"km": manager} if manager else {}),
        )
    except PapermillExecutionError as crash:
        return crash.exec_count or crash.cell_index, f"{crash.ename}: {crash.evalue}"[:500]
    except RuntimeError as death:  # nbclient's word for a kernel that died or never became ready
        return cells.count, f"{type(death).__name__}: {death}"[:500]
    finally:
        handler.flush()
        if manager:
            manager.discard()
    return None


def _forked(parent: KernelParent | None) -> Any:
    from lib.forked_kernels import ForkedKernelManager

    return ForkedKernelManager(parent) if parent and parent.fit() else None


class _CellCount:
    """Counts code cells as they start."""

    def __init__(self, path: Path, on_cell: OnCell):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        # One more than the file has: papermill adds a cell with the parameters.
        self.total = 1 + sum(cell["cell_type"] == "code" for cell in cells)
        self.count = 0
        self._on_cell = on_cell

    def started(self, cell: Any, cell_index: int) -> None:
        """nbclient's hook: a cell begins."""
        if cell.cell_type == "code":
            self.count += 1
            self._on_cell(self.count, self.total)
