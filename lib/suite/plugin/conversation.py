"""The bytes of one client connection, read as HTTP/1.1 and WebSocket: requests, statuses, frames. No I/O, standard library only.

A `Conversation` is told what was sent and received and never fails: what it cannot read it counts as bytes alone.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .http_stream import MAX_EXCERPT_BYTES, MAX_HEAD_BYTES, Stream

_REQUEST_LINE = re.compile(rb"([A-Z]{3,20}) (\S+) HTTP/1\.[01]")
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")
_STREAM_TYPES = (
    "text/event-stream",
    "application/x-ndjson",
    "application/jsonl",
    "application/json-seq",
    "multipart/x-mixed-replace",
)


@dataclass
class WireExchange:
    """One request seen on a connection and what came back; moments are seconds of the clock that the caller uses."""

    method: str
    target: str
    request_headers: list[tuple[str, str]]
    started: float
    owner: Any = None
    handshake: bool = False
    status: int | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    first_frame: str | None = None
    echoes: frozenset[int] = frozenset()
    """Once the client has closed: the codes with which a server only answers that; another is its own decision."""
    close_code: int | None = None
    close_reason: str | None = None
    ended: float | None = None
    closed: float | None = None
    """`ended` is when the answer was there, `closed` when the server ended what a handshake had begun."""

    @property
    def channel(self) -> str:
        """websocket for a handshake, stream for an answer that comes piece by piece, else rest."""
        if self.handshake:
            return "websocket"
        content_type = _header(self.headers, "content-type") or ""
        return "stream" if content_type.split(";")[0].strip().lower() in _STREAM_TYPES else "rest"


class Conversation:
    """Both directions of one client connection. `on_exchange(exchange)` and `on_frame(owner)` are called as they appear."""

    def __init__(self, *, on_exchange: Callable[[WireExchange], None], on_frame: Callable[[Any], None]):
        self._on_exchange, self._on_frame = on_exchange, on_frame
        self._waiting: list[WireExchange] = []
        self._current: WireExchange | None = None
        self._owner: Any = None
        self._now = 0.0
        self._early = bytearray()
        self._lock = threading.Lock()
        self._out = Stream(self._request_head, self._frame_out)
        self._in = Stream(self._response_head, self._frame_in, on_body=self._response_body, on_end=self._response_end)

    @property
    def is_websocket(self) -> bool:
        """Whether frames are what this connection carries."""
        return self._current is not None and self._current.handshake and self._current.status == 101

    def sent(self, data: Any, *, owner: Any, now: float) -> None:
        """The client wrote these bytes on behalf of `owner`."""
        with self._lock:
            self._owner, self._now = owner, now
            self._out.feed(data)
            if self._early and self._waiting:
                early, self._early = self._early, bytearray()
                self._in.feed(early)

    def received(self, data: Any, *, now: float) -> None:
        """These bytes came from the server; b"" is the end of its stream."""
        with self._lock:
            self._now = now
            if not len(data):
                self._in.finish()
            elif self._waiting or self._current is not None or len(self._early) > MAX_HEAD_BYTES:
                self._in.feed(data)
            else:
                # Another thread may read the answer before the sending one has come to tell us of the request.
                self._early += data

    def _request_head(self, head: bytes) -> None:
        match = _REQUEST_LINE.match(head)
        if not match:
            self._out.opaque()
            self._in.opaque()
            return
        method, target = match.group(1).decode(), match.group(2).decode("latin-1")
        headers = _headers(head)
        upgrade = (_header(headers, "upgrade") or "").lower() == "websocket"
        exchange = WireExchange(method, target, headers, self._now, owner=self._owner, handshake=upgrade)
        self._waiting.append(exchange)
        self._out.body(_body_of(headers, default=0))
        if method != "CONNECT":
            self._on_exchange(exchange)

    def _response_head(self, head: bytes) -> None:
        match = _STATUS_LINE.match(head)
        if not match or not self._waiting:
            self._in.opaque()
            return
        status = int(match.group(1))
        if 100 <= status < 200 and status != 101:
            return
        exchange = self._current = self._waiting.pop(0)
        exchange.status, exchange.headers, exchange.ended = status, _headers(head), self._now
        if exchange.method == "CONNECT" and 200 <= status < 300:
            self._in.restart()
            self._out.restart()
        elif status == 101:
            (self._in.frames if exchange.handshake else self._in.opaque)()
            (self._out.frames if exchange.handshake else self._out.opaque)()
        else:
            empty = exchange.method == "HEAD" or status in (204, 304)
            self._in.body(0 if empty else _body_of(exchange.headers, default=None))

    def _response_body(self, piece: bytes) -> None:
        exchange = self._current
        if exchange is not None and exchange.status is not None and exchange.status >= 400:
            exchange.body += piece[: MAX_EXCERPT_BYTES - len(exchange.body)]

    def _response_end(self) -> None:
        if self._current is not None:
            self._current.ended = self._now

    def _frame_out(self, opcode: int, payload: bytes, compressed: bool) -> None:
        if opcode < 8:
            self._on_frame(self._owner)
        elif opcode == 8 and self._current is not None:
            self._current.echoes = frozenset({int.from_bytes(payload[:2], "big"), 1000, 1001})

    def _frame_in(self, opcode: int, payload: bytes, compressed: bool) -> None:
        exchange = self._current
        if opcode < 8:
            self._on_frame(self._owner)
            if exchange is not None and exchange.first_frame is None:
                exchange.first_frame = _frame_text(payload, compressed)
        elif opcode == 8 and exchange is not None and len(payload) >= 2:
            code = int.from_bytes(payload[:2], "big")
            if code not in exchange.echoes:
                exchange.close_code, exchange.close_reason = code, payload[2:].decode("utf-8", "replace")
                exchange.closed = self._now


def _frame_text(payload: bytes, compressed: bool) -> str:
    if compressed:
        try:
            payload = zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff", MAX_EXCERPT_BYTES)
        except zlib.error:
            return "(compressed)"
    return payload.decode("utf-8", "replace")


def _headers(head: bytes) -> list[tuple[str, str]]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    return [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]


def _header(headers: list[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in headers if key == name), None)


def _body_of(headers: list[tuple[str, str]], *, default: int | None) -> int | str | None:
    if "chunked" in (_header(headers, "transfer-encoding") or "").lower():
        return "chunked"
    length = _header(headers, "content-length")
    return int(length) if length and length.isdigit() else default
