"""The rules of Traefik's routers as what they ask of a handshake: the ways in which one fits, each of hosts and a path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

from lib.configuration.readers.handshakes import holds
from lib.configuration.shape import Match

MAX_RULE = 5_000
MAX_DEPTH = 40
MAX_WAYS = 64
_PIECE = re.compile(r"\s*(&&|\|\||[!()]|\w+\s*\((?:[^)`\"']|`[^`]*`|\"[^\"]*\"|'[^']*')*\))")
_QUOTED = re.compile(r"`([^`]*)`|\"([^\"]*)\"|'([^']*)'")
_PATHS: dict[str, Match] = {"PathPrefix": "prefix", "Path": "exact", "PathRegexp": "regex"}


class Unknown(Exception):
    """A rule is none of a form that is read here."""


@dataclass(frozen=True)
class Way:
    """One way in which a request fits: by these hosts (empty: any), on this path, not on those; maybe on what cannot be told."""

    hosts: tuple[str, ...] = ()
    match: Match = "prefix"
    path: str = "/"
    but_not: tuple[tuple[Match, str], ...] = ()
    is_conditional: bool = False


_ANY = Way()
_NEVER: list[Way] = []


def ways(rule: str) -> list[Way]:
    """The ways in which a handshake fits a rule, none where it never does; raises `Unknown`."""
    if len(rule) > MAX_RULE:
        raise Unknown
    pieces, at = [], 0
    while rule[at:].strip():
        found = _PIECE.match(rule, at)
        if not found:
            raise Unknown
        pieces.append(found[1])
        at = found.end()
    left = pieces[::-1]
    made = _either(left, wanted=True, depth=0)
    if left:
        raise Unknown
    return list(dict.fromkeys(made))


def _either(left: list[str], *, wanted: bool, depth: int) -> list[Way]:
    parts = [_all(left, wanted=wanted, depth=depth)]
    while left and left[-1] == "||":
        left.pop()
        parts.append(_all(left, wanted=wanted, depth=depth))
    # What is denied as a whole is denied in each of its parts.
    return _sum(parts) if wanted else _product(parts)


def _all(left: list[str], *, wanted: bool, depth: int) -> list[Way]:
    parts = [_one(left, wanted=wanted, depth=depth)]
    while left and left[-1] == "&&":
        left.pop()
        parts.append(_one(left, wanted=wanted, depth=depth))
    return _product(parts) if wanted else _sum(parts)


def _one(left: list[str], *, wanted: bool, depth: int) -> list[Way]:
    if not left or depth > MAX_DEPTH:
        raise Unknown
    piece = left.pop()
    if piece == "!":
        return _one(left, wanted=not wanted, depth=depth + 1)
    if piece == "(":
        found = _either(left, wanted=wanted, depth=depth + 1)
        if not left or left.pop() != ")":
            raise Unknown
        return found
    if "(" not in piece:
        raise Unknown
    name, _, inside = piece.partition("(")
    texts = ["".join(text or "" for text in found.groups()) for found in _QUOTED.finditer(inside)]
    return _matcher(name.strip(), texts, wanted=wanted)


def _sum(parts: Iterable[list[Way]]) -> list[Way]:
    made = [way for part in parts for way in part]
    if len(made) > MAX_WAYS:
        raise Unknown
    return made


def _product(parts: list[list[Way]]) -> list[Way]:
    made = [_ANY]
    for part in parts:
        made = [both for one, other in product(made, part) if (both := _both(one, other)) is not None]
        if len(made) > MAX_WAYS:
            raise Unknown
    return made


def _matcher(name: str, texts: list[str], *, wanted: bool) -> list[Way]:
    if name in ("Host", "HostHeader", "HostRegexp") and texts:
        hosts = tuple(_host(text, is_pattern=name == "HostRegexp") for text in texts)
        return [Way(hosts=hosts)] if wanted else [Way(is_conditional=True)]
    if name in _PATHS and texts:
        found = [_path(name, text) for text in texts]
        if wanted:
            return [Way(match=match, path=path) for match, path in found]
        return [Way(but_not=tuple(found))]
    said = _said(name, texts)
    return [Way(is_conditional=True)] if said is None else [_ANY] if said is wanted else _NEVER


def _said(name: str, texts: list[str]) -> bool | None:
    """What a matcher on neither host nor path says of every handshake."""
    if name == "Method" and texts:
        return "GET" in [text.upper() for text in texts]
    if name in ("Header", "Headers", "HeaderRegexp", "HeadersRegexp") and len(texts) == 2:
        if name.endswith("Regexp"):
            # These are searched for, and not only tried as a whole.
            return holds(texts[0], "regex", f".*(?:{texts[1]}).*")
        return holds(texts[0], "exact", texts[1])
    return None


def _host(text: str, *, is_pattern: bool) -> str:
    """A host; a pattern is one of nginx's kind, in either of Traefik's ways of writing it."""
    if not is_pattern:
        return text.lower()
    return (
        f"~^{_pattern(text, '[^.]+')}$" if "{" in text and "^" not in text and re.search(r"\{[a-z]\w*[:}]", text) else f"~{text}"
    )


def _path(name: str, text: str) -> tuple[Match, str]:
    if "{" in text and name != "PathRegexp":
        return "regex", f"^{_pattern(text, '[^/]+')}{'$' if name == 'Path' else ''}"
    return _PATHS[name], text


def _pattern(text: str, one: str) -> str:
    """A text with `{name:pattern}` or `{name}` in it as a pattern of its own."""
    parts = re.split(r"\{\w+(?::([^{}]*))?\}", text)
    return "".join(f"(?:{part or one})" if n % 2 else re.escape(part or "") for n, part in enumerate(parts))


def _both(one: Way, other: Way) -> Way | None:
    """The way that asks for both; None where nothing can fit."""
    is_conditional = one.is_conditional or other.is_conditional
    hosts = one.hosts or other.hosts
    if one.hosts and other.hosts and one.hosts != other.hosts:
        hosts = tuple(host for host in one.hosts if host in other.hosts)
        if any(host.startswith("~") for host in (*one.hosts, *other.hosts)):
            hosts, is_conditional = (*one.hosts, *other.hosts), True
        elif not hosts:
            return None
    narrow = _narrower(one, other)
    if narrow is None:
        return None
    but_not = tuple(dict.fromkeys((*one.but_not, *other.but_not)))
    return replace(narrow, hosts=hosts, but_not=but_not, is_conditional=is_conditional or narrow.is_conditional)


def _narrower(one: Way, other: Way) -> Way | None:
    """The one of the narrower path; None where no path fits both."""
    first, second = sorted((one, other), key=lambda way: (way.match != "exact", -len(way.path)))
    if (second.match, second.path) in (("prefix", "/"), (first.match, first.path)):
        return first
    if "regex" in (first.match, second.match):
        return replace(_ANY, is_conditional=True)
    return first if second.match == "prefix" and first.path.startswith(second.path) else None
