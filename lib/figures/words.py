"""The observations of a diagnosis in words and as a table, which every part of notebook 02 shows alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lib.figures.table import Table, text_of


def changed(observation: Mapping[str, Any]) -> str:
    """What was different from the configured handshake."""
    return text_of(observation["factors"]) if observation["factors"] else "nothing changed"


def outcome(observation: Mapping[str, Any], *, with_change: bool = True) -> str:
    """What was asked and what came of it."""
    said = f"{changed(observation)} → " if with_change and observation["rung"] is not None else ""
    return said + _result(observation)


def _result(observation: Mapping[str, Any]) -> str:
    rung, status, close = observation["rung"], observation["status"], observation["close_code"]
    if rung is None:
        return f"{observation['kind']}: {text_of(observation['body_excerpt'] or observation['factors'])[:160]}"
    if observation["kind"] == "rest":
        return f"REST answered {status}" if status is not None else f"REST got no answer ({rung})"
    if rung == "session":
        return (
            "accepted"
            if close is None and status == 101
            else f"101, then closed with {close}"
            if close is not None
            else "101, then dropped"
        )
    return f"refused with {status}" if status is not None else f"ended at {rung}"


def observations(
    rows: Iterable[Mapping[str, Any]], caption: str, empty: str, findings: Mapping[str, Mapping[str, Any]] | None = None
) -> Table:
    """One row an observation; `findings` adds, by id, what a log entry or an offline look found."""
    shown = [
        {
            "id": one["id"],
            "kind": one["kind"],
            "changed": one["factors"] or "nothing",
            "outcome": outcome(one, with_change=False),
            "said": (findings or {}).get(one["id"]) or (one["body_excerpt"] or "")[:120] or None,
            "ms": one["elapsed_ms"],
        }
        for one in rows
    ]
    columns = {"id": "id", "kind": "kind", "changed": "what was different", "outcome": "outcome", "said": "said", "ms": "ms"}
    return Table(shown, columns, caption=f"{caption} (n = {len(shown)})", empty=empty)
