"""HTTP answers as they are really written: bytes in, status, headers and body out, without a network."""

from __future__ import annotations

from time import process_time

import pytest

from lib.clients import http1


def test_an_incomplete_head_is_no_head_yet():
    """Each prefix of an answer gives None until the blank line is there."""
    answer = b"HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n"
    assert [http1.parse_head(answer[:size]) for size in range(1, len(answer))] == [None] * (len(answer) - 1)
    assert http1.parse_head(answer) == http1.AnswerHead(403, "Forbidden", (("server", "x"),), len(answer))


NO_ANSWERS = [
    b"X",
    b"HTTQ",
    b"\r\n\r\nnope",
    b"SSH-2.0",
    b"HTTP/1.1 9\r\n\r\n",
    b"HTTP/1.1 0403 F\r\n\r\n",
    b"HTTP/x 200 OK\r\n\r\n",
]


@pytest.mark.parametrize("received", NO_ANSWERS)
def test_what_cannot_become_an_answer_is_refused_at_once(received: bytes):
    """Nobody waits for the end of something that is no HTTP."""
    with pytest.raises(http1.NotHttp):
        http1.parse_head(received)


def test_a_head_that_does_not_end_is_refused_at_its_bound():
    """64 KiB of headers are enough."""
    with pytest.raises(http1.NotHttp, match="do not end within 64 KiB"):
        http1.parse_head(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 9000)


def test_a_head_in_single_bytes_costs_linear_time():
    """What has been searched is not searched again."""
    received = bytearray()
    start = process_time()
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 8000:
        searched = len(received)
        received.append(byte)
        http1.parse_head(received, searched=searched)
    assert process_time() - start < 2


BODIES = {
    "length": (b"Content-Length: 2\r\n", b"noEXTRA", (b"no", True)),
    "length, part": (b"Content-Length: 9\r\n", b"no", (b"no", False)),
    "length, nonsense": (b"Content-Length: -1\r\n", b"no", (b"no", False)),
    "until the end": (b"", b"no", (b"no", False)),
    "chunks": (b"Transfer-Encoding: chunked\r\n", b"2;x=y\r\nno\r\n1\r\nt\r\n0\r\n\r\n", (b"not", True)),
    "chunks, part": (b"Transfer-Encoding: chunked\r\n", b"2\r\nno\r\nff\r\npart", (b"nopart", False)),
    "chunks, broken": (b"Transfer-Encoding: chunked\r\n", b"zz\r\nno", (b"", False)),
    "chunks, huge": (b"Transfer-Encoding: chunked\r\n", b"ffffffff\r\nno", (b"no", False)),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_is_what_its_framing_says(case: str):
    """Length, chunks or the end of the connection; broken framing gives what can be read."""
    headers, received, expected = BODIES[case]
    head = http1.parse_head(b"HTTP/1.1 403 F\r\n" + headers + b"\r\n")
    assert http1.body(head, received) == expected


def test_answers_that_have_no_body_have_none():
    """204 and 304 end with their head."""
    head = http1.parse_head(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert http1.body(head, b"the next answer") == (b"", True)


GREETINGS = {
    b"SSH-2.0-OpenSSH_9.6\r\n": "an SSH server: 'SSH-2.0-OpenSSH_9.6",
    b"220 mail.example ESMTP Postfix\r\n": "a mail, FTP or news server",
    b"530 Please login with USER and PASS.\r\n": "a mail, FTP or news server",
    b"@RSYNCD: 31.0\n": "rsync",
    b":irc.example NOTICE * :*** Looking up\r\n": "IRC",
    b"\xff\xfd\x18\xff\xfd\x20": "telnet",
    b"\x05\xff": "SOCKS",
    b"<?xml version='1.0'?><stream:stream>": "XMPP",
    b"* OK IMAP4 ready\r\n": "mailbox",
    b"-ERR wrong number of arguments for 'get' command\r\n": "Redis",
    b"J\x00\x00\x00\n8.0.36\x00\x08\x00": "MySQL",
    b"E\x00\x00\x00\x8dSFATAL\x00": "PostgreSQL",
    b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03": "HTTP/2",
    b"\x15\x03\x03\x00\x02\x02\x46": "TLS records",
    b"\x00\xff garbage": "'\\x00ÿ garbage'",
}


@pytest.mark.parametrize("received", GREETINGS)
def test_what_speaks_another_protocol_is_named(received: bytes):
    """The port of another service says which one it is; what nobody knows is shown as it came."""
    with pytest.raises(http1.NotHttp, match="it begins with") as told:
        http1.parse_head(received)
    assert GREETINGS[received] in str(told.value)


def test_a_first_line_of_blanks_costs_linear_time():
    """64 KiB of blanks, with what no first line holds behind them, are told in no time."""
    start = process_time()
    with pytest.raises(http1.NotHttp, match="its first line"):
        http1.parse_head(b"HTTP/1.1 200" + b" " * 65_000 + b"\rX\r\n\r\n")
    assert process_time() - start < 1
