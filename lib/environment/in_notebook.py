"""An investigation in a notebook that runs alone: what is done meanwhile stands below the cell, for as long as that runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lib.environment.investigation import Investigation, Progress
from lib.facts import Exchange
from lib.parameters.errors import BadInput
from lib.redaction.redact import redact_text

if TYPE_CHECKING:
    from lib.logs import LogReport
    from lib.performance import Measurement
    from lib.suite.run import SuiteRun
    from lib.whys import Diagnosis

EACH_S = 0.1
"""A cell's line is written over so often at the most."""


def running_shell() -> Any:
    """IPython's shell, None where this process runs none."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def tell_bad_input_in_its_sentence(shell: Any) -> None:
    """From here on bad input ends a cell with what it is and what would be accepted, without frames of ours."""

    def sentence(shell: Any, kind: type[BadInput], error: BadInput, frames: Any, tb_offset: int | None = None) -> list[str]:
        shell._showtraceback(kind, error, told := [f"bad input: {error}"])
        return told

    shell.set_custom_exc((BadInput,), sentence)


class InNotebook(Investigation):
    """The same investigation; where nobody else is told of progress, the cell is."""

    async def suite(self, on_progress: Progress | None = None) -> SuiteRun:
        """As ever, with the cell's line."""
        with below_cell(on_progress, self._shown) as tell:
            return await super().suite(tell)

    async def whys(self, on_progress: Progress | None = None, *, watch_for_s: float | None = None) -> Diagnosis:
        """As ever, with the cell's line."""
        with below_cell(on_progress, self._shown) as tell:
            return await super().whys(tell, watch_for_s=watch_for_s)

    def logs(self, exchanges: Sequence[Exchange] | None = None, on_progress: Progress | None = None) -> LogReport:
        """As ever, with the cell's line; a source that refuses is shown as what could not be read, and not raised."""
        from lib.logs import SourceRefused, without_entries

        with below_cell(on_progress, self._shown) as tell:
            try:
                return super().logs(exchanges, tell)
            except SourceRefused as refused:
                known = self.known_exchanges() if exchanges is None else exchanges
                return without_entries(self.parameters.logs, known, str(refused))

    async def performance(self, on_progress: Progress | None = None) -> Measurement:
        """As ever, with the cell's line."""
        with below_cell(on_progress, self._shown) as tell:
            return await super().performance(tell)

    def _shown(self, line: str) -> str:
        return redact_text(line, self.secrets)


@contextmanager
def below_cell(on_progress: Progress | None, shown: Callable[[str], str]) -> Iterator[Progress]:
    """Whom progress is told: `on_progress`, else the cell that runs, in one line that is written over and goes at the end."""
    if on_progress is not None:
        yield on_progress
        return
    publish, line = running_shell().display_pub.publish, {"display_id": uuid4().hex}
    publish({"text/plain": ""}, transient=line)
    began_s, told_s = monotonic(), 0.0

    def tell(text: str) -> None:
        nonlocal told_s
        if monotonic() - told_s >= EACH_S:
            told_s = monotonic()
            publish({"text/plain": f"[{told_s - began_s:5.1f} s] {shown(text)}"}, transient=line, update=True)

    try:
        yield tell
    finally:
        publish({"text/plain": ""}, transient=line, update=True)
