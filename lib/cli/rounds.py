"""What `round` does with its arguments: one round, the loop until it is healthy, several environments; and what CI is told."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lib.cli.composition import loaded, overrides
from lib.cli.destinations import addition
from lib.cli.text import round_text
from lib.parameters.certificates import UNVERIFIED
from lib.parameters.loading import ROOT, BadInput, load
from lib.parameters.model import Parameters
from lib.records.rounds_on_disk import is_finished
from lib.rounds import until
from lib.rounds.runner import Round, run_round, write_overview
from lib.rounds.several import rounds_of

Progress = Callable[[str], None]
MOST, LAST, COULD_NOT = 5, 9999, 3


def one_or_until(given: argparse.Namespace, progress: Progress, at_last: Progress | None = None) -> dict[str, Any]:
    """A round, or rounds until one is healthy; document, text and exit status. `at_last` is told what has to be known of a round
    that is broken off."""
    if given.until is None and (given.after or given.max is not None):
        raise BadInput("--after" if given.after else "--max", "there is no --until", "--until healthy beside it")
    if given.max is not None and not 1 <= given.max <= 1000:
        raise BadInput("--max", f"found {given.max}", "a whole number from 1 to 1000")
    _check_summary(given.summary)
    unwritten: list[str] = []
    run = partial(_run, given, progress, at_last, unwritten)
    if given.until is None:
        rounds, loop = [run(given.number)], []
    else:
        most = given.max or MOST
        if given.number + most - 1 > LAST:
            raise BadInput("--number", f"found {given.number}, and {most} rounds from there", f"rounds up to {LAST}")
        between = partial(_between, given, progress)
        rounds = until.until_healthy(run, first=given.number, most=most, between=between, progress=progress)
        loop = [*_each(rounds), f"overview: {Path(given.out) / 'index.html'}"]
    done = rounds[-1]
    parameters = loaded(given)
    unverified = [] if parameters.target.tls.verify else [UNVERIFIED]
    text = "\n".join([*_annotations(parameters, done), *unverified, round_text(done), *loop, *unwritten])
    return {"document": done.report, "text": text, "status": COULD_NOT if unwritten else done.status}


def _each(rounds: Sequence[Round]) -> Iterator[str]:
    """What each round of a loop came to, and what it changed beside the one before."""
    from lib.cli.text import changed_text
    from lib.reports.documents import compare_folders

    for before, done in zip([None, *rounds], rounds, strict=False):
        yield f"{done.folder.name}: {(done.report or {}).get('headline') or 'no report'}"
        if before is not None:
            yield from changed_text(compare_folders(before.folder, done.folder))
    if not until.is_healthy(rounds[-1]):
        yield f"not healthy after {len(rounds)} round{'s' if len(rounds) > 1 else ''} (--max)"


def several(given: argparse.Namespace, progress: Progress, at_last: Progress | None = None) -> dict[str, Any]:
    """A round of each environment, into DIR/ENVIRONMENT/round-NN/, with one overview in DIR."""
    if given.until or given.resume:
        raise BadInput("-f", "several files with --until or --resume", "one file, or neither of the two")
    if given.jobs < 1:
        raise BadInput("--jobs", f"found {given.jobs}", "a whole number above 0")
    _check_summary(given.summary)
    environments: dict[str, str] = {}
    for file in given.files:
        name = load(file, overrides(given)).environment
        if name in environments:
            raise BadInput("-f", f"{file} and {environments[name]} are both of the environment {name!r}", "an environment each")
        environments[name] = file
    out, annotations = Path(given.out), list[str]()

    def heard(name: str, line: str) -> None:
        annotations.append(line) if line.startswith("::") else progress(f"{name}: {line}")

    def last_heard(name: str, line: str) -> None:
        (at_last or progress)(f"{name}: {line}")

    options: dict[str, Any] = {"arguments": handed_on(given), "jobs": given.jobs}
    reports, status = rounds_of(environments, out=out, **options, heard=heard, at_last=last_heard)
    page = write_overview(out) if out.is_dir() else None
    lines = [
        f"{name}: {(report or {}).get('headline') or 'no report'}" for name, report in zip(environments, reports, strict=True)
    ]
    return {"document": reports, "text": "\n".join([*annotations, *lines, f"overview: {page}"]), "status": status}


def handed_on(given: argparse.Namespace) -> list[str]:
    """What a round of one environment is told of the options of a round of several: all but the files, DIR, N jobs and PATH."""
    arguments = [part for key, value in given.overrides for part in ("-p", key, value)]
    arguments += ["--number", str(given.number)]
    arguments += [part for option in ("only", "skip") for number in getattr(given, option) for part in (f"--{option}", number)]
    arguments += ["--allow-commands"] if given.allow_commands else []
    return arguments + (["--summary", str(Path(given.summary).absolute())] if given.summary else [])


def _run(given: argparse.Namespace, progress: Progress, at_last: Progress | None, unwritten: list[str], number: int) -> Round:
    parameters = loaded(given)  # anew for each round: a deployment may have changed the file
    folder = Path(given.out) / f"round-{number:02d}"
    if given.resume and is_finished(folder):
        progress(f"{folder.name} is finished, there is nothing to resume: it is run anew, the earlier record moves aside")
    options: dict[str, Any] = {"only": given.only, "skip": given.skip, "resume": given.resume}
    done = run_round(parameters, number=number, out=Path(given.out), **options, progress=progress, at_last=at_last)
    unwritten += _unsummarised(given, done)
    return done


def _between(given: argparse.Namespace, progress: Progress, done: Round) -> None:
    if given.after:
        until.deployed(given.after, progress)
        return
    from lib.records.record import Record
    from lib.reports.revisions import revision_of

    parameters = loaded(given)
    if parameters.target.rest_url is None:
        raise BadInput("--after", "it is missing, and there is no target.rest_url to ask for a revision", "a command line")
    controls = [one for one in Record(done.folder).exchanges() if one.of == "control"]
    answered = ((done.report or {}).get("answer") or {}).get("revisions") or ()
    seen = {*answered, *filter(None, map(revision_of, controls))}
    until.revision_changed(lambda: _health(parameters), seen, progress)


def _health(parameters: Parameters) -> until.Health:
    """What the health route answers now."""
    from lib.environment.investigation import Investigation
    from lib.reports.revisions import revision_of

    answer = asyncio.run(Investigation(parameters=parameters).control())
    return until.Health(answered=200 <= (answer.status or 0) < 300, revision=revision_of(answer))


def _check_summary(path: str | None) -> None:
    if path is not None:
        addition(path, option="--summary")


def _unsummarised(given: argparse.Namespace, done: Round) -> Iterator[str]:
    """Appends the summary where it was asked for and where GitHub reads it; says where that could not be done."""
    from lib.records.record import Record
    from lib.reports.ci import summary

    page = done.folder / "index.html"
    text = summary(
        Record(done.folder).stated("report") or None, page=str(page.relative_to(ROOT) if page.is_relative_to(ROOT) else page)
    )
    for path in filter(None, (given.summary, os.environ.get("GITHUB_STEP_SUMMARY"))):
        try:
            addition(path, option="--summary")(text)
        except OSError as error:
            yield f"could not be done: --summary {path} cannot be written ({error.strerror})"


def _annotations(parameters: Parameters, done: Round) -> list[str]:
    """What GitHub shows at the lines of failing cases; nothing elsewhere."""
    from lib.records.record import Record
    from lib.reports.ci import workflow_errors

    if os.environ.get("GITHUB_ACTIONS") != "true":
        return []
    return workflow_errors(Record(done.folder).stated("suite"), lambda case: _place(case, parameters))


def _place(case: Mapping[str, Any], parameters: Parameters) -> tuple[str, int] | None:
    """The file and line of a case in the suite that was run; None where it cannot be told."""
    root = ROOT / (parameters.suite.path or "")
    files = [root] if root.is_file() else sorted(root.rglob(f"{case['module']}.py")) if parameters.suite.path else []
    name = re.escape(str(case["name"]).partition("[")[0])
    for file in files[:1]:
        for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if re.match(rf"\s*(async )?def {name}\b", line):
                return (file.relative_to(ROOT) if file.is_relative_to(ROOT) else file).as_posix(), number
    return None
