"""Features of what a session says before it is granted, and whether one that nobody began wants a first message."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lib.facts import Observation
from lib.whys.evidence.refusal import NOTHING, Evidence, Feature, Refusal, of_each

_OPENED_BY_A_MESSAGE = re.compile(r"^(?:graphql-(?:transport-)?ws|actioncable|wamp|v1\d\.stomp|mqtt|ocpp)", re.IGNORECASE)
"""Subprotocols whose clients speak first."""
_ASKS = re.compile(
    r'^0\{"sid"|"type":\s*"(?:welcome|connected)"|auth(?:entication)?[_ -]?(?:required|needed)|login[_ -]?required|'
    r'"(?:challenge|nonce)"|please (?:log ?in|authenticate|identify)|"op":\s*10\b|waiting for (?:auth|login|hello|init)',
    re.IGNORECASE,
)
"""First frames with which a server asks for one: Engine.IO's open, Action Cable's welcome, and requests in words."""


def not_granted(seen: Observation) -> bool:
    """Whether a session was asked for, and never granted."""
    return seen.finding.get("granted") is False and seen.finding.get("granted_ms") is None


def refused_on_an_open_socket(seen: Observation) -> bool:
    """Whether a session was refused by a word, or met silence, while the server left its socket open."""
    return seen.finding.get("granted") is False and seen.close_code is None


def wants_a_first_message(seen: Observation) -> bool:
    """Whether an accepted socket shows that its session waits for a message: by its subprotocol, or by what it says."""
    chosen = seen.headers.get("sec-websocket-protocol", "")
    frames = [str(frame).removeprefix("← ") for frame in seen.finding.get("frames") or ()]
    return bool(_OPENED_BY_A_MESSAGE.match(chosen)) or any(map(_ASKS.search, frames[:3]))


def _in_a_message(refusal: Refusal) -> Evidence:
    """The credential travels in a message of the session, which no edge takes out."""
    carrier = refusal.base.get("carrier", refusal.log.context.carrier)
    return (refusal.first.id,) if carrier == "message" and refusal.first.rung == "session" else NOTHING


SESSION: Mapping[str, Feature] = {
    "session-not-granted": of_each(not_granted),
    "session-granted-first": of_each(lambda seen: seen.finding.get("granted_ms") is not None),
    "refused-on-an-open-socket": of_each(refused_on_an_open_socket),
    "credential-in-a-message": _in_a_message,
}
"""These features by their names."""
