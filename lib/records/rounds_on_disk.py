"""The only door to outputs/: which folder a round writes to, which rounds came before, whether a record is what it was."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from lib.facts import utc_now
from lib.parameters.loading import BadInput, why_unreadable
from lib.records import manifest
from lib.records.locks import Held, Lock, folder_locked
from lib.records.pseudonym_key import use_key_of
from lib.records.record import TEMPORARY, Record
from lib.records.retractions import SIDE_FILES, side_file

__all__ = ["Record", "claim", "latest", "newest_first", "verify"]

_ROUND = re.compile(r"round-(\d{2,})")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
"""What an address begins with; `Path` has made one slash of the two."""


def claim(
    out: Path,
    number: int,
    *,
    environment: str,
    resume: bool = False,
    secrets: Iterable[str] = (),
    parameters: Mapping[str, Any] | None = None,
    pseudonym_key: str | None = None,
    now: datetime | None = None,
) -> Record:
    """The folder of a round that begins now, held against others until `release`; it is there with its manifest or not at all.

    A finished round of this number moves aside (round-01.1, .2 …); an unfinished one is removed, or continued with `resume`.
    Raises `BadInput` where `out` belongs to another environment, the folder is none of ours, another process is writing the
    same round, or a round would be resumed with other `parameters`.
    """
    out = _opened(out)
    if not 1 <= number <= 9999:
        raise BadInput("--number", f"found {number}", "a round's number from 1 to 9999")
    folder = out / f"round-{number:02d}"
    record, lock = Record(folder, secrets=secrets), Lock(out / f".{folder.name}.lock")
    aside = [folder.with_name(f".{folder.name}.{state}") for state in ("begun", "removed")]
    try:
        lock.acquire()
        with folder_locked(out):
            _refuse_another_environment(out, environment)
            use_key_of(out, pseudonym_key)
            continued = _is_continued(folder, resume=resume, parameters=record.shown(parameters))
            _remove(aside)  # left by one that was killed
            if not continued:
                Record(aside[0], secrets=secrets).begin(environment, number, parameters, now or utc_now())
                _make_way(folder, removed=aside[1])
                aside[0].rename(folder)
                _remove(aside)
    except Held as error:
        raise BadInput(
            str(folder), f"process {error.pid or 'unknown'} is writing this round", "another --number or --out, or its end"
        ) from None
    except BaseException:
        _remove(aside)
        lock.release()
        raise
    record.lock = lock
    return record


def latest(out: Path, before: int | None = None) -> Path | None:
    """The finished round with the highest number (below `before`), None where there is none."""
    return next((path for path in newest_first(out) if before is None or _number(path) < before), None)


def newest_first(out: Path) -> list[Path]:
    """The finished rounds, the highest number first; those that a rerun moved aside (round-01.1) are not among them."""
    finished = [path for path in _rounds(out) if _ROUND.fullmatch(path.name) and is_finished(path)]
    return sorted(finished, key=_number, reverse=True)


def _number(folder: Path) -> int:
    return int(folder.name.removeprefix("round-"))


def verify(folder: Path) -> dict[str, Any]:
    """The contract's `verify` document of a record; raises `BadInput` for what is none."""
    try:
        return manifest.check(Path(folder))
    except manifest.NotARecord as error:
        raise BadInput(str(folder), error.found, "the folder of a round") from None


def _opened(out: Path) -> Path:
    if _ADDRESS.match(str(out)):
        raise BadInput(f"--out {str(out).replace(':/', '://', 1)}", "it is an address", "a folder on this machine")
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"--out {out}", f"it cannot be made ({why_unreadable(error)})", "a folder that may be written to"
        ) from None
    return Path(out).absolute()  # kernels and papermill work in the notebooks' folder


def _rounds(out: Path) -> list[Path]:
    return sorted(path for path in Path(out).glob("round-*") if (path / manifest.NAME).is_file())


def _refuse_another_environment(out: Path, environment: str) -> None:
    for path in _rounds(out):
        found = _manifest_of(path).get("environment")
        if found != environment:
            raise BadInput(
                f"--out {out}", f"{path.name} is of the environment {found!r}", f"a folder of its own for {environment!r}"
            )


def _is_continued(folder: Path, *, resume: bool, parameters: Mapping[str, Any] | None) -> bool:
    """Whether what stands in the folder is to be continued; raises `BadInput` where it may be neither that nor moved."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise BadInput(str(folder), "it is no folder of its own", "a --out whose round folders are plain folders")
    if _is_empty(folder):
        return False
    begun = _manifest_of(folder)
    if manifest.is_finished(begun) or not resume:
        return False
    if parameters is not None and begun.get("parameters") not in (None, parameters):
        raise BadInput(
            "--resume", f"{folder.name} was begun with other parameters", "the same parameters, or a round without --resume"
        )
    return True


def _is_empty(folder: Path) -> bool:
    return not folder.is_dir() or all(path.name.startswith(TEMPORARY) for path in folder.iterdir())


def _make_way(folder: Path, *, removed: Path) -> None:
    """A finished round moves aside with what was withdrawn of it; another goes, at once as a whole.

    Withdrawals are copied first and removed last, so that whoever is killed on the way loses none, and none stands beside a
    round that it does not tell of.
    """
    if folder.is_dir() and is_finished(folder):
        taken = {path.name for path in folder.parent.glob(f"{folder.name}.*")}
        turn = next(turn for turn in range(1, len(taken) + 2) if f"{folder.name}.{turn}" not in taken)
        moved = folder.with_name(f"{folder.name}.{turn}")
        for kind in SIDE_FILES:
            if side_file(folder, kind).is_file():
                shutil.copyfile(side_file(folder, kind), side_file(moved, kind))
        folder.rename(moved)
    elif folder.is_dir():
        folder.rename(removed)
    for kind in SIDE_FILES:
        side_file(folder, kind).unlink(missing_ok=True)


def _remove(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def is_finished(folder: Path) -> bool:
    try:
        return manifest.is_finished(manifest.read(folder))
    except manifest.NotARecord:
        return False


def _manifest_of(folder: Path) -> dict[str, Any]:
    try:
        return manifest.read(folder)
    except manifest.NotARecord as error:
        raise BadInput(str(folder), error.found, "a folder that only rounds write to") from None
