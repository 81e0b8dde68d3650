"""The observations of a diagnosis in order, and how two of them are compared: by what a client can see, wording of ids aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lib.facts import Observation
from lib.whys.context import Context
from lib.whys.steps import accepted

_VARYING = re.compile(r"jwt:[0-9a-f]{8}[^\"'<]*|secret:[0-9a-f]{8}|[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|\d+", re.IGNORECASE)

Print = tuple[Any, ...]
"""What a client sees of an answer, comparable: rung, status, close code, words."""


class Ledger:
    """The observations so far. Ids are given in the order of asking: h handshakes, r REST, l log entries, o offline."""

    def __init__(self, context: Context, offline: Iterable[Observation] = ()):
        self.context = context
        self.all: list[Observation] = list(offline)
        self.words_vary = False

    def add(self, observations: Iterable[Observation]) -> None:
        """Takes observations down in order."""
        self.all.extend(observations)

    def handshakes(self) -> list[Observation]:
        """Every handshake so far."""
        return [seen for seen in self.all if seen.kind == "handshake"]

    def controls(self) -> list[Observation]:
        """Every handshake with nothing changed."""
        return [seen for seen in self.handshakes() if not seen.factors]

    def with_factors(self, factors: Mapping[str, Any], *, kind: str = "handshake") -> list[Observation]:
        """Every observation with exactly these factors."""
        return [seen for seen in self.all if seen.kind == kind and dict(seen.factors) == dict(factors)]

    def rest(self, request: str, **factors: Any) -> Observation | None:
        """The latest REST observation of this request with these factors."""
        found = self.with_factors({"request": request, **factors}, kind="rest")
        return found[-1] if found else None

    def first(self, **factors: Any) -> Observation | None:
        """The first handshake with exactly these factors."""
        found = self.with_factors(factors)
        return found[0] if found else None

    def logs(self) -> list[Observation]:
        """Every log entry joined to an exchange."""
        return [seen for seen in self.all if seen.kind == "log"]

    def symptom(self) -> Observation | None:
        """The first refusal of the configured handshake."""
        return next((seen for seen in self.controls() if not accepted(seen)), None)

    def fingerprint(self, seen: Observation) -> Print:
        """What a client sees of this answer, comparable between probes."""
        if accepted(seen):
            return ("accepted",)
        words = "" if self.words_vary else self._words(seen)
        challenge = _VARYING.sub("#", seen.headers.get("www-authenticate", ""))
        broken = "broken off" if seen.rung == "upgrade" and seen.status == 101 else ""
        return (seen.rung, seen.status, seen.close_code, words, challenge, broken)

    def same(self, one: Observation, other: Observation) -> bool:
        """Whether a client can tell the two answers apart no more than two answers to one request."""
        return self.fingerprint(one) == self.fingerprint(other)

    def same_answer(self, one: Observation, other: Observation) -> bool:
        """Whether status and words are the same, be one a handshake and the other a plain GET."""
        return one.status == other.status and self._words(one) == self._words(other)

    def _words(self, seen: Observation) -> str:
        words = f"{seen.body_excerpt}\n{seen.finding.get('close_reason') or ''}"
        own = [self.context.ws_path, self.context.user, self.context.impossible_path, self.context.host, self.context.origin or ""]
        own += [value for value in seen.factors.values() if isinstance(value, str)]
        for text in sorted((text for text in own if len(text) > 2), key=len, reverse=True):
            words = words.replace(text, "~")
        return _VARYING.sub("#", words).strip()
