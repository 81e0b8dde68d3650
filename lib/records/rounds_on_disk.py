"""The only door to outputs/: which folder a round writes to, which rounds came before, whether a record is what it was."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from lib.facts import utc_now
from lib.parameters.loading import BadInput, why_unreadable
from lib.records import manifest
from lib.records.locks import Held, Lock, folder_locked
from lib.records.pseudonym_key import use_key_of
from lib.records.record import TEMPORARY, Record
from lib.records.retractions import side_file

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
    """The folder of a round that begins now, held against others until `release`.

    A finished round of this number moves aside (round-01.1, .2 …); an unfinished one is emptied, or continued with `resume`.
    Raises `BadInput` where `out` belongs to another environment, the folder is none of ours, another process is writing the
    same round, or a round would be resumed with other `parameters`.
    """
    out = _opened(out)
    if not 1 <= number <= 9999:
        raise BadInput("--number", f"found {number}", "a round's number from 1 to 9999")
    folder = out / f"round-{number:02d}"
    try:
        lock = Lock(out / f".round-{number:02d}.lock").acquire()
    except Held as error:
        raise BadInput(
            str(folder), f"process {error.pid or 'unknown'} is writing this round", "another --number or --out, or its end"
        ) from None
    try:
        record = Record(folder, secrets=secrets)
        with folder_locked(out):
            _refuse_another_environment(out, environment)
            use_key_of(out, pseudonym_key)
            continued = _make_way(folder, resume=resume, parameters=record.shown(parameters))
            if not continued:
                record.begin(environment, number, parameters, now or utc_now())
    except BaseException:
        with suppress(OSError):
            folder.rmdir()  # where it is empty: it holds no manifest yet
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


def _make_way(folder: Path, *, resume: bool, parameters: Mapping[str, Any] | None) -> bool:
    """Whether what stands in the folder is to be continued; else the folder is free afterwards."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise BadInput(str(folder), "it is no folder of its own", "a --out whose round folders are plain folders")
    if not folder.is_dir() or not any(path for path in folder.iterdir() if not path.name.startswith(TEMPORARY)):
        return False
    begun = _manifest_of(folder)
    if manifest.is_finished(begun):
        taken = {path.name for path in folder.parent.glob(f"{folder.name}.*")}
        turn = next(turn for turn in range(1, len(taken) + 2) if f"{folder.name}.{turn}" not in taken)
        moved = folder.with_name(f"{folder.name}.{turn}")
        folder.rename(moved)
        for kind in ("json", "html"):
            if side_file(folder, kind).is_file():
                side_file(folder, kind).rename(side_file(moved, kind))
        return False
    if not resume:
        shutil.rmtree(folder)
        return False
    if parameters is not None and begun.get("parameters") not in (None, parameters):
        raise BadInput(
            "--resume", f"{folder.name} was begun with other parameters", "the same parameters, or a round without --resume"
        )
    return True


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
