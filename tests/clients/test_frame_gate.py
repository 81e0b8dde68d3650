"""What is cut off a stream of frames: whole ones, so many at a time, and of those that are too long their beginnings alone."""

from __future__ import annotations

import pytest

from lib.clients.frame_gate import FrameGate

LONG = b"\x82\x7e\x00\x80" + b"x" * 128
"""A binary frame of 128 bytes, longer than these gates let through."""


def cut(stream: bytes, *, most_frames: int = 100, piece: int = 1000, gate: FrameGate | None = None) -> bytes:
    """All that comes out of a stream that arrives in such pieces."""
    gate, out = gate or FrameGate(100), b""
    for at in range(0, len(stream), piece):
        gate.put(stream[at : at + piece])
        while gate.is_waiting:
            out += gate.cut(most_frames)
            gate.is_oversize = False
    return out


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
def test_frames_come_out_as_they_came_in(piece: int) -> None:
    """However the bytes arrive and however few are cut at once, what is no longer than allowed stays as it is."""
    stream = b"\x81\x05hello\x89\x00\x82\x7e\x00\x64" + b"y" * 100 + b"\x88\x02\x03\xe8"
    assert cut(stream, piece=piece, most_frames=1) == stream


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_what_is_too_long_is_an_empty_frame(piece: int) -> None:
    """Its place is kept, and what stands behind it is read."""
    assert cut(b"\x81\x01a" + LONG + b"\x81\x01b", piece=piece) == b"\x81\x01a\x82\x00\x81\x01b"


def test_a_message_that_grows_too_long_in_fragments_is_empty_from_there_on() -> None:
    """The bound holds for a message, not for its parts; the next message is read again."""
    part = b"\x00\x3c" + b"z" * 60
    assert cut(b"\x01\x3c" + b"z" * 60 + part + b"\x80\x00\x81\x01b") == b"\x01\x3c" + b"z" * 60 + b"\x00\x00\x80\x00\x81\x01b"


def test_what_is_too_long_is_cut_by_itself() -> None:
    """Whoever reads knows which message it was."""
    gate = FrameGate(100)
    gate.put(b"\x81\x01a" + LONG + b"\x81\x01b")
    pieces = [(gate.cut(100), gate.is_oversize)]
    pieces.append((gate.cut(100), gate.is_oversize))
    gate.is_oversize = False
    pieces.append((gate.cut(100), gate.is_oversize))
    assert pieces == [(b"\x81\x01a", False), (b"\x82\x00", True), (b"\x81\x01b", False)]


def test_no_more_is_cut_than_was_asked_for() -> None:
    """Of a thousand pings ten are cut, and the rest waits."""
    gate = FrameGate(100)
    gate.put(b"\x89\x00" * 1000)
    assert (gate.cut(10), gate.is_waiting, gate.frames) == (b"\x89\x00" * 10, True, 10)


def test_a_frame_of_1_tb_is_known_to_be_under_way() -> None:
    """Nothing of it is kept, and it is told how long it would be."""
    gate = FrameGate(100)
    cut(b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + b"x" * 50_000, gate=gate)
    assert (gate.is_inside, gate.announced_bytes, len(gate._held)) == (True, 1 << 40, 0)


BREACHES = {
    b"\xc1\x01a": "its first frame has RSV1 set",
    b"\x81\x01a\x8a\x81": "its frame 2 is masked",
    b"\x01\x01a\x09\x00": "its frame 2 is a control frame in fragments",
    b"\x01\x01a\x80\x01b\x80\x01c": "its frame 3 goes on with a message, and none has begun",
    b"GET / HTTP/1.1": "what follows its 101 is no frame",
    b"\x82\x7f\x80": "its first frame announces more bytes than a frame can have",
}


@pytest.mark.parametrize("piece", [1, 1000])
@pytest.mark.parametrize("stream", BREACHES)
def test_what_breaks_the_protocol_is_known_by_its_first_bytes(stream: bytes, piece: int) -> None:
    """What stands before it comes out, it and what follows does not, and its rest is not waited for."""
    gate = FrameGate(100)
    cut(stream, piece=piece, gate=gate)
    assert (gate.breach or "").startswith(BREACHES[stream])
    assert not gate.is_waiting
    assert stream.endswith(gate.unread)


def test_fragments_with_a_ping_between_are_no_breach() -> None:
    """A control frame may come inside a message."""
    stream = b"\x01\x01a\x89\x00\x00\x01b\x80\x01c\x88\x02\x03\xe8"
    gate = FrameGate(100)
    assert (cut(stream, gate=gate), gate.breach, bytes(gate.closing)) == (stream, None, b"\x03\xe8")
