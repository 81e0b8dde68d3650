"""Why a lift lifts: the further probes that split the causes which predict it, and what they exclude."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lib.whys.catalogue.index import CATALOGUE
from lib.whys.context import is_permission
from lib.whys.evidence.elimination import alive, lifted_by
from lib.whys.evidence.log_entries import named_by_logs
from lib.whys.probes import ISSUED, PLACEBO, Asking, Change, Intervention, accepted, merged
from lib.whys.strategy.edge import note_bypass, split_carrier, split_host, split_host_header
from lib.whys.strategy.inquiry import Inquiry


def assess(inquiry: Inquiry, lift: Intervention) -> Asking:
    """Fills in, for each changed factor, the causes that still explain the lift, and what excluded the others."""
    for change in lift.changes:
        base = merged([item for item in lift.changes if item is not change])
        lift.open_by_factor[change.name] = lifted_by(change.factor)
        if base and not inquiry.context.can_send(base):
            # One cannot be changed without the other, e.g. a key of another kind and its algorithm: together they lift,
            # neither is proved.
            lift.open_by_factor[change.name] = tuple(cause for item in lift.changes for cause in lifted_by(item.factor))
            continue
        split = _SPLITS.get(change.factor)
        if split is not None:
            yield from split(inquiry, lift, change, base)
    yield from inquiry.read_logs()
    for change in lift.changes:
        _narrow_by_logs(inquiry, lift, change)


def _narrow_by_logs(inquiry: Inquiry, lift: Intervention, change: Change) -> None:
    name = change.name
    possible = lift.open_by_factor[name]
    if len(possible) < 2:
        return
    base = merged([item for item in lift.changes if item is not change])
    refused = [seen for seen in inquiry.log.with_factors(base) if not accepted(seen)]
    named = {cause: by for cause, by in named_by_logs(inquiry.log, refused).items() if cause in possible}
    if len(named) == 1:
        ((cause, by),) = named.items()
        lift.open_by_factor[name] = (cause,)
        lift.evidence[cause] = by
        lift.excluded.update({other: by for other in possible if other != cause})


def _only(lift: Intervention, change: Change, *causes: str) -> None:
    lift.open_by_factor[change.name] = causes


def _exclude(lift: Intervention, change: Change, cause: str, by: tuple[str, ...]) -> None:
    name = change.name
    lift.open_by_factor[name] = tuple(other for other in lift.open_by_factor[name] if other != cause)
    lift.excluded[cause] = by


def _user(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    refused = inquiry.refused_with(base)
    invented = yield from inquiry.probe({**base, "user": inquiry.invented_user()})
    if invented.status is not None and not inquiry.log.same(invented, refused) and not inquiry.log.like_a_control(invented):
        _exclude(lift, change, "user-unknown", (refused.id, invented.id))
    # That other subjects may hold many sockets says nothing of how many this one has left open: a limit stays possible.
    for cause in lift.open_by_factor[change.name]:
        if (refused.status == 429) != (cause in {"connection-limit", "rate-limited"}) and cause != "connection-limit":
            _exclude(lift, change, cause, (refused.id,))


def _claim(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    (key,) = change.factors
    name = key.removeprefix("claims.")
    present = inquiry.context.claims.get(name) is not None
    if present or is_permission(name):
        _only(lift, change, "claim-missing", "permission-missing")
    if is_permission(name) and not present:
        placebo = yield from inquiry.probe({**base, key: PLACEBO})
        if accepted(placebo):
            _exclude(lift, change, "permission-missing", (placebo.id,))


def _permission(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    _only(lift, change, "permission-missing")
    return
    yield


_OF_EVERY_CLIENT = frozenset(
    {"user-agent", "accept", "accept-language", "accept-encoding", "referer", "x-forwarded-for", "x-real-ip", "forwarded", "via"}
)
"""Headers that tell what a client is or whence it comes: no key, and what a firewall judges by."""


def _headers(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    if inquiry.context.credential == "none":
        _only(lift, change, "bypass-key", "credential-absent")
    if {name.lower() for name in change.factors["headers"]} & _OF_EVERY_CLIENT:
        _only(lift, change, *lift.open_by_factor[change.name], "edge-policy")
    yield from note_bypass(inquiry, lift, change, base)


def _path(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    refused = inquiry.refused_with(base)
    impossible = yield from inquiry.probe({**base, "path": inquiry.context.impossible_path})
    plain = inquiry.log.rest("plain")
    as_plain = plain is not None and plain.status is not None and inquiry.log.same_answer(plain, refused)
    redirected = refused.status is not None and 300 <= refused.status < 400
    if not inquiry.log.same(impossible, refused) and not as_plain and not redirected:
        lift.bypass = True
    yield from note_bypass(inquiry, lift, change, base)


def _written(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    yield from note_bypass(inquiry, lift, change, base)


def _subprotocols(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    refused = inquiry.refused_with(base)
    broken_off = refused.rung == "upgrade" and refused.status == 101
    _only(lift, change, "subprotocol-unoffered" if broken_off else "subprotocol-refused")
    lift.excluded["subprotocol-refused" if broken_off else "subprotocol-unoffered"] = (refused.id,)
    return
    yield


def _credential(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    if inquiry.context.credential == "none":
        _only(lift, change, "credential-absent")
    else:
        about = ("credential-malformed", "credential-carrier", "token", "user")
        _only(lift, change, *(cause for cause in alive(inquiry.log) if cause in about or CATALOGUE[cause].layer in about))
    return
    yield


def _issued(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    """The issued token against ours with all of its claims and its header: if that is refused, only the key is left."""
    learned = [item for item in inquiry.context.changes if item.factor not in {"issued", "key"} and _of_claims(item)]
    ours = yield from inquiry.probe({**base, "token": f"{ISSUED} claims, configured key"})
    if ours.finding.get("unsendable") or accepted(ours):
        differing = {cause for item in learned for cause in lifted_by(item.factor)} | {"token-expired", "clock-skew"}
        differing |= {"credential-malformed"} if inquiry.context.issued_marks else set()
        differing |= set() if accepted(ours) else {"secret-mismatch"}
        _only(lift, change, *sorted(differing))
    else:
        _only(lift, change, "secret-mismatch")
        lift.evidence["secret-mismatch"] = (ours.id,)


def _of_claims(change: Change) -> bool:
    return any(name == "algorithm" or name == "user" or name.startswith("claims.") for name in change.factors)


def _fresh(inquiry: Inquiry, lift: Intervention, change: Change, base: Mapping[str, Any]) -> Asking:
    refused = inquiry.refused_with(base)
    _exclude(lift, change, "token-reuse", (refused.id,))
    return
    yield


_SPLITS = {
    "user": _user,
    "claim": _claim,
    "permission": _permission,
    "scheme": _written,
    "encoding": _written,
    "headers": _headers,
    "path": _path,
    "subprotocols": _subprotocols,
    "credential": _credential,
    "issued": _issued,
    "fresh_token": _fresh,
    "carrier": split_carrier,
    "host": split_host,
    "host_header": split_host_header,
}
