"""Runs a pytest suite once, in a process of its own, and says what each case did.

Neither a failing case nor a suite that never ends is an error here: both are findings. Errors are `params.BadInput`
(nothing to run, or it cannot be started) and `SuiteFailed` (pytest itself broke).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib.facts import CaseResult, Exchange
from lib.parameters.loading import ROOT, BadInput, expanded, value_of
from lib.parameters.model import SuiteSettings
from lib.redaction.redact import redact_text
from lib.suite import process, results
from lib.suite.process import Ended, Event

MODULES = ROOT / "lib" / "suite" / "modules"
START = ROOT / "lib" / "suite" / "plugin" / "start.py"
PROJECT_FILES = ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg", "setup.py", ".git")
LESS_SURE_FILES = ("requirements.txt", "Makefile", "poetry.lock", "uv.lock", "Pipfile", "noxfile.py", "package.json")
SUITE_ACCEPTED = "a file or folder of pytest tests, or a node id in one"
_NO_SUITE = re.compile(
    r"no match in any of|^ERROR: (?:not found|found no collectors|path cannot|(?:module or package|directory))"
)
"""How pytest says that nothing at a path or behind its `::` is a test."""
_NOT_INHERITED = re.compile(r"PYTEST_(CURRENT_TEST|XDIST_.*|VERSION)|INVESTIGATION(_PIPE|_SABOTAGE)?")

UNUSABLE = 4
"""pytest's status where it takes neither its arguments nor its settings; it may have collected by then."""
SIGNALLED = 128
"""A status above says which signal ended a process."""

OnCase = Callable[[int, int, CaseResult], None]
"""Called with how many cases have ended, how many were collected, and the one that ended last."""


class SuiteFailed(Exception):
    """pytest broke off for a reason of its own, not of a case: what happened, and the last of what it wrote (redacted)."""

    is_sentence = True

    def __init__(self, happened: str, output: str):
        super().__init__(happened, output)
        self.happened, self.output = happened, output

    def __str__(self) -> str:
        last = next((line.strip() for line in reversed(self.output.splitlines()) if line.strip()), "")
        return f"the suite could not be run: {self.happened}" + (f" ({last[:300]})" if last else "")


@dataclass(frozen=True, kw_only=True)
class Once:
    """One run: the cases by node id in the order of collection, and what they sent. `overran` are the cases ended for their
    time under
    sabotage, `elsewhere` those that did not ask the target then. `called` is the outcome of a case's call alone (None: it never
    came to it), `attempts` how often it was run. `collides` says that two runs at a time could be in each other's way.
    """

    cases: dict[str, CaseResult]
    seconds: float
    collected: int
    exchanges: tuple[Exchange, ...] = ()
    apart: tuple[results.Apart, ...] = ()
    asked: Mapping[str, results.Asked] = field(default_factory=dict)
    called: Mapping[str, str | None] = field(default_factory=dict)
    attempts: Mapping[str, int] = field(default_factory=dict)
    collides: bool = False
    overran: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    root: Path | None = None
    timed_out: bool = False
    unread: int = 0


def run_once(
    settings: SuiteSettings,
    *,
    investigation: Mapping[str, Any],
    secrets: tuple[str, ...] = (),
    on_case: OnCase | None = None,
    extra_environ: Mapping[str, str] | None = None,
    extra_args: tuple[str, ...] = (),
) -> Once:
    """Runs the suite at `settings.path`; `investigation` becomes the variable INVESTIGATION.

    `secrets` are replaced in everything returned. Raises BadInput and SuiteFailed, see above.
    """
    path, selection = _existing(settings.path)
    secrets = (*secrets, *_given_secrets(settings))
    follow = _Follow(secrets, on_case)
    with process.plugin_folder() as folder:
        environ = _environ(path, settings, investigation, folder) | dict(extra_environ or {})
        command = [*_python(settings), *_arguments(path, selection, folder), *settings.args, *extra_args]
        ended = process.run(command, environ=environ, folder=_project_of(path), timeout_s=settings.timeout_s, on_event=follow)
    ended.output = redact_text(ended.output, secrets)
    _refuse_if_broken(ended, settings)
    apart = _apart(_last(ended, "finished"))
    cases = follow.cases_with_unfinished(ended)
    return Once(
        cases=cases,
        seconds=ended.seconds,
        collected=len(follow.collected) or len(cases),
        exchanges=tuple(follow.exchanges),
        apart=tuple(apart),
        asked=follow.asked,
        called=follow.called,
        attempts=follow.attempts,
        collides=_collides(_last(ended, "finished")),
        overran=frozenset(follow.overran),
        elsewhere=frozenset(follow.elsewhere),
        root=follow.root,
        timed_out=ended.timed_out,
        unread=follow.unread,
    )


