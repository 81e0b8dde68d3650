"""Runs what the parameters' group `suite` names, and says what each pass is worth.

A pytest suite is run in a process of its own, as often as it is to be repeated, and then again under sabotage; a JUnit
file is read instead where one is named. Raises `params.BadInput` and `SuiteFailed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lib.facts import CaseResult
from lib.parameters import loading as params
from lib.parameters.model import Parameters, SuiteSettings
from lib.redaction.redact import redact_text
from lib.suite import process
from lib.suite.junit import reading
from lib.suite.pytest_run import Once, SuiteFailed, run_once
from lib.suite.route_coverage import described, unexercised_routes
from lib.suite.sabotage.sabotage import MAX_LIMIT_S, Findings, sabotage
from lib.suite.sabotage.working_tree import changes, state_of
from lib.suite.source_analysis import reading_of
from lib.suite.sources import sources
from lib.suite.suite_run import NOT_GIVEN, SuiteRun
from lib.suite.targets import targets_of
from lib.suite.worth import MAX_NAMED, NOBODY, Judgement, judge

__all__ = ["NOT_GIVEN", "SuiteFailed", "SuiteRun", "run_suite", "run_suite_beside"]

Progress = Callable[[str], None]
BADNESS = ("passed", "skipped", "untested", "failed", "error")


def run_suite(
    settings: SuiteSettings,
    *,
    investigation: Mapping[str, Any],
    features: Mapping[str, Sequence[str]] | None = None,
    on_progress: Progress | None = None,
) -> SuiteRun:
    """The suite's run. `investigation` becomes the variable INVESTIGATION; its parameters say what the target is and what is
    secret.

    `features` are those of the parameters: which modules are to show that a feature works.
    """
    parameters = params.validated(investigation["parameters"], "INVESTIGATION") if investigation.get("parameters") else None
    secrets = params.known_secrets(parameters) if parameters else ()
    say = on_progress or (lambda text: None)
    if settings.junit is not None:
        return _as_read(reading.read(settings.junit, secrets=secrets))
    runs = []
    for number in range(1, settings.repeat + 1):
        once = f"run {number} of {settings.repeat}: " if settings.repeat > 1 else ""
        runs.append(run_once(settings, investigation=investigation, secrets=secrets, on_case=_reporting(say, once)))
    found = _together(runs)
    notes = (*_missing_modules(features or {}, found), *_ended_early(settings, found))
    found = replace(found, notes=notes, sources=sources(runs[0].root, found.nodeids))
    if parameters and parameters.target.rest_url:
        document = described(parameters.target.rest_url, timeout_s=parameters.target.timeout_s)
        found = replace(found, unexercised=document and unexercised_routes(document, found.exchanges))
    return _named(_judged(found, runs, settings, parameters, investigation, secrets, say), secrets)


async def run_suite_beside(settings: SuiteSettings, **given: Any) -> SuiteRun:
    """`run_suite` in a thread; where its caller is interrupted, all that it started ends before the interruption goes on."""
    lifelines = process.Lifelines()
    process.LIFELINES.set(lifelines)
    try:
        return await asyncio.to_thread(run_suite, settings, **given)
    except BaseException:
        lifelines.cut()
        raise


def _judged(
    found: SuiteRun,
    runs: list[Once],
    settings: SuiteSettings,
    parameters: Parameters | None,
    investigation: Mapping[str, Any],
    secrets: tuple[str, ...],
    say: Progress,
) -> SuiteRun:
    """The run with what each pass is worth; without sabotage only silence can be told."""
    passed = {nodeid: case for nodeid, case in zip(found.nodeids, found.cases, strict=True) if case.outcome == "passed"}
    asked = {nodeid: one.asked[nodeid] for one in reversed(runs) for nodeid in passed if nodeid in one.asked}
    urls = [url for url in (parameters.target.rest_url, parameters.target.ws_url) if url] if parameters else []
    targets = targets_of(urls) if asked else None
    asks = {nodeid: targets.among(asked[nodeid]) if targets and urls else None for nodeid in asked}
    suspects = [nodeid for nodeid, target in asks.items() if target]
    seen: Findings = {}
    notes: tuple[str, ...] = ()
    why_not = "" if urls else "the parameters name no target that could be replaced under sabotage"
    why_not = why_not or ("" if settings.sabotage else "there was no sabotage (suite.sabotage is false)")
    if suspects and not why_not:
        say(f"sabotage: {len(suspects)} cases again, their target replaced by servers that refuse, answer empty, or say nothing")
        before = state_of(runs[0].root)
        seen, notes = sabotage(
            settings,
            investigation=investigation,
            urls=urls,
            durations={nodeid: passed[nodeid].seconds for nodeid in suspects},
            exchanges=found.exchanges,
            one_by_one=runs[0].collides,
            attempts=runs[0].attempts,
            secrets=secrets,
            on_progress=say,
        )
        notes = (*notes, *_changed(changes(before, state_of(runs[0].root))))
    judgements = {
        nodeid: judge(
            case,
            seen.get(nodeid, {}),
            asked=asked.get(nodeid, NOBODY),
            asks_target=asks.get(nodeid),
            reading=reading_of(runs[0].root, nodeid),
            limit_s=MAX_LIMIT_S,
            not_sabotaged=why_not,
        )
        for nodeid, case in passed.items()
    }
    cases = tuple(
        replace(case, worth=judged.worth) if (judged := judgements.get(nodeid)) else case
        for nodeid, case in zip(found.nodeids, found.cases, strict=True)
    )
    judgements_made = {
        nodeid: _with_attempts(judged, runs[0].attempts.get(nodeid, 1)) for nodeid, judged in judgements.items() if judged
    }
    unread = sum(run.unread for run in runs)
    notes = (*notes, f"{unread} events of the suite's process could not be read") if unread else notes
    return replace(found, cases=cases, judgements=judgements_made, notes=(*found.notes, *notes))


def _named(found: SuiteRun, secrets: tuple[str, ...]) -> SuiteRun:
    """The run under node ids without secrets, which stand there as parameters of cases; pytest was called with the others."""
    told = {nodeid: redact_text(nodeid, secrets) for nodeid in found.nodeids}
    return replace(
        found,
        nodeids=tuple(told.values()),
        judgements={told.get(nodeid, nodeid): judged for nodeid, judged in found.judgements.items()},
        runs={told.get(nodeid, nodeid): outcomes for nodeid, outcomes in found.runs.items()},
    )


def _changed(paths: list[str]) -> tuple[str, ...]:
    """A sentence on the files of the suite that changed under sabotage, if any did."""
    if not paths:
        return ()
    more = f" and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else ""
    return (f"while the suite ran under sabotage these of its files changed: {', '.join(paths[:MAX_NAMED])}{more}",)


def _with_attempts(judged: Judgement, attempts: int) -> Judgement:
    """The judgement, with a doubt where the case did not pass at once."""
    if attempts < 2:
        return judged
    return replace(judged, doubts=(*judged.doubts, f"it passed in its attempt {attempts}: it is run again until it passes"))


def _missing_modules(features: Mapping[str, Sequence[str]], found: SuiteRun) -> tuple[str, ...]:
    """Sentences on features that are to be shown by modules which this suite does not have."""
    present = {case.module for case in found.cases}
    absent = {feature: [module for module in modules if module not in present] for feature, modules in features.items()}
    return tuple(
        f"feature {feature}: the suite has no module {', '.join(modules)}" for feature, modules in absent.items() if modules
    )


def _ended_early(settings: SuiteSettings, found: SuiteRun) -> tuple[str, ...]:
    never = next((case for case in found.cases if case.outcome == "untested"), None)
    untested = sum(case.outcome == "untested" for case in found.cases)
    limit = f"{settings.timeout_s:g} s: suite.timeout_s"
    if found.timed_out and not untested:
        broken = any("broken off during" in (case.message or "") for case in found.cases)
        what = "during the last of its cases" if broken else "after each case had ended: its process had not"
        return (f"the suite's time was up ({limit}) {what}",)
    if found.timed_out:
        return (f"the suite's time was up ({limit}): {untested} cases did not come to run",)
    return (f"the suite ended early: {untested} cases did not come to run ({never.message})",) if never else ()


def _as_read(found: reading.Read) -> SuiteRun:
    """What another runner wrote down: nothing is known of its traffic, so no pass is judged."""
    cases = tuple(found.cases.values())
    because = "read from a JUnit file, which does not say what a case sent"
    judgements = {
        nodeid: Judgement(worth=None, because=because) for nodeid, case in found.cases.items() if case.outcome == "passed"
    }
    return SuiteRun(
        cases=cases,
        nodeids=tuple(found.cases),
        seconds=found.seconds,
        collected=len(cases),
        runs=found.runs,
        judgements=judgements,
        notes=found.notes,
    )


def _reporting(say: Progress, prefix: str) -> Callable[[int, int, CaseResult], None]:
    def tell(done: int, collected: int, case: CaseResult) -> None:
        of = f" of {collected}" if done <= collected else ""  # a file that cannot be collected was not counted
        say(f"{prefix}case {done}{of}: {case.module}::{case.name} {case.outcome}")

    return tell


def _together(runs: list[Once]) -> SuiteRun:
    """One run, or the runs of a repeated suite: each case with its worst outcome."""
    cases: dict[str, CaseResult] = {}
    outcomes: dict[str, list[str]] = {}
    for run in runs:
        for nodeid, case in run.cases.items():
            outcomes.setdefault(nodeid, []).append(case.outcome)
            if nodeid not in cases or BADNESS.index(case.outcome) > BADNESS.index(cases[nodeid].outcome):
                cases[nodeid] = case
    exchanges = tuple(
        exchange if number == 0 else replace(exchange, id=f"{exchange.id}:run-{number + 1}")
        for number, run in enumerate(runs)
        for exchange in run.exchanges
    )
    return SuiteRun(
        cases=tuple(cases.values()),
        nodeids=tuple(cases),
        seconds=sum(run.seconds for run in runs),
        collected=max(run.collected for run in runs),
        exchanges=exchanges,
        apart=runs[0].apart,
        runs={nodeid: tuple(seen) for nodeid, seen in outcomes.items()} if len(runs) > 1 else {},
        timed_out=any(run.timed_out for run in runs),
    )
