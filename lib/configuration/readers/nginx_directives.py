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
        self._meant: dict[tuple[str, str], list[Document]] = {}
        self._parsed: dict[str, Any] = {}
        self.read: set[str] = set()
        """The names of the files whose directives were taken, by themselves or where they are included."""
        self.left = MAX_DIRECTIVES

    def meant_by(self, pattern: str, root: str) -> list[Document]:
        """The files that a pattern means in what a root includes, those below its folder first; none beyond `MAX_PATTERNS`."""
        folder = PurePosixPath(root).parent
        key = pattern, str(folder)
        if key not in self._meant and len(self._meant) < MAX_PATTERNS:
            last = PurePosixPath(pattern).name
            has_stars = _has_stars(pattern)
            named = self._named if has_stars else {last: self._named.get(last, [])}
            found = [one for every in named.values() for one in every if is_included(pattern, one.name)]
            # A whole nginx.conf that stands beside the parts of another is none of them.
            found = [one for one in found if not (has_stars and self.is_root(one))]
            self._meant[key] = [one for one in found if PurePosixPath(one.name).is_relative_to(folder)] or found
        return self._meant.get(key, [])

    def included(self, document: Document) -> set[str]:
        """The names of the other files that a text includes itself."""
        statements = list(self._statements(document))
        found = set()
        while statements:
            one = statements.pop()
            statements += one.get("block") or ()
            if one["directive"] == "include" and one["args"]:
                found |= {meant.name for meant in self.meant_by(one["args"][0], document.name)}
        return found - {document.name}

    def is_root(self, document: Document) -> bool:
        """Whether a text is a whole configuration, with the block of all servers."""
        return any(one["directive"] == "http" for one in self._statements(document))

    def beside(self, document: Document) -> list[Directive]:
        """The maps and zones outside any block of the files in its folder, where no whole configuration says what it includes."""
        every = [one for found in self._named.values() for one in found]
        if any(self.is_root(one) for one in every):
            return []
        folder = PurePosixPath(document.name).parent
        near = [one for one in every if PurePosixPath(one.name).parent == folder and one.name != document.name]
        kept = [(one, said) for one in near for said in self._statements(one) if said["directive"] in _SHARED]
        return [found for one, said in kept for found in _tree([said], self, Count(), (one.name,))]

    def _statements(self, document: Document) -> Iterator[dict[str, Any]]:
        return (said for part in self.parsed(document)["config"] for said in part["parsed"])

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
    files.read.add(document.name)
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
    meant = files.meant_by(pattern, within[0])
    found = [one for one in meant if one.name not in within]
    # A circle ends here; of stars that a file's own bare name fits nothing is there.
    is_missing = not found and (not meant or _has_stars(pattern))
    if is_missing and PurePosixPath(pattern).name not in _WITHOUT_ROUTES:
        count("nginx: an included file that is not there", place)
        # What it may say is not known: it stands where it is included.
        yield Directive("include", (pattern,), place)
    for one in found[: max(files.left, 0)]:
        yield from _read(one, files, count, within)


def _has_stars(pattern: str) -> bool:
    return bool(set(PurePosixPath(pattern).name) & set("*?["))


def is_included(pattern: str, name: str) -> bool:
    """Whether an include's pattern means this file; of an absolute one as much is compared as the name has."""
    wanted, parts = PurePosixPath(pattern).parts, PurePosixPath(name).parts
    shared = min(len(wanted), len(parts), 1 if len(parts) == 1 else 2)
    return shared > 0 and all(fnmatchcase(part, one) for part, one in zip(parts[-shared:], wanted[-shared:], strict=True))
