"""One run of pytest as a child process: started, watched, ended in time; what its plug-in told, event by event."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib.suite.plugin.events import PIPE_VARIABLE

MAX_TOLD_BYTES = 512 * 1024 * 1024
MAX_OUTPUT_BYTES = 64 * 1024
GRACE_S = 6.0
PASSING = frozenset({"case", "started"})
"""Events that whoever follows has taken; a suite of many cases would fill the memory with them."""
PACKAGE = "investigation_suite"
"""The name under which our plug-in is imported in a suite's process, so that the suite's own `lib` stays what it is."""

Event = dict[str, Any]


class Interrupted(Exception):
    """Whoever wanted the runs has gone."""

    is_sentence = True

    def __str__(self) -> str:
        return "the suite was interrupted"


class Lifelines:
    """The child processes of one suite's runs, and one hand that ends them all; none begins after that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[subprocess.Popen[bytes]] = set()
        self.is_cut = False

    def cut(self) -> None:
        """Every run ends, and raises `Interrupted` where it was waited for."""
        with self._lock:
            self.is_cut = True
            for child in self._held:
                _close(child)

    @contextmanager
    def holding(self, child: subprocess.Popen[bytes]) -> Iterator[None]:
        """The child is ended when the lifelines are cut, at once where they are cut already."""
        with self._lock:
            self._held.add(child)
            if self.is_cut:
                _close(child)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(child)


LIFELINES: ContextVar[Lifelines | None] = ContextVar("lifelines", default=None)
"""Those of the suite on whose behalf code runs; None where nobody would cut them."""


def _close(child: subprocess.Popen[bytes]) -> None:
    assert child.stdin is not None
    child.stdin.close()


@dataclass
class Ended:
    """What a child process came to: its events in order, exit status (None: it was ended in time), and the tail of its output."""

    events: list[Event] = field(default_factory=list)
    status: int | None = None
    output: str = ""
    seconds: float = 0.0
    timed_out: bool = False


def run(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    folder: Path,
    timeout_s: float,
    on_event: Callable[[Event], None] | None = None,
) -> Ended:
    """Runs a command (pytest with our plug-in) and returns what it told; after `timeout_s` it and its children are ended.

    Raises Interrupted where the lifelines of this context were cut.
    """
    lifelines = LIFELINES.get() or Lifelines()
    if lifelines.is_cut:
        raise Interrupted
    started = time.monotonic()
    child, read_end = _begun(command, environ, folder)
    ended, tail = Ended(), bytearray()
    threads = [
        threading.Thread(target=_read_events, args=(read_end, ended.events, on_event), daemon=True),
        threading.Thread(target=_read_tail, args=(child.stdout, tail), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        with lifelines.holding(child):
            threads[0].join(timeout_s)  # Returns at once when the plug-in has closed the pipe; waiting for a process polls.
            ended.status = child.wait(timeout=max(started + timeout_s - time.monotonic(), 0.1))
    except subprocess.TimeoutExpired:
        ended.timed_out = True
    finally:
        _let_go(child)
        for thread in threads:
            thread.join(GRACE_S)
    if lifelines.is_cut:
        raise Interrupted
    ended.seconds, ended.output = time.monotonic() - started, tail.decode("utf-8", "replace")
    return ended


def _begun(command: Sequence[str], environ: Mapping[str, str], folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """The supervisor, started, and where its plug-in's events can be read."""
    read_end, write_end = os.pipe()
    supervisor = [sys.executable, "-I", "-S", str(Path(__file__).with_name("supervise.py")), *command]
    try:
        child = subprocess.Popen(
            supervisor, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder,
            pass_fds=(write_end,),
            env={**environ, PIPE_VARIABLE: str(write_end)}, start_new_session=True,
        )  # fmt: skip
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    return child, read_end


def _let_go(child: subprocess.Popen[bytes]) -> None:
    """Ends the lifeline; the supervisor then ends the suite and goes."""
    _close(child)
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _read_events(descriptor: int, events: list[Event], on_event: Callable[[Event], None] | None) -> None:
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as stream:
        for event in _lines(stream):
            if event["event"] not in PASSING:
                events.append(event)
            if on_event is not None:
                on_event(event)


def _lines(stream: Any) -> Iterator[Event]:
    left = MAX_TOLD_BYTES
    while left > 0 and (line := stream.readline(left)):
        left -= len(line)
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue  # A child that is ended in the middle of a line, or a suite that writes there itself.
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            yield event


def _read_tail(stream: Any, tail: bytearray) -> None:
    with stream:
        while piece := stream.read1(65_536):
            tail += piece
            del tail[:-MAX_OUTPUT_BYTES]


def plugin_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for PYTHONPATH in which our plug-in, and nothing else of ours, can be imported as `investigation_suite.hooks`."""
    folder = tempfile.TemporaryDirectory(prefix="suite-plugin-")
    package = Path(folder.name) / PACKAGE
    package.mkdir()
    package.joinpath("__init__.py").write_text(f"__path__ = [{str(Path(__file__).with_name('plugin'))!r}]\n", encoding="utf-8")
    return folder
