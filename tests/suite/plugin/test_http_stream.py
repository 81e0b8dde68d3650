"""One direction of a connection is cut right wherever its pieces are cut."""

from __future__ import annotations

import random

import pytest

from lib.suite.plugin.http_stream import MAX_HEAD_BYTES, Stream


def recorder():
    seen = {"heads": [], "body": b"", "frames": [], "ends": 0}

    def body(piece):
        seen["body"] += piece

    def end():
        seen["ends"] += 1

    stream = Stream(seen["heads"].append, lambda *frame: seen["frames"].append(frame), on_body=body, on_end=end)
    return stream, seen


def test_a_head_and_a_sized_body_survive_any_cutting():
    """Fed byte by byte, a message with a length is one head, its body and one end."""
    stream, seen = recorder()
    for byte in b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n":
        stream.feed(bytes([byte]))
    stream.body(5)
    for byte in b"hello":
        stream.feed(bytes([byte]))
    assert (seen["heads"], seen["body"], seen["ends"]) == ([b"HTTP/1.1 200 OK\r\nA: b"], b"hello", 1)


def test_chunks_are_put_together_without_their_sizes():
    """A chunked body is its chunks, whatever the cuts, with extension and trailer left out."""
    wire = b"5;x=y\r\nhello\r\n3\r\n wo\r\n0\r\nTrailer: t\r\n\r\nNEXT / HTTP/1.1\r\n\r\n"
    for seed in range(20):
        stream, seen = recorder()
        stream.body("chunked")
        rest, cut = wire, random.Random(seed)
        while rest:
            size = cut.randint(1, 7)
            stream.feed(rest[:size])
            rest = rest[size:]
        assert (seen["body"], seen["ends"], seen["heads"]) == (b"hello wo", 1, [b"NEXT / HTTP/1.1"])


def test_frames_of_every_length_are_counted():
    """Small, medium and large frames, masked or not, are one frame each."""
    stream, seen = recorder()
    stream.frames()
    for length in (0, 5, 125, 126, 65_535, 65_536):
        size = (
            bytes([length])
            if length < 126
            else b"\x7e" + (length % 65_536).to_bytes(2, "big")
            if length < 65_536
            else b"\x7f" + length.to_bytes(8, "big")
        )
        stream.feed(b"\x81" + size + b"x" * length)
    stream.feed(b"\x81\x82abcd" + b"zz")
    assert [opcode for opcode, _, _ in seen["frames"]] == [1] * 7


def test_what_is_not_http_is_let_pass():
    """Bytes of another protocol, and a head without an end, are ignored and not kept."""
    for hostile in (b"\x16\x03\x01\x02\x00", b"\x00\x00\x00\x2a\x00", b"A" * (MAX_HEAD_BYTES + 1)):
        stream, seen = recorder()
        stream.feed(hostile)
        stream.feed(b"GET / HTTP/1.1\r\n\r\n")
        assert seen["heads"] == []
        assert not stream._buffer


def test_a_body_without_a_length_ends_with_the_stream():
    """Up to the end of the stream everything is body."""
    stream, seen = recorder()
    stream.body(None)
    stream.feed(b"abc")
    stream.feed(b"def")
    stream.finish()
    assert (seen["body"], seen["ends"]) == (b"abcdef", 1)


@pytest.mark.parametrize("size", [b"-1", b"+5", b"0x5", b"f" * 40, b"5_0", b""])
def test_a_chunk_size_that_is_none_ends_the_reading(size):
    """What follows means nothing, and nothing loops."""
    bodies = []
    stream = Stream(lambda head: stream.body("chunked"), lambda *frame: None, on_body=bodies.append)
    stream.feed(b"HTTP/1.1 200 OK\r\n\r\n" + size + b"\r\nabc")
    assert bodies == []
