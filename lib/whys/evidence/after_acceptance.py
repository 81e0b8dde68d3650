"""What shows only after the 101 that the configured handshake got: a choice that was not made, a message that was waited for."""

from __future__ import annotations

from collections.abc import Iterator

from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.server_words import said_by
from lib.whys.evidence.stated import Words, answer_of, sent_by
from lib.whys.probes import accepted

_OF_THE_SESSION = frozenset({"first-message-missing", "idle-closed"})
"""Causes that a close some time after the acceptance can state."""


def found_after_acceptance(log: ObservationLog) -> tuple[Words, ...]:
    """Each cause that accepted handshakes state all the same, with its words."""
    return (*_of_closes(log), *_of_the_choice(log))


def _of_closes(log: ObservationLog) -> Iterator[Words]:
    told: dict[str, Words] = {}
    for seen in log.handshakes():
        if not accepted(seen) or seen.close_code is None:
            continue
        said = said_by(answer_of(seen), sent_by(log.context))
        if said.stated in _OF_THE_SESSION and said.stated not in told:
            after_s = float(seen.finding.get("open_ms") or 0.0) / 1000
            quote = f"{seen.close_code} {seen.finding.get('close_reason') or ''}".strip() + f" after {after_s:.1f} s"
            told[said.stated] = Words(causes=(said.stated,), quote=quote, evidence=(seen.id,), where="close")
    yield from told.values()


def _of_the_choice(log: ObservationLog) -> Iterator[Words]:
    opened = [seen for seen in log.controls() if accepted(seen)]
    if not log.context.subprotocols or not opened or any(seen.headers.get("sec-websocket-protocol") for seen in opened):
        return
    quote = f"no Sec-WebSocket-Protocol in the 101, offered were {', '.join(log.context.subprotocols)}"
    evidence = tuple(seen.id for seen in opened[:3])
    yield Words(causes=("subprotocol-unanswered",), quote=quote, evidence=evidence, where="handshake")
