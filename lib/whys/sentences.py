"""A diagnosis's document in sentences that the terminal, the report and the notebook share (documents of other versions too)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def works_with(document: Document) -> str | None:
    """The proved change with its counts, and what came of it without each part; None where no change is proved."""
    found = document.get("works_with")
    if not found:
        return None
    asked = found["accepted"] + found["refused"]
    changed = " + ".join(f"{name}: {_shown(value)}" for name, value in found["changes"].items())
    without = {
        name: f"{counts['accepted']} of {counts['accepted'] + counts['refused']}" for name, counts in found["without"].items()
    }
    if len(without) == 1:
        lacking = f"; without it {next(iter(without.values()))}"
    else:
        lacking = "".join(f"; without {name} {counts}" for name, counts in without.items())
    return f"works with {changed} ({found['accepted']} of {asked} accepted{lacking})"


def explained_by(document: Document) -> list[str]:
    """For each part of the proved change the causes that explain it: certain where there is one."""
    found = document.get("works_with") or {"explained_by": {}}
    said = []
    for name, causes in found["explained_by"].items():
        if not causes:
            said.append(f"{name}: no cause of the catalogue explains why it helps")
        elif len(causes) == 1:
            said.append(f"{name}: certainly {causes[0]}")
        else:
            said.append(f"{name}: one of {', '.join(causes)}")
    return said


def next_step(document: Document) -> str | None:
    """What would tell more, as something to set or to run, and how to read what it gives."""
    probe = document.get("next_probe")
    if not probe or isinstance(probe, str):
        return probe or None
    if "command" in probe:
        asked = f"run {' '.join(probe['command'])}"
    else:
        asked = "set " + ", ".join(f"{name}: {_shown(value)}" for name, value in probe["set"].items())
    return f"{asked} ({probe['reads']})"


def belief(document: Document) -> list[tuple[str, tuple[str, ...], int]]:
    """What each observation excluded and how many causes were left after it, in the order of asking.

    A cause is out once everything that speaks against it was seen; observations that excluded nothing are left out.
    """
    order = {seen["id"]: position for position, seen in enumerate(document["observations"])}
    gone: dict[str, list[str]] = {}
    for entry in document["excluded"]:
        known = [name for name in entry["by"] if name in order]
        if known:
            gone.setdefault(max(known, key=lambda name: order[name]), []).append(entry["id"])
    left = len(document["excluded"]) + len({*document["candidates"], *(cause["id"] for cause in document["causes"])})
    steps = []
    for name in sorted(gone, key=lambda name: order[name]):
        left -= len(gone[name])
        steps.append((name, tuple(gone[name]), left))
    return steps


def left_open(document: Document) -> str:
    """What the verdict leaves open, in one clause."""
    candidates = document["candidates"]
    if document["verdict"] == "narrowed":
        changed = ", ".join((document.get("works_with") or {"changes": document["minimal_pair"]["difference"]})["changes"])
        why = f"one of {', '.join(candidates)} explains why" if candidates else "no cause of the catalogue explains why"
        return f"narrowed: with {changed} changed it works, proved; {why}"
    return f"ambiguous: the evidence leaves {', '.join(candidates) or 'no known cause'} open"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "none" if value is None else str(value)
