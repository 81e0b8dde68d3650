"""Whether a frame is what a sign says, and whether it complains (pure). Frames come from strangers: nothing here raises."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from lib.facts import Sign

MAX_READ_CHARACTERS = 65_536
"""Of a longer frame only the beginning is read."""

PACKET = re.compile(r"^\d{1,2}(?:/[^,\[{]{0,200},)?\d{0,10}(?=[\[{\"])")
"""What Engine.IO and Socket.IO put before a packet's JSON: types, a namespace, the number of an acknowledgement."""
_KINDS = ("type", "event", "op", "action", "kind", "status", "code", "result", "cmd", "command")
_TALK = ("msg", "message", "detail", "reason")
"""Members that are what people say wherever something else says what the frame is."""
_STATUSES = ("code", "status", "statuscode", "status_code")
_COMPLAINS = re.compile(
    r"\b(?:errors?|exception|fail(?:ed|ure)?|den(?:y|ied)|reject(?:ed|ion)?|refused?|unauthori[sz]ed|not authori[sz]ed|"
    r"unauthenticated|not authenticated|forbidden|invalid|expired|revoked)\b"
)
_YES = frozenset({"success", "ok", "authenticated", "authorized", "authorised", "valid", "accepted", "granted", "connected"})


def matches(sign: Sign, frame: str) -> bool:
    """Whether the frame is what the sign says."""
    text = frame[:MAX_READ_CHARACTERS]
    if sign.kind == "starts":
        return text.startswith(str(sign.value))
    if sign.kind == "holds":
        return str(sign.value) in text
    return _has(json_of(text), sign.value)


def json_of(frame: str) -> Any:
    """A frame as JSON, what a packet protocol writes before it left out; None where it is none."""
    try:
        return json.loads(payload_of(frame[:MAX_READ_CHARACTERS]))
    except (ValueError, RecursionError):
        return None


def payload_of(frame: str) -> str:
    """A frame without what a packet protocol writes before its JSON."""
    return PACKET.sub("", frame, count=1)


def complains(frame: str) -> bool:
    """Whether a frame says by its kind, an error member or a no to success that something is refused."""
    found = json_of(frame)
    if isinstance(found, Mapping):
        return _map_complains(found) or any(_map_complains(inner) for inner in found.values() if isinstance(inner, Mapping))
    if isinstance(found, list):
        return any(_map_complains(item) if isinstance(item, Mapping) else _word_complains(item) for item in found[:8])
    return len(frame) <= 500 and _word_complains(frame)


def _map_complains(found: Mapping[str, Any]) -> bool:
    members = [(str(name).lower(), value) for name, value in list(found.items())[:50]]
    kinds = _KINDS if any(lower in _KINDS and isinstance(value, str) for lower, value in members) else (*_KINDS, *_TALK)
    for lower, value in members:
        if lower in {"error", "errors", "error_message", "errormessage", "exception"} and value not in (
            None,
            False,
            "",
            0,
            [],
            {},
        ):
            return True
        if lower in _YES and value is False:
            return True
        if (lower in kinds and _word_complains(value)) or (lower == "type" and value == "disconnect"):
            return True
        if lower in _STATUSES and isinstance(value, int) and 400 <= value < 600:
            return True
    return False


def _word_complains(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    opened = re.sub(r"[_./:-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value[:200])).lower()
    return _COMPLAINS.search(opened) is not None


def _has(found: Any, wanted: Any) -> bool:
    """Whether a JSON value has all that is wanted of it: members of maps, elements of lists in order, else the same value."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(name in found and _has(found[name], value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) >= len(wanted)
            and all(_has(one, value) for one, value in zip(found, wanted, strict=False))
        )
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)
