"""Frames as they come in, so many at a time: a flood leaves room for everything else, and what is too long passes unread."""

from __future__ import annotations

_DATA_OPCODES, _CONTROL_OPCODES, _CLOSE = frozenset({0, 1, 2}), frozenset({8, 9, 10}), 8
_EXTENDED = {126: 2, 127: 8}
_MOST_IN_CONTROL = 125
SHOWN_BYTES = 4096
_RESERVED = {0x40: "RSV1", 0x20: "RSV2", 0x10: "RSV3"}


class FrameGate:
    """Cuts what a server sends where frames begin; what makes a message longer than `most_bytes` is let through as empty frames.

    `frames` counts all of them. `is_oversize`: such a message came; whoever takes note of it sets it back. `breach`: what is
    wrong with the frame that comes next; from it on nothing is cut. `closing`: what the close frame holds.
    """

    def __init__(self, most_bytes: int):
        self.frames = 0
        self.is_oversize = False
        self.announced_bytes = 0
        self.breach: str | None = None
        self.closing = bytearray()
        self._is_in_message = self._is_closing = False
        self._most_bytes = most_bytes
        self._held = bytearray()
        self._passing = self._skipping = self._message_bytes = 0

    def put(self, data: bytes) -> None:
        """Takes bytes that arrived."""
        self._held += data

    @property
    def is_waiting(self) -> bool:
        """Whether there is more to be cut now; a header that is not complete has to wait for its rest."""
        if not self._held or self.breach is not None:
            return False
        return self._passing + self._skipping > 0 or self._header(0) is not None or self._breach(0) is not None

    @property
    def is_inside(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._passing + self._skipping > 0 or bool(self._held)

    def cut(self, most_frames: int) -> bytes:
        """What is to be read now, with the beginnings of at most so many frames."""
        held, out, at = self._held, bytearray(), 0
        while at < len(held):
            if left := self._passing or self._skipping:
                size = min(left, len(held) - at)
                if self._passing:
                    out += held[at : at + size]
                    self.closing += held[at : at + size] if self._is_closing else b""
                    self._passing -= size
                else:
                    self._skipping -= size
                at += size
                continue
            # Said at once: whoever waits for the length that such bytes seem to name may wait for ever.
            self.breach = self._breach(at)
            header = self._header(at)
            if self.breach or header is None or not most_frames or (out and self._is_too_long(held[at], header[1])):
                break
            most_frames -= 1
            out += self._begun(held[at : at + header[0]], header[1])
            at += header[0]
            if self._skipping:
                break
        del held[:at]
        return bytes(out)

    @property
    def unread(self) -> bytes:
        """What a breach begins with, and some of what follows it."""
        return bytes(self._held[:SHOWN_BYTES])

    def clear(self) -> None:
        """Forgets what was not read."""
        self._held.clear()
        self._passing = self._skipping = 0

    def _header(self, at: int) -> tuple[int, int] | None:
        """How long the header that begins here is and what it announces, None where it is not complete."""
        held = self._held
        if len(held) - at < 2:
            return None
        size, length = 2, held[at + 1] & 0x7F
        if more := _EXTENDED.get(length):
            size += more
            if len(held) - at < size:
                return None
            length = int.from_bytes(held[at + 2 : at + size], "big")
        return size, length

    def _is_too_long(self, first: int, length: int) -> bool:
        before = self._message_bytes if first & 0x0F == 0 else 0
        return first & 0x0F in _DATA_OPCODES and before + length > self._most_bytes

    def _begun(self, header: bytearray, length: int) -> bytes | bytearray:
        """The header to be read in place of this one; what is too long is cut by itself, so that it is known which it was."""
        self.frames += 1
        self.announced_bytes = length
        opcode, is_too_long = header[0] & 0x0F, self._is_too_long(header[0], length)
        self._is_closing = opcode == _CLOSE
        if opcode in _DATA_OPCODES:
            self._is_in_message = not header[0] & 0x80
            self._message_bytes = length + (self._message_bytes if opcode == 0 else 0)
        if is_too_long:
            self._skipping, self.is_oversize = length, True
            return bytes((header[0], 0))
        self._passing = length
        return header

    def _breach(self, at: int) -> str | None:
        """What is wrong with the frame that begins here (RFC 6455, section 5); None where nothing is, as far as it is there."""
        held = self._held
        if len(held) - at < 2:
            return None
        first, opcode, length = held[at], held[at] & 0x0F, held[at + 1] & 0x7F
        is_huge = length == 127 and len(held) - at > 2 and held[at + 2] & 0x80
        is_right = first & 0x80 and length <= _MOST_IN_CONTROL if opcode in _CONTROL_OPCODES else opcode in _DATA_OPCODES
        goes_on = opcode in _CONTROL_OPCODES or (opcode == 0) == self._is_in_message
        if is_right and goes_on and not first & 0x70 and not held[at + 1] & 0x80 and not is_huge:
            return None
        wrong = _wrong(first, held[at + 1], is_in_message=self._is_in_message)
        if len(wrong) > 1:
            return f"what follows its {f'frame {self.frames}' if self.frames else '101'} is no frame"
        which = f"frame {self.frames + 1}" if self.frames else "first frame"
        return f"its {which} {wrong[0] if wrong else 'announces more bytes than a frame can have'}"


def _wrong(first: int, second: int, *, is_in_message: bool) -> list[str]:
    """All that is wrong with the first two bytes of a frame."""
    opcode, is_control = first & 0x0F, first & 0x0F in _CONTROL_OPCODES
    reserved = " and ".join(name for bit, name in _RESERVED.items() if first & bit)
    told = {
        f"has {reserved} set, for which no extension was agreed upon": first & 0x70,
        "is masked, as only a client's may be": second & 0x80,
        f"has the opcode {opcode}, which means nothing": opcode not in _DATA_OPCODES | _CONTROL_OPCODES,
        "is a control frame in fragments": is_control and not first & 0x80,
        f"is a control frame of more than {_MOST_IN_CONTROL} bytes": is_control and second & 0x7F > _MOST_IN_CONTROL,
        "goes on with a message, and none has begun": opcode == 0 and not is_in_message,
        "begins a message inside one that has not ended": opcode in {1, 2} and is_in_message,
    }
    return [what for what, is_so in told.items() if is_so]
