"""The texts below a path: regular files of bounded number and size, each named by its path; nothing else is opened."""

from __future__ import annotations

import heapq
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lib.configuration.shape import Count, Place, Unread
from lib.facts import rfc3339
from lib.parameters.errors import BadInput
from lib.parameters.secrets import NotRegular, read_regular
from lib.redaction.redact import redact_text

MAX_FILES = 500
MAX_ENTRIES = 5_000
"""How many files and folders are looked at for them."""
MAX_FILE_BYTES = 2_000_000
MAX_BYTES = 10_000_000
"""Of all files together."""
_BEYOND = f"files beyond the first {MAX_FILES} or {MAX_BYTES} bytes"
MAX_DEPTH = 8
_LEFT_OUT = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".terraform", ".tox"})
_DUMPED = re.compile(r"^# configuration file (.{1,400}):[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One text: its name as it may be shown, the text, and when its file was last changed (RFC 3339)."""

    name: str
    text: str
    changed: str | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """What was found, and what was left out, with why."""

    found: tuple[Document, ...]
    unread: tuple[Unread, ...] = ()


def documents_at(path: Path, *, where: str) -> Documents:
    """The texts of a file, or of a folder and what is in it; raises `BadInput` where there is neither."""
    try:
        kind = path.stat().st_mode
    except OSError as error:
        raise BadInput(where, f"{path} cannot be read ({error.strerror})", "a file or folder of configuration") from None
    if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise BadInput(where, f"{path} is neither a file nor a folder", "a file or folder of configuration")
    count, left_bytes = Count(), MAX_BYTES
    found: list[Document] = []
    for name, file in [(path.name, path)] if stat.S_ISREG(kind) else _files(path, count):
        shown = redact_text(name)
        if len(found) >= MAX_FILES or left_bytes <= 0:
            count(_BEYOND, Place(shown))
            continue
        read = _read(file)
        if isinstance(read, str):
            count(read, Place(shown))
            continue
        left_bytes -= len(read[0].encode())
        parts = list(_split(shown, *read))
        if len(found) + len(parts) > MAX_FILES:
            count(_BEYOND, Place(shown))
        found += parts[: MAX_FILES - len(found)]
    return Documents(tuple(found), count.all())


def _files(folder: Path, count: Count) -> Iterator[tuple[str, Path]]:
    """Regular files below a folder by name, without links, hidden folders and what tools leave there."""
    seen, waiting = 0, [(folder, 0)]
    while waiting:
        here, depth = waiting.pop()
        try:
            with os.scandir(here) as there:
                entries = heapq.nsmallest(MAX_ENTRIES - seen + 1, there, key=lambda entry: entry.name)
        except OSError:
            count("a folder that cannot be opened", Place(redact_text(here.name)))
            continue
        for entry in entries:
            seen += 1
            name = Path(entry.path).relative_to(folder).as_posix()
            if seen > MAX_ENTRIES:
                count(f"files beyond the first {MAX_ENTRIES}", Place(redact_text(name)))
                return
            if entry.is_symlink():
                count("a symbolic link", Place(redact_text(name)))
            elif entry.is_dir(follow_symlinks=False):
                if entry.name not in _LEFT_OUT and depth < MAX_DEPTH:
                    waiting.append((Path(entry.path), depth + 1))
            elif entry.is_file(follow_symlinks=False):
                yield name, Path(entry.path)
            else:
                count("no regular file", Place(redact_text(name)))


def _read(file: Path) -> tuple[str, str] | str:
    """The text of a file and its time, or why it is left out; what is no regular file any more is not waited for."""
    try:
        content, changed = read_regular(file, at_most=MAX_FILE_BYTES + 1), file.stat().st_mtime
    except NotRegular:
        return "no regular file"
    except OSError:
        return "a file that cannot be opened"
    if len(content) > MAX_FILE_BYTES:
        return f"a file of more than {MAX_FILE_BYTES} bytes"
    if b"\0" in content:
        return "a file that is no text"
    try:
        return content.decode("utf-8-sig"), rfc3339(datetime.fromtimestamp(changed, UTC))
    except UnicodeDecodeError:
        return "a file that is no UTF-8"


def _split(name: str, text: str, changed: str | None) -> Iterator[Document]:
    """A dump of nginx -T as the files that it was made of, any other text as it is."""
    heads = list(_DUMPED.finditer(text))
    if not heads:
        yield Document(name, text, changed)
        return
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        yield Document(redact_text(head[1].strip()), text[head.end() + 1 : following.start() if following else None], changed)
