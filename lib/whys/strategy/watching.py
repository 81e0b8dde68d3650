"""Is it healthy? A session is watched while it is asked who else is let in, and what a browser would send."""

from __future__ import annotations

from lib.facts import Observation
from lib.whys.probes import NONE, Asking
from lib.whys.strategy.inquiry import Inquiry


def watch(inquiry: Inquiry) -> Asking[None]:
    """Watches one session beside the handshakes that the claim needs; one that the server ended is watched for once more."""
    yield from inquiry.watch()
    if inquiry.context.credential != "none":
        yield from inquiry.probe({"credential": NONE})
    if inquiry.context.origin is None:
        yield from inquiry.probe({"origin": own_origin(inquiry)})
    yield from inquiry.end_of_watch()
    if any(map(ended, inquiry.watched)):
        yield from inquiry.watch()
        yield from inquiry.end_of_watch()


def own_origin(inquiry: Inquiry) -> str:
    """The origin of a page that the target itself would serve."""
    return f"{'https' if inquiry.context.scheme == 'wss' else 'http'}://{inquiry.context.host}"


def ended(seen: Observation) -> bool:
    """Whether the server ended a session that was watched."""
    refused = seen.finding.get("granted") is False
    return seen.close_code is not None or bool(seen.finding.get("error")) or seen.rung != "session" or refused
