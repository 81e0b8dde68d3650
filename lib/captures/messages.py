"""The first message of a captured session: which credential it carries, and the `session` that says it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lib.captures.request import JWT
from lib.sessions.scripts import TOKEN

MIN_SECRET_CHARACTERS = 6
MAX_CHARACTERS = 600
"""Longer settings are said to be there, not shown."""
_SCHEME = re.compile(r"(?:bearer|token|jwt)\s+", re.IGNORECASE)
_KINDS = ("type", "event", "action", "op", "status", "msg")
"""Members by which frames say what they are."""
IsSecret = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The credential of the first message, and `session` with {token} in its place; other secrets are … there."""

    credential: str = field(repr=False)
    session: Mapping[str, Any]

    @property
    def can_be_said(self) -> bool:
        """Whether a parameter file can hold it."""
        return "\\u0000" not in json.dumps(self.session)

    @property
    def shown(self) -> str | None:
        """The session as one line of YAML; None where it is too long."""
        text = json.dumps(self.session, ensure_ascii=False)
        return text if len(text) <= MAX_CHARACTERS else None


def opening(messages: Sequence[tuple[bool, str]], offered: Sequence[str], is_secret: IsSecret) -> Opening | None:
    """How a session begins whose first sent message carries a credential; None where it does not, or sends nothing.

    `messages`: whether it was sent, and its text, in their order.
    """
    at = next((place for place, (sent, _) in enumerate(messages) if sent), None)
    if at is None:
        return None
    hiding = _Hiding(is_secret)
    prefix, said = _parsed(messages[at][1])
    hidden = hiding.of(said)
    before = hiding.of(prefix)
    if hiding.credential is None:
        return None
    answer = next((text for sent, text in messages[at:] if not sent), "")
    return Opening(credential=hiding.credential, session=_session(before, hidden, offered, _expected(answer, is_secret)))


def _parsed(text: str) -> tuple[str, Any]:
    """What stands before a frame's JSON, and the JSON; a frame without any is its own text."""
    begins = min((place for place in map(text.find, "{[") if place >= 0), default=len(text))
    try:
        return text[:begins], json.loads(text[begins:])
    except (ValueError, RecursionError):
        return "", text


class _Hiding:
    """Puts {token} in the place of the credential, and … in that of every further secret."""

    def __init__(self, is_secret: IsSecret):
        self.is_secret = is_secret
        self.credential: str | None = None

    def of(self, value: Any, name: str = "") -> Any:
        if isinstance(value, Mapping):
            return {self.of(key): self.of(item, str(key)) for key, item in value.items()}
        if isinstance(value, list):
            return [self.of(item, name) for item in value]
        if value is None or isinstance(value, bool):
            return value
        if not isinstance(value, str):
            return "…" if name and self.is_secret(name, "") else value
        if inner := JWT.search(value):
            credential = self._in_place_of(inner[0])
            return self.of(value[: inner.start()]) + credential + self.of(value[inner.end() :])
        if value and name and len(value) < MIN_SECRET_CHARACTERS and self.is_secret(name, ""):
            return "…"
        if not name and re.search(r"\s", value):
            return "".join(self._in_place_of(word) if self.is_secret("", word) else word for word in re.split(r"(\s+)", value))
        if len(value) < MIN_SECRET_CHARACTERS or not self.is_secret(name, value):
            return value
        if name and not self.is_secret(name, ""):
            return "…"  # by its shape alone it could be one; an id of a subscription looks so as well
        scheme = _SCHEME.match(value)
        start = scheme.end() if scheme else 0
        return value[:start] + self._in_place_of(value[start:])

    def _in_place_of(self, secret: str) -> str:
        self.credential = self.credential or secret
        return TOKEN if secret == self.credential else "…"


def _session(prefix: str, said: Any, offered: Sequence[str], expected: Mapping[str, str] | None) -> dict[str, Any]:
    if prefix == "40" and isinstance(said, Mapping):
        return {"protocol": "socket.io", "payload": said}
    if isinstance(said, Mapping) and said.get("type") == "connection_init" and "graphql-transport-ws" in offered:
        return {"protocol": "graphql-transport-ws", "payload": said.get("payload") or {}}
    message = said if isinstance(said, Mapping) and not prefix else prefix + (said if isinstance(said, str) else json.dumps(said))
    return {"send": [message], **({"expect": expected} if expected else {})}


def _expected(answer: str, is_secret: IsSecret) -> dict[str, str] | None:
    """The member by which the answer says what it is."""
    _, found = _parsed(answer)
    if not isinstance(found, Mapping):
        return None
    kinds = {name: found[name] for name in _KINDS if isinstance(found.get(name), str) and len(found[name]) <= 40}
    return next(({name: kind} for name, kind in kinds.items() if not is_secret("", kind)), None)
