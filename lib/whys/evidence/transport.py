"""Features of what carries the handshake and the session: scheme, certificate, size, the 101 itself, time, first messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from lib.facts import Observation
from lib.whys.evidence.refusal import NOTHING, Evidence, Feature, Refusal, ids, of_each
from lib.whys.evidence.server_locations import REDIRECTS
from lib.whys.probes import AUTHORITY, accepted

LATE_MS = 2000.0
"""From here on an answer is late enough that something was waited for."""

AT_ONCE_S = 2.0
"""A session that ends sooner was not ended for being quiet."""

_KIND = re.compile(r"^(?:token_?(?:type|use|kind)|typ|type|use|kind)$", re.IGNORECASE)
"""Claims that say what kind of token it is."""

_VERSION = re.compile(r"^(?:v|ver|eio|vsn|(?:\w+[-_])?version|protocol)$", re.IGNORECASE)
"""Query parameters that say which version is spoken."""

_OF_SIZE = frozenset({400, 413, 414, 431, 494, 502})
_OF_SCHEME = frozenset({400, 403, 426, 497})
_OF_CERTIFICATE = frozenset({400, 401, 403, 495, 496})


def _error(seen: Observation) -> str:
    return str(seen.finding.get("error") or "")


def _distrusts(seen: Observation) -> bool:
    return seen.rung == "tls" and "certificate is not accepted" in _error(seen)


def is_invalid_101(seen: Observation) -> bool:
    """Whether the client broke off because the 101 lacks what makes it valid."""
    return seen.rung == "upgrade" and seen.status == 101 and "the 101 is not valid" in _error(seen)


def _answered_unless(statuses: frozenset[int]) -> Feature:
    """Answered, and with none of the statuses with which this is told."""
    return of_each(lambda seen: seen.status is not None and seen.status not in statuses)


def _plain_address(refusal: Refusal) -> Evidence:
    return (
        (refusal.first.id,)
        if refusal.log.context.scheme == "ws" and not {"host", "url_scheme"} & refusal.base.keys()
        else NOTHING
    )


def _plain_answered_otherwise(refusal: Refusal) -> Evidence:
    """A plain GET at the same place, with the same credential, gets another answer: it is the upgrade that is refused."""
    plain = refusal.plain()
    if plain is None or plain.status is None or refusal.first.status is None:
        return NOTHING
    alike = any(seen.status == plain.status or refusal.log.same_answer(plain, seen) for seen in refusal.seen)
    return NOTHING if alike else ids(refusal.first, plain)


def _answered_on_this_scheme(refusal: Refusal) -> Evidence:
    """An HTTP answer that sends nobody to the other scheme, and none that a plain GET gets as well where it could say so."""
    for seen in refusal.seen:
        elsewhere = urlsplit(seen.headers.get("location", "")).scheme if seen.status in REDIRECTS else ""
        secure = refusal.log.context.scheme == "wss"
        if seen.status is None or (elsewhere and (elsewhere in ("https", "wss")) != secure):
            return NOTHING
    if any(seen.status in _OF_SCHEME for seen in refusal.seen):
        return _plain_answered_otherwise(refusal)
    return (refusal.first.id,)


def _redirected_there(refusal: Refusal) -> Evidence:
    """Handshake, plain GET and a path that cannot exist are all sent to this host's other scheme, and there it is accepted."""
    authority = str(refusal.change.factors.get("host", "")) if refusal.change else ""
    scheme = authority.partition("://")[0] if "://" in authority else refusal.log.context.scheme
    host = urlsplit(f"//{refusal.log.context.host}").hostname
    another_thing = scheme == refusal.log.context.scheme or urlsplit(authority).hostname != host
    if another_thing or {"path"} & (refusal.change.factors if refusal.change else {}).keys():
        return NOTHING
    told = (refusal.first, refusal.plain(), refusal.probe(path=refusal.log.context.impossible_path))
    sent_on = [seen for seen in told if seen is not None and _sends_to(scheme, host, seen)]
    return ids(*sent_on) if len(sent_on) == len(told) else NOTHING


def _sends_to(scheme: str, host: str | None, seen: Observation) -> bool:
    there = urlsplit(seen.headers.get("location", "") if seen.status in REDIRECTS else "")
    return there.hostname == host and there.scheme in ({"https", "wss"} if scheme == "wss" else {"http", "ws"})


