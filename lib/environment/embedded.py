"""Starts the built-in staging system as a child process and ends it again.

The child is a program of its own: configuration and keys go in as one JSON line on its standard input, its addresses come
out as one line, and it ends when that input closes, so that it cannot outlive whoever started it.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from lib.parameters import loading as params
from lib.parameters.loading import BadInput

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
KEYS = {
    "jwt": "EMBEDDED_JWT_SECRET",
    "jwt_websocket": "EMBEDDED_JWT_SECRET_WEBSOCKET",
    "bypass": "EMBEDDED_BYPASS_KEY",
    "service": "EMBEDDED_SERVICE_SECRET",
}
"""Name in the child's configuration: the variable under which clients find the same key. Unset ones are made up, anew each
run."""


class EmbeddedFailed(Exception):
    """The built-in staging system did not start, or is gone. Exit status 3."""

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"the built-in staging system {self.why}"


class Embedded:
    """A running built-in staging system: `addresses` as it printed them, until `stop`."""

    def __init__(self, process: subprocess.Popen[str], addresses: Mapping[str, Any]):
        self.addresses = dict(addresses)
        self._process = process

    @property
    def alive(self) -> bool:
        """Whether the child still runs."""
        return self._process.poll() is None

    def wait(self) -> None:
        """Waits until the child ends by itself."""
        self._process.wait()

    def stop(self, *, within_s: float = STOP_TIMEOUT_S) -> None:
        """Closes the child's input and waits for its end; kills it where that takes longer."""
        _end(self._process, within_s)


def start(faults: Sequence[str] = (), *, port: int = 0, configuration: Mapping[str, Any] | None = None) -> Embedded:
    """A built-in staging system that listens and, unless a fault says otherwise, is ready.

    Raises `BadInput` when it refuses its configuration (an unknown fault, a port in use) and `EmbeddedFailed` when it does not
    come up.
    """
    keys = {name: params.provide(variable, lambda: secrets.token_urlsafe(36)) for name, variable in KEYS.items()}
    document = {"faults": list(faults), "port": port, "keys": keys, **(configuration or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "lib.staging"],
        cwd=params.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # an interrupt is for us: we end the child in order, after the record is written
    )
    try:
        complaints = _collect(process)
        try:
            process.stdin.write(json.dumps(document) + "\n")  # type: ignore[union-attr]  # a pipe, as asked for
            process.stdin.flush()  # type: ignore[union-attr]  # a pipe, as asked for
        except OSError:
            pass  # it has ended already; its exit status below says why
        line = _first_line(process)
    except BaseException:
        _end(process, within_s=0)
        raise
    if line:
        return Embedded(process, json.loads(line))
    _end(process)
    said = (complaints[-1] if complaints else "").strip()
    if process.returncode == 2:
        raise BadInput("embedded", said or "it was refused", "causes that the system can commit, and a free port")
    raise EmbeddedFailed(f"did not start ({said or f'no answer within {START_TIMEOUT_S:.0f} s'})")


def _first_line(process: subprocess.Popen[str]) -> str:
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        lines.put(process.stdout.readline())  # type: ignore[union-attr]  # a pipe, as asked for
        for _ in process.stdout:  # type: ignore[union-attr]  # a pipe, as asked for
            pass  # nothing more is said there; reading on keeps the child from blocking

    threading.Thread(target=read, daemon=True).start()
    try:
        return lines.get(timeout=START_TIMEOUT_S)
    except queue.Empty:
        return ""


def _collect(process: subprocess.Popen[str]) -> list[str]:
    kept: list[str] = []

    def read() -> None:
        for line in process.stderr:  # type: ignore[union-attr]  # a pipe, as asked for
            kept.append(line[:2000])
            del kept[:-20]

    threading.Thread(target=read, daemon=True).start()
    return kept


def _end(process: subprocess.Popen[str], within_s: float = STOP_TIMEOUT_S) -> None:
    try:
        process.stdin.close()  # type: ignore[union-attr]  # a pipe, as asked for
    except OSError:
        pass
    try:
        process.wait(timeout=within_s)
    except subprocess.TimeoutExpired:
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass
        process.wait()
