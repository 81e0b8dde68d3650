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
        return _looked_up(found, _HANDSHAKE[found.args[0].lower()])


def _looked_up(table: Directive, value: str) -> str:
    default = ""
    for entry in table.block:
        if entry.name == "default":
            default = entry.first()
        elif entry.name.startswith("~"):
            if matches(entry.name.lstrip("~*"), value, folds_case=entry.name.startswith("~*")):
                return entry.first()
        elif entry.name.lower() == value.lower():
            return entry.first()
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


def nearest(levels: Iterable[Mapping[str, list[Directive]]], name: str) -> list[Directive]:
    """The directives of a name on the innermost level that has any: nginx inherits all or nothing."""
    return next((level[name] for level in levels if level.get(name)), [])
