"""Which tokens have run out while a diagnosis went on: what is asked with one after that says nothing of the target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from lib import tokens
from lib.facts import Request

LEFT_S = 0.5
"""With less than this left a token may run out on its way."""


class Lifetimes:
    """Tokens by whether they had time left when they were first seen: one that never had is a finding, and is asked with."""

    def __init__(self, known: Iterable[str], *, at: datetime):
        self._began_at = at
        self._was_good: dict[str, bool] = {}
        for token in known:
            self._good(token, at)

    def ran_out(self, request: Request, token: str | None, *, at: datetime) -> str | None:
        """What to say where a token of this request ran out since it was first seen; None where none did."""
        for one in _carried(request, token):
            was_good = self._was_good[one] if one in self._was_good else self._good(one, at)
            over_s = tokens.expired_s(one, now=at)
            if was_good and over_s is not None and over_s > -LEFT_S:
                after_s = (at - self._began_at).total_seconds() - max(over_s, 0.0)
                return (
                    f"the token ran out {max(after_s, 0.0):.0f} s into the diagnosis: "
                    "what was asked with it from then on is void, and nothing more was asked"
                )
        return None

    def _good(self, token: str, at: datetime) -> bool:
        over_s = tokens.expired_s(token, now=at)
        self._was_good[token] = over_s is None or over_s <= -LEFT_S
        return self._was_good[token]


def _carried(request: Request, token: str | None) -> Iterator[str]:
    if token is not None:
        yield token
    for _, value in request.headers:
        yield from (found for found in tokens.jwts_in(value) if found != token)