def _collides(finished: Event) -> bool:
    """Whether fixtures hold a port by its number, or start programs, which might."""
    apart = finished.get("apart")
    programs = [part.get("programs") for part in apart if isinstance(part, dict)] if isinstance(apart, list) else []
    return bool(finished.get("fixed_ports") or any(programs))


def _apart(finished: Event) -> list[results.Apart]:
    try:
        return [results.Apart(str(part["name"]), results.traffic(part["traffic"])) for part in finished.get("apart", ())]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return []


class _Follow:
    """Takes the plug-in's events as they come."""

    def __init__(self, secrets: tuple[str, ...], on_case: OnCase | None):
        self._secrets, self._on_case = secrets, on_case
        self.collected: dict[str, None] = {}
        self.running: set[str] = set()
        self.cases: dict[str, CaseResult] = {}
        self.exchanges: list[Exchange] = []
        self.asked: dict[str, results.Asked] = {}
        self.called: dict[str, str | None] = {}
        self.attempts: dict[str, int] = {}
        self.overran: set[str] = set()
        self.elsewhere: set[str] = set()
        self.root: Path | None = None
        self.unread = 0

    def __call__(self, event: Event) -> None:
        """Takes one event; what a suite has forged or damaged is counted and ends nothing."""
        try:
            self._take(event)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
            self.unread += 1

    def _take(self, event: Event) -> None:
        match event["event"]:
            case "collected":
                self.collected |= dict.fromkeys(map(str, event["nodeids"]))
                self.root = Path(event["root"])
            case "started":
                self.running.add(event["nodeid"])
            case "not collected":
                self._add({"nodeid": event["nodeid"] or "collection", "outcome": event["outcome"], "message": event["message"]})
            case "case":
                nodeid = str(event["nodeid"])
                asked, exchanges = results.asked_of(event), results.exchanges_of(event, self._secrets)
                self._add(event)
                self.running.discard(nodeid)
                self.asked[nodeid] = asked
                self.exchanges += exchanges
                self.called[nodeid] = event.get("called")
                if event.get("overran"):
                    self.overran.add(nodeid)
                if event.get("met") is False:
                    self.elsewhere.add(nodeid)
                self.attempts[nodeid] = int(event.get("attempts") or 1)

    def _add(self, event: Event) -> None:
        case = self.cases[event["nodeid"]] = results.case_result(event, self._secrets)
        if self._on_case is not None:
            self._on_case(len(self.cases), len(self.collected), case)

    def cases_with_unfinished(self, ended: Ended) -> dict[str, CaseResult]:
        """Every collected case in order; one that was running when the process ended broke, one that never began is untested."""
        why = "the suite's time was up" if ended.timed_out else f"the suite's process {_ending(ended.status)}"
        why += f": {_complaint(ended.output)}" if ended.status == UNUSABLE else ""
        why = redact_text(_last(ended, "broken off").get("message") or why, self._secrets)
        for nodeid in self.collected:
            if nodeid not in self.cases:
                outcome, when = (
                    ("error", "during this case") if nodeid in self.running else ("untested", "before this case began")
                )
                self.cases[nodeid] = results.case_result(
                    {"nodeid": nodeid, "outcome": outcome, "message": f"broken off {when}: {why}"}
                )
        broken = {nodeid: case for nodeid, case in self.cases.items() if nodeid not in self.collected}
        return broken | {nodeid: self.cases[nodeid] for nodeid in self.collected}


