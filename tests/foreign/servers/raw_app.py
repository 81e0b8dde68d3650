"""A server written by hand on sockets, for conduct that no framework would show: chance, moments, limits, and plain
misbehaviour."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import random
import socket
import ssl
import struct
import time
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import policy

CONFIG = policy.CONFIG
BEHAVIOUR = CONFIG.get("behaviour", "policy")
chance = random.Random(CONFIG.get("seed", 1))
handshakes = Counter[str]()
lately: list[float] = []
open_sockets = Counter[str](CONFIG.get("leaked", {}))


class Head:
    """A request's head."""

    def __init__(self, data: bytes):
        lines = data.decode("latin-1").split("\r\n")
        _, target, version = lines[0].split(" ", 2)
        self.path, self.query = urlsplit(target).path, urlsplit(target).query
        self.headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:] if line)]
        self.given = {name.lower(): value for name, value in self.headers}
        may_upgrade = version != "HTTP/1.0" or not CONFIG.get("strict")  # RFC 6455 wants HTTP/1.1
        self.upgrade = may_upgrade and "websocket" in self.given.get("upgrade", "").lower()
        self.offered = [item.strip() for item in self.given.get("sec-websocket-protocol", "").split(",") if item.strip()]


def refused_by_conduct(head: Head, claims: dict[str, Any]) -> str | None:
    """The status line with which this server refuses a handshake that its policy likes."""
    handshakes["all"] += 1
    count, after_s = handshakes["all"], time.monotonic() - policy.STARTED_S
    token = head.given.get("authorization", "")
    if BEHAVIOUR == "random" and chance.random() < CONFIG.get("odds", 0.5):
        return "403 Forbidden"
    if BEHAVIOUR == "every-third" and count % 3:
        return "403 Forbidden"
    if BEHAVIOUR == "startup" and after_s < CONFIG["until_s"]:
        return CONFIG.get("meanwhile", "503 Service Unavailable")
    if BEHAVIOUR == "breaks" and count > CONFIG["after"]:
        return "403 Forbidden"
    if BEHAVIOUR == "reuse":
        last, policy.WEBSOCKET.seen_tokens[token] = policy.WEBSOCKET.seen_tokens[token], time.monotonic()
        return "401 Unauthorized" if last and time.monotonic() - last < CONFIG["reuse_s"] else None
    if BEHAVIOUR == "limit" and open_sockets[str(claims.get("sub"))] >= CONFIG["limit"]:
        return CONFIG.get("meanwhile", "403 Forbidden")
    if BEHAVIOUR == "crowd" and handshakes[f"s{int(after_s)}"] >= CONFIG["per_s"]:
        return "403 Forbidden"
    handshakes[f"s{int(after_s)}"] += 1
    return None


