"""Whatever form a credential has in a capture, nothing that is printed or written down holds it, decoded or not."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import jwt
import pytest

from tests.captures.test_conversion import decoded, run
from tests.whys.strategy.test_comparison import answering

SECRET = "0pa/que+cr3dential==zq7"
TOKEN = jwt.encode({"sub": "ada"}, "k" * 40, "HS256")
IN_BASE64 = base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")
NEVER = ("cr3dential", "zq7", TOKEN.split(".")[1], TOKEN.split(".")[2], SECRET[:8])
MESSAGE = {"type": "send", "opcode": 1, "data": json.dumps({"type": "auth", "token": TOKEN, "password": SECRET})}
CAPTURES = {
    "Bearer": f"curl 'ws://§/ws' -H 'Authorization: Bearer {SECRET}'",
    "Basic": f"curl 'ws://§/ws' -u 'ada:{SECRET}'",
    "user in the address": f"curl 'ws://ada:{quote(SECRET, safe='')}@§/ws'",
    "a word of its own": f"curl 'ws://§/ws' -H 'Authorization: Token {SECRET}'",
    "query": f"curl 'ws://§/ws?token={quote(SECRET, safe='')}&v=2'",
    "two in the query": f"websocat 'ws://§/ws?access_token={TOKEN}&session={quote(SECRET, safe='')}'",
    "cookies": f"curl 'ws://§/ws' -b 'sid={SECRET}; theme=dark; jwt={TOKEN}'",
    "a header": f"curl 'ws://§/ws' -H 'X-Api-Key: {SECRET}'",
    "subprotocol, encoded": f"wscat -c 'ws://§/ws' -s chat -s 'base64url.bearer.{IN_BASE64}'",
    "subprotocol list": f"curl 'ws://§/ws' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Protocol: bearer, {TOKEN}'",
    "subprotocol in the middle": f"curl 'ws://§/ws' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Protocol: {TOKEN}, chat'",
    "first message": json.dumps(
        {
            "log": {
                "entries": [{"request": {"url": "ws://§/ws", "method": "GET", "headers": []}, "_webSocketMessages": [MESSAGE]}]
            }
        },
        ensure_ascii=False,
    ),
}


@pytest.fixture(scope="module")
def authority() -> Iterator[str]:
    """A server that lets everybody in."""
    with answering(lambda request: True) as listening:
        yield f"127.0.0.1:{listening.socket.getsockname()[1]}"
        listening.shutdown()


@pytest.mark.parametrize("form", CAPTURES)
def test_no_credential_of_a_capture_is_shown_or_written(form: str, authority: str, tmp_path: Path) -> None:
    """Parameters, printed lines, the document, the ticket and the written test: each text, decoded and unquoted."""
    capture, test, ticket = tmp_path / "capture", tmp_path / "test_it.py", tmp_path / "ticket.md"
    capture.write_text(CAPTURES[form].replace("§", authority))
    quick = ["-p", "target.rest_url", "null", "-p", "target.watch_s", "0.6"]
    shown = list(run("params", "--from", str(capture))[1:])
    _, *said = run("whys", "--request", str(capture), "-v", "--pytest", str(test), "--markdown", str(ticket), *quick)
    shown += [*said, *run("whys", "--request", str(capture), "--json", "-", *quick)[1:], test.read_text(), ticket.read_text()]
    text = "\n".join(shown)
    assert "→ accepted" in text
    assert [secret for secret in NEVER if secret in decoded(text) + unquote(text)] == []
