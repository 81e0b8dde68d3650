"""An open WebSocket: frames in the order and at the moment in which they arrived, every wait with its timeout."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from os import urandom
from time import perf_counter
from typing import Any

from websockets.exceptions import InvalidState
from websockets.frames import CloseCode, Opcode
from websockets.protocol import CLIENT, OPEN, Protocol

from lib.clients import messages
from lib.clients.frame_gate import FrameGate
from lib.clients.messages import DROPPED, OVERSIZE, Message, SessionClosed
from lib.facts import BROKE_PROTOCOL, UNANSWERED, Exchange, SessionScript
from lib.redaction.exchanges import MAX_EXCERPT_CHARACTERS
from lib.redaction.redact import redact_text
from lib.sessions.conversation import Conversation
from lib.sessions.matching import complains, payload_of

MAX_QUEUED_FRAMES = 1024
MAX_QUEUED_BYTES = 8_388_608
MAX_KEPT_FRAMES = 10_000
MAX_FIRST_FRAMES = 8
MAX_FRAME_CHARACTERS = 500
MAX_REPLIES = 1000
"""So many pings of a protocol are answered in one session."""
CLOSE_WITHIN_S = 0.5
FRAMES_A_TURN = 256
"""So many frames are read before everything else that is due has its turn."""
MAX_UNSENT_BYTES = 65_536
"""A server that takes none of what it asked for (pongs) is not read any further."""
AGAIN_AFTER_S = 0.02


class Session:
    """An open WebSocket. Pings are answered while it is open, also when nobody waits for a frame.

    `record` makes the Exchange from this session's state; the door supplies it. `script`: what is said in it by itself, from
    `begin` on, and what grants it.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        *,
        at_s: float,
        secrets: tuple[str, ...],
        record: Callable[[Session], Exchange],
        script: SessionScript | None = None,
    ):
        self.answered_at_s = at_s
        self.ended_at_s: float | None = None
        self.first_frame: Message | None = None
        self.close_code: int | None = None
        self.close_reason: str | None = None
        self.violation: str | None = None
        self.unanswered: str | None = None
        self.frames_in = 0
        self.bytes_out = 0
        self.conversation = Conversation(script, began_s=at_s) if script else None
        self._first_frames: list[tuple[str, bytes]] = []
        self._told: str | None = None
        self._replies_left = MAX_REPLIES
        self._left_at_s: float | None = None
        self._news = asyncio.Event()
        self._transport, self._secrets, self._record = transport, secrets, record
        self._protocol = Protocol(CLIENT, state=OPEN, max_size=messages.MAX_MESSAGE_BYTES)
        self._frames: deque[Message] = deque()
        self._queued_bytes = 0
        self._gate = FrameGate(messages.MAX_MESSAGE_BYTES)
        self._is_busy = self._is_unread = self._paused = False
        self._lost_at_s: float | None = None
        self._parts: list[bytes] = []
        self._is_text = True
        self._sent_at_s = at_s
        self._let_go = False
        self._waiter: asyncio.Future[None] | None = None
        self._pong: asyncio.Future[float | None] | None = None
        self._pinged = b""
        self._ended = asyncio.Event()

    @property
    def exchange(self) -> Exchange:
        """The handshake and, once the server has ended the session, how."""
        return self._record(self)

    @property
    def is_open(self) -> bool:
        """Whether frames can still be sent."""
        return not self._let_go and not self._ended.is_set() and self.close_code is None and self._protocol.state is OPEN

    @property
    def granted(self) -> bool | None:
        """Whether the session is granted as things stand; None without a script, and while that is open."""
        if self.conversation is None:
            return None
        ended_at_s = self.ended_at_s if self.close_code is not None or self.violation else None
        now_s = self._left_at_s or perf_counter()
        return self.conversation.granted(ended_at_s=ended_at_s, close_code=self.close_code, now_s=now_s)

    @property
    def frames(self) -> tuple[str, ...]:
        """The first frames, redacted and short: `→` sent by a script, `←` received."""
        return tuple(f"{way} {self._shown(data)[:MAX_FRAME_CHARACTERS]}" for way, data in self._first_frames)

    @property
    def phases(self) -> dict[str, float]:
        """How long after the 101 the first frame came and the session was granted, in ms, where they did."""
        granted_at_s = self.conversation.granted_at_s if self.conversation else None
        moments = {"first_frame_ms": self.first_frame.at_s if self.first_frame else None, "granted_ms": granted_at_s}
        return {name: (at_s - self.answered_at_s) * 1000 for name, at_s in moments.items() if at_s is not None}

    @property
    def complaint(self) -> str:
        """What the server said in the latest frame that refuses or complains, redacted; empty where none did."""
        return self._shown(payload_of(self._told).encode())[:MAX_EXCERPT_CHARACTERS] if self._told else ""

    def begin(self) -> None:
        """Says what the script says first."""
        if self.conversation is not None:
            self._say(self.conversation.begin())

    async def settled(self) -> None:
        """Waits until a script's session is granted or refused, has ended, or its time is over; without a script not at all."""
        with self._unread():
            while (talk := self.conversation) is not None and not (talk.settled or self._ended.is_set()):
                left_s = talk.decides_at_s - perf_counter()
                if left_s <= 0:
                    return
                self._news.clear()
                try:
                    async with asyncio.timeout(left_s):
                        await self._news.wait()
                except TimeoutError:
                    continue

    async def send(self, message: dict[str, Any] | list[Any] | str | bytes) -> float:
        """Sends a message (anything but text and bytes as JSON) and returns the `perf_counter` at which it was handed over.

        Raises `SessionClosed` when the session is not open.
        """
        if not self.is_open:
            raise self._closed()
        text = message if isinstance(message, (str, bytes)) else json.dumps(message, ensure_ascii=False)
        try:
            self._protocol.send_text(text.encode()) if isinstance(text, str) else self._protocol.send_binary(text)
        except InvalidState:
            raise self._closed() from None
        self._sent_at_s = perf_counter()
        self._flush()
        return self._sent_at_s

    async def receive(self, *, timeout_s: float) -> Message:
        """The next message; raises `TimeoutError`, or `SessionClosed` once there is none left and the session has ended."""
        if not self._frames:
            async with asyncio.timeout(timeout_s):
                while not self._frames:
                    if self._ended.is_set() or self.close_code is not None or self._let_go:
                        raise self._closed()
                    self._waiter = asyncio.get_running_loop().create_future()
                    await self._waiter
        frame = self._frames.popleft()
        self._queued_bytes -= len(frame.data)
        if self._paused and len(self._frames) < MAX_QUEUED_FRAMES // 2:
            self._paused = False
            self._listen()
        return frame

    async def receive_until(self, predicate: Callable[[Message], bool], *, timeout_s: float) -> list[Message]:
        """The messages up to and including the first that satisfies the predicate; raises as `receive`, within the time in total.

        Of more than `MAX_KEPT_FRAMES` or `MAX_QUEUED_BYTES` the earliest are let go: `frames_in` counts them all.
        """
        deadline, kept_bytes = perf_counter() + timeout_s, 0
        frames: deque[Message] = deque()
        while not frames or not predicate(frames[-1]):
            left_s = deadline - perf_counter()
            if left_s <= 0 and frames:  # a flood keeps the queue full, so that no wait would ever run out
                raise TimeoutError
            frames.append(await self.receive(timeout_s=max(0.0, left_s)))
            kept_bytes += len(frames[-1].data)
            while len(frames) > MAX_KEPT_FRAMES or (kept_bytes > MAX_QUEUED_BYTES and len(frames) > 1):
                kept_bytes -= len(frames.popleft().data)
        return list(frames)

    async def ping(self, *, timeout_s: float) -> float:
        """How many seconds a ping frame of the protocol itself takes to be answered; raises `TimeoutError` or `SessionClosed`."""
        if not self.is_open:
            raise self._closed()
        payload, self._pong = urandom(8), asyncio.get_running_loop().create_future()
        self._protocol.send_ping(payload)
        self._pinged = payload
        sent_s = perf_counter()
        self._flush()
        async with asyncio.timeout(timeout_s):
            answered_s = await self._pong
        if answered_s is None:
            raise self._closed()
        return answered_s - sent_s

    async def ended(self, within_s: float) -> bool:
        """Whether the server ends the session, or breaks the protocol, within this time; of many frames the last are kept."""
        with contextlib.suppress(TimeoutError), self._unread():
            async with asyncio.timeout(within_s):
                await self._ended.wait()
        return self._ended.is_set()

    async def confirm(self, *, within_s: float) -> None:
        """Asks a server that sent very much, or began what does not end, to answer a ping: open alone would say little of it."""
        if not self.is_open or not (self._gate.frames > MAX_QUEUED_FRAMES or self._gate.is_inside):
            return
        try:
            with self._unread():
                await self.ping(timeout_s=within_s)
        except SessionClosed:
            return
        except TimeoutError:
            gate = self._gate
            is_huge = gate.is_inside and gate.announced_bytes > messages.MAX_MESSAGE_BYTES
            last = f", the last of them with {gate.announced_bytes:,} bytes that did not end" if is_huge else ""
            self.unanswered = f"{UNANSWERED} within {within_s:g} s; {gate.frames:,} frames had come{last}"
            self.ended_at_s = perf_counter()

    async def close(self) -> None:
        """Says goodbye with 1000, waits a moment for the answer, and lets the connection go."""
        self._left_at_s = self._left_at_s or perf_counter()
        if self.is_open:
            self._let_go = True
            self._protocol.send_close(1000)
            self._flush()
            await self.ended(CLOSE_WITHIN_S)
        self._let_go = True
        self._gate.clear()
        self._wake()
        self._transport.abort()

    def feed(self, data: bytes, at_s: float) -> None:
        """Takes bytes that arrived at this `perf_counter`; called by the connection."""
        if self._ended.is_set():
            return
        self._gate.put(data)
        if not self._is_busy:
            self._read(at_s)

    def lost(self, at_s: float) -> None:
        """Takes the end of the connection; called by the connection."""
        if self._is_busy and not self._ended.is_set():
            self._lost_at_s = at_s  # what came before it has yet to be read
            return
        if self.close_code is None and not self._let_go and self.violation is None:
            self.close_code, self.close_reason = DROPPED, None
        self._end(at_s)

    def _read(self, at_s: float) -> None:
        """Reads some frames and lets the rest wait; from a server that does not listen itself nothing more is read."""
        loop, self._is_busy = asyncio.get_running_loop(), True
        if self._transport.get_write_buffer_size() > MAX_UNSENT_BYTES and not self._transport.is_closing():
            self._listen()
            loop.call_later(AGAIN_AFTER_S, self._read, at_s)
            return
        self._protocol.receive_data(self._gate.cut(FRAMES_A_TURN))
        self._take(self._protocol.events_received(), at_s)
        broken, gate = self._protocol.parser_exc, self._gate
        if broken is not None and not self._ended.is_set():
            self._broke(messages.breach_of(broken, bytes(gate.closing)), at_s)
        elif gate.breach is not None and not self._ended.is_set():
            begins = f": it begins with {self._shown(gate.unread)[:40]!r}" if gate.breach.endswith("no frame") else ""
            self._broke(f"{gate.breach}{begins}", at_s)
        self._flush()
        if self._ended.is_set():
            self._gate.clear()
        self._is_busy = self._gate.is_waiting
        if self._is_busy:
            loop.call_soon(self._read, at_s)
        elif self._lost_at_s is not None:
            self.lost(self._lost_at_s)
        self._listen()

    def _broke(self, how: str, at_s: float) -> None:
        self._protocol.fail(CloseCode.PROTOCOL_ERROR)
        self.violation, self._let_go = f"{BROKE_PROTOCOL}: {how}", True
        self._end(at_s)

    def _listen(self) -> None:
        """Takes bytes from the connection, or leaves them there while there are too many."""
        (self._transport.pause_reading if self._paused or self._is_busy else self._transport.resume_reading)()

    @contextlib.contextmanager
    def _unread(self) -> Iterator[None]:
        """Nobody takes the frames meanwhile: the earliest are let go, so that the end is seen behind any number."""
        self._is_unread, before = True, self._is_unread
        try:
            self._let_go_of_earliest()
            yield
        finally:
            self._is_unread = before

    def _let_go_of_earliest(self) -> None:
        while len(self._frames) > MAX_QUEUED_FRAMES or self._queued_bytes > MAX_QUEUED_BYTES:
            self._queued_bytes -= len(self._frames.popleft().data)
        if self._paused:
            self._paused = False
            self._listen()

    def _take(self, events: Iterable[Any], at_s: float) -> None:
        for event in events:
            if event.opcode is Opcode.CLOSE:
                received = self._protocol.close_rcvd
                if not self._let_go and received is not None:
                    self.close_code, self.close_reason = int(received.code), received.reason or None
                self._end(at_s)
            elif event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                if event.opcode is not Opcode.CONT:
                    self._is_text, self._parts = event.opcode is Opcode.TEXT, []
                self._parts += [bytes(event.data)] if event.data else []
                if event.fin:
                    data, self._gate.is_oversize = OVERSIZE if self._gate.is_oversize else b"".join(self._parts), False
                    self._arrived(data, at_s)
            elif event.opcode is Opcode.PONG and bytes(event.data) == self._pinged:
                self._ponged(at_s)

    def _arrived(self, data: bytes, at_s: float) -> None:
        if self._is_text and not messages.is_utf8(data):
            self._first_frames += [("←", data)] if len(self._first_frames) < MAX_FIRST_FRAMES else []
            self._broke("a text message of it is no UTF-8", at_s)
            return
        frame = Message(data, is_text=self._is_text, at_s=at_s, elapsed_ms=(at_s - self._sent_at_s) * 1000, secrets=self._secrets)
        self.frames_in += 1
        self.first_frame = self.first_frame or frame
        self._frames.append(frame)
        self._queued_bytes += len(data)
        self._paused = len(self._frames) > MAX_QUEUED_FRAMES or self._queued_bytes > MAX_QUEUED_BYTES
        if self._is_unread:
            self._let_go_of_earliest()
        if data is not OVERSIZE:
            self._hear(data[: messages.MAX_REDACTED_BYTES], at_s)
        self._wake()

    def _hear(self, data: bytes, at_s: float) -> None:
        """Keeps the first frames, and what complains; says what a script says to it."""
        known = len(self._first_frames)
        if known < MAX_FIRST_FRAMES:
            self._first_frames.append(("←", data))
        talk = self.conversation
        if talk is None and known >= MAX_FIRST_FRAMES:
            return
        text = data.decode("utf-8", "replace")
        before = talk.refused_at_s if talk else None
        said = talk.take(text, at_s) if talk else ()
        listening = not talk.settled if talk else known < MAX_FIRST_FRAMES
        if (talk and talk.refused_at_s != before) or (listening and complains(text)):
            self._told = text
        if said and self._replies_left > 0:
            self._replies_left -= 1
            self._say(said)
        self._news.set()

    def _say(self, texts: Iterable[str]) -> None:
        for text in texts:
            if not self.is_open:
                return
            self._protocol.send_text(text.encode())
            if len(self._first_frames) < MAX_FIRST_FRAMES:
                self._first_frames.append(("→", text.encode()))
        self._sent_at_s = perf_counter()
        self._flush()

    def _shown(self, data: bytes) -> str:
        return redact_text(data.decode("utf-8", "replace").replace("\0", ""), self._secrets)

    def _ponged(self, at_s: float | None) -> None:
        if self._pong is not None and not self._pong.done():
            self._pong.set_result(at_s)

    def _end(self, at_s: float) -> None:
        self.ended_at_s = self.ended_at_s or at_s
        self._ponged(None)
        self._ended.set()
        self._news.set()
        self._wake()

    def _closed(self) -> SessionClosed:
        return SessionClosed(self.close_code, redact_text(self.close_reason, self._secrets) if self.close_reason else None)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and not self._transport.is_closing():
                self.bytes_out += len(data)
                self._transport.write(data)
