"""What is configured, and whether it behaves so: predictions and what became of them; REST's service beside the WebSocket's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lib.configuration.drift import aspects
from lib.configuration.prediction import Address
from lib.configuration.shape import Configuration
from lib.figures.display.table import Prose, Stack, Table
from lib.figures.observations import Document, document_of
from lib.parameters.model import Parameters
from lib.redaction.redact import redact_value

MOST_UNREAD, MOST_SOURCES = 40, 30


def configured(diagnosis: Any, configuration: Configuration, parameters: Parameters) -> Stack:
    """Every finding with what the handshakes made of it, the two services side by side, and what was read and what was not."""
    if not parameters.evidence.configuration:
        said = "Not gathered: evidence.configuration names nothing to read, so nothing is known of what is configured."
        return Stack([Prose([said])])
    if not configuration.sources:
        return Stack(list(_sources(configuration)))
    document = document_of(diagnosis)
    found = [
        _finding(one, document) for one in document["observations"] if one["kind"] == "config" and "speaks for" in one["factors"]
    ]
    columns = {
        "id": "id",
        "place": "place",
        "says": "what stands there",
        "predicts": "so it predicts",
        "probe": "what would show it",
        "became": "does it behave so?",
    }
    empty = "Nothing that was read speaks against this handshake. That is no proof that nothing does."
    return Stack(
        [
            Table(found, columns, caption="What the configuration predicts", empty=empty),
            *_drift(configuration, parameters),
            *_sources(configuration),
        ]
    )


def _finding(one: Document, document: Document) -> dict[str, str]:
    causes = list(one["factors"]["speaks for"])
    became = "; ".join(_became(cause, one["id"], document) for cause in causes)
    factors = one["factors"]
    predicts = f"{', '.join(causes)}: {factors['expects']}" if "expects" in factors else ", ".join(causes)
    return {
        "id": one["id"],
        "place": factors["place"],
        "says": one["body_excerpt"],
        "predicts": predicts,
        "probe": factors.get("probe", "the usual probes"),
        "became": became,
    }


def _became(cause: str, finding: str, document: Document) -> str:
    """What the diagnosis makes of the cause that a finding speaks for."""
    for named in document["causes"]:
        if named["id"] == cause:
            return f"yes: {named['strength']} [{', '.join(named['evidence'][:4])}]"
    if cause in document["candidates"]:
        return "left open by the handshakes"
    against = next((item["by"] for item in document["excluded"] if item["id"] == cause), None)
    asked = any(finding in lead["evidence"] and lead["id"] is None for lead in document["leads"])
    if asked:
        return f"no [{', '.join((against or [])[:4])}]: is this the deployed revision?"
    if against:
        return f"not this handshake [{', '.join(against[:4])}]"
    return "not told by the handshakes of this run"


def _drift(configuration: Configuration, parameters: Parameters) -> Iterator[Any]:
    """What differs as rows, what is alike as names."""
    target = parameters.target
    rest = Address.of(target.rest_url, target.protected_path) if target.rest_url else None
    every = aspects(configuration, Address.of(target.ws_url or ""), rest)
    rows = [[one.name, one.rest, one.websocket, one.place] for one in every if one.differs]
    alike = [one.name for one in every if not one.differs]
    empty = "One service and one route serve both, or only one of the two was read."
    columns = ["what", "REST", "WebSocket", "place"]
    yield Table(redact_value(rows), columns, caption="Where REST and the WebSocket are set up differently", empty=empty)
    if alike:
        yield Prose([f"Alike, or told of one alone: {', '.join(redact_value(alike))}."])


def _sources(configuration: Configuration) -> Iterator[Any]:
    told = [
        f"{one.name} ({one.format}, {one.changed[:16] + 'Z' if one.changed else 'read just now'})"
        for one in configuration.sources[:MOST_SOURCES]
    ]
    more = len(configuration.sources) - len(told)
    said = f"Read: {', '.join(told)}{f' and {more} more' if more > 0 else ''}." if told else "Nothing could be read."
    yield Prose([said, *(f"Not read: {why}." for why in configuration.refused)])
    left = [[one.what, one.count, one.example] for one in configuration.unread[:MOST_UNREAD]]
    if left:
        yield Table(redact_value(left), ["what", "n", "for example"], caption="What was not read or not understood")
