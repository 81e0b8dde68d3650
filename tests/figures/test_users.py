"""The table of the users' records in notebook 02."""

from __future__ import annotations

from typing import Any

from lib.figures.users import users


def observation(name: str, user: str, *speaks_for: str) -> dict[str, Any]:
    factors: dict[str, Any] = {"user": user} | ({"speaks for": list(speaks_for)} if speaks_for else {})
    return {"id": name, "kind": "record", "factors": factors, "body_excerpt": f"of {user}"}


def became(**found: Any) -> list[str]:
    seen = [observation("u1", "ann", "user-inactive"), observation("u2", "bob")]
    table = users({"observations": seen, "causes": [], "candidates": [], "leads": [], **found})
    return [row["became"] for row in table.rows]


def test_each_record_says_what_the_handshakes_made_of_it() -> None:
    """Borne out, left open, contradicted, or not told by this run."""
    assert became(causes=[{"id": "user-inactive", "strength": "stated"}])[0] == "yes: user-inactive stated"
    assert became(candidates=["user-inactive"])[0] == "left open by the handshakes"
    doubt = {"id": None, "evidence": ["u1", "h3"], "because": ""}
    assert became(leads=[doubt])[0] == "no [u1, h3]: is this the database that the WebSocket service reads?"
    assert became() == ["not told by the handshakes of this run", "nothing contradicts it"]


def test_without_records_it_says_why() -> None:
    """Nothing named, or nothing that could be read."""
    assert "evidence.users names no place" in str(users({"observations": [], "causes": [], "candidates": [], "leads": []}).empty)
    left = {"id": "o2", "kind": "offline", "factors": {"left out": "evidence.users"}, "body_excerpt": "left out: no such file"}
    assert "no such file" in str(users({"observations": [left], "causes": [], "candidates": [], "leads": []}).empty)
