"""Systems rebuilt from public reports, each a few lines on one hand-written server: gateways, frameworks and their proxies."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import struct
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import policy

CONFIG = policy.CONFIG
counts = Counter[str]()
used: set[str] = set()
held: list[float] = []
"""Until when each place of a limit is taken: a socket that is open takes it for ever."""


@dataclass
class Asked:
    """A request."""

    path: str
    query: str
    headers: list[tuple[str, str]]
    given: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.given = {name.lower(): value for name, value in self.headers}

    @property
    def is_upgrade(self) -> bool:
        return "websocket" in self.given.get("upgrade", "").lower()

    @property
    def token(self) -> str:
        return self.given.get("authorization", "").partition(" ")[2]

    @property
    def offered(self) -> list[str]:
        return [item.strip() for item in self.given.get("sec-websocket-protocol", "").split(",") if item.strip()]

    @property
    def is_good(self) -> bool:
        try:
            policy.WEBSOCKET.check(self.headers, self.query, self.offered)
        except policy.Refused:
            return False
        return True


@dataclass
class Says:
    """An answer that is no 101."""

    status: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


OPEN = object()
Answer = Any
"""`OPEN`, `Says`, the subprotocol to choose, or None: the connection is dropped."""


def login_page(asked: Asked) -> Answer:
    """oauth2-proxy: whoever has no session is sent to the login; a session is a cookie."""
    if asked.is_good:
        return OPEN
    return Says("302 Found", headers={"Location": "https://login.example/authorize?client_id=sockets&state=1"})


def action_cable(asked: Asked) -> Answer:
    """Rails: the cable answers an Origin that it does not know as any page that is not there."""
    if asked.is_upgrade and asked.path == "/ws" and asked.given.get("origin") == "https://app.example" and asked.is_good:
        return OPEN
    return Says("404 Not Found", "Page not found")


def sticky(asked: Asked) -> Answer:
    """socket.io behind a balancer without affinity: the session id is known to another process."""
    return Says("400 Bad Request", '{"code":1,"message":"Session ID unknown"}', {"Content-Type": "application/json"})


def cors_middleware(asked: Asked) -> Answer:
    """Express: the middleware throws, and what is thrown becomes a 500 with its page."""
    if asked.given.get("origin") == "https://app.example":
        return OPEN if asked.is_good else Says("401 Unauthorized")
    page = (
        "<!DOCTYPE html><html><body><pre>Error: Not allowed by CORS<br> &nbsp; at origin (/srv/app.js:12:14)</pre></body></html>"
    )
    return Says("500 Internal Server Error", page, {"Content-Type": "text/html; charset=utf-8"})


def forward_auth(asked: Asked) -> Answer:
    """Traefik: the auth service sees headers alone, so that a token in the query is none."""
    if "authorization" not in asked.given:
        return Says("401 Unauthorized", "missing authorization header")
    return OPEN if asked.is_good else Says("401 Unauthorized", "invalid token")


def one_time_ticket(asked: Asked) -> Answer:
    """Each token opens one session, over all of its life."""
    if not asked.is_good:
        return Says("401 Unauthorized", "unknown ticket")
    if asked.token in used:
        return Says("401 Unauthorized", CONFIG.get("told", ""))
    used.add(asked.token)
    return OPEN


def lower_case(asked: Asked) -> Answer:
    """A parser that knows the scheme in small letters alone."""
    scheme = asked.given.get("authorization", "").partition(" ")[0]
    return OPEN if scheme == "bearer" and asked.is_good else Says("401 Unauthorized")


def token_as_subprotocol(asked: Asked) -> Answer:
    """The token is the second subprotocol offered, behind a name."""
    offered = asked.offered
    if len(offered) == 2 and offered[0] == "access_token":
        asked.headers.append(("Authorization", f"Bearer {offered[1]}"))
        return "access_token" if asked.is_good else Says("401 Unauthorized")
    return Says("401 Unauthorized")


def engine_io(asked: Asked) -> Answer:
    """Engine.IO: the query says which transport and which version."""
    query = {name: values[0] for name, values in parse_qs(asked.query).items()}
    if query.get("transport") != "websocket":
        return Says("400 Bad Request", '{"code":0,"message":"Transport unknown"}', {"Content-Type": "application/json"})
    if query.get("EIO") != "4":
        return Says(
            "400 Bad Request", '{"code":5,"message":"Unsupported protocol version"}', {"Content-Type": "application/json"}
        )
    return OPEN if asked.is_good else Says("403 Forbidden", '{"code":4,"message":"Forbidden"}')


def slow_cleanup(asked: Asked) -> Answer:
    """A limit of open sockets that learns some seconds late that one has been closed."""
    if not asked.is_good:
        return Says("401 Unauthorized")
    held[:] = [until_s for until_s in held if until_s > time.monotonic()]
    return OPEN if len(held) < CONFIG["limit"] else Says("403 Forbidden")


def lock_out(asked: Asked) -> Answer:
    """After some wrong passwords everybody from this address is shut out for a minute."""
    if counts["wrong"] >= CONFIG["tries"]:
        return Says("403 Forbidden", "Too many failed attempts, try again later")
    if asked.is_good:
        return OPEN
    counts["wrong"] += 1
    return Says("401 Unauthorized", "Unauthorized")


def single_page(asked: Asked) -> Answer:
    """A static server that gives its index page to every path that it does not know, the WebSocket's too."""
    if asked.is_upgrade and asked.path == "/socket" and asked.is_good:
        return OPEN
    return Says("200 OK", "<!doctype html><html><head><title>App</title></head></html>", {"Content-Type": "text/html"})


