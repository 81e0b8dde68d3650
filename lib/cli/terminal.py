"""What reaches a terminal or standard output: without secrets, and without characters that a terminal would obey."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from time import monotonic
from typing import Any, TextIO

from lib.parameters.loading import secrets_by_name
from lib.parameters.secrets import resolved
from lib.redaction.redact import redact_text, redact_value
from lib.redaction.visible import visible


def printable(text: str) -> str:
    """The text as it may be printed: redacted, with control and invisible characters as their codes."""
    return visible(redact_text(text, _known()))


def shown(document: dict[str, Any]) -> dict[str, Any]:
    """A document as it may be printed or written where its reader asked for it."""
    redacted: dict[str, Any] = redact_value(document, _known())
    return redacted


EACH_S = 60.0
"""Where lines are not written over, a long watch says so often that it goes on."""


class Live:
    """Progress: on a terminal one line that is written over, with the count, the budget and the time; elsewhere a line each.

    What is no probe and no cell of a notebook (a guess, a refused log source) stays as a line of its own. `rarely`: a refusal
    stays too, and where lines are not written over, acceptances are told once a minute.
    Nothing is coloured, so NO_COLOR changes nothing.
    """

    def __init__(self, stream: TextIO, *, handshakes: int = 0, seconds: float = 0.0, plain: bool = False, rarely: bool = False):
        self._stream, self._budget = stream, (handshakes, seconds)
        self._written_over = not plain and stream.isatty() and os.environ.get("TERM") != "dumb"
        self._began_s, self._count = monotonic(), 0
        self._rarely, self._told_s = rarely, float("-inf")

    def __call__(self, line: str) -> None:
        text = printable(line)
        probe, told = _PROBE.match(text), text
        self._count += probe is not None and probe[0].startswith("h")
        passed = self._rarely and _PASSED.search(text) is not None
        if passed and not self._written_over and monotonic() - self._told_s < EACH_S:
            return
        if not self._written_over or not (probe or _CELL.search(text)) or (self._rarely and not passed):
            self._told_s = monotonic()
            self._write(f"{self._cleared}{text}\n")
            return
        if probe:
            handshakes, seconds = self._budget
            told = f"{self._count}/{handshakes} handshakes, {monotonic() - self._began_s:.0f}/{seconds:.0f} s  {text}"
        width = shutil.get_terminal_size().columns - 1
        self._write(f"{self._cleared}{told[:width]}")

    def close(self) -> None:
        """Takes the line away."""
        self._write(self._cleared)

    @property
    def _cleared(self) -> str:
        return "\r\x1b[2K" if self._written_over else ""

    def _write(self, text: str) -> None:
        # At once, as rounds of several environments tell beside each other; where standard error is full, the status says it.
        with contextlib.suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


_PROBE = re.compile(r"[hru]\d+ |reading the servers' logs")
_PASSED = re.compile(r"→ (?:accepted|granted)$")
_CELL = re.compile(r"\(cell \d+ of \d+\)$")


def _known() -> tuple[str, ...]:
    return tuple(dict.fromkeys([*resolved(), *secrets_by_name(os.environ)]))