def asks_only_the_target(settings: SuiteSettings) -> bool:
    """Whether the suite is our own ten modules, which ask nobody else; another may start a server of its own."""
    return settings.path is not None and _existing(settings.path)[0].is_relative_to(MODULES)


def _existing(given: str | None) -> tuple[Path, str]:
    """The file or folder of `suite.path`, and the part of a node id behind it ("" for all of it)."""
    if given is None:
        raise BadInput("suite.path", "it is not set", SUITE_ACCEPTED)
    text, separator, inside = given.partition("::")
    path = expanded(text, where="suite.path")
    path = path if path.is_absolute() else ROOT / path
    if not os.path.exists(path):  # nor where it may not be entered
        raise BadInput("suite.path", f"there is no {given}", SUITE_ACCEPTED)
    if not (path.is_file() or path.is_dir()):
        raise BadInput("suite.path", f"{given} is no regular file", SUITE_ACCEPTED)
    return path.resolve(), separator + inside


def _project_of(path: Path) -> Path:
    """Where the suite's authors would start it: the nearest folder upwards with a project file, else above `tests`."""
    own = path if path.is_dir() else path.parent
    upwards = (own, *own.parents)
    for names, folders in ((PROJECT_FILES, upwards), (LESS_SURE_FILES, upwards[:3])):
        for folder in folders:
            if any((folder / name).exists() for name in names):
                return folder
    return next((folder.parent for folder in upwards[:3] if folder.name in ("test", "tests")), own)


def _python(settings: SuiteSettings) -> list[str]:
    if settings.python is None:
        return [sys.executable]
    relative = ROOT / expanded(settings.python, where="suite.python")
    found = str(relative) if os.path.isfile(relative) and os.access(relative, os.X_OK) else shutil.which(settings.python)
    if found is None:
        raise BadInput(
            "suite.python", f"there is no program {settings.python}", "the Python of an environment in which pytest is installed"
        )
    return [found]


def _arguments(path: Path, selection: str, folder: str) -> list[str]:
    keeping = ["-o", f"cache_dir={folder}/cache", "--continue-on-collection-errors"]
    return [str(START), "-p", f"{process.PACKAGE}.hooks", *keeping, f"{path}{selection}"]


def _environ(path: Path, settings: SuiteSettings, investigation: Mapping[str, Any], folder: str) -> dict[str, str]:
    # Handed on as a whole, not read: what the suite needs of it is the suite's affair.
    inherited = {name: value for name, value in os.environ.items() if not _NOT_INHERITED.fullmatch(name)}
    given = {name: value_of(value, where=f"suite.env.{name}") for name, value in settings.env.items()}
    environ = inherited | given
    if not path.is_relative_to(MODULES):
        environ["PYTHONDONTWRITEBYTECODE"] = environ.get("PYTHONDONTWRITEBYTECODE") or "1"  # The folder stays as it was.
    environ["PYTHONPATH"] = os.pathsep.join(part for part in (environ.get("PYTHONPATH"), folder) if part)
    if path.is_relative_to(MODULES) and not settings.args:
        environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = (
            "1"  # Our own modules need none, and importing them takes longer than the cases.
        )
    return environ | {"INVESTIGATION": json.dumps(investigation)}


def _given_secrets(settings: SuiteSettings) -> tuple[str, ...]:
    values = (value_of(value, where=f"suite.env.{name}") for name, value in settings.env.items() if re.match("env:|file:", value))
    return tuple(values)


def _told(ended: Ended, kind: str) -> list[Event]:
    """What was told of this kind, as pytest tells it; what a suite forged is left out."""
    texts = ("nodeid", "outcome", "message")
    return [one for one in ended.events if one["event"] == kind and all(isinstance(one.get(name), str | None) for name in texts)]


def _last(ended: Ended, kind: str) -> Event:
    return next(reversed(_told(ended, kind)), {})


