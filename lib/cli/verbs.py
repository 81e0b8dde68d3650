"""What each verb does: opens the environment, asks one area, and says what came of it in a document, a text and a status."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.cli.composition import composed, loaded, parameter_file
from lib.environment.investigation import Investigation
from lib.parameters import loading as params
from lib.parameters.certificates import UNVERIFIED
from lib.parameters.guesses import guesses_told
from lib.parameters.model import Parameters

Progress = Callable[[str], None]
HEALTHY, FINDINGS, COULD_NOT, INTERRUPTED = 0, 1, 3, 130


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a verb leaves: the JSON document of the contract, the same for people, and the exit status."""

    document: Any = None
    text: str = ""
    status: int = HEALTHY


def whys(given: argparse.Namespace, progress: Progress) -> Outcome:
    """The diagnosis alone."""
    from lib.cli.destinations import destination
    from lib.cli.duration import seconds_of
    from lib.cli.terminal import printable, shown
    from lib.cli.text import diagnosis_text, repeat_text
    from lib.cli.ticket import ticket
    from lib.environment.opening import open_parameters
    from lib.rounds import interrupts

    options = {"--markdown": given.markdown, "--pytest": given.pytest}
    write = {option: destination(file, option=option) for option, file in options.items() if file}
    watched_s = seconds_of(given.duration, option="--for") if given.duration is not None else None
    here = open_parameters(_with_files(composed(given, progress)))
    late = here.credential.expired()
    live = _live(here.parameters, watched_s, plain=given.verbose)
    try:
        diagnosis = interrupts.run(here.whys(progress if given.quiet else live, watch_for_s=watched_s))
    finally:
        live.close()
    document = diagnosis.as_json()
    lines = [*late, *_unverified(here.parameters), diagnosis_text(document, verbose=given.verbose)]
    if given.verbose:
        lines.append(repeat_text(here.repeat(diagnosis)))
    texts = {}
    if given.markdown:
        target = here.parameters.target.ws_url or here.addresses.get("ws_url", "")
        texts["--markdown"] = printable(ticket(shown(document), target))
    if given.pytest and here.no_token:
        lines.append("regression test: not written, as there was no token to write it with")
    elif given.pytest:
        texts["--pytest"] = here.regression_test()
    unwritten = False
    for option, text in texts.items():
        told, broke = _left(write[option], text, option=option, file=options[option])
        lines.append(told)
        unwritten = unwritten or broke
    status = COULD_NOT if unwritten else verdict_status(document["verdict"])
    status = INTERRUPTED if diagnosis.interrupted else status
    return Outcome(document=document, text="\n".join(lines), status=status)


def _left(write: Callable[[str], None], text: str, *, option: str, file: Path) -> tuple[str, bool]:
    """Writes a text beside the answer; what is said of it, and whether that failed: the answer is not lost by it."""
    try:
        write(text)
    except OSError as error:
        return f"could not be done: {option} {file} cannot be written ({error.strerror})", True
    return f"{'for a ticket' if option == '--markdown' else 'regression test'}: {file}", False


def _live(parameters: Parameters, watched_s: float | None, *, plain: bool) -> Any:
    """The line of progress, with what a diagnosis or a watch may cost."""
    from lib.cli.terminal import Live
    from lib.whys.strategy.long_watch import apart_s

    budget = parameters.budget
    if watched_s is None:
        return Live(sys.stderr, handshakes=budget.handshakes, seconds=budget.seconds, plain=plain)
    handshakes = int(watched_s / apart_s(watched_s, handshakes=budget.handshakes, spacing_ms=budget.spacing_ms)) + 1
    return Live(sys.stderr, handshakes=handshakes, seconds=watched_s, plain=plain, rarely=True)


