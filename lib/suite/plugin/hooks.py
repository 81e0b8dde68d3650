"""The pytest plug-in that tells what each case really sent: `-p lib.suite.plugin`, no change to the suite.

Standard library and pytest only, for it runs in other people's environments. Alone it changes nothing but, with
`--traffic PATH`, writes one JSON line a case. Under our runner it writes to the pipe whose number stands in
`INVESTIGATION_PIPE`; under xdist the workers' findings travel in their reports, and the controller writes.
"""

from __future__ import annotations

import contextvars
import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import pytest

from . import attribution, diversion, events, reports, sockets
from .attribution import FIXTURES, IMPORT, LATE, Scope
from .time_limit import deadline

SCOPE = pytest.StashKey[Scope]()
BESIDE = pytest.StashKey[bool]()
ATTEMPTS = pytest.StashKey[int]()
DURATION = pytest.StashKey[float]()
ASKED_BEFORE = pytest.StashKey[int]()
_OUTCOMES = ("skipped", "passed", "failed", "error")


def _fresh() -> dict[str, Any]:
    """What is known of a case before its first report. `called` is the outcome of its call, and of what it found wrong and a
    teardown that asks nobody asserts."""
    return {"outcome": "skipped", "seconds": 0.0, "message": None, "failure": None, "told": None, "called": None}


def _where(error: BaseException) -> str:
    """The file in which it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename if trace is not None else "?"


def _asserts(error: BaseException) -> bool:
    """Whether it is an assertion, or a group of them."""
    parts = getattr(error, "exceptions", None)
    return all(map(_asserts, parts)) if parts else isinstance(error, (AssertionError, pytest.fail.Exception))


def _exited(exit: SystemExit) -> str:
    return f"SystemExit: {'' if exit.code is None else exit.code}".rstrip(" :")


def _let_go_of_lib() -> None:
    """Forgets the packages by which this one was found as `lib.suite.plugin`, unless more of `lib` than these is in use."""
    ours = {"lib", "lib.suite", "lib.suite.plugin"}
    if {name for name in sys.modules if name == "lib" or name.startswith("lib.")} <= ours:
        for name in ours:
            sys.modules.pop(name, None)


_let_go_of_lib()


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    group = parser.getgroup("traffic")
    group.addoption("--traffic", metavar="PATH", help="write what each case sent, one JSON line a case")
    # The first moment that a `-p` plug-in has: before other plug-ins and conftests import client libraries, or use them.
    pluginmanager.register(Watch(), "traffic-watch")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    watch = config.pluginmanager.get_plugin("traffic-watch")
    if watch is not None:
        watch.open_output(config)
        if watch.diversion:
            reports.write_none(config.option)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Before coverage begins, which it does with the first conftest."""
    if os.environ.get(diversion.VARIABLE):
        reports.write_none(early_config.known_args_namespace)
    try:
        return (yield)
    except SystemExit as exit:
        raise pytest.UsageError(f"while loading conftest '{_where(exit)}'\nE   {_exited(exit)}") from exit


