"""What every handshake carries."""

from __future__ import annotations

import pytest

from lib.configuration.readers.handshakes import all_of, header_set, holds, is_present
from lib.configuration.shape import Place


@pytest.mark.parametrize(
    ("name", "how", "wanted", "said"),
    [
        ("Upgrade", "exact", "websocket", True),
        ("Upgrade", "exact", "WebSocket", None),
        ("Upgrade", "exact", "h2c", False),
        ("upgrade", "regex", "(?i)WEB.*", True),
        ("upgrade", "regex", "web", False),
        ("upgrade", "regex", "(?!h2c).*", None),
        ("connection", "exact", "Upgrade", None),
        ("connection", "contains", "Upgrade", True),
        (":method", "prefix", "P", False),
        (":method", "suffix", "T", True),
        ("x-canary", "exact", "1", None),
        ("upgrade", "like", "x", None),
    ],
)
def test_a_condition(name: str, how: str, wanted: str, said: bool | None) -> None:
    """What a handshake surely carries decides; what only its client's way of writing decides is not told."""
    assert holds(name, how, wanted) is said


def test_what_is_there() -> None:
    """Its own headers are there, others may be; one condition that fails decides."""
    assert (is_present("Sec-WebSocket-Key"), is_present("x-canary")) == (True, None)
    assert (all_of([None, False]), all_of([True, None]), all_of([])) == (False, None, True)


@pytest.mark.parametrize(
    ("name", "value", "action"),
    [
        ("authorization", "Basic x", "set"),
        ("authorization", "", "removed"),
        ("Authorization", "%REQ(authorization)%", "passed"),
        (":authority", "%REQ(host)%", "passed"),
        ("authorization", "%REQ(x-token)%", None),
        ("x-share", "100%%", "set"),
    ],
)
def test_a_header_with_its_own_value(name: str, value: str, action: str | None) -> None:
    """What gets its own value passes; what a variable fills is not told."""
    found = header_set(name, value, Place("a"))
    assert (found and found.action) == action