def _asks_for_an_upgrade(refusal: Refusal) -> Evidence:
    """The server knows WebSocket: it asks for the upgrade, or accepted another handshake at this place."""
    place = {name: refusal.base.get(name) for name in (*AUTHORITY, "host_header")}
    for seen in refusal.log.handshakes():
        if seen.rung == "session" and all(seen.factors.get(name) == value for name, value in place.items()):
            return (seen.id,)
    plain = refusal.plain()
    asked = (seen for seen in (plain, refusal.first) if seen is not None and seen.status == 426)
    return tuple(seen.id for seen in asked if "websocket" in seen.headers.get("upgrade", "").lower())[:1]


def _kind_untold(refusal: Refusal) -> Evidence:
    """The token is minted here, and no claim of it says what kind it is."""
    context = refusal.log.context
    told = any(_KIND.match(name) for name in context.claims)
    return NOTHING if context.credential != "minted" or told else (refusal.first.id,)


def _changed(refusal: Refusal, prefix: str) -> list[str]:
    change = refusal.change
    return [name.removeprefix(prefix) for name in (change.factors if change else {}) if name.startswith(prefix)]


def _another_claim(refusal: Refusal) -> Evidence:
    """What lifted the refusal is a claim that says nothing of the token's kind."""
    names = _changed(refusal, "claims.")
    helped = refusal.lifted()
    return ids(helped) if names and not any(map(_KIND.match, names)) else NOTHING


def _another_parameter(refusal: Refusal) -> Evidence:
    """What lifted the refusal is a query parameter that names no version."""
    change = refusal.change
    if change is None or "query" not in change.touched:
        return NOTHING
    names = [*_changed(refusal, "query."), *re.findall(r"[?&]([^=&]+)=", str(change.factors.get("path", "")))]
    return NOTHING if any(map(_VERSION.match, names)) else ids(refusal.lifted())


def _answered_late(refusal: Refusal) -> Evidence:
    """Every refusal came late, and REST answered the same client soon."""
    health = refusal.log.rest("health")
    if health is None or health.elapsed_ms is None or health.status is None:
        return NOTHING
    late = all((seen.elapsed_ms or 0.0) >= max(LATE_MS, 3 * health.elapsed_ms) for seen in refusal.seen)
    return ids(refusal.first, health) if late and refusal.first.rung in ("http", "upgrade") else NOTHING


def _unanswered_subprotocol(seen: Observation) -> bool:
    return seen.rung == "session" and not seen.headers.get("sec-websocket-protocol")


def _offer_unanswered(refusal: Refusal) -> Evidence:
    offered = refusal.log.context.subprotocols and "subprotocols" not in refusal.base
    return of_each(_unanswered_subprotocol)(refusal) if offered else NOTHING


def _no_offer_unanswered(refusal: Refusal) -> Evidence:
    return NOTHING if _offer_unanswered(refusal) else (refusal.first.id,)


def _lasted_s(seen: Observation) -> float:
    return float(seen.finding.get("open_ms") or 0.0) / 1000


TRANSPORT: Mapping[str, Feature] = {
    "plain-text-address": _plain_address,
    "certificate-distrusted": of_each(_distrusts),
    "certificate-not-distrusted": of_each(lambda seen: not _distrusts(seen)),
    "answered-on-this-scheme": _answered_on_this_scheme,
    "redirected-there": _redirected_there,
    "answered-not-about-a-certificate": _answered_unless(_OF_CERTIFICATE),
    "answered-not-about-size": _answered_unless(_OF_SIZE),
    "plain-get-answered-otherwise": _plain_answered_otherwise,
    "knows-websocket": _asks_for_an_upgrade,
    "invalid-101": of_each(is_invalid_101),
    "no-invalid-101": of_each(lambda seen: not is_invalid_101(seen)),
    "token-says-no-kind": _kind_untold,
    "another-claim-helped": _another_claim,
    "another-parameter-helped": _another_parameter,
    "answered-late": _answered_late,
    "answered-soon": of_each(lambda seen: seen.elapsed_ms is not None and seen.elapsed_ms < LATE_MS / 2),
    "offer-unanswered": _offer_unanswered,
    "no-offer-unanswered": _no_offer_unanswered,
    "ended-at-once": of_each(lambda seen: seen.rung == "session" and not accepted(seen) and _lasted_s(seen) < AT_ONCE_S),
}
"""These features by their names."""
