"""Who is in between: the probes that split what an edge does from what the application does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.facts import Observation
from lib.whys.evidence.features import learned
from lib.whys.probes import FORGED, NONE, Asking, Change, Intervention, Probe, accepted
from lib.whys.strategy.inquiry import Inquiry

_OF_CONTENT = frozenset(
    [
        "date",
        "content-type",
        "content-length",
        "connection",
        "keep-alive",
        "vary",
        "www-authenticate",
        "location",
        "cache-control",
        "set-cookie",
        "allow",
        "upgrade",
        "transfer-encoding",
        "content-encoding",
        "etag",
        "last-modified",
        "expires",
        "pragma",
        "retry-after",
        "sec-websocket-accept",
        "sec-websocket-version",
        "sec-websocket-protocol",
        "sec-websocket-extensions",
        "access-control-allow-origin",
        "access-control-allow-credentials",
        "x-content-type-options",
        "content-language",
        "age",
    ]
)

_OF_UPGRADES = frozenset({405, 426, 501, 505})
"""Statuses with which something says that it knows no upgrade, or not this way of asking for one."""

USUAL_SCHEMES = ("JWT", "Token")
"""Words other than Bearer that servers usually want before a token; tried before it is said that no word helps."""


def answerer(seen: Observation) -> tuple[Any, ...]:
    """Who answered, as far as headers tell: the names of those that do not belong to the content, and the server's word for
    itself."""
    return (frozenset(name for name in seen.headers if name not in _OF_CONTENT), seen.headers.get("server", ""))


def _plain(inquiry: Inquiry, **factors: Any) -> Asking:
    known = inquiry.log.rest("plain", **factors)
    if known is not None:
        return known
    (seen,) = yield from inquiry.ask(Probe(request="plain", factors=factors))
    return seen


def split_carrier(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    """Another carrier is read: is it the only one that is, is the configured one taken away, or is it wrongly written?"""
    yield from note_bypass(inquiry, lift, change, base)
    possible = ["credential-malformed", "credential-carrier", "edge-strips-credential"]
    here = yield from _plain(inquiry)
    for authority in inquiry.context.hosts if "host" not in base else ():
        past = yield from inquiry.probe({**base, "host": authority})
        if accepted(past):
            possible = ["edge-strips-credential"]
            lift.excluded.update(dict.fromkeys(("credential-carrier", "credential-malformed"), (past.id,)))
            break
        moved = yield from inquiry.probe({**base, **change.factors, "host": authority})
        there = yield from _plain(inquiry, host=authority)
        if accepted(moved) and there.status is not None and answerer(here) != answerer(there):
            possible.remove("edge-strips-credential")
            lift.excluded["edge-strips-credential"] = (past.id, moved.id, here.id, there.id)
            break
    if "credential-malformed" in possible:
        possible = yield from _written_otherwise(inquiry, lift, base, possible)
    lift.open_by_factor[change.name] = tuple(possible)


def _written_otherwise(inquiry: Inquiry, lift: Intervention, base: Mapping[str, Any], possible: list[str]) -> Asking:
    """The configured carrier once more, with each other way of writing the credential that is at hand."""
    carrier = inquiry.context.carrier
    offered = [change.factors for change in inquiry.context.changes if change.factor in {"scheme", "encoding"}]
    if carrier == "authorization":
        offered += [{"scheme": word} for word in USUAL_SCHEMES if {"scheme": word} not in offered]
    tried = []
    for factors in offered:
        seen = yield from inquiry.probe({**base, **factors})
        if accepted(seen):
            lift.excluded.update(dict.fromkeys(("credential-carrier", "edge-strips-credential"), (seen.id,)))
            return ["credential-malformed"]
        tried.append(seen.id)
    if tried and carrier == "authorization":
        lift.excluded["credential-malformed"] = tuple(tried)
        return [cause for cause in possible if cause != "credential-malformed"]
    return possible


def split_host_header(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    """Another Host header on the same connection is accepted: is the name compared, or does it lead past an edge?"""
    here = yield from _plain(inquiry)
    there = yield from _plain(inquiry, **change.factors)
    possible = ["host-refused"]
    if answerer(here) == answerer(there):
        by = (here.id, there.id)
        lift.excluded.update(dict.fromkeys(("edge-policy", "edge-blocks-upgrade", "edge-strips-credential"), by))
    else:
        refused = inquiry.refused_with(base)
        possible += yield from _edge_causes(inquiry, lift, refused, base, change.factors)
    lift.open_by_factor[change.name] = tuple(possible)


def split_host(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    """Another authority is accepted: by its address, by its name, and what did the configured one do?"""
    refused = inquiry.refused_with(base)
    authority = change.factors["host"]
    possible = yield from _edge_causes(inquiry, lift, refused, base, change.factors)
    by_name = yield from inquiry.probe({**base, "host_header": authority})
    by_address = yield from inquiry.probe({**base, **change.factors, "host_header": inquiry.context.host})
    here, there = (yield from _plain(inquiry)), (yield from _plain(inquiry, host=authority))
    health = inquiry.log.rest("health")
    served = health is not None and health.status is not None and 200 <= health.status < 300 and inquiry.context.same_authority
    if accepted(by_address) or not accepted(by_name):
        lift.excluded["host-refused"] = (by_name.id, by_address.id)
    elif "edge-policy" not in possible:
        # The application's own answer came back under this name: the name is not what it refuses.
        lift.excluded["host-refused"] = (refused.id, there.id)
    elif served and health is not None and answerer(refused) != answerer(health):
        # Under this name REST is served, and somebody else answered the handshake.
        lift.excluded["host-refused"] = (refused.id, health.id)
    elif answerer(here) == answerer(there):
        lift.excluded.update(dict.fromkeys(possible, (here.id, there.id)))
        possible = ["host-refused"]
    else:
        possible = [*possible, "host-refused"]
    # Where nothing shows that an edge is in between, the other authority may be another system with other rules.
    lift.bypass = len(possible) > 1 and answerer(here) == answerer(there)
    yield from note_bypass(inquiry, lift, change, base)
    lift.open_by_factor[change.name] = tuple(possible)


def _edge_causes(
    inquiry: Inquiry, lift: Intervention, refused: Observation, base: Mapping[str, Any], past: Mapping[str, Any]
) -> Asking:
    """Which edge causes explain the refusal, given how the application itself answers behind `past`."""
    log = inquiry.log
    plain_here, plain_there = (yield from _plain(inquiry)), (yield from _plain(inquiry, **past))
    bare = (yield from inquiry.probe({**base, **past, "credential": NONE})) if inquiry.context.credential != "none" else None
    possible = []
    # An edge that drops the upgrade leaves the application a plain GET: its answer, the same here, of the same status
    # behind the edge.
    as_plain = (
        log.same_answer(refused, plain_here) and plain_there.status in (plain_here.status, None) and refused.status is not None
    )
    as_bare = bare is not None and not accepted(bare) and bare.status is not None and log.same_answer(refused, bare)
    if as_plain or refused.status in _OF_UPGRADES:
        possible.append("edge-blocks-upgrade")
    else:
        lift.excluded["edge-blocks-upgrade"] = (refused.id, plain_here.id, plain_there.id)
    if (
        as_bare
        and "credential-presence-matters" not in learned(log)
        and not (yield from _other_carrier_fails(inquiry, base, past))
    ):
        possible.append("edge-strips-credential")
    elif bare is not None:
        lift.excluded["edge-strips-credential"] = (refused.id, bare.id)
    in_its_words = log.tells_by_words(refused) and (as_bare or log.same_answer(plain_here, plain_there))
    if (as_plain or as_bare) and possible and (in_its_words or (as_plain and refused.status == 426)):
        # The application's very words came through (or its asking for an upgrade): it was the application that answered.
        lift.excluded["edge-policy"] = tuple(seen.id for seen in (refused, plain_there if as_plain else bare) if seen)
    else:
        possible.append("edge-policy")
    if refused.status == 404 and not possible[0].startswith("edge-blocks"):
        impossible = yield from inquiry.impossible_path()
        if log.same(impossible, refused):
            possible.append("route-missing")
    return possible


def _other_carrier_fails(inquiry: Inquiry, base: Mapping[str, Any], past: Mapping[str, Any]) -> Asking:
    """Whether a carrier that the application does read is refused before the edge: then it is not the credential that is
    taken."""
    carriers = [change for change in inquiry.context.changes if change.factor == "carrier"]
    for change in carriers:
        if "carrier" in base:
            break
        beyond = yield from inquiry.probe({**base, **past, **change.factors})
        if accepted(beyond) and not accepted((yield from inquiry.probe({**base, **change.factors}))):
            return True
    return False


def note_bypass(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    """Whether the change switches the credential check off, so that it would lift any token's refusal as well."""
    if inquiry.context.credential != "minted":
        return
    forged = yield from inquiry.probe({**base, **change.factors, "key": FORGED})
    if accepted(forged):
        lift.bypass = True
        lift.evidence["bypass"] = (forged.id,)
