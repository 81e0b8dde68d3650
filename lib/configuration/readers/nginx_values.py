"""What nginx's variables hold in a handshake, as far as its maps say; everything else stays the variable's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import re2

from lib.configuration.readers.nginx_directives import Directive

_HANDSHAKE = {"$http_upgrade": "websocket", "$http_connection": "Upgrade", "$request_method": "GET"}
_VARIABLE = re.compile(r"\$\{?([a-z_][a-z0-9_]*)\}?", re.IGNORECASE)
MAX_STEPS = 5


class Variables:
    """The maps of a configuration."""

    def __init__(self, directives: Iterable[Directive]):
        self._maps: dict[str, Directive] = {
            one.args[1].lower(): one for one in directives if one.name == "map" and len(one.args) == 2
        }

    def in_handshake(self, text: str) -> str:
        """A value as a handshake has it: maps of what a handshake surely sends are looked up, `${x}` is written $x."""
        for _ in range(MAX_STEPS):
            resolved = _VARIABLE.sub(lambda match: self._value(f"${match[1].lower()}"), text)
            if resolved == text:
                break
            text = resolved
        return text

    def _value(self, name: str) -> str:
        if name in _HANDSHAKE:
            return _HANDSHAKE[name]
        found = self._maps.get(name)
        if found is None or found.args[0].lower() not in _HANDSHAKE:
            return name
        value = looked_up(entries(found), _HANDSHAKE[found.args[0].lower()])
        return name if value is None else value

    def of_origin(self, name: str) -> tuple[tuple[str, str], ...]:
        """What the map that fills a variable makes of each Origin; empty where the variable depends on something else."""
        found = self._maps.get(name.lower())
        return entries(found) if found is not None and found.args[0].lower() == "$http_origin" else ()


def entries(table: Directive) -> tuple[tuple[str, str], ...]:
    """The lines of a map, each a value or pattern and what it becomes."""
    return tuple((one.name, one.first()) for one in table.block if one.args)


def looked_up(table: Iterable[tuple[str, str]], value: str) -> str | None:
    """What a map makes of a value, exact words before patterns; None where a pattern cannot be tried."""
    default, patterns = "", []
    for name, becomes in table:
        if name == "default":
            default = becomes
        elif name.startswith("~"):
            patterns.append((name, becomes))
        elif name.lower() == value.lower():
            return becomes
    for name, becomes in patterns:
        found = matches(name[2:] if name.startswith("~*") else name[1:], value, folds_case=name.startswith("~*"))
        if found is None:
            return None
        if found:
            return becomes
    return default


def matches(pattern: str, text: str, *, folds_case: bool = False) -> bool | None:
    """Whether a pattern of a configuration is found in a text; None where it is none that can be tried in linear time."""
    options = re2.Options()
    options.log_errors, options.max_mem, options.case_sensitive = False, 1 << 22, not folds_case
    try:
        return re2.compile(pattern, options).search(text) is not None
    except re2.error:
        return None


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
