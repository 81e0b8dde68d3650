"""What to ask once a change has lifted the refusal: the probes that speak for or against the causes that predict it.

Nothing is concluded here: what the answers say stands in `evidence/features.py`, whom it excludes in the catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lib.whys.catalogue.claims import is_permission
from lib.whys.catalogue.factors import LEADS_PAST_THE_SIGNATURE
from lib.whys.evidence.exemption import broken_on_purpose, may_be_let_off
from lib.whys.evidence.features import USUAL_SCHEMES
from lib.whys.probes import FORGED, FULL_LENGTH, ISSUED, PLACEBO, Asking, Change, accepted, merged
from lib.whys.strategy.edge import past_the_edge, split_carrier, split_host
from lib.whys.strategy.inquiry import Inquiry

Split = Callable[[Inquiry, Change, Mapping[str, Any]], Asking[None]]


def discriminate(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    """Asks what tells the causes apart that predict that this change lifts what is refused with `base` in place."""
    if change.shortens_bytes:
        yield from inquiry.probe({**base, **change.factors, FULL_LENGTH: change.shortens_bytes})
    split = _SPLITS.get(change.factor)
    if split is not None:
        yield from split(inquiry, change, base)


def leads_past(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[tuple[str, ...]]:
    """The handshakes that show that this change switches the credential check off, so that it would lift any token's refusal."""
    given = {**base, **change.factors}
    if inquiry.context.credential != "minted" or change.factor not in LEADS_PAST_THE_SIGNATURE or "token" in given:
        return ()  # a token that is given is sent whatever the key is
    forged = yield from inquiry.probe({**given, "key": FORGED})
    return (forged.id,) if accepted(forged) else ()


def _user(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    yield from inquiry.probe({**base, "user": inquiry.invented_user()})
    left = may_be_let_off(inquiry.log, change, base)
    if of_time := [item for item in inquiry.context.changes if item.own and item.harmless and item.factor in left]:
        yield from inquiry.probe({**base, **merged(of_time)})
    for broken in tuple(broken_on_purpose(inquiry.log, change, base)):
        yield from inquiry.probe({**base, **change.factors, **broken})


def _claim(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    (key,) = change.factors
    name = key.removeprefix("claims.")
    if is_permission(name) and inquiry.context.claims.get(name) is None:
        yield from inquiry.probe({**base, key: PLACEBO})


def _path(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    yield from inquiry.probe({**base, "path": inquiry.context.impossible_path})


def _issued(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    """The issued token against ours with all of its claims and its header: if that is refused, only the key is left."""
    yield from inquiry.probe({**base, "token": f"{ISSUED} claims, configured key"})


def _carrier(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    """Is the configured carrier read and wrongly written (first as was proposed, which costs least), or taken away?"""
    offered = [item.factors for item in inquiry.context.changes if item.factor in {"scheme", "encoding"}]
    usual = [{"scheme": word} for word in USUAL_SCHEMES if {"scheme": word} not in offered]
    if (yield from _written(inquiry, base, offered)) or (yield from split_carrier(inquiry, change, base)):
        return
    yield from _written(inquiry, base, usual if inquiry.context.carrier == "authorization" else [])


def _written(inquiry: Inquiry, base: Mapping[str, Any], ways: Sequence[Mapping[str, Any]]) -> Asking[bool]:
    """Whether the credential is accepted in one of these ways of writing it."""
    for factors in ways:
        if accepted((yield from inquiry.probe({**base, **factors}))):
            return True
    return False


def _host_header(inquiry: Inquiry, change: Change, base: Mapping[str, Any]) -> Asking[None]:
    yield from past_the_edge(inquiry, change, base)


_SPLITS: Mapping[str, Split] = {
    "user": _user,
    "claim": _claim,
    "path": _path,
    "issued": _issued,
    "carrier": _carrier,
    "host": split_host,
    "host_header": _host_header,
}
