"""What a record says about itself: the hash of each file, what made it, and the hash of the record before it.

Reads folders and writes nothing. A manifest also holds a digest of its own content, so that a changed entry shows.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from lib.parameters.loading import read_regular

NAME = "manifest.json"
DISTRIBUTION = "websocket-investigation"
MAX_BYTES = 4_194_304
MAX_CHAIN = 1000


class NotARecord(Exception):
    """A folder has no readable manifest; carries the folder and what was found instead."""

    def __init__(self, folder: Path, found: str):
        super().__init__(folder, found)
        self.folder, self.found = folder, found

    def __str__(self) -> str:
        return f"{self.folder}: {self.found}"


def read(folder: Path) -> dict[str, Any]:
    """The manifest in a folder; raises `NotARecord`."""
    path = folder / NAME
    if not os.path.isdir(folder):
        raise NotARecord(folder, "there is no such folder that can be read")
    try:
        content = read_regular(path, at_most=MAX_BYTES + 1)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise NotARecord(folder, f"it holds no {NAME}" if missing else f"its {NAME} cannot be read") from None
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        document = None
    if len(content) > MAX_BYTES or not isinstance(document, dict) or not isinstance(document.get("files"), dict):
        raise NotARecord(folder, f"its {NAME} is not one that a round writes")
    return document


def is_finished(document: Mapping[str, Any]) -> bool:
    """Whether the round came to its end, whatever it found."""
    return document.get("finished_at") is not None


def file_hashes(folder: Path) -> dict[str, str | None]:
    """SHA-256 of every file under a folder but its manifest, by relative path; None for what is no regular file or unreadable."""
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in sorted(_files(folder)) if path != folder / NAME}


def file_hash(folder: Path) -> str | None:
    """SHA-256 of the manifest itself: what the next round's manifest cites. None without one."""
    return _sha256(folder / NAME)


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 over a manifest's content apart from its digest, however it is laid out."""
    content = {key: value for key, value in document.items() if key != "digest"}
    try:
        written = json.dumps(content, sort_keys=True, ensure_ascii=False)
    except RecursionError:
        written = ""  # nested deeper than any that a round writes
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def check(folder: Path) -> dict[str, Any]:
    """The contract's `verify` document: what differs from the manifest, and whether the rounds before are those that it cites.

    A manifest that is there and cannot be read has been changed, which is an answer; raises `NotARecord` where there is none.
    """
    try:
        document = read(folder)
    except NotARecord:
        if not os.path.lexists(folder / NAME):
            raise
        return {
            "schema": 1,
            "ok": False,
            "changed": [NAME],
            "added": sorted(file_hashes(folder)),
            "missing": [],
            "chain": "broken",
        }
    said, found = document["files"], file_hashes(folder)
    changed = sorted(name for name in said.keys() & found.keys() if said[name] != found[name])
    if document.get("digest") != digest(document):
        changed.append(NAME)
    added, missing = sorted(found.keys() - said.keys()), sorted(said.keys() - found.keys())
    chain = _chain(folder, document)
    ok = not (changed or added or missing) and chain != "broken"
    return {"schema": 1, "ok": ok, "changed": changed, "added": added, "missing": missing, "chain": chain}


def versions() -> dict[str, str]:
    """The version of Python, and of each library that the project requires, as installed."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    try:
        required = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return found
    for requirement in required:
        name = requirement.split(";")[0].split("[")[0].rstrip("0123456789.,<>=!~ ")
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # an extra that is not installed made nothing of this record
    return found


def revision(root: Path) -> dict[str, Any] | None:
    """The commit of this project, and whether files differ from it; None outside a repository of its own."""
    top = _git(root, "rev-parse", "--show-toplevel")
    commit = _git(root, "rev-parse", "HEAD")
    if top is None or commit is None or Path(top).resolve() != root.resolve():
        return None
    status = _git(root, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "modified": None if status is None else bool(status)}


def _chain(folder: Path, document: Mapping[str, Any]) -> str:
    # A round that was run again has moved (round-01.1), so the one that is cited is found by its hash, not by its name.
    cited = document.get("previous")
    if cited is None:
        return "none"
    siblings = {file_hash(path): path for path in folder.resolve().parent.glob("round-*") if os.path.isdir(path)}
    for _ in range(MAX_CHAIN):
        named = cited.get("manifest_sha256") if isinstance(cited, Mapping) else None
        before = siblings.get(named) if isinstance(named, str) else None
        if before is None:
            return "broken"
        try:
            cited = read(before).get("previous")
        except NotARecord:
            return "broken"
        if cited is None:
            return "ok"
    return "broken"


def _files(folder: Path) -> Iterator[Path]:
    try:
        found = list(folder.iterdir())
    except OSError:  # nobody can tell what lies in it
        yield folder
        return
    for path in found:
        if os.path.isdir(path) and not os.path.islink(path):
            yield from _files(path)
        else:
            yield path


def _sha256(path: Path) -> str | None:
    if os.path.islink(path) or not os.path.isfile(path):  # also in a folder that may not be entered
        return None
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
