"""One direction of a connection, cut into HTTP heads, bodies and WebSocket frames. No I/O, standard library only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MAX_HEAD_BYTES = 65_536
MAX_EXCERPT_BYTES = 2_000
MAX_SIZE_DIGITS = 16
_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


class Stream:
    """One direction of a connection, cut into heads, bodies and frames; bounded whatever is fed."""

    def __init__(
        self,
        on_head: Callable[[bytes], None],
        on_frame: Callable[[int, bytes, bool], None],
        on_body: Callable[[bytes], None] = lambda piece: None,
        on_end: Callable[[], None] = lambda: None,
    ):
        self._on_head, self._on_frame, self._on_body, self._on_end = on_head, on_frame, on_body, on_end
        self._buffer = bytearray()
        self._left: int | None = 0
        self._step: Callable[[], bool] = self._head

    def feed(self, data: Any) -> None:
        """The next bytes of this direction."""
        if self._step == self._ignore:
            return
        self._buffer += data
        while self._buffer and self._step():
            pass

    def finish(self) -> None:
        """The stream has ended; a body without a length ends with it."""
        if self._step == self._rest:
            self._on_end()
        self.opaque()

    def opaque(self) -> None:
        """From here on the bytes mean nothing to us."""
        self._buffer.clear()
        self._step = self._ignore

    def restart(self) -> None:
        """What follows is a conversation of its own (inside a proxy's tunnel)."""
        self._step = self._head

    def frames(self) -> None:
        """What follows are WebSocket frames."""
        self._step = self._frame

    def body(self, length: int | str | None) -> None:
        """What follows is a body: of this many bytes, "chunked", or (None) up to the end of the stream."""
        self._left = length if isinstance(length, int) else None
        self._step = self._chunk_size if length == "chunked" else self._rest if length is None else self._sized
        if length == 0:
            self._message_ends()

    def _message_ends(self) -> None:
        self._step = self._head
        self._on_end()

    def _ignore(self) -> bool:
        self._buffer.clear()
        return False

    def _head(self) -> bool:
        while self._buffer[:2] == b"\r\n":
            del self._buffer[:2]
        if not self._buffer or self._buffer == b"\r":
            return False
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            # A head begins with a method or with HTTP/; anything else is another protocol.
            if len(self._buffer) > MAX_HEAD_BYTES or not 65 <= self._buffer[0] <= 90:
                self.opaque()
            return False
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        self._on_head(head)
        return True

    def _sized(self) -> bool:
        piece = bytes(self._buffer[: self._left])
        del self._buffer[: len(piece)]
        self._left = (self._left or 0) - len(piece)
        self._on_body(piece)
        if not self._left:
            self._message_ends()
        return True

    def _rest(self) -> bool:
        self._on_body(bytes(self._buffer))
        self._buffer.clear()
        return False

    def _chunk_size(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                self.opaque()
            return False
        digits = bytes(self._buffer[:end]).partition(b";")[0].strip()
        if not 0 < len(digits) <= MAX_SIZE_DIGITS or not all(digit in _HEXADECIMAL for digit in digits):
            self.opaque()
            return False
        size = int(digits, 16)
        del self._buffer[: end + 2]
        self._left, self._step = (size, self._chunk) if size else (0, self._trailer)
        return True

    def _chunk(self) -> bool:
        if self._left:
            piece = bytes(self._buffer[: self._left])
            del self._buffer[: len(piece)]
            self._left -= len(piece)
            self._on_body(piece)
            return True
        if len(self._buffer) < 2:
            return False
        del self._buffer[:2]
        self._step = self._chunk_size
        return True

    def _trailer(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                self.opaque()
            return False
        del self._buffer[: end + 2]
        if end == 0:
            self._message_ends()
        return True

    def _frame(self) -> bool:
        start = frame_start(self._buffer)
        if start is None:
            return False
        header_bytes, length, mask = start
        kept = min(length, MAX_EXCERPT_BYTES)
        if len(self._buffer) < header_bytes + kept:
            return False
        first, payload = self._buffer[0], bytes(self._buffer[header_bytes : header_bytes + kept])
        if mask:
            payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload)) if first & 0x0F == 8 else b""
        del self._buffer[: header_bytes + kept]
        self._on_frame(first & 0x0F, payload, bool(first & 0x40))
        if length > kept:
            self._left, self._step = length - kept, self._frame_rest
        return True

    def _frame_rest(self) -> bool:
        gone = min(self._left or 0, len(self._buffer))
        del self._buffer[:gone]
        self._left = (self._left or 0) - gone
        if not self._left:
            self._step = self._frame
        return True


def frame_start(buffer: bytearray) -> tuple[int, int, bytes] | None:
    """Header length, payload length and mask of the frame at the head of the buffer; None while the header is incomplete."""
    if len(buffer) < 2:
        return None
    length, size = buffer[1] & 0x7F, 2
    if length >= 126:
        size = 4 if length == 126 else 10
        if len(buffer) < size:
            return None
        length = int.from_bytes(buffer[2:size], "big")
    masked = bool(buffer[1] & 0x80)
    if masked and len(buffer) < size + 4:
        return None
    return (size + 4, length, bytes(buffer[size : size + 4])) if masked else (size, length, b"")