class Watch:
    """One pytest process: whose traffic it is at each moment, and what is told of each case."""

    def __init__(self) -> None:
        self.config: Any = None
        self._out: TextIO | None = None
        self._process = os.getpid()
        self._reports: dict[str, dict[str, Any]] = {}
        self._apart: list[dict[str, Any]] = []
        self._not_collected: dict[str, tuple[str, str | None]] = {}
        self.diversion = diversion.from_environment()
        self._undo: Callable[[], None] = sockets.install(self.diversion.divert if self.diversion else None)

    @property
    def is_worker(self) -> bool:
        """Whether this process is one of xdist's."""
        return hasattr(self.config, "workerinput")

    @property
    def _private(self) -> bool:
        return self.config.getoption("--traffic", None) is not None

    def open_output(self, config: pytest.Config) -> None:
        """Opens where findings are told; a worker has none of its own."""
        self.config = config
        pipe, path = os.environ.pop(events.PIPE_VARIABLE, None), config.getoption("--traffic", None)
        if self.is_worker:
            return
        if pipe is not None:
            os.set_inheritable(int(pipe), False)
            self._out = os.fdopen(int(pipe), "w", encoding="utf-8", errors="replace")
        elif path is not None:
            self._out = open(path, "w", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed at the session's end

    def tell(self, **event: Any) -> None:
        """Writes one finding; a reader that has gone away stops nothing, and a case that forks has no second voice."""
        if self._out is None or os.getpid() != self._process:
            return
        try:
            self._out.write(json.dumps(event) + "\n")
            self._out.flush()
        except (OSError, ValueError):
            self._out = None

    def limit_s(self, item: pytest.Item) -> float | None:
        """How long a case may take; None for as long as it likes."""
        return self.diversion.limit_s(item.nodeid) if self.diversion else None

    def context_of(self, item: pytest.Item) -> contextvars.Context:
        """For a case that will run beside others: the context in which it runs, so that its traffic is its own."""
        scope = item.stash.setdefault(SCOPE, Scope(item.nodeid, "case"))
        item.stash[BESIDE] = True
        context = contextvars.copy_context()
        context.run(attribution.enter_task, scope)
        return context

    def case_ended(self, item: pytest.Item, seconds: float) -> None:
        """What the case sends from now on is late."""
        item.stash[SCOPE].open = False
        item.stash[DURATION] = seconds

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        with attribution.on_behalf_of(FIXTURES):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        item.stash[ATTEMPTS] = item.stash.get(ATTEMPTS, 0) + 1
        if item.stash.get(BESIDE, False):
            # The case runs among others and carries its scope itself.
            return (yield)
        scope = item.stash[SCOPE] = Scope(item.nodeid, "case")  # A new one for each attempt of a case that is run again.
        started = time.perf_counter()
        try:
            with attribution.on_behalf_of(scope):
                if self.diversion is None:
                    return (yield)
                with self.diversion.case(item.nodeid):
                    return (yield)
        finally:
            self.case_ended(item, time.perf_counter() - started)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[Any]:
        case = pyfuncitem.obj
        if not inspect.iscoroutinefunction(case):
            return (yield)
        pyfuncitem.obj = attribution.carrying(pyfuncitem.stash[SCOPE], case)
        try:
            return (yield)
        finally:
            pyfuncitem.obj = case

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        item.stash[ASKED_BEFORE] = FIXTURES.tally.bytes_out
        with attribution.on_behalf_of(FIXTURES):
            if self.diversion is None or not self.diversion.overran(item.nodeid, item.stash.get(DURATION, 0.0)):
                return (yield)
            with deadline(
                self.diversion.limit_s(item.nodeid)
            ):  # What caught the end of its time may catch that of its event loop too.
                return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        report = yield
        if call.when == "call" and (scope := item.stash.get(SCOPE, None)) is not None:
            seconds = item.stash.get(DURATION, call.duration)
            told = events.case(scope, private=self._private) | {"attempts": item.stash.get(ATTEMPTS, 1)}
            if self.diversion:
                told |= {"overran": self.diversion.overran(item.nodeid, seconds), "met": self.diversion.met(scope)}
            report.duration = seconds
            report.traffic = json.dumps(told | {"seconds": seconds})
        if call.excinfo is not None and report.outcome == "failed":
            report.failure = events.failure(call.excinfo)
            asked_nobody = FIXTURES.tally.bytes_out == item.stash.get(ASKED_BEFORE, None)
            report.soft = call.when == "teardown" and asked_nobody and _asserts(call.excinfo.value)
        return report

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.tell(event="started", nodeid=nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self.is_worker:
            return
        seen = self._reports.setdefault(report.nodeid, _fresh())
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        if outcome in ("rerun", "retried"):  # An attempt that decides nothing: the case is run again.
            self._reports[report.nodeid] = _fresh()
            return
        if report.when == "call" and outcome not in ("failed", "skipped") and not hasattr(report, "context"):
            seen["outcome"] = max(seen["outcome"], "passed", key=_OUTCOMES.index)
        if outcome in ("failed", "error"):
            seen["outcome"] = max(seen["outcome"], outcome, key=_OUTCOMES.index)
            seen["message"] = seen["message"] or events.clipped(report.longreprtext)
            seen["failure"] = seen["failure"] or getattr(report, "failure", None)
            if getattr(report, "soft", False) and seen["called"] == "passed":
                seen["called"] = "failed"
        elif outcome == "skipped" and seen["message"] is None:
            seen["message"] = events.skip_reason(report)
        if report.when == "call":
            # A part of a case (a sub-test) reports before the whole, which may pass where a part failed.
            seen["called"] = max(seen["called"] or "skipped", outcome, key=_OUTCOMES.index)
            seen["seconds"] = report.duration
            seen["told"] = getattr(report, "traffic", None) or seen["told"]
        if report.when == "teardown":
            self._tell_case(report.nodeid)

    def _tell_case(self, nodeid: str) -> None:
        seen = self._reports.pop(nodeid)
        told = json.loads(seen.pop("told") or "{}")
        self.tell(event="case", nodeid=nodeid, **(told | seen))

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.diversion and self.diversion.only is not None:
            items[:] = [item for item in items if item.nodeid in self.diversion.only]
        if self.diversion:
            reports.run_as_often(items, self.diversion.attempts, self.config.pluginmanager)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if not self.is_worker and session.items:
            self.tell(event="collected", nodeids=[item.nodeid for item in session.items], root=str(self.config.rootpath))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        self.tell(event="collected", nodeids=list(ids), root=str(self.config.rootpath))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """What ends the interpreter on import is an error beside the others, as any other exception is."""
        self.tell(event="collecting", nodeid=collector.nodeid)
        try:
            return (yield)
        except SystemExit as exit:
            told = f"{_where(exit)} ends the interpreter when it is imported\nE   {_exited(exit)}"
            return pytest.CollectReport(collector.nodeid, "failed", told, [])  # type: ignore[return-value]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.passed or (report.failed and self.is_worker):
            return  # A worker's failures come to the controller as reports of its own.
        message = events.skip_reason(report) if report.skipped else events.clipped(report.longreprtext)
        self._tell_not_collected(report.nodeid, "skipped" if report.skipped else "error", message)

    def _tell_not_collected(self, nodeid: str, outcome: str, message: str | None) -> None:
        if self._not_collected.setdefault(nodeid, (outcome, message)) == (outcome, message):
            self.tell(event="not collected", nodeid=nodeid, outcome=outcome, message=message)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # pytest.exit() comes here too, and says why.
        self.tell(event="broken off", message=events.clipped(str(excinfo.value) or excinfo.typename))

    def pytest_internalerror(self, excrepr: Any) -> None:
        self.tell(event="internal error", message=events.clipped(str(excrepr)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        output = getattr(node, "workeroutput", {})
        self._apart += output.get("traffic_apart", [])
        for nodeid, (outcome, message) in output.get("traffic_not_collected", {}).items():
            self._tell_not_collected(nodeid, outcome, message)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> Iterator[None]:
        apart = [events.case(scope, private=self._private) | {"name": scope.name} for scope in (IMPORT, FIXTURES, LATE)]
        if self.is_worker:
            self.config.workeroutput["traffic_apart"] = apart  # type: ignore[attr-defined]
            self.config.workeroutput["traffic_not_collected"] = self._not_collected  # type: ignore[attr-defined]
        try:
            return (yield)
        finally:
            self._undo()
            for nodeid, seen in list(self._reports.items()):
                if seen != _fresh():  # else it was broken off before it came to anything, as by pytest.exit
                    self._tell_case(nodeid)
            fixed = sorted(attribution.FIXED_PORTS)
            self.tell(event="finished", exitstatus=int(exitstatus), apart=apart + self._apart, fixed_ports=fixed)
            if self._out is not None:
                self._out.close()
