"""What a refusal states of itself decides what is asked first, and what need not be asked at all."""

from __future__ import annotations

from collections.abc import Sequence

from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.stated import heard
from lib.whys.probes import Change
from lib.whys.strategy.inquiry import Inquiry


def stated_cause(inquiry: Inquiry) -> str | None:
    """The one cause that the refusal states plainly and that no observation contradicts."""
    words = heard(inquiry.log).plain
    return words.causes[0] if words else None


def answers_to(cause: str | None, changes: Sequence[Change]) -> bool:
    """Whether this cause predicts what the changes lifted, so that the refusal's own words and the handshakes agree."""
    return cause is not None and len(changes) == 1 and bool(set(CATALOGUE[cause].lifted_by) & set(changes[0].touched))


def is_unread(inquiry: Inquiry) -> bool:
    """Whether the handshake ends before anything of the request is read: then nothing that it carries can alter that.

    No connection was made, or TLS ended with an alert that says for want of what.
    """
    symptom = inquiry.log.symptom()
    if symptom is None or symptom.status is not None:
        return False
    return symptom.rung in ("dns", "tcp", "tls") or stated_cause(inquiry) is not None