def captured(given: argparse.Namespace, progress: Progress) -> Outcome:
    """Parameters from a captured request."""
    import yaml

    from lib.captures.conversion import SESSION
    from lib.cli.terminal import printable

    guesses: list[str] = []

    def tell(line: str) -> None:
        progress(line)
        if line.startswith(("guessed", SESSION)):
            guesses.append(
                f"# {' '.join(printable(line).split())}"
            )  # so that the file says it as well, to whoever reads it later

    document = parameter_file(given, tell)
    written = yaml.safe_dump(document, sort_keys=False, allow_unicode=_writes_all()).rstrip()
    return Outcome(document=document, text="\n".join([*guesses, written]))


def _writes_all() -> bool:
    """Whether standard output takes every letter: YAML's own codes are read back, those of a stream are not."""
    return (sys.stdout.encoding or "utf-8").lower().startswith("utf")


def verdict_status(verdict: str) -> int:
    """The exit status that a diagnosis alone would give."""
    return {"healthy": HEALTHY, "unreachable": COULD_NOT}.get(verdict, FINDINGS)


def suite(given: argparse.Namespace, progress: Progress) -> Outcome:
    """The suite alone."""
    from lib.cli.text import suite_text
    from lib.rounds import surroundings
    from lib.suite.pytest_run import asks_only_the_target

    surroundings.allow_files()  # else cases would fail for want of them, and the target be blamed
    here = _opened(given)
    if not here.parameters.suite.given:
        raise params.BadInput("suite.path", "no suite was given", "a pytest file or folder, or the results of one as suite.junit")
    settings = here.parameters.suite
    unreachable = asyncio.run(_unreached(here)) if settings.junit is None else None
    could_not = f"could not be done: {unreachable}"
    if unreachable and asks_only_the_target(settings):
        return Outcome(text=could_not, status=COULD_NOT)
    run = asyncio.run(here.suite(progress))
    document = run.as_json(here.environment)
    text = "\n".join([*_remarks(here.parameters), suite_text(document), *here.closed])
    if unreachable and not run.asked_anybody:  # what its cases came to is kept, and says nothing of the target
        return Outcome(document=document, text=f"{text}\n{could_not}", status=COULD_NOT)
    return Outcome(document=document, text=text, status=FINDINGS if here.found else HEALTHY)


def logs(given: argparse.Namespace, progress: Progress) -> Outcome:
    """The exchanges of a round (the last of this environment) beside the servers' entries; the built-in system is
    exercised first."""
    from lib.cli.logs_text import logs_text
    from lib.figures.logs import queries

    of_round = _exchanges_of(given.round) if given.round else []
    here = _opened(given)
    if given.round:
        exchanges = of_round
    elif here.addresses:
        exchanges = asyncio.run(here.exercise())
    else:
        exchanges = _exchanges_of_last_round(here.environment)
    report = here.logs(exchanges, progress)
    document = report.as_json()
    return Outcome(document=document, text=logs_text(document, notes=report.reading.notes, queries=queries(report)))


def _exchanges_of(folder: str) -> list[Any]:
    from lib.records.record import NOT_AS_WRITTEN, Record

    try:
        exchanges = Record(Path(folder)).exchanges()
    except (OSError, *NOT_AS_WRITTEN):  # a file in its place that no round wrote
        exchanges = []
    if not exchanges:
        raise params.BadInput(
            "--round", f"{folder} holds no exchanges of a round", "the folder of a round, such as outputs/round-01"
        )
    return exchanges


def performance(given: argparse.Namespace, progress: Progress) -> Outcome:
    """The measurement alone."""
    from lib.cli.text import performance_text

    here = _opened(given)
    if not here.parameters.objectives:
        raise params.BadInput(
            "objectives", "none is named, so that nothing would be measured", "NAME: LIMIT in ms, of one figure or more"
        )
    if unreachable := asyncio.run(_unreached(here)):
        return Outcome(text=f"could not be done: {unreachable}", status=COULD_NOT)
    document = asyncio.run(here.performance(progress)).as_json(here.environment)
    if here.no_token and not here.no_token.refused:
        return Outcome(document=document, text=f"could not be done: {here.no_token}", status=COULD_NOT)
    text = "\n".join([*_remarks(here.parameters), performance_text(document), *here.closed])
    return Outcome(document=document, text=text, status=FINDINGS if here.found else HEALTHY)


