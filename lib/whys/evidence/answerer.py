"""Who answered: told by the headers that do not belong to the content."""

from __future__ import annotations

from lib.facts import Observation

_OF_CONTENT = frozenset(
    [
        "date",
        "content-type",
        "content-length",
        "connection",
        "keep-alive",
        "vary",
        "www-authenticate",
        "location",
        "cache-control",
        "set-cookie",
        "allow",
        "upgrade",
        "transfer-encoding",
        "content-encoding",
        "etag",
        "last-modified",
        "expires",
        "pragma",
        "retry-after",
        "sec-websocket-accept",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "x-content-type-options",
        "content-language",
        "age",
    ]
)


def answerer(seen: Observation) -> tuple[frozenset[str], str]:
    """Who answered, as far as headers tell: the names of those that do not belong to the content, and the server's word for
    itself."""
    return (frozenset(name for name in seen.headers if name not in _OF_CONTENT), seen.headers.get("server", ""))
