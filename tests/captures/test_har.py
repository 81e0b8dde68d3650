"""HAR files: which of their entries are WebSockets, whoever wrote them, and what of their messages is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.captures.har import MAX_MESSAGES
from lib.captures.reading import requests_in
from lib.parameters.errors import BadInput

PLAIN = {"request": {"url": "https://a.example/app.js", "method": "GET", "headers": []}, "response": {"status": 200}}


def har(*entries: dict[str, Any]) -> str:
    """A HAR of these entries."""
    return json.dumps({"log": {"creator": {"name": "any"}, "entries": entries}})


def handshake(url: str = "https://a.example/ws", headers: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    """An entry with headers of these names, each saying websocket."""
    pairs = [{"name": name, "value": "websocket"} for name in headers]
    return {"request": {"url": url, "method": "GET", "headers": pairs}, "response": {"status": 0}, **more}


@pytest.mark.parametrize(
    "entry",
    [
        handshake(_resourceType="websocket"), handshake(_webSocketMessages=[]), handshake("wss://a.example/ws"),
        handshake(headers=("Upgrade",)), handshake(response={"status": 101}),
    ],
)  # fmt: skip
def test_a_websocket_is_known_by_any_of_its_marks(entry: dict[str, Any]) -> None:
    """Chrome's own fields, the address, the upgrade or the 101; other requests are left out."""
    assert [captured.url for captured in requests_in(har(PLAIN, entry))] == ["wss://a.example/ws"]


def test_without_a_websocket_all_requests_are_there() -> None:
    """Whoever copied the page's requests alone gets them to choose from."""
    assert [captured.url for captured in requests_in(har(PLAIN))] == ["https://a.example/app.js"]


def test_messages_are_texts_in_their_order_and_bounded() -> None:
    """Binary frames and errors are left out."""
    said = [
        {"type": "send", "opcode": 2, "data": "AAE="},
        {"type": "error", "data": "broken"},
        {"type": "receive", "data": "hello"},
    ]
    said += [{"type": "send", "opcode": 1, "data": str(number)} for number in range(100)]
    (captured,) = requests_in(har(handshake(_webSocketMessages=said)))
    # Of the first twenty two say nothing: one that the server sent is left, and the first seventeen of ours.
    assert captured.messages == ((False, "hello"), *((True, str(number)) for number in range(MAX_MESSAGES - len(said[:3]))))


@pytest.mark.parametrize("text", ["{", "{}", '{"log": {}}', '{"log": {"entries": [{}]}}', har(handshake(_webSocketMessages=[7]))])
def test_what_is_none_is_refused_in_a_sentence(text: str) -> None:
    """Broken JSON, no entries, an entry without a request, messages that are none."""
    with pytest.raises(BadInput, match="HAR"):
        requests_in(text)
