"""To whom traffic belongs: the case, fixture or import on whose behalf code runs, also in tasks and threads. Standard library
only."""

from __future__ import annotations

import contextvars
import functools
import threading
import unittest
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

MAX_EXCHANGES = 2_000


@dataclass
class Tally:
    """What was sent and received, in numbers; `exchanges` are the wire's, the first `MAX_EXCHANGES` of them.

    `diverted` are the connections that sabotage led elsewhere. `programs` are child processes by what they run. `in_process`,
    `replayed` and `unseen` are the libraries by which something was asked that is no traffic of ours, with how often;
    `inside` are those of `hosts` that are servers in this process.
    """

    connections: int = 0
    rest_requests: int = 0
    handshakes: int = 0
    frames: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    processes: int = 0
    diverted: int = 0
    hosts: dict[str, int] = field(default_factory=dict)
    programs: dict[str, int] = field(default_factory=dict)
    in_process: dict[str, int] = field(default_factory=dict)
    replayed: dict[str, int] = field(default_factory=dict)
    unseen: dict[str, int] = field(default_factory=dict)
    inside: set[str] = field(default_factory=set)
    exchanges: list[Any] = field(default_factory=list)

    def numbers(self) -> dict[str, int]:
        """The counts of the contract, and how many child processes were started."""
        names = ("connections", "rest_requests", "handshakes", "frames", "bytes_out", "bytes_in", "processes")
        return {name: getattr(self, name) for name in names}


@dataclass(eq=False)
class Scope:
    """Someone on whose behalf code runs. A case is open from its own start to its own end; later traffic is not its."""

    name: str
    kind: Literal["import", "fixture", "case", "late"]
    open: bool = True
    tally: Tally = field(default_factory=Tally)


IMPORT = Scope("import", "import")
FIXTURES = Scope("fixtures", "fixture")
LATE = Scope("late", "late")

FIXED_PORTS: set[int] = set()
"""Ports that this process has bound by number: another process that runs the same code at the same time cannot."""

AFTER_SETUP: list[Callable[[], None]] = []
"""Called when a unittest case has been set up, which happens within its call."""

_scope: contextvars.ContextVar[Scope | None] = contextvars.ContextVar("scope", default=None)
_ambient: Scope = IMPORT


def current() -> Scope:
    """The scope on whose behalf the calling code runs."""
    scope = _scope.get() or _ambient
    return scope if scope.open else LATE


@contextmanager
def on_behalf_of(scope: Scope) -> Iterator[Scope]:
    """Code inside runs for `scope`, and so do the tasks and threads that it starts."""
    global _ambient
    before, token = _ambient, _scope.set(scope)
    _ambient = scope
    try:
        yield scope
    finally:
        _ambient = before
        _scope.reset(token)


def enter_task(scope: Scope) -> None:
    """The current task (or a context about to be given to one) runs for `scope`, whatever the others run for."""
    _scope.set(scope)


def carrying(scope: Scope, function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """An async function that runs for `scope` in whatever task it is awaited (anyio's runner has one task for many cases)."""

    @functools.wraps(function)
    async def carried(*args: Any, **kwargs: Any) -> Any:
        token = _scope.set(scope)
        try:
            return await function(*args, **kwargs)
        finally:
            _scope.reset(token)

    return carried


def install() -> Callable[[], None]:
    """Threads, pools and unittest's setUp keep their scopes from now on; returns what undoes it."""
    start, bootstrap, submit = threading.Thread.start, threading.Thread._bootstrap_inner, ThreadPoolExecutor.submit  # type: ignore[attr-defined]

    def start_in_scope(thread: threading.Thread) -> None:
        thread._started_for = current()  # type: ignore[attr-defined]
        start(thread)

    def bootstrap_in_scope(thread: threading.Thread) -> None:
        _scope.set(getattr(thread, "_started_for", None))
        bootstrap(thread)

    def submit_in_scope(pool: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        return submit(pool, _Within(current(), function), *args, **kwargs)

    threading.Thread.start = start_in_scope  # type: ignore[method-assign]
    threading.Thread._bootstrap_inner = bootstrap_in_scope  # type: ignore[attr-defined]
    ThreadPoolExecutor.submit = submit_in_scope  # type: ignore[method-assign,assignment]
    undo_unittest = [
        _as_fixture(case, name)
        for case in (unittest.TestCase, unittest.IsolatedAsyncioTestCase)
        for name in _SETUPS
        if name in vars(case)
    ]

    def undo() -> None:
        threading.Thread.start, threading.Thread._bootstrap_inner, ThreadPoolExecutor.submit = start, bootstrap, submit  # type: ignore[method-assign,attr-defined]
        for restore in undo_unittest:
            restore()

    return undo


_SETUPS = ("_callSetUp", "_callTearDown")


def _as_fixture(case: type, name: str) -> Callable[[], None]:
    original = vars(case)[name]

    def apart(self: Any, *args: Any) -> Any:
        with on_behalf_of(FIXTURES):
            result = original(self, *args)
        if name == "_callSetUp":
            for react in AFTER_SETUP:
                react()
        return result

    setattr(case, name, apart)
    return lambda: setattr(case, name, original)


class _Within:
    """A function that runs for the scope that submitted it."""

    __slots__ = ("function", "scope")

    def __init__(self, scope: Scope, function: Callable[..., Any]):
        self.scope, self.function = scope, function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        token = _scope.set(self.scope)
        try:
            return self.function(*args, **kwargs)
        finally:
            _scope.reset(token)
