"""Frames as they come in, so many at a time: a flood leaves room for everything else, and what is too long passes unread."""

from __future__ import annotations

_DATA_OPCODES = frozenset({0, 1, 2})
_EXTENDED = {126: 2, 127: 8}


class FrameGate:
    """Cuts what a server sends where frames begin; what makes a message longer than `most_bytes` is let through as empty frames.

    `frames` counts all of them. `is_oversize`: such a message came; whoever takes note of it sets it back.
    """

    def __init__(self, most_bytes: int):
        self.frames = 0
        self.is_oversize = False
        self.announced_bytes = 0
        self._most_bytes = most_bytes
        self._held = bytearray()
        self._passing = self._skipping = self._message_bytes = 0

    def put(self, data: bytes) -> None:
        """Takes bytes that arrived."""
        self._held += data

    @property
    def is_waiting(self) -> bool:
        """Whether there is more to be cut now; a header that is not complete has to wait for its rest."""
        return bool(self._held) and (self._passing + self._skipping > 0 or self._header(0) is not None)

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
                    self._passing -= size
                else:
                    self._skipping -= size
                at += size
                continue
            header = self._header(at)
            if header is None or not most_frames or (out and self._is_too_long(held[at], header[1])):
                break
            most_frames -= 1
            out += self._begun(held[at : at + header[0]], header[1])
            at += header[0]
            if self._skipping:
                break
        del held[:at]
        return bytes(out)

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
        if opcode in _DATA_OPCODES:
            self._message_bytes = length + (self._message_bytes if opcode == 0 else 0)
        if is_too_long:
            self._skipping, self.is_oversize = length, True
            return bytes((header[0], 0))
        self._passing = length
        return header


def breach(begins: bytes) -> str | None:
    """What is wrong with two bytes as the beginning of a server's first frame; None where nothing is."""
    if len(begins) < 2:
        return None
    opcode, reserved, is_masked = begins[0] & 0x0F, begins[0] & 0x70, begins[1] & 0x80
    if opcode in {1, 2, 8, 9, 10} and not reserved and not is_masked:
        return None
    if begins[0] & 0x80 and reserved and opcode in {0, 1, 2}:
        return "its first frame has a reserved bit set, for which no extension was agreed upon"
    if begins[0] & 0x80 and not reserved and opcode in {1, 2, 8, 9, 10}:
        return "its first frame is masked, as only a client's may be"
    if begins[0] & 0x80 and not reserved and not is_masked:
        return f"its first frame has the opcode {opcode}, " + (
            "and there is nothing to go on with" if not opcode else "which means nothing"
        )
    return "what follows its 101 is no frame"