def round(given: argparse.Namespace, progress: Progress) -> Outcome:
    """Every notebook in sequence: once, until it is healthy, or of several environments."""
    from lib.cli import rounds
    from lib.cli.terminal import Live

    given.files = given.files or []
    given.file = given.files[0] if given.files else None
    live = Live(sys.stderr)
    try:
        run = rounds.several if len(given.files) > 1 else rounds.one_or_until
        return Outcome(**run(given, progress if given.quiet else live, at_last=live))  # also with -q: where it lies, how to go on
    finally:
        live.close()


def compare(given: argparse.Namespace, progress: Progress) -> Outcome:
    """Two rounds side by side."""
    from lib.cli.text import compare_text
    from lib.records.record import NOT_AS_WRITTEN
    from lib.reports.documents import OddDocument, compare_folders

    first, second = (_round_folder(name) for name in given.rounds)
    if first.resolve() == second.resolve():
        raise params.BadInput("ROUND", f"{first} twice", "two rounds")
    try:
        document = compare_folders(first, second)
        text, worse = compare_text(document), _got_or_stayed_worse(document)
    except NOT_AS_WRITTEN as error:
        odd = _not_as_written(first, second) or f"{first} or {second}"
        where = f": {error}" if isinstance(error, OddDocument) else ""
        why = f"the documents of {odd} are not as this version writes them{where}"
        return Outcome(text=f"could not be done: {why}", status=COULD_NOT)
    if document["verified"] and not any(document["compared"].values()):
        return Outcome(document=document, text=f"{text}\ncould not be done: the rounds have nothing in common", status=COULD_NOT)
    return Outcome(document=document, text=text, status=FINDINGS if worse else HEALTHY)


def _not_as_written(*folders: Path) -> Path | None:
    """The record whose documents cannot be read, None where each can; raises `BadInput` where somebody has written to it."""
    from lib.records import rounds_on_disk
    from lib.records.record import NOT_AS_WRITTEN
    from lib.reports.documents import compare_folders

    for folder in folders:
        try:
            compare_folders(folder, folder)
        except NOT_AS_WRITTEN:
            found = rounds_on_disk.verify(folder)
            if found["changed"] or found["added"] or found["missing"]:
                why = f"the documents of {folder} are not as a round writes them"
                raise params.BadInput("ROUND", why, "a record that verifies") from None
            return folder
    return None


def _got_or_stayed_worse(document: dict[str, Any]) -> bool:
    cases, causes = document["cases"], document["causes"]
    worse = any(figure["verdict"] == "worse" for figure in document["figures"])
    refused = document["verdicts"][1] not in {None, "healthy"}
    failing = cases["new_failures"] or cases["still_failing"]
    lost = document["no_longer_measured"]
    return bool(failing or causes["opened"] or worse or lost or refused or not document["verified"])


def verify(given: argparse.Namespace, progress: Progress) -> Outcome:
    """A record against its manifest."""
    from lib.cli.text import verify_text
    from lib.records import rounds_on_disk
    from lib.records.manifest import NAME as MANIFEST

    document = rounds_on_disk.verify(Path(given.folder))
    # A manifest that was changed does not tell how far the round came.
    finished = MANIFEST in document["changed"] or rounds_on_disk.is_finished(Path(given.folder))
    return Outcome(
        document=document,
        text=verify_text(document, finished=finished),
        status=HEALTHY if document["ok"] else FINDINGS,
    )


