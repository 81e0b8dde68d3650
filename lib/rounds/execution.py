"""Executes one notebook through papermill: kernels forked from a warmed parent where that is safe, saves redacted by the record.

With `lib.rounds.runner` this is the door to papermill.
"""

from __future__ import annotations

import gc
import importlib
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lib.clients.absent import absent
from lib.environment.investigation import Investigation
from lib.rounds import interrupts
from lib.rounds.fork_server_client import KernelParent, NotForkable

OnCell = Callable[[int, int, str], None]
"""Told as a cell of code begins: its number, how many there are, and the heading that it stands under."""
Execute = Callable[[Investigation, Path, OnCell], tuple[int, str] | None]
ENGINE = "sparing"
CELL_TIMEOUT_S = 600
START_TIMEOUT_S = 60
SAVE_EVERY_S = 2.0
_HEADING = re.compile(r"^#{1,3} +(\S.*)$", re.MULTILINE)
UNDISTURBED = frozenset({"04-performance.ipynb"})
"""Notebooks that measure: while one runs, nothing is imported ahead for another."""
AT_THE_END = ("pyarrow.dataset", "nbconvert.filters", "lib.reports.report", "lib.page.page", "lib.performance.ledger")
"""What publishing a round needs (the first reads Parquet, and brings pandas): imported while a notebook runs that does not
measure."""


class _RecordHandler:
    """papermill's door to the record: what it saves is redacted like everything else."""

    def __init__(self, record: Any):
        self._record = record
        self._saved = ""

    def read(self, path: str) -> str:
        raise OSError(f"{path} is written only")

    def listdir(self, path: str) -> list[str]:
        return []

    def write(self, text: str, path: str) -> None:
        if text != self._saved:  # papermill's last two saves are the same
            self._record.write_notebook(self.pretty_path(path), text)
            self._saved = text

    def pretty_path(self, path: str) -> str:
        return path.removeprefix("record://")


@contextmanager
def prepared() -> Iterator[Execute]:
    """A function that executes a notebook into the round's record; it returns None, or number and error of the cell that crashed.

    What takes long, the parent's imports and our own, has begun when this returns, so enter it before anything else that waits.
    """
    try:
        parent = KernelParent.start()
    except NotForkable:
        parent = None
    gc.unfreeze()  # what a round before this one has left, in the same process, may be collected
    gc.disable()  # until the imports are done, which leave nothing to collect
    importing = threading.Thread(target=_import_papermill, daemon=True)
    importing.start()
    ahead = threading.Thread(target=_import_ahead, daemon=True)

    def execute(here: Investigation, path: Path, on_cell: OnCell) -> tuple[int, str] | None:
        importing.join()
        gc.enable()
        if path.name not in UNDISTURBED and ahead.ident is None:
            ahead.start()
        try:
            return _execute(here, path, on_cell, _forked(parent, path.name))
        except NotForkable:  # the parent has died, or grown a thread, since it was asked whether it is fit
            return _execute(here, path, on_cell, None)
        except KeyboardInterrupt:
            if parent:
                parent.stop()  # first of all, so that no kernel writes to the record that is left
            raise

    try:
        yield execute
    finally:
        if parent:
            parent.stop()
        gc.enable()
        gc.freeze()  # ours ends soon: the interpreter need not look through all that was imported once more


def _import_papermill() -> None:
    """Imports papermill without a grammar of internationalised addresses, which jsonschema compiles for 1.3 s if it is installed.

    Nothing in a notebook's schema is checked by it; jsonschema does without it where it is missing, and here it is.
    """
    with absent("rfc3987_syntax"):
        import papermill  # noqa: F401


def _import_ahead() -> None:
    for name in AT_THE_END:
        importlib.import_module(name)


def _execute(here: Investigation, path: Path, on_cell: OnCell, manager: Any) -> tuple[int, str] | None:
    import papermill
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError
    from papermill.iorw import papermill_io

    logging.getLogger("papermill").setLevel(logging.ERROR)
    papermill_engines.register(ENGINE, _engine())
    papermill_io.register("record://", _RecordHandler(here.record))
    cells = _CellCount(path, on_cell)
    try:
        papermill.execute_notebook(
            str(path),
            f"record://{path.name}",
            parameters={"environment": here.environment, "round_number": here.round_number},
            engine_name=ENGINE,
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
        if manager:
            manager.discard()
    return None


def _engine() -> type:
    from papermill.engines import NBClientEngine

    class SparingEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
        """papermill's own engine, which saves every `SAVE_EVERY_S` seconds at the most instead of twice a cell, and at the
        end."""

        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **given: Any) -> None:
            save, saved_at = nb_man.save, time.monotonic()

            def save_now_and_then(**latest: Any) -> None:
                nonlocal saved_at
                if time.monotonic() - saved_at >= SAVE_EVERY_S:
                    save(**latest)
                    saved_at = time.monotonic()

            nb_man.save = save_now_and_then
            try:
                super().execute_managed_notebook(nb_man, kernel_name, **given)
            except BaseException:
                interrupts.notice()
                _mark_broken_off(nb_man.nb)
                raise
            finally:
                nb_man.save = save  # papermill's last one, whatever happened

    return SparingEngine


def _mark_broken_off(notebook: Any) -> None:
    """Where an interrupt or the kernel's death ended it: papermill would call that cell and all behind it completed."""
    begun = [cell for cell in notebook.cells if cell.metadata.papermill["status"] != "pending"] or notebook.cells[:1]
    for cell in begun[-1:]:
        cell.metadata.papermill["status"] = "failed"


def _forked(parent: KernelParent | None, notebook: str) -> Any:
    if not parent or not parent.fit():
        return None
    from lib.rounds.kernel_manager import ForkedKernelManager

    return ForkedKernelManager(parent, undisturbed=notebook in UNDISTURBED)


class _CellCount:
    """Counts code cells as they start, and knows the heading of each."""

    def __init__(self, path: Path, on_cell: OnCell):
        # papermill adds a cell with the parameters, after the first.
        self._headings = ["parameters"]
        heading = ""
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                self._headings.append(heading)
            elif found := _HEADING.findall("".join(cell["source"])):
                heading = found[-1].rstrip()
        self.count = 0
        self._on_cell = on_cell

    def started(self, cell: Any, cell_index: int) -> None:
        """nbclient's hook: a cell begins."""
        if cell.cell_type == "code":
            self.count += 1
            self._on_cell(self.count, len(self._headings), self._headings[min(self.count, len(self._headings)) - 1])