async def platform(head: Head, writer: asyncio.StreamWriter) -> None:
    """What Google's front end answers for the service behind it: of a host as a whole (ingress), else on the WebSocket's path.

    As documented under Cloud Run's troubleshooting (401 and 403: who may invoke it; 404: ingress) and IAP's (302, 401).
    """
    kind, bearer = CONFIG["platform"], head.given.get("authorization", "").startswith("Bearer ")
    title, words, more = {
        "ingress": ("404 Not Found", "Page not found</h1><h2>The requested URL was not found on this server.", ""),
        "invoker": (
            "403 Forbidden",
            "Forbidden</h1><h2>Your client does not have permission to get URL /ws from this server.",
            "",
        ),
        "iap": (
            "302 Found",
            "Moved",
            "Location: https://accounts.google.com/o/oauth2/v2/auth\r\nX-Goog-IAP-Generated-Response: true\r\n",
        ),
    }[kind]
    if bearer and kind == "invoker":
        title, words = "401 Unauthorized", "Unauthorized</h1><h2>Your client does not have permission to the requested URL /ws."
        more = 'WWW-Authenticate: Bearer error="invalid_token" error_description="The access token could not be verified"\r\n'
    if bearer and kind == "iap":
        title, words = "401 Unauthorized", "Invalid IAP credentials: Unable to parse JWT"
    page = f"<html><head><title>{title}</title></head><body><h1>Error: {words}</h2></body></html>".encode()
    head_ = f"HTTP/1.1 {title}\r\nServer: Google Frontend\r\nContent-Type: text/html; charset=UTF-8\r\n{more}"
    writer.write(f"{head_}Content-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode() + page)
    await writer.drain()


async def answer(head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request: REST by the policy; a handshake by policy, then conduct."""
    if "platform" in CONFIG and (CONFIG["platform"] == "ingress" or not head.path.startswith("/api")):
        policy.record("handshake" if head.upgrade else "rest", path=head.path)
        return await platform(head, writer)
    if not head.upgrade:
        policy.record("rest", path=head.path)
        return await rest(head, writer)
    policy.record("handshake", path=head.path, host=head.given.get("host"))
    if status := busy():
        return await say(writer, status, b"<html>busy</html>")
    if BEHAVIOUR in MISBEHAVIOUR:
        return await MISBEHAVIOUR[BEHAVIOUR](head, writer)
    if head.path != CONFIG.get("path", "/ws"):
        return await say(writer, CONFIG.get("no_route", "404 Not Found"))
    try:
        claims = policy.WEBSOCKET.check(head.headers, head.query, head.offered)
    except policy.Refused as refused:
        return await say(writer, CONFIG.get("answers", {}).get(str(refused), CONFIG.get("refusal", "403 Forbidden")), worded())
    if BEHAVIOUR == "windows" and int((time.monotonic() - policy.STARTED_S) / CONFIG["window_s"]) % 2:
        return await say(writer, "403 Forbidden")
    if status := refused_by_conduct(head, claims):
        return await say(writer, status)
    open_sockets[str(claims.get("sub"))] += 1
    try:
        await asyncio.sleep(CONFIG.get("slow_s", 0))
        await session(head, reader, writer)
    finally:
        open_sockets[str(claims.get("sub"))] -= 1


def busy() -> str | None:
    """The status line of a guard in front that lets three handshakes a second through, or nothing while the server starts."""
    after_s = time.monotonic() - policy.STARTED_S
    if after_s < CONFIG.get("starts_s", 0):
        return "503 Service Unavailable"
    if "busy" not in CONFIG:
        return None
    lately[:] = [moment for moment in lately if after_s - moment < 1]
    if len(lately) >= 3:
        return CONFIG["busy"]
    lately.append(after_s)
    return None


async def rest(head: Head, writer: asyncio.StreamWriter) -> None:
    if CONFIG.get("rest_hangs"):
        await asyncio.sleep(3600)
    if head.path == "/api/health":
        return await say(writer, "200 OK", b"ok")
    if head.path != "/api/auth/me":
        return await say(writer, CONFIG.get("plain", "404 Not Found"))
    try:
        policy.REST.check(head.headers)
    except policy.Refused:
        return await say(writer, "401 Unauthorized")
    await say(writer, "200 OK", b"{}")


async def session(head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An open socket until the client closes."""
    key = head.given["sec-websocket-key"].encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key).digest())  # noqa: S324
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept.decode()}",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    if "closes_after_s" in CONFIG:
        await asyncio.sleep(CONFIG["closes_after_s"])
        return
    while (await reader.readexactly(1))[0] & 0x0F != 8:
        pass
    writer.write(b"\x88\x02" + struct.pack("!H", 1000))
    await writer.drain()


def worded() -> bytes:
    """The words of the next refusal: none, those of each replica in turn, or an id of its own each time."""
    handshakes["refused"] += 1
    words = CONFIG.get("words", [""])[handshakes["refused"] % len(CONFIG.get("words", [""]))]
    return words.replace("%ID%", "".join(chance.choices("ghijkmnpqrstuvwxyz", k=12))).encode()


async def say(writer: asyncio.StreamWriter, status: str, body: bytes = b"") -> None:
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
    await writer.drain()


async def hang(head: Head, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def endless_headers(head: Head, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 403 Forbidden\r\n")
    while True:
        writer.write(b"X-More: and more\r\n" * 200)
        await writer.drain()


async def endless_body(head: Head, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"no " * 2000)
        await writer.drain()
        await asyncio.sleep(0.001)


async def garbage(head: Head, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff\x16SSH-2.0-not-http\r\n\r\n")
    await writer.drain()


async def reset(head: Head, writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def redirect(head: Head, writer: asyncio.StreamWriter) -> None:
    writer.write(f"HTTP/1.1 302 Found\r\nLocation: {CONFIG['to']}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    await writer.drain()


async def wrong_accept(head: Head, writer: asyncio.StreamWriter) -> None:
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        b"bm90IHRoZSBvbmU=\r\n\r\n"
    )
    await writer.drain()


async def empty_200(head: Head, writer: asyncio.StreamWriter) -> None:
    await say(writer, "200 OK", b"<html>please sign in</html>")


MISBEHAVIOUR = {
    "hang": hang,
    "endless-headers": endless_headers,
    "endless-body": endless_body,
    "garbage": garbage,
    "reset": reset,
    "redirect": redirect,
    "wrong-accept": wrong_accept,
    "empty-200": empty_200,
}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        await answer(Head(await reader.readuntil(b"\r\n\r\n")), reader, writer)
    writer.transport.abort() if BEHAVIOUR == "reset" else writer.close()


async def main() -> None:
    context = None
    if "certificate" in CONFIG:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CONFIG["certificate"])
    server = await asyncio.start_server(serve, sock=policy.listening(), ssl=context)
    async with server:
        await server.serve_forever()


asyncio.run(main())
