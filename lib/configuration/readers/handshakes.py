"""What every handshake surely carries, and whether a condition on headers holds of it: None where that cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from lib.configuration.readers.nginx_values import matches
from lib.configuration.shape import Header, Place

_SURELY = {"upgrade": "websocket", "connection": "Upgrade", ":method": "GET", "sec-websocket-version": "13"}
_PRESENT = frozenset({*_SURELY, "sec-websocket-key", "host", ":authority", ":path", ":scheme"})
_LISTS = frozenset({"connection"})
"""Headers to which a browser adds words of its own."""
_ITSELF = re.compile(r"%(?:REQ|RESP)\(([\w:-]{1,100})(?:\?[\w:-]{1,100})?\)(?::\d{1,6})?%")


def is_present(name: str) -> bool | None:
    """Whether a handshake has this header."""
    return True if name.lower() in _PRESENT else None


def holds(name: str, how: str, wanted: str, *, folds_case: bool = False) -> bool | None:
    """Whether a header of a handshake is, begins with, ends with or contains a text, or is one by a pattern."""
    name = name.lower()
    value = _SURELY.get(name)
    if value is None:
        return None
    found = _compared(value, how, wanted, folds_case=folds_case)
    folded = _compared(value, how, wanted, folds_case=True)
    if found == folded:
        return None if name in _LISTS and how != "contains" else found
    return None  # only how a client writes it decides


def _compared(value: str, how: str, wanted: str, *, folds_case: bool) -> bool | None:
    if how == "regex":
        return matches(f"^(?:{wanted})$", value, folds_case=folds_case)
    if folds_case:
        value, wanted = value.lower(), wanted.lower()
    ways = {
        "exact": value == wanted,
        "prefix": value.startswith(wanted),
        "suffix": value.endswith(wanted),
        "contains": wanted in value,
    }
    return ways.get(how)


def negated(one: bool | None) -> bool | None:
    """What holds where a condition does not."""
    return None if one is None else not one


def all_of(conditions: Iterable[bool | None]) -> bool | None:
    """Whether all hold: one that does not decides, whatever else cannot be told."""
    given = list(conditions)
    return False if False in given else None if None in given else True


def header_set(name: str, value: str, place: Place, of: Literal["request", "response"] = "request") -> Header | None:
    """A header that Envoy's kind sets: one that gets its own value passes; None where a variable says what it gets."""
    name = "host" if name.strip().lower() == ":authority" else name.strip().lower()
    if "%" not in value.replace("%%", ""):
        return Header.given(name, value.replace("%%", "%"), place, of)
    found = _ITSELF.fullmatch(value.strip())
    is_itself = found is not None and found[1].lower().replace(":authority", "host") == name
    return Header(name=name, action="passed", of=of, place=place) if is_itself else None
