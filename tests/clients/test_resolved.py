"""Names are looked up once, by whoever can be given up."""

from __future__ import annotations

import asyncio
import socket
import threading
from time import perf_counter

import pytest

from lib.clients.rest import Rest
from lib.facts import Exchange, Request
from tests.raw_servers import answering, raw


def test_a_resolver_that_answers_once_and_then_says_nothing_holds_up_nothing(monkeypatch: pytest.MonkeyPatch):
    """A name is looked up once for a connection; a look-up that is given up is waited for neither then nor when the loop ends."""
    asked, silence, really = [], threading.Event(), socket.getaddrinfo

    def once(host: str, *given: object, **named: object) -> object:
        if "once.example" not in str(host) or named.get("flags") == socket.AI_NUMERICHOST:
            return really(host, *given, **named)
        asked.append(host)
        if len(asked) > 1:
            silence.wait(40)
        return really("127.0.0.1", *given, **named)

    async def both() -> list[Exchange]:
        async with raw(answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")) as server:
            door, port = Rest(), server.rpartition(":")[2]
            request = Request(url=f"http://once.example:{port}/", timeout_s=3.0, use_environment_proxy=False)
            return [await door.ask(request) for _ in range(2)]

    monkeypatch.setattr(socket, "getaddrinfo", once)
    began_s = perf_counter()
    seen = asyncio.run(both())
    took_s = perf_counter() - began_s
    silence.set()
    assert [(one.rung, one.status) for one in seen] == [("http", 200), ("dns", None)]
    assert took_s < 20
