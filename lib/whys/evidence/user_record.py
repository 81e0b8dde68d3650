"""What a user's record says of why they are refused, read from the fields that the parameters map."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lib.facts import Prediction

FIELDS = ("active", "websocket", "roles")
"""What can be mapped: whether the user is active, whether they may open WebSockets, and what they are."""
_YES = frozenset({"true", "t", "yes", "y", "on", "1", "active", "enabled", "activated", "approved", "verified", "ok", "normal"})
_NO = frozenset(
    {"false", "f", "no", "n", "off", "0", "inactive", "disabled", "deactivated", "suspended", "locked", "blocked", "banned"}
    | {"deleted", "archived", "revoked", "expired", "pending", "invited", "unverified"}
)
_OF_WEBSOCKETS = ("websocket", "socket", "realtime", "ws")
EXPECTED = "as this user it is refused, and as another, of whom this is not said, accepted"
MAX_SHOWN = 120


def prediction(
    user: str, record: Mapping[str, Any] | None, *, source: str, place: str, as_of: datetime | None = None
) -> Prediction:
    """What this record, or that there is none (None), says of the user; fields that are not told say nothing."""
    speaks_for: tuple[str, ...] = ("user-unknown",)
    against: tuple[str, ...] = ()
    words = f"there is no user {user}"
    if record is not None:
        told = [f"{name} {_shown(record[name])}" for name in FIELDS if record.get(name) is not None]
        words = f"the user {user} is there{': ' if told else ''}{', '.join(told)}"
        active, websocket = yes_or_no(record.get("active")), may_open(record.get("websocket"))
        denied = ((active, "user-inactive"), (websocket, "permission-missing"))
        speaks_for = tuple(cause for allowed, cause in denied if allowed is False)
        against = ("user-unknown", *(cause for allowed, cause in denied if allowed))
    return Prediction(
        kind="record",
        source=source,
        place=place,
        words=words,
        speaks_for=speaks_for,
        speaks_against=against,
        user=user,
        expects=EXPECTED if speaks_for else "the user is no reason for a refusal",
        as_of=as_of,
    )


def roles_apart(
    records: Mapping[str, Mapping[str, Any] | None], *, source: str, as_of: datetime | None = None
) -> list[Prediction]:
    """What the first user's roles lack beside each other's: it leads, since a record does not say which role is asked for."""
    users = {user: roles for user, record in records.items() if (roles := _roles(record)) is not None}
    if len(users) < 2 or next(iter(users)) != next(iter(records)):
        return []
    (first, own), *others = users.items()
    found = []
    for user, roles in others:
        lacks, more = [one for one in roles if one not in own], [one for one in own if one not in roles]
        if lacks or more:
            apart = (
                *([f"{first} lacks {_shown(', '.join(lacks))}"] if lacks else []),
                *([f"{user} lacks {_shown(', '.join(more))}"] if more else []),
            )
            found.append(
                Prediction(
                    kind="record",
                    source=source,
                    place=source,
                    words=f"the roles of {first} and {user} differ: {'; '.join(apart)}",
                    speaks_for=("permission-missing",) if lacks else (),
                    is_plain=False,
                    expects=EXPECTED if lacks else "",
                    as_of=as_of,
                )
            )
    return found


def _roles(record: Mapping[str, Any] | None) -> list[str] | None:
    """The roles of a record, one or a list of them; None where they are not told."""
    value = (record or {}).get("roles")
    if value is None or isinstance(value, (bool, Mapping)):
        return None
    listed = _listed(value)
    return [str(one) for one in listed] if listed is not None else [str(value)]


def yes_or_no(value: Any) -> bool | None:
    """A field that says whether something is so, as databases and their dumps write it; None where it does not say."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return bool(value) if value in (0, 1) else None
    word = str(value).strip().lower() if isinstance(value, (str, bytes)) else ""
    return True if word in _YES else False if word in _NO else None


def may_open(value: Any) -> bool | None:
    """Whether the user may open WebSockets, by a field that says so, or by a list of permissions that names it."""
    listed = _listed(value)
    if listed is None:
        return yes_or_no(value)
    return any(word in str(item).lower() for item in listed for word in _OF_WEBSOCKETS) or "*" in listed


def _listed(value: Any) -> Sequence[Any] | None:
    """A list, as it is or as text: JSON, PostgreSQL's own, or with commas between."""
    if isinstance(value, (list, tuple, set)):
        return list(value)
    text = value.strip() if isinstance(value, str) else ""
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, list) else None
    if text.startswith("{") and text.endswith("}"):
        return [item.strip(' "') for item in text[1:-1].split(",") if item.strip()]
    if yes_or_no(text) is None and text:
        return [item for item in text.replace(";", ",").replace(" ", ",").split(",") if item]
    return None


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