def dropped_upgrade(asked: Asked) -> Answer:
    """A development proxy without `ws: true`: nobody listens to upgrades, and the connection is ended."""
    return None if asked.is_upgrade else Says("404 Not Found")


HABITS: dict[str, Callable[[Asked], Answer]] = {
    name.replace("_", "-"): habit
    for name, habit in globals().items()
    if callable(habit) and getattr(habit, "__annotations__", {}).get("asked") == "Asked"
}
habit = HABITS[CONFIG["habit"]]


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        target = urlsplit(lines[0].split(" ")[1])
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:] if line)]
        asked = Asked(target.path, target.query, headers)
        policy.record("handshake" if asked.is_upgrade else "rest", path=asked.path)
        answer = rest(asked) if not asked.is_upgrade and asked.path.startswith("/api/") else habit(asked)
        if isinstance(answer, Says):
            await say(writer, answer)
        elif answer is not None:
            await session(asked, answer, reader, writer)
    writer.close()


def rest(asked: Asked) -> Says:
    if asked.path == "/api/health":
        return Says("200 OK", "ok")
    try:
        policy.REST.check(asked.headers)
    except policy.Refused:
        return Says("401 Unauthorized")
    return Says("200 OK", "{}")


async def say(writer: asyncio.StreamWriter, answer: Says) -> None:
    headers = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
    body = answer.body.encode()
    writer.write(f"HTTP/1.1 {answer.status}\r\n{headers}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    await writer.drain()


async def session(asked: Asked, chosen: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An open socket until the client closes."""
    digest = hashlib.sha1(f"{asked.given['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()  # noqa: S324
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}"]
    lines += [f"Sec-WebSocket-Protocol: {chosen}"] if isinstance(chosen, str) else []
    writer.write("\r\n".join([*lines, "", ""]).encode())
    held.append(float("inf"))
    try:
        while (await reader.readexactly(1))[0] & 0x0F != 8:
            pass
        writer.write(b"\x88\x02" + struct.pack("!H", 1000))
        await writer.drain()
    finally:
        held.remove(float("inf"))
        held.append(time.monotonic() + CONFIG.get("linger_s", 0))


async def main() -> None:
    async with await asyncio.start_server(serve, sock=policy.listening()) as server:
        await server.serve_forever()


asyncio.run(main())
