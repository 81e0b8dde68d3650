"""`session` of the parameters as a script: the presets of known protocols, and the free form, with the token filled in.

Sources: the protocol of graphql-ws (graphql-transport-ws; its forerunner's connection_error too), Engine.IO 4 and Socket.IO 5,
and Action Cable's own JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from lib.facts import SessionScript, Sign

TOKEN = "{token}"  # noqa: S105  what stands for it
Settings = Mapping[str, Any]
"""`session` as the parameters have it, references in its payload resolved."""

SUBPROTOCOLS: Mapping[str, str] = {"graphql-transport-ws": "graphql-transport-ws", "actioncable": "actioncable-v1-json"}
"""What a client of the protocol always offers."""
_QUERY = {"socket.io": {"EIO": "4", "transport": "websocket"}}
_NOTHING: Any = object()


def script_of(settings: Settings, token: str | None) -> SessionScript:
    """What is said in the session; without a token, what would carry it is left out."""
    make = {"graphql-transport-ws": _graphql, "socket.io": _socket_io, "actioncable": _action_cable}
    protocol = settings.get("protocol")
    if protocol is None:
        return _free(settings, token)
    payload = filled(settings.get("payload"), token)
    return make[protocol](
        None if payload is _NOTHING else payload, settings.get("channel"), float(settings.get("timeout_s") or 5)
    )


def offered(settings: Settings | None, configured: Sequence[str]) -> tuple[str, ...]:
    """The subprotocols that are offered: the configured ones, or where there are none what the protocol's clients offer."""
    own = SUBPROTOCOLS.get((settings or {}).get("protocol") or "")
    return tuple(configured) or ((own,) if own else ())


def address(settings: Settings | None, url: str) -> str:
    """The address with what the protocol's clients always put into the query, where it is not there."""
    wanted = _QUERY.get((settings or {}).get("protocol") or "", {})
    parts = urlsplit(url)
    given = {item.partition("=")[0] for item in parts.query.split("&")}
    added = [f"{name}={value}" for name, value in wanted.items() if name not in given]
    return urlunsplit(parts._replace(query="&".join([*([parts.query] if parts.query else []), *added]))) if added else url


def holds_token(settings: Settings | None) -> bool:
    """Whether the session has a place for the token."""
    said = [(settings or {}).get("payload"), (settings or {}).get("send")]
    return TOKEN in json.dumps(said, ensure_ascii=False, default=str)


def filled(value: Any, token: str | None) -> Any:
    """A value with the token in its places; without one, members and elements that would hold it are left out."""
    if isinstance(value, str):
        if TOKEN not in value:
            return value
        return _NOTHING if token is None else value.replace(TOKEN, token)
    if isinstance(value, Mapping):
        members = {str(name): filled(item, token) for name, item in value.items()}
        return {name: item for name, item in members.items() if item is not _NOTHING}
    if isinstance(value, (list, tuple)):
        return [item for item in (filled(item, token) for item in value) if item is not _NOTHING]
    return value


def _graphql(payload: Any, channel: str | None, timeout_s: float) -> SessionScript:
    init = {"type": "connection_init", **({"payload": payload} if payload is not None else {})}
    return SessionScript(
        protocol="graphql-transport-ws",
        messages=(_json(init),),
        granting=(Sign("json", {"type": "connection_ack"}),),
        refusing=(Sign("json", {"type": "connection_error"}),),
        replies=((Sign("json", {"type": "ping"}), '{"type":"pong"}'),),
        timeout_s=timeout_s,
    )


def _socket_io(payload: Any, channel: str | None, timeout_s: float) -> SessionScript:
    namespace = f"/{channel.strip('/')}" if channel and channel.strip("/") else ""
    packet = f"40{namespace}{',' if namespace else ''}{_json(payload) if payload is not None else ''}"
    return SessionScript(
        protocol="socket.io",
        messages=(packet,),
        awaited=Sign("starts", "0"),
        granting=(Sign("starts", f"40{namespace}"),),
        refusing=(Sign("starts", f"44{namespace}"), Sign("starts", f"41{namespace}")),
        replies=((Sign("starts", "2"), "3"),),
        timeout_s=timeout_s,
    )


def _action_cable(payload: Any, channel: str | None, timeout_s: float) -> SessionScript:
    identifier = _json({"channel": channel, **(payload or {})})
    mine = {"identifier": identifier}
    welcome = Sign("json", {"type": "welcome"})
    refused = [Sign("json", {"type": "disconnect"})]
    return SessionScript(
        protocol="actioncable",
        messages=(_json({"command": "subscribe", "identifier": identifier}),) if channel else (),
        awaited=welcome if channel else None,
        granting=(Sign("json", {**mine, "type": "confirm_subscription"}) if channel else welcome,),
        refusing=(*refused, *((Sign("json", {**mine, "type": "reject_subscription"}),) if channel else ())),
        timeout_s=timeout_s,
    )


def _free(settings: Settings, token: str | None) -> SessionScript:
    refuse = settings.get("refuse") or {}
    expect, text = settings.get("expect"), refuse.get("text")
    return SessionScript(
        protocol="free",
        messages=tuple(message(one, token) for one in settings["send"]),
        granting=(_sign(expect),) if expect is not None else (),
        refusing=(_sign(text),) if text is not None else (),
        closes=tuple(refuse.get("close") or ()),
        timeout_s=float(settings.get("timeout_s") or 5),
    )


def message(said: Any, token: str | None) -> str:
    """A message as it is sent: a text as it stands but for the token; as JSON without its members where there is no token."""
    found = _read(said) if isinstance(said, str) else said
    if isinstance(said, str) and (not isinstance(found, (Mapping, list)) or TOKEN not in said):
        return said.replace(TOKEN, token or "")
    if isinstance(said, str) and token is not None:
        return said.replace(TOKEN, json.dumps(token, ensure_ascii=False)[1:-1])
    return _json(filled(found, token))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _sign(told: Any) -> Sign:
    """A map, or a text that is the JSON of one, by its members; another text by standing in the frame."""
    found = _read(told) if isinstance(told, str) else told
    return Sign("json", found) if isinstance(found, Mapping) else Sign("holds", told)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
