"""What nginx's variables hold in a handshake, as far as its maps say; everything else stays the variable's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import re2

from lib.configuration.readers.nginx_directives import Directive

HANDSHAKE: Mapping[str, str] = {
    "$http_upgrade": "websocket",
    "$http_connection": "Upgrade",
    "$http_sec_websocket_version": "13",
    "$http_sec_websocket_key": "dGhlIHNhbXBsZSBub25jZQ==",
    "$request_method": "GET",
    "$server_protocol": "HTTP/1.1",
}
"""What every handshake sends; of the key any value that has its form."""
PLAIN = {name: "" if name.startswith("$http_") else value for name, value in HANDSHAKE.items()}
"""What a plain GET sends of it."""
_VARIABLE = re.compile(r"\$\{?([a-z_][a-z0-9_]*)\}?", re.IGNORECASE)
_OTHERS = re.compile(
    r"\$(?:(?:http|arg|cookie)_\w+|scheme|host|hostname|https|uri|args|request_(?:uri|method|id)|(?:remote|server)_addr"
    r"|remote_user|server_(?:name|port)|proxy_(?:host|port|add_x_forwarded_for))"
)
"""Variables of nginx's own, which no map and no module fills."""
MAX_STEPS = 5


class Variables:
    """What is known of the variables of a configuration: its maps, what was `set`, and what the request sends."""

    def __init__(self, directives: Iterable[Directive], request: Mapping[str, str] = HANDSHAKE):
        self._maps: dict[str, Directive | None] = {}
        for one in directives:
            if one.name in ("map", "geo", "split_clients") and one.args:
                name = one.args[-1].lower()
                # Of two that fill one variable, which counts is not told.
                is_map = one.name == "map" and len(one.args) == 2 and name not in self._maps
                self._maps[name] = one if is_map else None
        self._request = dict(request)
        self._set: dict[str, str | None] = {}

    def having(self, name: str, value: str | None) -> Variables:
        """The same with a variable that was set, to None where that is not told."""
        return self._with(self._request, {**self._set, name.lower(): None if value is None or "$" in value else value})

    def of_request(self, request: Mapping[str, str]) -> Variables:
        """The same for a request that sends, or comes by, something else besides."""
        return self._with({**self._request, **request}, self._set)

    def of_any_address(self) -> Variables:
        """The same for a handshake that may come by any address."""
        return self._with(HANDSHAKE, self._set)

    def _with(self, request: Mapping[str, str], filled: Mapping[str, str | None]) -> Variables:
        other = Variables((), request)
        other._maps, other._set = self._maps, dict(filled)
        return other

    def in_handshake(self, text: str, *, sent: Iterable[str] = ()) -> str:
        """A value as a handshake has it, `${x}` written $x; what is not told keeps its name.

        `sent`: variables of what is sent, by whatever value that is not empty.
        """
        for _ in range(MAX_STEPS):
            resolved = _VARIABLE.sub(lambda match: self._value(f"${match[1].lower()}", frozenset(sent)), text)
            if resolved == text:
                break
            text = resolved
        return text

    def _value(self, name: str, sent: frozenset[str]) -> str:
        if name in self._set:
            kept = self._set[name]
            return name if kept is None else kept
        if name in self._request:
            return self._request[name]
        found = self._maps.get(name)
        if found is None:
            return name
        source = self.in_handshake(found.args[0]) if found.args[0].lower() != name else name
        if "$" not in source:
            value = looked_up(entries(found), source)
        else:
            value = _whatever_is_sent(entries(found)) if source.lower() in sent else None
        return name if value is None else value

    def of_origin(self, name: str) -> tuple[tuple[str, str], ...]:
        """What the map that fills a variable makes of each Origin; empty where the variable depends on something else."""
        found = None if name.lower() in self._set else self._maps.get(name.lower())
        if found is None or found.args[0].lower() != "$http_origin":
            return ()
        return tuple((one, self.in_handshake(becomes)) for one, becomes in entries(found))


def is_other(value: str, name: str) -> bool:
    """Whether a value is surely not the header of this name as it came: what it holds is told, or is nginx's own."""
    own = f"$http_{name.replace('-', '_')}"
    return all(one != own and _OTHERS.fullmatch(one) for one in (f"${found[1].lower()}" for found in _VARIABLE.finditer(value)))


def entries(table: Directive) -> tuple[tuple[str, str], ...]:
    """The lines of a map, each a value or pattern and what it becomes; `hostnames` is one, and an include that is not there."""
    return tuple((one.name, one.first()) for one in table.block if one.args or one.name == "hostnames")


def looked_up(table: Iterable[tuple[str, str]], value: str) -> str | None:
    """What a map makes of a value, exact words before patterns; None where a pattern cannot be tried, or not all is there."""
    default, patterns, is_whole = "", [], True
    for name, becomes in table:
        if name == "default":
            default = becomes
        elif name in ("include", "hostnames"):
            is_whole = False
        elif name.startswith("~"):
            patterns.append((name, becomes))
        elif name.removeprefix("\\").lower() == value.lower():
            return becomes
    if not is_whole:
        return None
    for name, becomes in patterns:
        found = matches(name[2:] if name.startswith("~*") else name[1:], value, folds_case=name.startswith("~*"))
        if found is None:
            return None
        if found:
            return becomes
    return default


def _whatever_is_sent(table: tuple[tuple[str, str], ...]) -> str | None:
    """What a map makes of any value that is not empty; None where it depends on which one."""
    if {"include", "hostnames"} & {name for name, _ in table}:
        return None
    becomes = {held for name, held in table if name}
    if "default" not in {name for name, _ in table}:
        becomes.add("")
    return becomes.pop() if len(becomes) == 1 else None


def matches(pattern: str, text: str, *, folds_case: bool = False) -> bool | None:
    """Whether a pattern of a configuration is found in a text; None where it is none that can be tried in linear time."""
    found = groups(pattern, text, folds_case=folds_case)
    return None if found is None else bool(found)


def groups(pattern: str, text: str, *, folds_case: bool = False) -> tuple[str, ...] | None:
    """What a pattern finds in a text, whole and in groups: empty where it is not there; None as `matches`."""
    options = re2.Options()
    options.log_errors, options.max_mem, options.case_sensitive = False, 1 << 22, not folds_case
    try:
        found = re2.compile(pattern, options).search(text)
    except re2.error:
        return None
    return (found[0], *(one or "" for one in found.groups())) if found else ()


def by_name(directives: Iterable[Directive], name: str) -> list[Directive]:
    """The directives of a name, in order."""
    return [one for one in directives if one.name == name]


def may_be_included(levels: Iterable[Mapping[str, list[Directive]]], name: str) -> bool:
    """Whether a file that is not there may hold a directive: one that is included no further out than the nearest of that name.

    Patterns with stars are taken for those of whole servers and locations.
    """
    for level in levels:
        if any("*" not in one.first() for one in level.get("include", ())):
            return True
        if level.get(name):
            return False
    return False


def nearest(levels: Iterable[Mapping[str, list[Directive]]], name: str) -> list[Directive]:
    """The directives of a name on the innermost level that has any: nginx inherits all or nothing."""
    return next((level[name] for level in levels if level.get(name)), [])
