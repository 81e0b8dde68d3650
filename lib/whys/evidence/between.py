"""Features of who stands in between: what an edge and the application behind it answer, here and past the edge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lib.facts import Observation
from lib.whys.evidence.answerer import answerer
from lib.whys.evidence.refusal import NOTHING, Evidence, Feature, Refusal, as_plain, credential_matters, ids
from lib.whys.probes import AUTHORITY, NONE, accepted, holds, name_of


def _past(refusal: Refusal) -> tuple[Observation, str] | None:
    """The handshake at the first other authority that was asked with nothing else changed."""
    for authority in refusal.log.context.hosts:
        seen = refusal.probe(host=authority)
        if seen is not None and seen.kind == "handshake":
            return seen, authority
    return None


def _accepted_past(refusal: Refusal) -> Evidence:
    found = _past(refusal) if refusal.change and "carrier" in refusal.change.factors else None
    return (found[0].id,) if found and accepted(found[0]) else NOTHING


def _refused_past_too(refusal: Refusal) -> Evidence:
    """Past the edge the configured carrier is refused as well, and the other one is accepted there."""
    if refusal.change is None or "carrier" not in refusal.change.factors:
        return NOTHING
    for authority in refusal.log.context.hosts:
        past, moved = refusal.probe(host=authority), refusal.lifted(host=authority)
        here, there = refusal.log.rest("plain"), refusal.log.rest("plain", host=authority)
        if past is None or moved is None or here is None or there is None or there.status is None or accepted(past):
            continue
        if accepted(moved) and answerer(here) != answerer(there):
            return ids(past, moved, here, there)
    return NOTHING


def _led_elsewhere(refusal: Refusal) -> Mapping[str, Any] | None:
    change = refusal.change
    return change.factors if change is not None and {*AUTHORITY, "host_header"} & change.factors.keys() else None


def _answers_alike(refusal: Refusal) -> Evidence:
    """The Host header alone lifts the refusal, and the same party answers a plain GET under either name."""
    by_name = _by_name(refusal)
    if refusal.change and "host" in refusal.change.factors and (by_name is None or not accepted(by_name)):
        return NOTHING
    here, there = refusal.plain(), refusal.plain(there=True)
    if not _led_elsewhere(refusal) or here is None or there is None or here.status is None or there.status is None:
        return NOTHING
    return ids(here, there) if answerer(here) == answerer(there) else NOTHING


def _from_the_application(refusal: Refusal) -> Evidence:
    """The refusal is in the very words with which the application answers past the edge: it was the application that spoke."""
    if not _led_elsewhere(refusal):
        return NOTHING
    log, refused, here, there = refusal.log, refusal.first, refusal.plain(), refusal.plain(there=True)
    bare = refusal.lifted(credential=NONE)
    as_bare = bare is not None and not accepted(bare) and bare.status is not None and log.same_answer(refused, bare)
    told = log.tells_by_words(refused)
    if as_bare and told and refusal.probe(credential=NONE) and not credential_matters(refusal):
        return ids(refused, bare)
    if here is None or there is None or not as_plain(refusal) or there.status != here.status:
        return NOTHING
    in_its_words = told and log.same_answer(here, there)
    return ids(refused, there) if in_its_words or refused.status == 426 else NOTHING


def plain_get_too(refusal: Refusal) -> Evidence:
    """A plain GET is refused like the handshake, and past the edge another way: it is not the upgrade that is refused."""
    here, there = refusal.plain(), refusal.plain(there=True)
    if not _led_elsewhere(refusal) or here is None or there is None or here.status is None or not as_plain(refusal):
        return NOTHING
    return ids(refusal.first, here, there) if there.status not in (here.status, None) else NOTHING


def _routed(refusal: Refusal) -> Evidence:
    """A plain GET at this path reaches what answers past the edge: the path leads there, and there the route exists."""
    here, there = refusal.plain(), refusal.plain(there=True)
    if not _led_elsewhere(refusal) or here is None or there is None or here.status is None or as_plain(refusal):
        return NOTHING
    return ids(here, there) if refusal.log.same_answer(here, there) and refusal.log.tells_by_words(here) else NOTHING


def _unlike_bare(refusal: Refusal) -> Evidence:
    """The refusal is not what the application says, past the edge, to a handshake without a credential."""
    bare = refusal.lifted(credential=NONE) if _led_elsewhere(refusal) else None
    if bare is None or bare.status is None:
        return NOTHING
    as_bare = not accepted(bare) and refusal.log.same_answer(refusal.first, bare)
    return NOTHING if as_bare and not credential_matters(refusal) else ids(refusal.first, bare)


def _other_carrier_too(refusal: Refusal) -> Evidence:
    """A carrier that the application reads past the edge is refused before it: it is not the credential that is taken."""
    if not _led_elsewhere(refusal):
        return NOTHING
    for change in refusal.log.context.changes:
        if change.factor == "carrier":
            beyond, here = refusal.lifted(**change.factors), refusal.probe(**change.factors)
            if beyond is not None and here is not None and accepted(beyond) and not accepted(here):
                return ids(beyond, here)
    return NOTHING


_PAGE_OF_NGINX = re.compile(r"<center>\s*(?:nginx|openresty|tengine|angie)\b", re.IGNORECASE)
_ENVOYS = ("envoy", "istio-envoy")
_OF_A_HANDSHAKE = re.compile(r"websocket|upgrade|handshake", re.IGNORECASE)
_UPSTREAM_TIME = "x-envoy-upstream-service-time"
"""What Envoy adds to the answers that came from behind it, and not to its own."""


def _envoy_refused_the_upgrade(refusal: Refusal) -> Evidence:
    """An empty 403 of Envoy's own, with a credential and without, at a path where a plain GET is passed on."""
    bare, plain = refusal.probe(credential=NONE), refusal.plain()
    if bare is None or plain is None or _UPSTREAM_TIME not in plain.headers or refusal.base:
        return NOTHING
    own = [seen.status == 403 and not seen.body_excerpt and _UPSTREAM_TIME not in seen.headers for seen in (*refusal.seen, bare)]
    is_envoy = all(seen.headers.get("server") in _ENVOYS for seen in (*refusal.seen, bare, plain))
    return ids(refusal.first, bare, plain) if all(own) and is_envoy else NOTHING


