"""Healthy is a claim: what it rests on, what it does not look at, and what becomes of a session that is watched (pure)."""

from __future__ import annotations

from typing import Any

from lib.facts import ACCEPTED_AFTER_S, UNANSWERED, Observation
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.context import Context
from lib.whys.evidence.server_words import said_by
from lib.whys.evidence.session import wants_a_first_message
from lib.whys.evidence.stated import answer_of, sent_by
from lib.whys.probes import NONE, accepted
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.watching import ended, own_origin

_AT_LEAST_HELD = 2


def claim(inquiry: Inquiry) -> dict[str, Any]:
    """How long it was watched, who else is let in, whether a browser would get the same, and what was not looked for."""
    return {
        "watched_s": watched_s(inquiry),
        "without_credential": _without_credential(inquiry),
        "browser": _browser(inquiry),
        "session": _session(inquiry),
        "not_tried": list(not_tried(inquiry)),
    }


def watched_s(inquiry: Inquiry) -> float:
    """For how many seconds a session was seen to stay open."""
    stayed = [float(seen.finding.get("watched_s") or 0.0) for seen in inquiry.watched if not ended(seen)]
    return max([*stayed, ACCEPTED_AFTER_S])


def _session(inquiry: Inquiry) -> str:
    """Whether the session was granted, or is known to want what nobody said; not-asked: only the handshake was looked at."""
    opened = [seen for seen in inquiry.log.controls() if accepted(seen)]
    if inquiry.context.session is not None:
        return "granted"
    return "not-exercised" if any(map(wants_a_first_message, opened)) else "not-asked"


def _without_credential(inquiry: Inquiry) -> str:
    if inquiry.context.credential == "none":
        return "accepted"
    bare = inquiry.log.latest(credential=NONE)
    if bare is None or bare.kind != "handshake":
        return "not-asked"
    return "accepted" if accepted(bare) else "refused"


def _browser(inquiry: Inquiry) -> str:
    """Whether a page's own WebSocket would be accepted alike: it sends an Origin, no header, and insists on its offer."""
    context, reasons = inquiry.context, []
    first = next(seen for seen in inquiry.log.controls() if accepted(seen))
    if unsent := _not_sent_by_a_page(context) if _without_credential(inquiry) != "accepted" else ():
        reasons.append(f"it cannot send the {' or '.join(unsent)} header that carries the credential")
    if context.origin is None:
        sent = inquiry.log.latest(origin=own_origin(inquiry))
        if sent is not None and sent.kind == "handshake" and not accepted(sent):
            reasons.append(f"it always sends an Origin, and {own_origin(inquiry)} was refused")
    chosen = first.headers.get("sec-websocket-protocol")
    if context.subprotocols and not chosen:
        reasons.append("it breaks off where the 101 names none of the offered subprotocols")
    return f"differs because {'; '.join(reasons)}" if reasons else "same"


def _not_sent_by_a_page(context: Context) -> tuple[str, ...]:
    """The headers with the credential that a page cannot send; a cookie goes along by itself where its user is logged in."""
    if context.credential == "fixed":
        return tuple(name for name in context.credential_headers if name.lower() != "cookie")
    return ("Authorization",) if context.credential != "none" and context.carrier == "authorization" else ()


def not_tried(inquiry: Inquiry) -> tuple[str, ...]:
    """The causes that this run did not look for."""
    context = inquiry.context
    found = {"rate-limited"}
    if context.session is None:
        found.add("first-message-missing")
    if context.idle_s is None:
        found.add("idle-closed")
    if context.scheme == "wss" and not context.verifies:
        found.add("certificate-refused")
    if context.credential != "minted":
        found |= {"token-reuse", "verdict-cached"}
    if context.concurrency < _AT_LEAST_HELD:
        found.add("connection-limit")
    if not inquiry.watched:
        found |= {"closed-after-accept", "crash-after-accept"}
    return tuple(sorted(found))


def unanswered(inquiry: Inquiry) -> tuple[Observation, ...]:
    """The accepted sessions that stayed open and are not known to work, where the server ended none that was watched."""
    found = tuple(seen for seen in inquiry.log.controls() if str(seen.finding.get("error") or "").startswith(UNANSWERED))
    return found if all(seen in found or not ended(seen) for seen in inquiry.watched) else ()


def after_a_while(inquiry: Inquiry) -> tuple[str, str, tuple[Observation, ...]] | None:
    """The cause of sessions that the server ended after they had counted as accepted, and why; None where none was."""
    over = tuple(seen for seen in inquiry.watched if ended(seen))
    if not over:
        return None
    first = over[0]
    said = said_by(answer_of(first), sent_by(inquiry.context))
    lasted_s = (first.finding.get("open_ms") or first.elapsed_ms or 0.0) / 1000
    name = said.stated if said.stated in CATALOGUE else None
    crashed = first.close_code in (None, 1006, 1011)
    late = inquiry.context.idle_s is not None and lasted_s > 1 and "idle-closed" in CATALOGUE
    name = name or ("idle-closed" if late else "crash-after-accept" if crashed else "closed-after-accept")
    how = "dropped without a close frame" if first.close_code in (None, 1006) else f"closed by the server with {first.close_code}"
    how = f"ended as {violation}" if (violation := first.finding.get("error")) else how
    reason = first.finding.get("close_reason")
    because = (
        f"{len(over)} of {len(inquiry.watched)} sessions that were watched were accepted and {how} after {lasted_s:.1f} s"
        f"{f', saying {reason!r}' if reason else ''}"
    )
    return name, because, over
