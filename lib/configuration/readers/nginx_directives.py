"""nginx's directives as a tree, through the parser `ngxparse`; what they include is taken from the texts given, or counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import crossplane

from lib.configuration.documents import Document
from lib.configuration.shape import Count, Place

_SHARED = frozenset({"map", "limit_req_zone"})
MAX_DIRECTIVES = 200_000
"""Of all files together, those that are included several times counted each time."""
MAX_PATTERNS = 1_000
"""So many different words behind `include` are followed."""
_WITHOUT_ROUTES = frozenset(
    {
        "mime.types",
        "fastcgi_params",
        "fastcgi.conf",
        "uwsgi_params",
        "scgi_params",
        "koi-utf",
        "koi-win",
        "win-utf",
    }
)


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its words, where it stands, and what is in its braces."""

    name: str
    args: tuple[str, ...]
    place: Place
    block: tuple[Directive, ...] = ()

    def first(self, default: str = "") -> str:
        """Its first word behind the name."""
        return self.args[0] if self.args else default


class Files:
    """The files that an `include` may mean, by name; what they hold is bounded together, however often each is included."""

    def __init__(self, documents: Iterable[Document] = ()):
        self._named: dict[str, list[Document]] = {}
        for one in documents:
            self._named.setdefault(PurePosixPath(one.name).name, []).append(one)
        self._meant: dict[str, list[Document]] = {}
        self._parsed: dict[str, Any] = {}
        self._shared: list[Directive] | None = None
        self.left = MAX_DIRECTIVES

    def meant_by(self, pattern: str) -> list[Document]:
        """The files that a pattern means, none where more patterns than are followed have stars."""
        if pattern not in self._meant and len(self._meant) < MAX_PATTERNS:
            last = PurePosixPath(pattern).name
            named = self._named if set(last) & set("*?[") else {last: self._named.get(last, [])}
            self._meant[pattern] = [one for found in named.values() for one in found if is_included(pattern, one.name)]
        return self._meant.get(pattern, [])

    def shared(self) -> list[Directive]:
        """The maps and zones that stand outside any block, which each file that nginx reads may use."""
        if self._shared is None:
            every = [(one, part) for found in self._named.values() for one in found for part in self.parsed(one)["config"]]
            kept = [(one, said) for one, part in every for said in part["parsed"] if said["directive"] in _SHARED]
            self._shared = [found for one, said in kept for found in _tree([said], self, Count(), (one.name,))]
        return self._shared

    def parsed(self, document: Document) -> Any:
        """What the parser makes of a text, which it reads once."""
        if document.name not in self._parsed:
            self._parsed[document.name] = crossplane.parse_string(document.text, single=True, check_ctx=False, check_args=False)
        return self._parsed[document.name]


def directives(document: Document, files: Files, count: Count) -> tuple[Directive, ...]:
    """The directives of one text, what it includes in place of each `include`."""
    return tuple(_read(document, files, count, ()))


def _read(document: Document, files: Files, count: Count, within: tuple[str, ...]) -> Iterator[Directive]:
    payload = files.parsed(document)
    for error in payload["errors"]:
        # The parser's own words quote what they refuse, which may be a secret.
        count("nginx: what the parser cannot read", Place(document.name, error.get("line")))
    for part in payload["config"]:
        yield from _tree(part["parsed"], files, count, (*within, document.name))


def _tree(statements: Iterable[dict[str, Any]], files: Files, count: Count, within: tuple[str, ...]) -> Iterator[Directive]:
    for statement in statements:
        place = Place(within[-1], statement["line"])
        files.left -= 1
        if files.left < 0:
            count("nginx: more directives than are read", place)
            return
        if statement["directive"] == "include" and statement["args"]:
            yield from _included(statement["args"][0], place, files, count, within)
            continue
        block = tuple(_tree(statement.get("block") or (), files, count, within))
        yield Directive(statement["directive"], tuple(statement["args"]), place, block)


def _included(pattern: str, place: Place, files: Files, count: Count, within: tuple[str, ...]) -> Iterator[Directive]:
    found = files.meant_by(pattern)
    if not found and PurePosixPath(pattern).name not in _WITHOUT_ROUTES:
        count("nginx: an included file that is not there", place)
        # What it may say is not known: it stands where it is included.
        yield Directive("include", (pattern,), place)
    for one in found[: max(files.left, 0)]:
        if one.name not in within:
            yield from _read(one, files, count, within)


def is_included(pattern: str, name: str) -> bool:
    """Whether an include's pattern means this file; of an absolute one as much is compared as the name has."""
    wanted, parts = PurePosixPath(pattern).parts, PurePosixPath(name).parts
    shared = min(len(wanted), len(parts), 1 if len(parts) == 1 else 2)
    return shared > 0 and all(fnmatchcase(part, one) for part, one in zip(parts[-shared:], wanted[-shared:], strict=True))
