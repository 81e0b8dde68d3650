"""The suite again, with its target replaced: what each case does against a server that refuses, answers empty, or says
nothing."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lib.facts import Exchange
from lib.parameters.loading import BadInput
from lib.parameters.model import SuiteSettings
from lib.suite.plugin import diversion
from lib.suite.pytest_run import Once, SuiteFailed, run_once
from lib.suite.results import DEFAULT_PORTS
from lib.suite.sabotage import certificate
from lib.suite.sabotage.answers import answers_of
from lib.suite.sabotage.servers import Ports, saboteurs
from lib.suite.worth import Mode, Sabotaged

LIMIT_S, MAX_LIMIT_S = 5.0, 30.0
"""A case under sabotage that has not ended by then, or in twice the time that it took, is ended, and red."""
SILENT_S = 30.0
"""All that the silent server may cost: it decides no worth."""
PROCESSES = 4
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "socks_proxy")
_NO_PROXIES = dict.fromkeys([*_PROXIES, *map(str.upper, _PROXIES)], "")

Findings = dict[str, dict[Mode, Sabotaged]]
"""By node id and kind of sabotage."""


def sabotage(
    settings: SuiteSettings,
    *,
    investigation: Mapping[str, Any],
    urls: Collection[str],
    durations: Mapping[str, float],
    exchanges: Iterable[Exchange] = (),
    one_by_one: bool = False,
    attempts: Mapping[str, int] | None = None,
    secrets: tuple[str, ...] = (),
    on_progress: Callable[[str], None] = lambda text: None,
) -> tuple[Findings, tuple[str, ...]]:
    """Runs these cases again with the servers at `urls` replaced; what each did, and sentences on what could not be run.

    `durations` are the cases by node id, and the seconds that each took; `attempts` says how often one was run where it did not
    pass at once.

    The servers answer in the manner of `exchanges`. `one_by_one` is for suites that hold ports or start programs, of which two
    runs at a time would be in each other's way.

    A case that neither the refusing nor the empty server turned red is asked of the silent one too, which takes its time:
    it decides no worth, but shows who would not even miss an answer.
    """
    with tempfile.TemporaryDirectory(prefix="sabotage-") as name, ThreadPoolExecutor(PROCESSES) as pool:
        folder = Path(name)
        wants_tls = any(urlsplit(url).scheme in ("https", "wss") for url in urls)
        trusted, tls = certificate.make([str(urlsplit(url).hostname) for url in urls], folder) if wants_tls else (None, None)
        with saboteurs(tls, answers_of(exchanges)) as servers:
            limits = {
                nodeid: min(2 * seconds + 1, MAX_LIMIT_S) for nodeid, seconds in durations.items() if 2 * seconds + 1 > LIMIT_S
            }
            work = _Sabotage(settings, investigation, secrets, folder, trusted, limits, attempts or {}, on_progress)

            def submit(mode: Mode, only: list[str], timeout_s: float) -> tuple[Mode, Future[Once | str]]:
                plan = work.plan(mode, _targets(urls, servers[mode]), only)
                return mode, pool.submit(copy_context().run, work.run, mode, plan, timeout_s)

            deciding: tuple[Mode, ...] = ("refusing", "empty")
            for modes in ([mode] for mode in deciding) if one_by_one else [deciding]:
                work.take([submit(mode, sorted(durations), settings.timeout_s) for mode in modes])
            stubborn = sorted(
                nodeid for nodeid, seen in work.findings.items() if {one.outcome for one in seen.values()} == {"passed"}
            )
            processes = 1 if one_by_one else PROCESSES
            parts = [part for start in range(processes) if (part := stubborn[start::processes])]
            work.take([submit("silent", part, min(settings.timeout_s, SILENT_S)) for part in parts])
    return work.findings, tuple(work.notes)


class _Sabotage:
    """The runs of one sabotage, and what they have found so far."""

    def __init__(
        self,
        settings: SuiteSettings,
        investigation: Mapping[str, Any],
        secrets: tuple[str, ...],
        folder: Path,
        trusted: Path | None,
        limits: Mapping[str, float],
        attempts: Mapping[str, int],
        on_progress: Callable[[str], None],
    ):
        self._settings, self._investigation, self._secrets = settings, investigation, secrets
        self._folder, self._trusted, self._say = folder, trusted, on_progress
        self._limits, self._attempts = limits, {nodeid: number for nodeid, number in attempts.items() if number > 1}
        self.findings: Findings = {}
        self.notes: list[str] = []

    def plan(self, mode: Mode, targets: list[list[Any]], only: list[str]) -> Path:
        """Writes what the plug-in is to do, as a file that it reads."""
        document = {"targets": targets, "limit_s": LIMIT_S, "limits": dict(self._limits), "only": only}
        document |= {"attempts": self._attempts, "authority": str(self._trusted) if self._trusted else None}
        path = self._folder / f"{mode}-{len(list(self._folder.iterdir()))}.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def run(self, mode: Mode, plan: Path, timeout_s: float) -> Once | str:
        """One run under sabotage, or the sentence that says why there was none."""
        # No proxy may stand between, only colours count (a traceback each would take longer than the cases), and red ends no run.
        environ, quietly = {**_NO_PROXIES, diversion.VARIABLE: str(plan)}, ("--tb=no", "--maxfail=0")
        environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(self._folder / "hypothesis")  # Where it keeps what it has seen fail.
        settings = self._settings.model_copy(update={"timeout_s": timeout_s})
        try:
            return run_once(
                settings, investigation=self._investigation, secrets=self._secrets, extra_environ=environ, extra_args=quietly
            )
        except (SuiteFailed, BadInput) as failure:
            return f"sabotage ({mode}) could not be run: {failure}"

    def take(self, runs: Iterable[tuple[Mode, Future[Once | str]]]) -> None:
        """Waits for runs and keeps what they found."""
        for mode, future in runs:
            found = future.result()
            if isinstance(found, str):
                self.notes.append(found)
                continue
            if found.timed_out and mode != "silent":
                self.notes.append(f"sabotage ({mode}): the time was up before every case had run (suite.timeout_s)")
            green = sum(case.outcome == "passed" for case in found.cases.values())
            self._say(f"sabotage: {green} of {len(found.cases)} cases stay green against the {mode} server")
            for nodeid, case in found.cases.items():
                if not (found.timed_out and case.outcome == "error"):
                    outcome = found.called.get(nodeid) or case.outcome
                    seen = Sabotaged(outcome=outcome, overran=nodeid in found.overran, met=nodeid not in found.elsewhere)
                    self.findings.setdefault(nodeid, {})[mode] = seen


def _targets(urls: Collection[str], ports: Ports) -> list[list[Any]]:
    found = []
    for url in urls:
        parts = urlsplit(url)
        here = ports.tls if parts.scheme in ("https", "wss") else ports.plain
        found.append([parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme], here])
    return found
