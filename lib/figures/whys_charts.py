"""Notebook 02's pictures: how far each handshake came, and the two that differ in as little as possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lib.facts import is_accepted_document
from lib.figures.display.chart import BAD, GOOD, Series
from lib.figures.display.plot import Plot
from lib.figures.display.side_by_side import Sides
from lib.figures.display.table import Prose, text_of
from lib.figures.observations import document_of
from lib.redaction.one_line import in_one_line

LANES = ("accepted", "session: closed", "upgrade: refused", "http: no answer", "tls", "tcp", "dns")
_LANE = {"upgrade": "upgrade: refused", "http": "http: no answer"}


def ladder(diagnosis: Any) -> Plot | Prose:
    """How far each handshake came, in the order asked; rising points are progress only where they end in accepted."""
    asked = [one for one in document_of(diagnosis)["observations"] if one["kind"] == "handshake"]
    if not asked:
        return Prose(["No handshake was sent."])
    groups: dict[str, list[tuple[int, Mapping[str, Any]]]] = {"accepted": [], "not accepted": []}
    for number, one in enumerate(asked, start=1):
        groups["accepted" if lane_of(one) == "accepted" else "not accepted"].append((number, one))
    used = [lane for lane in LANES if lane == "accepted" or any(lane_of(one) == lane for one in asked)]
    series = [
        Series(
            name=f"{name} (n = {len(rows)})",
            kind="points",
            x=[float(number) for number, _ in rows],
            y=[lane_of(one) for _, one in rows],
            hover=[_hover(one) for _, one in rows],
            sizes=[11.0] * len(rows),
            colour=GOOD if name == "accepted" else BAD,
        )
        for name, rows in groups.items()
    ]
    return Plot(
        title="How far did each handshake come?",
        x_title="handshake, in the order asked",
        y_title="rung",
        series=series,
        lanes=used,
    )


def lane_of(observation: Mapping[str, Any]) -> str:
    """The rung of the ladder on which a handshake ended."""
    if observation["rung"] == "session":
        return "accepted" if is_accepted_document(observation) else "session: closed"
    return _LANE.get(observation["rung"], observation["rung"])


def pair(diagnosis: Any, parameters: Any = None) -> Sides | Prose:
    """The refused handshake beside the accepted one: all that was changed is marked, all that followed stands below.

    `parameters` fills in what the refused one carried where it was the configured value.
    """
    document = document_of(diagnosis)
    found = document["minimal_pair"]
    known = {one["id"]: one for one in document["observations"]}
    if document["verdict"] == "healthy":
        return Prose(["The configured handshake is accepted: there is no refused one to lay beside it."])
    if found is None or found["refused"] not in known or found["accepted"] not in known:
        return Prose(
            [
                "There is no minimal pair: no change that was permitted and tried turned a refusal into an accepted "
                "handshake for certain."
            ]
        )
    refused, accepted = known[found["refused"]], known[found["accepted"]]
    factors = [
        *found["difference"],
        *(name for name in {**refused["factors"], **accepted["factors"]} if name not in found["difference"]),
    ]
    rows = [
        (
            name,
            *(one["factors"].get(name, _configured(name, parameters)) for one in (refused, accepted)),
            name in found["difference"],
        )
        for name in factors
    ]
    rows.append(("everything else", "as configured", "as configured", False))
    rows += [
        (what, *(_shown(one, key) for one in (refused, accepted)), False)
        for what, key in {
            "answer": "status",
            "stage reached": "rung",
            "closed with": "close_code",
            "body": "body_excerpt",
            "ms": "elapsed_ms",
        }.items()
    ]
    rows += _headers(refused, accepted)
    return Sides(
        left=f"refused ({refused['id']})",
        right=f"accepted ({accepted['id']})",
        rows=rows,
        caption=f"The difference that decides: {', '.join(found['difference'])}",
    )


def _headers(refused: Mapping[str, Any], accepted: Mapping[str, Any]) -> list[tuple[str, Any, Any, bool]]:
    names = [
        name
        for name in ("server", "via", "sec-websocket-protocol", "www-authenticate")
        if name in refused["headers"] or name in accepted["headers"]
    ]
    return [(f"header {name}", refused["headers"].get(name), accepted["headers"].get(name), False) for name in names]


def _configured(factor: str, parameters: Any) -> str:
    if parameters is None:
        return "as configured"
    token, target = parameters.token, parameters.target
    known = {
        "key": token.secret,
        "user": token.user,
        "algorithm": token.algorithm,
        "carrier": token.carrier,
        "lifetime_s": token.lifetime_s,
    }
    known |= {
        "origin": target.origin or "none sent",
        "subprotocols": target.subprotocols or "none offered",
        "path": urlsplit(target.ws_url or "").path,
    }
    known |= {f"claims.{name}": claim for name, claim in token.claims.items()}
    return f"{text_of(known[factor])} (as configured)" if factor in known else "as configured"


def _shown(observation: Mapping[str, Any], key: str) -> Any:
    value = observation[key]
    return (in_one_line(value) or None) if isinstance(value, str) else value if value is None else text_of(value)


def _hover(observation: Mapping[str, Any]) -> str:
    changed = text_of(observation["factors"]) if observation["factors"] else "nothing changed"
    return f"{observation['id']}: {changed}: {observation['status'] or 'no status'}"
