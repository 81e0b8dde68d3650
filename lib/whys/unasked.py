"""A handshake that was not sent, for want of a token: what stood before it is the finding, in its own words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from lib.clients.credentials.got import NoToken
from lib.facts import Observation
from lib.whys.diagnosis import Diagnosis, Why
from lib.whys.exchanged import observed
from lib.whys.sentences import BEFORE


def unasked(error: NoToken, *, environment: str, at: datetime, until: datetime) -> Diagnosis:
    """The diagnosis of a refused login (`ambiguous`: no cause of the catalogue is meant), or of one that cannot be asked."""
    seen = _observation(error, at)
    look = f"; to look at: {error.advice}" if error.advice else ""
    said = f"{error}{look}"
    symptom: dict[str, Any] = {"rung": None, "status": seen.status, "close_code": None}
    return Diagnosis(
        environment=environment,
        symptom={**symptom, "description": f"{BEFORE}{said}"},
        verdict="ambiguous" if error.refused else "unreachable",
        excluded={},
        whys=(
            Why(
                question="What happens to the configured handshake?",
                answer=f"It was not sent, for want of a token ({said}).",
                evidence=(seen.id,),
            ),
        ),
        observations=(seen,),
        spent={"handshakes": 0, "rest_requests": int(seen.kind == "rest"), "seconds": round((until - at).total_seconds(), 3)},
        exchanges=(error.exchange,) if error.exchange else (),
    )


def _observation(error: NoToken, at: datetime) -> Observation:
    exchange = error.exchange
    if exchange is None:
        return Observation(id="o1", kind="offline", factors={"not sent": error.origin}, body_excerpt=error.said, at=at)
    return observed(exchange, name="r1", factors={"request": "login"})
