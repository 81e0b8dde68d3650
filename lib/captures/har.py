"""HAR files of Chrome, Firefox and Safari: their requests, the WebSocket ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lib.captures.request import Captured, with_cookies
from lib.parameters.errors import BadInput

MAX_MESSAGES = 20
MAX_MESSAGE_CHARACTERS = 65_536


def read_har(document: Any) -> list[Captured]:
    """The requests of a HAR, WebSocket handshakes alone where there are any; `BadInput` where it is none."""
    try:
        entries = document["log"]["entries"]
        creator = str((document["log"].get("creator") or {}).get("name") or "")
        found = [(_is_websocket(entry), _captured(entry, creator)) for entry in entries if isinstance(entry, dict)]
    except (KeyError, TypeError, AttributeError):
        raise BadInput("the captured HAR", "it is not JSON with log.entries", "a HAR as the browser exports it") from None
    handshakes = [captured for is_websocket, captured in found if is_websocket]
    return handshakes or [captured for _, captured in found]


def _is_websocket(entry: Mapping[str, Any]) -> bool:
    """Chrome marks the entry; Firefox and Safari leave the address, the upgrade or the 101 to tell."""
    request, response = entry["request"], entry.get("response") or {}
    headers = {str(one["name"]).lower(): str(one["value"]) for one in request.get("headers") or ()}
    return (
        entry.get("_resourceType") == "websocket"
        or "_webSocketMessages" in entry
        or str(request["url"]).startswith(("ws://", "wss://"))
        or headers.get("upgrade", "").lower() == "websocket"
        or response.get("status") == 101
    )


def _captured(entry: Mapping[str, Any], creator: str) -> Captured:
    request = entry["request"]
    headers = [(str(one["name"]), str(one["value"])) for one in request.get("headers") or ()]
    if not any(name.lower() == "cookie" for name, _ in headers):
        cookies = [f"{one['name']}={one['value']}" for one in request.get("cookies") or ()]
        headers = with_cookies(headers, ["; ".join(cookies)] if cookies else [])
    names = {name.lower() for name, _ in headers}
    unused: tuple[str, ...] = ()
    if creator == "WebInspector" and not names & {"cookie", "authorization"}:
        unused = ("Cookie and Authorization, which Chrome leaves out of a HAR unless it is exported with sensitive data",)
    url = str(request["url"])
    if _is_websocket(entry) and url.startswith("http"):
        url = f"ws{url.removeprefix('http')}"
    status = (entry.get("response") or {}).get("status")
    return Captured(
        url=url,
        form=f"a HAR of {creator}" if creator else "a HAR",
        headers=tuple(headers),
        method=str(request.get("method") or "GET"),
        unused=unused,
        answered=status if isinstance(status, int) and status else None,
        messages=tuple(_messages(entry)),
    )


def _messages(entry: Mapping[str, Any]) -> Iterator[tuple[bool, str]]:
    """The first text messages as Chrome writes them down; binary ones (opcode 2) say nothing that could be read."""
    for one in (entry.get("_webSocketMessages") or ())[:MAX_MESSAGES]:
        if one.get("type") in ("send", "receive") and one.get("opcode", 1) == 1 and isinstance(one.get("data"), str):
            yield one["type"] == "send", one["data"][:MAX_MESSAGE_CHARACTERS]
