"""A server, a suite and a log that say made-up credentials in every place that an investigation reads; each beside a mark.

A mark is no secret. Where it is found in a record, what was planted beside it came there too: so a place that nothing reaches
is seen, and is not counted as one where nothing leaked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socketserver
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from tests.redaction.canaries import BY_NAME, SPELLINGS, made

PLACES = (
    "query", "request header", "response header", "redirect", "answer", "frame", "close reason", "log text", "log payload",
    "assertion", "case name", "raised", "cookie", "reason phrase", "body", "output", "case log", "path asked",
)  # fmt: skip
SUITE = """
import http.client, json, logging, os, pathlib
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
PLANTED = json.loads(pathlib.Path(__file__).with_name("planted.json").read_text())
HOST, PORT = os.environ["TARGET"].rsplit(":", 1)

@pytest.mark.parametrize("number", [pytest.param(number, id=case["case name"]) for number, case in enumerate(PLANTED)])
def test_told(number):
    told = PLANTED[number]
    print(told["output"])
    logging.getLogger("suite").error("%s", told["case log"])
    client = http.client.HTTPConnection(HOST, int(PORT), timeout=5)
    note = told["request header"].encode("latin-1", "ignore").replace(b"\\n", b" ")
    client.request("GET", told["query"], headers={"X-Note": note, "X-Case": told["n"]})
    client.getresponse().read()
    client.close()
    with connect("ws://" + os.environ["TARGET"] + "/ws", additional_headers={"X-Case": told["n"]}, open_timeout=5) as socket:
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(timeout=5)
    try:
        raise ValueError(told["raised"])
    except ValueError:
        raise AssertionError(told["assertion"])
"""
EVERY = int(os.environ.get("PLANTED_EVERY", "8"))
"""Of so many credentials one is planted in a place; PLANTED_EVERY=1 plants all of them everywhere: a quarter of an hour."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def mark(place: str, number: int) -> str:
    """What stands beside the credential of this number in this place."""
    return f"m{PLACES.index(place):02}n{number:04}e"


def credentials(place: str, every: int = EVERY) -> dict[str, str]:
    """One of `every` kinds and spellings, others in each place, by kind and spelling; no two places have one in common."""
    seed = PLACES.index(place)
    everything = made(1_000 + seed)
    # The middle of a text is looked for, which in a named pair is the name.
    everything |= {
        f"named {name}": text.format("k7" + hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:18])
        for name, text in BY_NAME.items()
        if name != "named pair"
    }
    spelt = {f"{kind}, {spelling}": spell(text) for kind, text in everything.items() for spelling, spell in SPELLINGS.items()}
    return dict(list(spelt.items())[seed % every :: every][: len(spelt) // every])


def planted() -> dict[str, list[str]]:
    """What is said in each place, in the same order of kinds and spellings: a mark, and the credential behind it."""
    return {
        place: [f"{mark(place, number)} {text}" for number, text in enumerate(credentials(place).values())] for place in PLACES
    }


def cases(texts: dict[str, list[str]]) -> list[dict[str, str]]:
    """What each case of the suite says, by place."""
    said = ("request header", "assertion", "raised", "output", "case name", "case log")
    return [
        {"n": str(number), "query": f"/api/echo?{in_query(query)}", **{place: texts[place][number] for place in said}}
        for number, query in enumerate(texts["query"])
    ]


def in_query(text: str) -> str:
    """A marked credential as a query: what is percent-encoded already stays, and so do the names that give a value away."""
    beside, _, text = text.partition(" ")
    return f"at={beside}&{quote(text.rpartition('?')[2] if '?' in text else f'note={text}', safe='%&=/:+@')}"


def log_entries(texts: dict[str, list[str]]) -> Iterator[str]:
    """An entry for each credential as text, and one as a member of a payload."""
    for number, (text, payload) in enumerate(zip(texts["log text"], texts["log payload"], strict=True)):
        about = {"severity": "WARNING", "timestamp": datetime.now(UTC).isoformat()}
        yield json.dumps({"insertId": f"a{number}", **about, "textPayload": f"seen {text} here"})
        yield json.dumps({"insertId": f"b{number}", **about, "jsonPayload": {"message": "m", "context": {"note": [payload]}}})


class Planting(socketserver.StreamRequestHandler):
    """Answers each request with the next texts of each place, the suite's with those of the case; some handshakes it closes."""

    texts: dict[str, list[str]]
    log: Path
    turn = 0

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < 65_536 and (line := self.rfile.readline()):
            head += line
        given = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head.decode("latin-1").split("\r\n"))
        }
        cls = type(self)
        cls.turn += 1
        number, handshake = int(given.get("x-case", cls.turn)), "sec-websocket-key" in given
        if handshake and (cls.turn % 3 == 0 or "x-case" in given):
            self._close(given["sec-websocket-key"].encode(), number)
        else:
            self._answer(number, refuse=handshake or "x-case" in given)
        self._tell(given.get("traceparent", "--").split("-")[1], cls.turn)

    def _said(self, place: str, number: int) -> str:
        texts = self.texts[place]
        return texts[number % len(texts)].replace("\n", " ")

    def _answer(self, number: int, *, refuse: bool) -> None:
        body = json.dumps({"status": "healthy", "detail": self._said("answer" if refuse else "body", number)}).encode()
        headers = {
            "X-Note": self._said("response header", number),
            "Set-Cookie": f"note={self._said('cookie', number)}; Path=/",
            "Location": f"/next?{in_query(self._said('redirect', number))}",
        }
        status = f"{403 if refuse else 200} {self._said('reason phrase', number)}"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        first = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{lines}\r\n"
        self.wfile.write(first.encode("latin-1", "ignore") + body)

    def _close(self, key: bytes, number: int) -> None:
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()  # noqa: S324
        upgrade = f"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        frame = json.dumps({"m": self._said("frame", number)}).encode()
        reason = (1008).to_bytes(2, "big") + self._said("close reason", number).encode()[:120]
        size = bytes([len(frame)]) if len(frame) < 126 else b"\x7e" + len(frame).to_bytes(2, "big")
        self.wfile.write(upgrade.encode() + b"\x81" + size + frame + bytes([0x88, len(reason)]) + reason)

    def _tell(self, trace: str, number: int) -> None:
        said = self._said("log text", number)
        told = f"Traceback (most recent call last):\n  verify({said!r})\nInvalidTokenError: {said}"
        entry = {"insertId": f"i{number}", "severity": "ERROR", "timestamp": datetime.now(UTC).isoformat(), "textPayload": told}
        with self.log.open("a") as log:
            log.write(json.dumps({**entry, "trace": f"projects/p/traces/{trace}"}) + "\n")
