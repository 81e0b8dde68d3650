"""HTTP/1 answers as servers and middleboxes really write them: bytes in, status, headers and body out; no I/O.

Lenient where browsers are (HTTP/1.0, bare line feeds, folded or nameless header lines, no reason phrase), bounded everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_HEAD_BYTES = 65_536
MAX_BODY_BYTES = 65_536

_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?[ \t]++([1-9]\d\d)(?:[ \t]++([^\r\n]*+))?", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[^\r\n]*\r?\n")
_GREETINGS = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        (rb"[\x15\x16]\x03", "TLS records (the port wants TLS)"),
        (rb"PRI \* HTTP/2|\x00\x00.[\x04\x07][\x00\x01]\x00{4}", "HTTP/2, which is not asked for here"),
        (rb"SSH-\d", "the greeting of an SSH server"),
        (rb"[1-5]\d\d[ -]", "the greeting of a mail, FTP or news server"),
        (rb"\* (?:OK|BYE)|\+OK", "the greeting of a mailbox server"),
        (rb":\S+ (?:NOTICE|\d{3}) |ERROR :", "the greeting of an IRC server"),
        (rb"\xff[\xfb-\xfe]", "the options of a telnet server"),
        (rb"<\?xml [^>]{0,100}\?>\s*<stream:|<stream:", "the greeting of an XMPP server"),
        (rb"@RSYNCD:", "the greeting of rsync"),
        (rb"It looks like you are trying to access MongoDB", "MongoDB"),
        (rb"(?:RTSP|SIP)/\d", "an answer of a media or telephony server"),
        (rb"\x05[\x00\x01\x02\xff]", "an answer of a SOCKS proxy"),
        (rb"-(?:ERR|NOAUTH|DENIED|LOADING|MISCONF|READONLY|WRONG\w+)\b", "an error of Redis"),
        (rb"..\x00\x00(?:\x0a\d+\.\d|\xff)", "the greeting of MySQL"),
        (rb"E(?:\x00\x00.{2}S|(?:FATAL|ERROR))", "an error of PostgreSQL"),
        (rb"AMQP", "the greeting of an AMQP broker"),
        (rb"INFO \{", "the greeting of NATS"),
        (rb"RFB \d", "the greeting of VNC"),
    )
)
"""What other services say of their own accord, or to a request that is none of theirs."""


class NotHttp(Exception):
    """What came is no HTTP answer; the text says how it differs."""


@dataclass(frozen=True, slots=True)
class AnswerHead:
    """Status line and headers of one answer; `size` is where in the bytes the body begins."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    size: int

    def get(self, name: str) -> str | None:
        """The first header of this lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


def parse_head(received: bytes | bytearray, *, searched: int = 0) -> AnswerHead | None:
    """The head of the answer, None while it is incomplete; raises `NotHttp`.

    `searched` is how many bytes an earlier call has already seen, so that a server that sends single bytes costs no more.
    """
    start = len(received[:8]) - len(received[:8].lstrip(b"\r\n"))
    if received[start : start + 5].upper() != b"HTTP/"[: max(0, len(received) - start)]:
        raise NotHttp(f"it begins with {begins_with(received)}")
    end = _END_OF_HEAD.search(received, max(start, searched - 4))
    if end is None:
        if len(received) > MAX_HEAD_BYTES:
            raise NotHttp(f"its headers do not end within {MAX_HEAD_BYTES // 1024} KiB")
        return None
    line, *rest = re.split(rb"\r?\n", bytes(received[start : end.start()]))
    status = _STATUS_LINE.fullmatch(line)
    if status is None:
        raise NotHttp(f"its first line is {begins_with(line)}")
    return AnswerHead(int(status[1]), (status[2] or b"").decode("latin-1"), _headers(rest), end.end())


def body(head: AnswerHead, received: bytes | bytearray) -> tuple[bytes, bool]:
    """The body among the bytes after the head, and whether it is complete (never so where only the connection's end completes
    it)."""
    if head.status in {204, 304}:
        return b"", True
    if "chunked" in (head.get("transfer-encoding") or "").lower():
        return _unchunked(received)
    length = head.get("content-length")
    if length is not None and re.fullmatch(r"\d{1,18}", length):
        return bytes(received[: int(length)]), len(received) >= int(length)
    return bytes(received), False


def _headers(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for line in lines:
        text = line.decode("latin-1")
        if text[:1] in {" ", "\t"} and headers:
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {text.strip()}".strip())
            continue
        name, colon, value = text.partition(":")
        if colon and name.strip():
            headers.append((name.strip().lower(), value.strip()))
    return tuple(headers)


def _unchunked(received: bytes | bytearray) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    position = 0
    while size := _CHUNK_SIZE.match(received, position):
        length = int(size[1], 16)
        if length == 0:
            return b"".join(pieces), True
        pieces.append(bytes(received[size.end() : size.end() + length]))
        position = size.end() + length
        position += 2 if received[position : position + 2] == b"\r\n" else 1
        if position > len(received):
            break
    return b"".join(pieces), False


def begins_with(received: bytes | bytearray) -> str:
    """How bytes begin that are no HTTP/1: with the name of what is spoken there where it is known, else as they are."""
    shown = repr(bytes(received[:40]).decode("latin-1"))
    spoken = next((name for greeting, name in _GREETINGS if greeting.match(received)), None)
    return shown if spoken is None else spoken if spoken.startswith("TLS") else f"{spoken}: {shown}"
