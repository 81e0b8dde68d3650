"""Who the users are by the system's own records, and whether the handshakes agree."""

from __future__ import annotations

from typing import Any

from lib.figures.display.table import Table
from lib.figures.observations import Document, document_of


def users(diagnosis: Any) -> Table:
    """One row a user: what the record says, which cause it speaks for, and what the handshakes made of that."""
    document = document_of(diagnosis)
    rows = [_row(one, document) for one in document["observations"] if one["kind"] == "record"]
    columns = {
        "id": "id",
        "user": "user",
        "says": "the record says",
        "speaks_for": "speaks for",
        "became": "do the handshakes agree?",
    }
    left = [one["body_excerpt"] for one in document["observations"] if one["factors"].get("left out") == "evidence.users"]
    empty = f"Not gathered; {left[0]}" if left else "Not gathered: evidence.users names no place to read the users' records from."
    return Table(rows, columns, caption="What is recorded of the users", empty=empty)


def _row(one: Document, document: Document) -> dict[str, Any]:
    causes = list(one["factors"].get("speaks for", ()))
    return {
        "id": one["id"],
        "user": one["factors"].get("user"),
        "says": one["body_excerpt"],
        "speaks_for": causes or None,
        "became": _became(one, causes, document),
    }


def _became(one: Document, causes: list[str], document: Document) -> str:
    doubted = next((lead for lead in document["leads"] if lead["id"] is None and one["id"] in lead["evidence"]), None)
    if doubted:
        return f"no [{', '.join(doubted['evidence'])}]: is this the database that the WebSocket service reads?"
    borne = [cause for cause in document["causes"] if cause["id"] in causes]
    if borne:
        return f"yes: {', '.join(cause['id'] + ' ' + cause['strength'] for cause in borne)}"
    if set(causes) & set(document["candidates"]):
        return "left open by the handshakes"
    return "not told by the handshakes of this run" if causes else "nothing contradicts it"
