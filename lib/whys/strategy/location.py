"""The place that a redirect of the handshake names: tried where it may be asked, and nothing of ours goes to another host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from lib.facts import Observation
from lib.parameters.hosts import bracketed
from lib.whys.evidence.server_locations import of_location
from lib.whys.evidence.server_named import named_by
from lib.whys.evidence.stated import answer_of, sent_by
from lib.whys.probes import NOTHING_OF_OURS, Asking, Change
from lib.whys.strategy.inquiry import Inquiry

_PORTS = {"ws": 80, "wss": 443}
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a redirect leads: an authority with its scheme, None where only another path is named, and the path as it is sent."""

    authority: str | None
    path: str
    is_own_host: bool
    is_weaker: bool


def place_named(inquiry: Inquiry, symptom: Observation) -> Place | None:
    """The place that the refusal names, None where it names none or a page at which people sign in."""
    context, answer, sent = inquiry.context, answer_of(symptom), sent_by(inquiry.context)
    named = named_by(answer, sent, ()).location
    if named is None or "edge-policy" in of_location(answer, sent):
        return None
    there, here = urlsplit(named), urlsplit(f"{context.scheme}://{context.host}")
    path = quote(there.path or "/", safe="/%:@!$&'()*+,;=~")
    scheme = _SCHEMES.get(there.scheme.lower())
    if "//" not in answer.headers.get("location", "").partition("?")[0]:  # a path alone
        return Place(authority=None, path=path, is_own_host=True, is_weaker=False)
    if scheme is None or not there.hostname:
        return None
    try:
        port, own_port = there.port or _PORTS[scheme], here.port or _PORTS[context.scheme]
    except ValueError:
        return None
    is_own = there.hostname == here.hostname
    moves = not is_own or (scheme, port) != (context.scheme, own_port)
    weaker = context.scheme == "wss" and scheme == "ws"
    return Place(
        authority=f"{scheme}://{bracketed(there.hostname)}:{port}" if moves else None,
        path=path,
        is_own_host=is_own,
        is_weaker=weaker,
    )


def changes_to(inquiry: Inquiry, symptom: Observation) -> Iterator[Change]:
    """The changes to the place that a refusal names, where it is at the configured host: whatever we send may go nowhere else.

    Its path is tried at the configured address too: scheme and port of a Location are often those of the inside of a proxy.
    """
    place, context = place_named(inquiry, symptom), inquiry.context
    if place is None:
        return
    another_path = {"path": place.path} if place.path != context.ws_path else {}
    if place.is_own_host and another_path:
        yield Change(factor="path", factors=another_path, placebo={"path": context.impossible_path}, own=True)
    if place.authority and place.is_own_host and not place.is_weaker:
        alters = ("host", "path") if another_path else ()
        yield Change(factor="host", factors={"host": place.authority, **another_path}, alters=alters, own=True)


def without_anything(inquiry: Inquiry) -> Asking[None]:
    """Another host that the refusal names, asked once with nothing of ours: whether there is something that takes handshakes."""
    factors = strangers_factors(inquiry)
    if factors is not None:
        yield from inquiry.probe(factors)


def strangers_factors(inquiry: Inquiry) -> Mapping[str, Any] | None:
    """What is changed to ask the other host that the refusal names, None where it names none or a weaker scheme."""
    symptom = inquiry.log.symptom()
    place = place_named(inquiry, symptom) if symptom else None
    if place is None or place.is_own_host or place.is_weaker:
        return None
    return {"credential": NOTHING_OF_OURS, "host": place.authority, "path": place.path}
