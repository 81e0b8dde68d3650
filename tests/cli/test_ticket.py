"""The answer in ten lines for a ticket."""

from __future__ import annotations

from typing import Any

import pytest

from lib.cli.ticket import LINES, ticket

SYMPTOM = {"description": "HTTP 403 saying '| <b>no</b>\n# stop'"}


def document(verdict: str, **fields: Any) -> dict[str, Any]:
    """A diagnosis's document."""
    seen = [{"id": "h1", "kind": "handshake", "factors": {}, "at": "2026-11-24T12:00:00.000000Z"}]
    base = {"environment": "staging", "symptom": SYMPTOM, "verdict": verdict, "causes": [], "candidates": [], "leads": []}
    base |= {"next_probe": None, "healthy": None, "works_with": None, "observations": seen}
    return base | {"spent": {"handshakes": 4, "rest_requests": 1, "seconds": 1.0}} | fields


@pytest.mark.parametrize("count", [1, 30])
def test_a_ticket_has_ten_lines_at_the_most(count: int) -> None:
    """However much is open and speaks, the last line says what was spent."""
    leads = [{"id": "user-unknown", "because": "because", "evidence": ["h1"]}] * count
    causes = [{"id": "user-unknown", "strength": "stated", "remedy": "Do."}] * count
    told = ticket(document("stated", causes=causes, leads=leads, candidates=["user-unknown"] * count), "ws://a/").splitlines()
    assert len(told) <= LINES
    assert told[-1] == "- 4 handshakes, 1 REST requests, 1.0 s, 2026-11-24T12:00:00Z"


def test_what_a_server_said_does_not_break_out_of_the_ticket() -> None:
    """Neither a table, a heading nor a tag of its body works as one."""
    (line,) = [line for line in ticket(document("ambiguous"), "ws://a/").splitlines() if "403" in line]
    assert "\\<b\\>no" in line
    assert "\\# stop" in line