def _refuse_if_broken(ended: Ended, settings: SuiteSettings) -> None:
    told = {event["event"] for event in ended.events}
    if ended.timed_out and "collected" not in told:
        file = _last(ended, "collecting").get("nodeid")
        where = f", and {file} was being imported" if file else ""
        raise SuiteFailed(f"no case was collected in {settings.timeout_s:g} s{where}", "" if file else ended.output)
    if "internal error" in told:
        raise SuiteFailed("pytest broke off with an internal error", _last(ended, "internal error").get("message") or "")
    if ended.status == UNUSABLE and (broken := _broken_conftest(ended.output)):
        raise BadInput("suite.path", f"a conftest.py of the suite cannot be loaded: {broken}", "a suite that pytest can start")
    if ended.status == UNUSABLE and "finished" not in told:
        given = ("suite.args", "them") if settings.args else ("suite.path", "this suite's own settings")
        raise BadInput(
            given[0],
            f"pytest does not start with {given[1]}: {_complaint(ended.output)}",
            "arguments and settings that this suite's pytest knows",
        )
    if "No module named 'pytest'" in ended.output and not told:
        raise BadInput(
            "suite.python", "pytest is not installed there", "the Python of an environment in which pytest is installed"
        )
    if ended.status == UNUSABLE and "collected" not in told and (why := _no_suite(ended.output)):
        raise BadInput("suite.path", f"pytest takes {settings.path} for no suite: {why}", SUITE_ACCEPTED)
    not_collected = _told(ended, "not collected")
    if "collected" not in told and all(event.get("outcome") == "skipped" for event in not_collected):
        if "finished" in told and ended.status in (0, 5):
            why = "".join(
                f"; {event.get('nodeid')} skips itself: {redact_text(event.get('message') or '')[:200]}"
                for event in not_collected[:3]
            )
            raise BadInput(
                "suite.path",
                f"pytest found no case in {settings.path}{why}",
                "a suite with at least one case (zero cases are no result)",
            )
        _refuse_ended(ended)
        if "finished" in told:
            raise SuiteFailed(f"pytest ended with status {ended.status} before it had collected a case", ended.output)
        when = "before pytest had collected a case, as if a conftest.py, a plug-in or an option had ended it"
        raise SuiteFailed(f"its process {_ending(ended.status)} {when}", ended.output)


def _ending(status: int | None) -> str:
    """How a process ended, in words: by which signal, or with which status."""
    if status is None or 0 <= status <= SIGNALLED:
        return f"ended (status {status})"
    number = status - SIGNALLED if status > 0 else -status
    name = f"{number}, {signal.Signals(number).name}" if number in set(signal.Signals) else f"{number}"
    return f"was killed (signal {name})"


def _refuse_ended(ended: Ended) -> None:
    """Refuses a suite that ended its own process while it was collected, by the file that did."""
    file = _last(ended, "collecting").get("nodeid")
    if file and not _last(ended, "finished"):
        if ended.status is not None and ended.status > SIGNALLED:
            raise SuiteFailed(f"its process {_ending(ended.status)} while {file} was imported", ended.output)
        ends = f"{file} ends Python when it is imported (status {ended.status})"
        raise BadInput("suite.path", ends, "a suite that pytest can collect")


def _no_suite(output: str) -> str | None:
    """pytest's own words where what it was given is no suite of its, None where they are others."""
    lines = [line.strip() for line in output.splitlines() if _NO_SUITE.search(line.strip())]
    return lines[0].removeprefix("ERROR: ")[:300] if lines else None


def _broken_conftest(output: str) -> str | None:
    """Which conftest broke, and of what; None where it is not that."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    start = next((number for number, line in enumerate(lines) if "while loading conftest" in line), None)
    if start is None:
        return None
    errors = [line[2:].strip() for line in lines[start:] if line.startswith("E ")]
    file = lines[start].partition("conftest '")[2].partition("'")[0]
    return f"{file}: {errors[0] if errors else lines[-1]}"[:300]


def _complaint(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in lines if "rror" in line), lines[-1] if lines else "it said nothing")[:300]
