"""nginx's directives as a tree, through the parser `ngxparse`; what they include is taken from the texts given, or counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

import crossplane

from lib.configuration.documents import Document
from lib.configuration.shape import Count, Place

MAX_INCLUDED = 5_000
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
        "proxy_params",
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


def directives(document: Document, beside: Mapping[str, Document], count: Count) -> tuple[Directive, ...]:
    """The directives of one text, what it includes in place of each `include`."""
    return tuple(_read(document, beside, count, [MAX_INCLUDED], ()))


def _read(
    document: Document, beside: Mapping[str, Document], count: Count, left: list[int], within: tuple[str, ...]
) -> Iterator[Directive]:
    payload = crossplane.parse_string(document.text, single=True, check_ctx=False, check_args=False)
    for error in payload["errors"]:
        # The parser's own words quote what they refuse, which may be a secret.
        count("nginx: what the parser cannot read", Place(document.name, error.get("line")))
    for part in payload["config"]:
        yield from _tree(part["parsed"], document.name, beside, count, left, (*within, document.name))


def _tree(
    statements: Iterable[dict[str, Any]],
    file: str,
    beside: Mapping[str, Document],
    count: Count,
    left: list[int],
    within: tuple[str, ...],
) -> Iterator[Directive]:
    for statement in statements:
        place = Place(file, statement["line"])
        if statement["directive"] == "include" and statement["args"]:
            yield from _included(statement["args"][0], place, beside, count, left, within)
            continue
        block = tuple(_tree(statement.get("block") or (), file, beside, count, left, within))
        yield Directive(statement["directive"], tuple(statement["args"]), place, block)


def _included(
    pattern: str, place: Place, beside: Mapping[str, Document], count: Count, left: list[int], within: tuple[str, ...]
) -> Iterator[Directive]:
    found = [other for name, other in beside.items() if name not in within and is_included(pattern, name)]
    if not found and PurePosixPath(pattern).name not in _WITHOUT_ROUTES:
        count("nginx: an included file that is not there", place)
    for other in found:
        left[0] -= 1
        if left[0] < 0:
            count("nginx: more files included than are followed", place)
            return
        yield from _read(other, beside, count, left, within)


def is_included(pattern: str, name: str) -> bool:
    """Whether an include's pattern means this file; of an absolute one as much is compared as the name has."""
    wanted, parts = PurePosixPath(pattern).parts, PurePosixPath(name).parts
    shared = min(len(wanted), len(parts), 1 if len(parts) == 1 else 2)
    return shared > 0 and all(fnmatchcase(part, one) for part, one in zip(parts[-shared:], wanted[-shared:], strict=True))
