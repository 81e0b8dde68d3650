"""Features of what plain HTTP answers beside the handshake: the same credential, the same path, the same Origin."""

from __future__ import annotations

from collections.abc import Mapping

from lib.facts import Observation
from lib.whys.evidence.answerer import answerer
from lib.whys.evidence.refusal import NOTHING, Evidence, Feature, Refusal, as_plain, ids
from lib.whys.evidence.words import named_in
from lib.whys.probes import NONE


def _failed_with_the_credential(refusal: Refusal) -> Evidence:
    """With the credential REST fails, and without it the same route refuses in order: what validates it is in trouble."""
    tried, bare = refusal.log.rest("protected"), refusal.log.rest("protected", credential=NONE)
    if _status(tried) not in (500, 502, 503, 504) or not 200 <= _status(bare) < 500:
        return NOTHING
    return ids(tried, bare)


def _refused_there_too(refusal: Refusal) -> Evidence:
    """The very credential is refused over REST as well, carried in the same header."""
    tried = refusal.log.rest("protected")
    carried = refusal.log.context.carrier == "authorization" and refusal.log.context.credential != "none"
    return ids(refusal.first, tried) if carried and not refusal.base and _status(tried) in (401, 403) else NOTHING


def _found_nothing(refusal: Refusal) -> Evidence:
    """A plain GET at the very path finds nothing, while the service answers."""
    plain, health = refusal.plain(), refusal.log.rest("health")
    told = refusal.first.status is not None and _status(plain) in (404, 410) and _status(health) < 400
    return ids(plain) if told else NOTHING


def _origin_not_allowed(refusal: Refusal) -> Evidence:
    """A plain GET with the configured Origin is answered by a server that lists origins, and does not list this one."""
    plain, origin = refusal.plain(), refusal.log.context.origin
    if refusal.base or origin is None or plain is None or plain.status is None:
        return NOTHING
    allowed = plain.headers.get("access-control-allow-origin")
    listed = any(name.startswith("access-control-") for name in plain.headers) or "origin" in _varying(plain)
    return ids(plain) if listed and allowed not in (origin, "*") else NOTHING


def _application_answered_a_get(refusal: Refusal) -> Evidence:
    """The handshake got a plain GET's answer, and from the very party that answers REST."""
    health = refusal.log.rest("health")
    if not as_plain(refusal) or health is None or _status(health) >= 400:
        return NOTHING
    return ids(refusal.first, health) if answerer(refusal.first) == answerer(health) else NOTHING


def asks_for_an_upgrade(plain: Observation) -> bool:
    """Whether a plain GET is told that an upgrade is wanted: there is a WebSocket at this path."""
    return plain.status == 426 or "edge-blocks-upgrade" in named_in(plain.body_excerpt)


def _status(seen: Observation | None) -> int:
    """The status of an answer, 600 where there was none."""
    return seen.status if seen is not None and seen.status is not None else 600


def _varying(seen: Observation) -> list[str]:
    return [name.strip() for name in seen.headers.get("vary", "").lower().split(",")]


OVER_REST: Mapping[str, Feature] = {
    "rest-fails-with-the-credential": _failed_with_the_credential,
    "rest-refuses-the-credential-too": _refused_there_too,
    "plain-get-finds-nothing": _found_nothing,
    "origin-not-allowed-over-rest": _origin_not_allowed,
    "application-answered-a-plain-get": _application_answered_a_get,
}
"""These features by their names."""
