"""The observations of a diagnosis in words and as a table, which every part of notebook 02 shows alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lib.facts import is_accepted_document
from lib.figures.display.table import Table, text_of
from lib.redaction.one_line import in_one_line
from lib.whys.catalogue.index import meaning

Document = Mapping[str, Any]


def document_of(diagnosis: Any) -> Document:
    """The diagnosis's document, from a diagnosis or as it is."""
    return diagnosis if isinstance(diagnosis, Mapping) else diagnosis.as_json()


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
        return f"{observation['kind']}: {in_one_line(text_of(observation['body_excerpt'] or observation['factors']), 160)}"
    if observation["kind"] == "rest":
        return f"REST answered {status}" if status is not None else f"REST got no answer ({rung})"
    if rung == "session":
        if is_accepted_document(observation):
            granted = "accepted, session granted" if observation.get("granted") else "accepted"
            return granted if close is None else f"{granted}, closed with {close} later"
        if close is None and observation.get("granted") is False:
            return "101, then the session was refused"
        return f"101, then closed with {close}" if close is not None else "101, then dropped"
    return f"refused with {status}" if status is not None else f"ended at {rung}"


def observations(rows: Iterable[Mapping[str, Any]], caption: str, empty: str) -> Table:
    """One row an observation."""
    shown = [
        {
            "id": one["id"],
            "kind": one["kind"],
            "changed": changed(one),
            "outcome": outcome(one, with_change=False) if one["rung"] else "found",
            "body": in_one_line(one["body_excerpt"] or "") or None,
            "ms": one["elapsed_ms"],
        }
        for one in rows
    ]
    columns = {"id": "id", "kind": "kind", "changed": "what was different", "outcome": "outcome", "body": "body", "ms": "ms"}
    return Table(shown, columns, caption=f"{caption} (n = {len(shown)})", empty=empty)


def probes(rows: Iterable[Mapping[str, Any]], caption: str, empty: str) -> Table:
    """One row a change, with every outcome that it had: the same change asked several times is told once, with n."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in rows:
        groups.setdefault((changed(one), outcome(one, with_change=False)), []).append(one)
    shown = [
        {"changed": change, "outcome": result, "n": len(group), "ids": [one["id"] for one in group][:8]}
        for (change, result), group in groups.items()
    ]
    columns = {"changed": "what was different", "outcome": "outcome", "n": "n", "ids": "observations"}
    return Table(shown, columns, caption=f"{caption} (n = {sum(row['n'] for row in shown)})", empty=empty)


def log_entries(rows: Iterable[Mapping[str, Any]]) -> Table:
    """What the servers wrote beside the probes: one row a text and layer, with how often and for example where."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in rows:
        key = (one["factors"].get("layer"), one["factors"].get("severity"), one["body_excerpt"] or "(no text)")
        groups.setdefault(key, []).append(one)
    shown = [
        {"layer": layer, "severity": severity, "text": text, "n": len(group), "ids": [one["id"] for one in group][:5]}
        for (layer, severity, text), group in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]
    columns = {"layer": "layer", "severity": "severity", "text": "what was written", "n": "n", "ids": "observations"}
    caption = f"Log entries joined by trace id (n = {sum(row['n'] for row in shown)})"
    return Table(shown, columns, caption=caption, empty="No log entry was joined to a probe.")


def named(cause: Mapping[str, Any]) -> str:
    """A cause as a sentence for a stranger: its id, what it means, and what shows it."""
    return f"{cause['id']} ({cause['layer']}, {cause['strength']}): {meaning(cause['id'])}. Evidence: {cause['because']}"
