"""What is configured, and whether it behaves so: predictions and what became of them; REST's service beside the WebSocket's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lib.configuration.drift import aspects
from lib.configuration.prediction import Address
from lib.configuration.shape import Configuration
from lib.figures.display.table import Prose, Stack, Table
from lib.parameters.model import Parameters
from lib.redaction.redact import redact_value

Document = Mapping[str, Any]
MOST_UNREAD = 40


def configured(diagnosis: Any, configuration: Configuration, parameters: Parameters) -> Stack:
    """Every finding with what the handshakes made of it, the two services side by side, and what was read and what was not."""
    if not parameters.evidence.configuration:
        said = "Not gathered: evidence.configuration names nothing to read, so nothing is known of what is configured."
        return Stack([Prose([said])])
    document: Document = diagnosis if isinstance(diagnosis, Mapping) else diagnosis.as_json()
    found = [
        _finding(one, document) for one in document["observations"] if one["kind"] == "config" and "speaks for" in one["factors"]
    ]
    columns = {
        "id": "id",
        "place": "place",
        "says": "what stands there",
        "speaks_for": "speaks for",
        "became": "does it behave so?",
    }
    empty = "Nothing that was read speaks against this handshake. That is no proof that nothing does."
    return Stack(
        [
            Table(found, columns, caption="What the configuration predicts", empty=empty),
            _drift(configuration, parameters),
            *_sources(configuration),
        ]
    )


def _finding(one: Document, document: Document) -> dict[str, str]:
    causes = list(one["factors"]["speaks for"])
    became = "; ".join(_became(cause, one["id"], document) for cause in causes)
    place = one["factors"]["place"]
    return {"id": one["id"], "place": place, "says": one["body_excerpt"], "speaks_for": ", ".join(causes), "became": became}


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


def _drift(configuration: Configuration, parameters: Parameters) -> Table:
    target = parameters.target
    rest = Address.of(target.rest_url, target.protected_path) if target.rest_url else None
    rows = [
        {
            "aspect": one.name,
            "rest": one.rest,
            "websocket": one.websocket,
            "differs": "differs" if one.differs else "",
            "place": one.place,
        }
        for one in aspects(configuration, Address.of(target.ws_url or ""), rest)
    ]
    columns = {"aspect": "", "rest": "REST", "websocket": "WebSocket", "differs": "", "place": "place"}
    empty = "One service and one route serve both, or only one of the two was read."
    return Table(redact_value(rows), columns, caption="REST beside the WebSocket, what differs first", empty=empty)


def _sources(configuration: Configuration) -> Iterator[Table]:
    rows = [
        {"source": one.name, "format": one.format, "changed": one.changed or "read just now"} for one in configuration.sources
    ]
    yield Table(
        rows,
        {"source": "source", "format": "format", "changed": "last changed"},
        caption="What was read",
        empty="Nothing could be read.",
    )
    left = [{"what": one.what, "count": one.count, "example": one.example} for one in configuration.unread[:MOST_UNREAD]]
    left += [{"what": f"refused: {said}", "count": 1, "example": ""} for said in configuration.refused]
    if left:
        columns = {"what": "what", "count": "n", "example": "for example"}
        yield Table(redact_value(left), columns, caption="What was not read or not understood")
