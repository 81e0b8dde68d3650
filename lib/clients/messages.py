"""One message of a server, and the end of a session, as those who wait for them get them."""

from __future__ import annotations

import json
from typing import Any

from lib.redaction.exchanges import MAX_EXCERPT_CHARACTERS
from lib.redaction.redact import redact_text

MAX_MESSAGE_BYTES = 1_048_576
MAX_REDACTED_BYTES = 65_536
OVERSIZE = b"oversize message"
"""Stands for the data of a message that was not taken."""
DROPPED = 1006
"""The close code of a connection that ended without a close frame (RFC 6455)."""


class SessionClosed(ConnectionError):
    """The other side ended the session, or it was ended here; `code` None: here."""

    def __init__(self, code: int | None, reason: str | None):
        super().__init__(code, reason)
        self.code, self.reason = code, reason

    def __str__(self) -> str:
        if self.code is None:
            return "the session was closed here"
        told = f" ({self.reason})" if self.reason else ""
        dropped = "the connection was dropped without a close frame"
        return dropped if self.code == DROPPED else f"the server closed the session with {self.code}{told}"


class Message:
    """One message of the server. `at_s` is the `perf_counter` at which its last bytes arrived.

    `elapsed_ms` counts from the last send of this session, or from the 101 when nothing was sent. `text` and `json` are what the
    server sent, unredacted; the representation is redacted and short.
    """

    __slots__ = ("_secrets", "at_s", "data", "elapsed_ms", "is_text")

    def __init__(self, data: bytes, *, is_text: bool, at_s: float, elapsed_ms: float, secrets: tuple[str, ...] = ()):
        self.data, self.is_text, self.at_s, self.elapsed_ms, self._secrets = data, is_text, at_s, elapsed_ms, secrets

    @property
    def text(self) -> str:
        """The message as text; bytes that are no UTF-8 are replaced."""
        return self.data.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The message as JSON, None where it is none."""
        try:
            return json.loads(self.data)
        except (ValueError, RecursionError):
            return None

    @property
    def excerpt(self) -> str:
        """The beginning of the message, redacted."""
        if self.data is OVERSIZE:
            return f"(a message of more than {MAX_MESSAGE_BYTES // 1_048_576} MiB)"
        return redact_text(self.data[:MAX_REDACTED_BYTES].decode("utf-8", "replace"), self._secrets)[:MAX_EXCERPT_CHARACTERS]

    def __repr__(self) -> str:
        return f"Message({self.excerpt[:200]!r})"


def is_utf8(data: bytes) -> bool:
    """Whether this is text as the protocol wants it."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def breach_of(broken: Exception, closing: bytes) -> str:
    """What the parser of frames found wrong, in words that say what the server did; `closing`: what its close frame holds."""
    if isinstance(broken, UnicodeDecodeError):
        return "the reason in its close frame is no UTF-8"
    code = int.from_bytes(closing[:2], "big")
    return {
        "invalid status code": f"its close frame has the code {code}, which must not be sent",
        "close frame too short": "its close frame holds one byte, where a code has two",
    }.get(str(broken), str(broken))