def _nginx_refused_the_upgrade(refusal: Refusal) -> Evidence:
    """A page of nginx's own, at a path where a plain GET is passed on, and past the hop none of the application's is so."""
    own = all(_PAGE_OF_NGINX.search(seen.body_excerpt) and str(seen.status) in seen.body_excerpt for seen in refusal.seen)
    plain, by = refusal.plain(), _answered_by_the_hop(refusal)
    passed_on = plain is not None and plain.status is not None and not as_plain(refusal)
    return (*by, *ids(plain)) if own and passed_on and by else NOTHING


def _no_handshake(refusal: Refusal) -> Evidence:
    """The application's words for a request that is no whole handshake, and none of its words past the hop."""
    told = all(seen.status in (400, 426) and _OF_A_HANDSHAKE.search(seen.body_excerpt) for seen in refusal.seen)
    return _answered_by_the_hop(refusal) if told else NOTHING


def _without_a_credential(refusal: Refusal) -> Evidence:
    """With a credential and without, and not to a plain GET, what the application says past the hop to one without."""
    bare = refusal.lifted(credential=NONE) if _led_elsewhere(refusal) else None
    if bare is None or accepted(bare) or bare.status is None or not refusal.probe(credential=NONE):
        return NOTHING
    alike = all(refusal.log.tells_by_words(seen) and refusal.log.same_answer(seen, bare) for seen in refusal.seen)
    return ids(refusal.first, bare) if alike and not credential_matters(refusal) and not as_plain(refusal) else NOTHING


def _is_failure_between(seen: Observation) -> bool:
    signed = seen.headers.get("server") in _ENVOYS and _PAGE_OF_NGINX.search(seen.body_excerpt)
    from_behind = bool(_UPSTREAM_TIME in seen.headers or signed) and seen.status in (400, 405, 501)
    return from_behind or seen.status == 502 or (seen.status == 503 and "upstream connect error" in seen.body_excerpt)


def _failed_between(refusal: Refusal) -> Evidence:
    """A gateway's failure, or what is behind an Envoy takes no such request; and a plain GET at the same path is passed on."""
    failed = all(_is_failure_between(seen) for seen in refusal.seen)
    plain = refusal.plain()
    reached = plain is not None and plain.status is not None and plain.status < 500
    return ids(refusal.first, plain) if failed and reached else NOTHING


def _answered_by_the_hop(refusal: Refusal) -> Evidence:
    """Past the hop the application refused some handshakes, and none of them in the words in which this one is refused."""
    if not _led_elsewhere(refusal) or refusal.change is None:
        return NOTHING
    there = [seen for seen in refusal.log.handshakes() if holds(seen.factors, refusal.change.factors)]
    refused = [seen for seen in there if not accepted(seen) and seen.status is not None]
    alike = any(refusal.log.same_answer(one, seen) for one in refusal.seen for seen in refused)
    return NOTHING if alike or not refused else ids(refusal.first, *refused[:2])


def _by_name(refusal: Refusal) -> Observation | None:
    change = refusal.change
    return refusal.probe(host_header=name_of(change.factors["host"])) if change and "host" in change.factors else None


def _name_accepted_there(refusal: Refusal) -> Evidence:
    there = refusal.lifted(host_header=refusal.log.context.host) if _by_name(refusal) else None
    return (there.id,) if there is not None and accepted(there) else NOTHING


def _other_name_refused_here(refusal: Refusal) -> Evidence:
    seen = _by_name(refusal)
    return ids(seen) if seen is not None and not accepted(seen) and seen.kind == "handshake" else NOTHING


def _another_answers(refusal: Refusal) -> Evidence:
    """Under this name REST is served, and somebody else answered the handshake."""
    health = refusal.log.rest("health")
    served = health is not None and health.status is not None and 200 <= health.status < 300
    if not served or not refusal.log.context.same_authority or not (refusal.change and "host" in refusal.change.factors):
        return NOTHING
    return ids(refusal.first, health) if health and answerer(refusal.first) != answerer(health) else NOTHING


BETWEEN: Mapping[str, Feature] = {
    "accepted-past-the-edge": _accepted_past,
    "refused-past-the-edge-too": _refused_past_too,
    "answers-alike-there": _answers_alike,
    "application-answered": _from_the_application,
    "plain-get-refused-alike": plain_get_too,
    "routed-to-the-application": _routed,
    "not-as-without-a-credential": _unlike_bare,
    "other-carrier-refused-too": _other_carrier_too,
    "name-accepted-there": _name_accepted_there,
    "other-name-refused-here": _other_name_refused_here,
    "another-answers-the-handshake": _another_answers,
    "envoy-refused-the-upgrade": _envoy_refused_the_upgrade,
    "nginx-refused-the-upgrade": _nginx_refused_the_upgrade,
    "refused-as-no-handshake": _no_handshake,
    "refused-as-without-a-credential": _without_a_credential,
    "failed-between": _failed_between,
}
