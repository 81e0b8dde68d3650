"""A round: every notebook in sequence through papermill, into one record that can be read whatever happened on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lib.clients.credentials.got import NoToken
from lib.environment import opening
from lib.environment.investigation import Investigation
from lib.facts import Exchange
from lib.parameters import loading as params
from lib.parameters.model import Parameters
from lib.records import rounds_on_disk
from lib.records.locks import folder_locked
from lib.records.manifest import NotARecord
from lib.records.record import Record
from lib.rounds import execution, interrupts, surroundings
from lib.rounds.execution import Execute

Progress = Callable[[str], None]
State = Literal["completed", "crashed", "missing", "kept"]
NOTEBOOKS = params.ROOT / "notebooks"


@dataclass(frozen=True, kw_only=True)
class Executed:
    """One notebook of a round and what became of it. `cell` is the number of the cell that crashed."""

    notebook: str
    state: State
    seconds: float = 0.0
    cell: int | None = None
    error: str | None = None


@dataclass(kw_only=True)
class Round:
    """A round that ended: where its record lies, what it says, and the exit status that it gives."""

    folder: Path
    report: dict[str, Any] | None
    steps: list[Executed] = field(default_factory=list)
    status: int = 3
    why: str | None = None


class TargetLost(Exception):
    """The built-in system ended in the middle of the round."""


def notebooks(only: Sequence[str] = (), skip: Sequence[str] = (), own: Sequence[str] = ()) -> list[Path]:
    """The notebooks in their order, one's own (paths from the root) before the last; `only` and `skip` name them by number.

    Raises `BadInput` for a number that no notebook has, and for a notebook that cannot be taken in.
    """
    ours = sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))
    found = [*ours[:-1], *_own(own, {path.name for path in ours}), *ours[-1:]]
    known = {path.name[:2] for path in found if path.name[:2].isdigit()}
    chosen = {}
    for option, given in (("--only", only), ("--skip", skip)):
        chosen[option] = {number.zfill(2) for number in given}
        if unknown := sorted(chosen[option] - known):
            raise params.BadInput(option, f"there is no notebook {unknown[0]}", ", ".join(sorted(known)))
    wanted = (chosen["--only"] or {path.name[:2] for path in found}) - chosen["--skip"]
    if not wanted:
        raise params.BadInput("--skip", "it leaves no notebook", "fewer numbers")
    return [path for path in found if path.name[:2] in wanted]


def _own(given: Sequence[str], taken: set[str]) -> Iterator[Path]:
    for position, name in enumerate(given):
        path = params.ROOT / params.expanded(name, where=f"notebooks.{position}")
        if path.suffix != ".ipynb" or not path.is_file():
            raise params.BadInput(
                f"notebooks.{position}", f"there is no notebook {name}", "the path of an .ipynb file from the root"
            )
        if path.name in taken:
            raise params.BadInput(f"notebooks.{position}", f"{path.name} is a name in this round already", "another file name")
        taken.add(path.name)
        yield path


def run_round(
    parameters: Parameters,
    *,
    number: int,
    out: Path,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    resume: bool = False,
    progress: Progress = lambda line: None,
    at_last: Progress | None = None,
) -> Round:
    """Runs a round into `out/round-NN/`. A notebook that crashes loses none of the others; whatever happened, the record is
    sealed, as an unfinished one where the round is broken off; `at_last` is then told where it lies and how to go on.

    Raises `BadInput` before anything is written or sent.
    """
    if not 1 <= number <= 9999:
        raise params.BadInput("--number", f"found {number}", "a whole number from 1 to 9999")
    chosen = notebooks(only, skip, parameters.notebooks)
    surroundings.allow_files()
    with (
        surroundings.temporary_folder(),
        execution.prepared() as execute,  # first of all: what it imports is then imported while the target starts
        _opened(parameters, number) as here,
    ):
        _ = here.handshake, here.log_source  # what cannot be read is refused here, before anything is written or sent
        given = parameters.model_dump(mode="json", by_alias=True)
        whose: dict[str, Any] = {"environment": parameters.environment, "pseudonym_key": params.pseudonym_key(parameters)}
        record = rounds_on_disk.claim(out, number, resume=resume, secrets=here.secrets, parameters=given, **whose)
        try:
            if parameters.logs.source == "command":
                progress(f"logs.command: this round runs {' '.join(parameters.logs.command or ())}")
            earlier = rounds_on_disk.latest(record.folder.parent, number)
            done = _run(here.recording(record, earlier), record, chosen, execute, resume, progress, given)
            record.release()
        except BaseException:
            with interrupts.held():
                _leave(here, record, at_last or progress)
                record.release()
            raise
        return done


@contextmanager
def _opened(parameters: Parameters, number: int) -> Iterator[Investigation]:
    """What the parameters name; the built-in system ends in order, or at once where whoever ends us does not wait."""
    try:
        yield opening.open_parameters(parameters, round_number=number)
    except KeyboardInterrupt:
        opening.close_all(within_s=0)
        raise
    finally:
        opening.close_all()


def _run(
    here: Investigation,
    record: Record,
    chosen: list[Path],
    execute: Execute,
    resume: bool,
    progress: Progress,
    given: dict[str, Any],
) -> Round:
    result = Round(folder=record.folder, report=None)
    started = time.perf_counter()
    _write_unfinished(here, record)  # now, as whoever kills us leaves no time for it
    try:
        with _handed_on(here, progress):
            for path in chosen:
                result.steps.append(_step(here, record, path, execute, resume, progress, started))
                if not opening.embedded_alive(here):
                    raise TargetLost
    except TargetLost:
        result.why = "the built-in staging system ended in the middle of the round"
    _publish(here, record, result, given)
    return result


def _leave(here: Investigation, record: Record, at_last: Progress) -> None:
    """What was broken off says so and how to go on, and no more: whoever ends us does not wait."""
    folder = record.folder
    if rounds_on_disk.is_finished(folder):
        at_last(f"it was published already: the whole record lies in {folder}")
        return
    verdict = record.stated("diagnosis").get("verdict")
    with suppress(OSError, NotARecord):  # a full disk, or somebody's hand, which may have been what broke it off
        try:
            _write_unfinished(here, record, verdict)
        except OSError:
            (folder / "index.html").unlink()  # it may be that of a finished round, and makes room
            _write_unfinished(here, record, verdict)
        record.leave()
    at_last(f"{f'verdict: {verdict}; ' if verdict else ''}what there is lies in {folder}, unfinished; --resume goes on with it")


def _write_unfinished(here: Investigation, record: Record, verdict: str | None = None) -> None:
    from lib.page.unfinished import unfinished_page

    folder = record.folder
    states = {path.name: record.has_completed(path.name) for path in sorted(folder.glob("*.ipynb")) if path.is_file()}
    page = unfinished_page(folder.name, environment=here.environment, verdict=verdict, notebooks=states)
    record.write_text("index.html", page)


def _step(
    here: Investigation, record: Record, path: Path, execute: Execute, resume: bool, progress: Progress, started: float
) -> Executed:
    if resume and record.has_completed(path.name):
        progress(f"{path.stem}: kept from before")
        return Executed(notebook=path.name, state="kept", seconds=record.seconds_of(path.name))
    begun = time.perf_counter()

    def cell(number: int, of: int, heading: str) -> None:
        if not opening.embedded_alive(here):
            raise TargetLost
        progress(f"[{time.perf_counter() - started:5.1f} s] {path.stem}: {heading} (cell {number} of {of})")

    crash = execute(here, path, cell)
    seconds = time.perf_counter() - begun
    if crash is None and not record.has_completed(path.name):
        crash = 0, f"it was executed, and {path.name} does not lie in the record"
    if crash is None:
        progress(f"[{time.perf_counter() - started:5.1f} s] {path.stem}: done in {seconds:.1f} s")
        return Executed(notebook=path.name, state="completed", seconds=seconds)
    progress(f"[{time.perf_counter() - started:5.1f} s] {path.stem}: crashed in cell {crash[0]}: {crash[1]}")
    return Executed(notebook=path.name, state="crashed", seconds=seconds, cell=crash[0], error=crash[1])


@contextmanager
def _handed_on(here: Investigation, progress: Progress) -> Iterator[None]:
    try:
        if here.credential.is_asked_for:
            asyncio.run(here.credential.sign_in(progress))
    except NoToken as error:
        progress(f"not signed in, as {error}")  # each notebook says it where it matters
    before = params.set_variables({"INVESTIGATION": here.handed_on(), **here.credential.variables})
    try:
        yield
    finally:
        params.set_variables(before)


def _publish(here: Investigation, record: Record, result: Round, given: dict[str, Any]) -> None:
    """The page, the junit file and the manifest, from whatever the notebooks left; and the exit status."""
    from lib.page.page import write_page
    from lib.records.gate import withhold
    from lib.reports.ci import junit
    from lib.reports.observed import KINDS
    from lib.reports.report import findings

    steps = [vars(step) for step in result.steps]
    # Once more than notebook 05 did: it could not know yet how it would end itself.
    result.report = here.report(steps)
    text = record.folder / "junit.xml"
    record.write_xml("junit.xml", junit(text.read_text(encoding="utf-8") if text.is_file() else None, result.report))
    write_page(record, report=result.report, steps=steps, why=result.why, evidence=_evidence(here, result.report), groups=KINDS)
    leaks = withhold(record.folder, here.secrets)
    if leaks:
        result.why = f"it is not published, as a secret stood in it ({'; '.join(map(str, leaks[:5]))})"
        write_page(record, report=result.report, steps=steps, why=result.why)
    complete = result.why is None and all(step.state in {"completed", "kept"} for step in result.steps)
    record.seal(given, previous=here.earlier, finished=complete)
    write_overview(record.folder.parent)
    result.status = _status(result, findings(result.report), here.known_exchanges())


def write_overview(out: Path) -> Path:
    """Writes index.html beside the rounds of a folder, of one environment or of several."""
    from lib.page.rounds import rounds_page
    from lib.reports.rounds import environments

    with folder_locked(out):
        return rounds_on_disk.Record(out).write_text("index.html", rounds_page(environments(out)))


def _evidence(here: Investigation, report: dict[str, Any] | None) -> list[dict[str, Any]]:
    from lib.reports.observed import cited_in, observed

    assert here.record is not None
    return observed(
        diagnosis=here.results.document("diagnosis"),
        exchanges=here.known_exchanges(),
        entries=here.record.read_rows("entries") or [],
        suite=here.results.document("suite"),
        performance=here.results.document("performance"),
        samples=here.record.read_rows("latency") or [],
        cited=cited_in(report),
    )


def _status(result: Round, found: bool, exchanges: Sequence[Exchange]) -> int:
    crashed = any(step.state == "crashed" for step in result.steps)
    verdict = ((result.report or {}).get("diagnosis") or {}).get("verdict")
    unanswered = verdict is None and bool(exchanges) and all(one.status is None for one in exchanges)
    if result.why or crashed or verdict == "unreachable" or unanswered:
        return 3
    return 1 if found else 0