def retract(given: argparse.Namespace, progress: Progress) -> Outcome:
    """Marks a claim of an earlier round as withdrawn."""
    from lib.records import retractions
    from lib.rounds.runner import write_overview

    folder = _round_folder(given.round).resolve()
    entry = retractions.retract(folder, given.claim, given.because)
    write_overview(folder.parent)
    text = f"withdrawn: {entry['claim']}\n  noted in {retractions.side_file(folder, 'json')}; the record itself is as it was"
    return Outcome(document={"schema": 1, "round": folder.name, **entry}, text=text)


def serve(given: argparse.Namespace, progress: Progress) -> Outcome:
    """The built-in staging system in the foreground, until interrupted."""
    from lib.cli.text import serve_text
    from lib.environment import embedded

    parameters = loaded(given)
    system = None
    try:
        system = embedded.start(parameters.embedded.faults, port=parameters.embedded.port)
        print(serve_text(system.addresses, parameters.embedded.faults), flush=True)
        system.wait()
    except KeyboardInterrupt:
        return Outcome(text="ended")
    finally:
        if system is not None:
            system.stop()
    raise embedded.EmbeddedFailed("ended by itself")


def _remarks(parameters: Parameters) -> list[str]:
    """What has to be known before anything that was found."""
    guesses = guesses_told(parameters.target.model_dump())
    return [*_unverified(parameters), *([guesses] if guesses else [])]


def _unverified(parameters: Parameters) -> list[str]:
    return [] if parameters.target.tls.verify else [UNVERIFIED]


def _opened(given: argparse.Namespace) -> Investigation:
    from lib.environment.opening import open_parameters

    return open_parameters(_with_files(loaded(given), load=given.verb == "performance"))


def _with_files(parameters: Parameters, *, load: bool = False) -> Parameters:
    """The same where enough files may be open: else exchanges would fail for want of them, and the target be blamed.

    With `load`, in each of the processes that share its users.
    """
    from lib.rounds import surroundings

    wanted = parameters.performance.load if load else None
    users = math.ceil(wanted.users / wanted.workers) if wanted else 0
    surroundings.allow_files(surroundings.FEW_FILES + 2 * parameters.budget.concurrency + users)
    return parameters


async def _unreached(here: Investigation) -> str | None:
    """Why nothing gets an HTTP answer at all, in the words of the diagnosis; None where something gets one.

    Asked is the health route; without a REST address a handshake without a credential.
    """
    from lib.facts import Request
    from lib.whys.explanation import ended_at

    url, way = here.parameters.target.rest_url, here.handshake
    if url:
        seen = await here.control()
    else:
        url, through = way.url, way.use_environment_proxy
        bare = Request(url=url, origin=way.origin, use_environment_proxy=through, tls=way.tls, timeout_s=way.timeout_s)
        seen = await here.websockets.knock(bare, of="control", stay_s=0)
    return None if seen.status is not None else f"{url} cannot be reached: {ended_at(seen.rung, seen.error)}"


def _round_folder(name: str) -> Path:
    folder = params.ROOT / "outputs" / f"round-{int(name):02d}" if re.fullmatch("[0-9]{1,4}", name) else Path(name)
    if not os.path.isfile(folder / "data" / "report.json"):
        raise params.BadInput(
            "ROUND", f"{folder} holds no data/report.json that can be read", "the folder of a round, or its number below outputs/"
        )
    return folder


def _exchanges_of_last_round(environment: str) -> list[Any]:
    from lib.records.rounds_on_disk import Record, newest_first

    for folder in newest_first(params.ROOT / "outputs"):
        record = Record(folder)
        report = record.read_json("report")
        if report and report.get("environment") == environment:
            return list(record.exchanges())
    return []


RUN: dict[str, Callable[[argparse.Namespace, Progress], Outcome]] = {
    "round": round,
    "suite": suite,
    "whys": whys,
    "params": captured,
    "logs": logs,
    "performance": performance,
    "compare": compare,
    "verify": verify,
    "retract": retract,
    "serve": serve,
}
"""What each verb of the command line runs."""
