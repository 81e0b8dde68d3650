"""The observations of a diagnosis in order, and how two of them are compared: by what a client can see, wording of ids aside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from lib.facts import Observation
from lib.whys.context import Context
from lib.whys.probes import accepted, unsent

_VARYING = re.compile(r"jwt:[0-9a-f]{8}[^\"'<]*|secret:[0-9a-f]{8}|[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|\d+", re.IGNORECASE)

_WORD = re.compile(r"[^\W_]+|[#~]")

NEAR = "near"
"""The finding of a line that no pattern explains and that stands near the refusals alone: as it is quoted."""

Print = tuple[Any, ...]
"""What a client sees of an answer, comparable: rung, status, close code, words."""


class ObservationLog:
    """The observations so far. Ids are given in the order of asking: h handshakes, r REST, l log entries, o offline."""

    def __init__(self, context: Context, offline: Iterable[Observation] = ()):
        self.context = context
        self.all: list[Observation] = list(offline)
        self._varying: tuple[int, dict[str, frozenset[tuple[int, int]] | None]] = (-1, {})

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

    def latest(self, **factors: Any) -> Observation | None:
        """The latest handshake with exactly these factors: what was asked again had been disturbed before."""
        found = self.with_factors(factors) or [seen for seen in self.unsent() if dict(seen.factors) == factors]
        return found[-1] if found else None

    def unsent(self) -> list[Observation]:
        """What stands for probes that could not or may not be sent."""
        return [seen for seen in self.all if unsent(seen)]

    def logs(self) -> list[Observation]:
        """Every log entry joined to an exchange by its trace."""
        return [seen for seen in self.all if seen.kind == "log" and NEAR not in seen.finding]

    def near(self) -> list[Observation]:
        """The log lines that stand near the refusals alone, and are joined to none."""
        return [seen for seen in self.all if NEAR in seen.finding]

    def symptom(self) -> Observation | None:
        """The first refusal of the configured handshake."""
        return next((seen for seen in self.controls() if not accepted(seen)), None)

    def clock(self) -> Observation | None:
        """The comparison of the server's clock with ours, where its Date headers allowed one."""
        return next((seen for seen in reversed(self.all) if seen.kind == "offline" and "clock" in seen.factors), None)

    def clocks_differ(self) -> bool:
        """Whether that comparison found a difference."""
        clock = self.clock()
        return clock is not None and not clock.finding["agree"]

    def fingerprint(self, seen: Observation) -> Print:
        """What a client sees of this answer, comparable between probes."""
        return _stage(seen) if accepted(seen) else (*_stage(seen), self._words(seen), self._masked("challenge", seen))

    def same(self, one: Observation, other: Observation) -> bool:
        """Whether a client can tell the two answers apart no more than two answers to one request."""
        return self.fingerprint(one) == self.fingerprint(other)

    def same_answer(self, one: Observation, other: Observation) -> bool:
        """Whether status and words are the same, be one a handshake and the other a plain GET."""
        return one.status == other.status and self._words(one) == self._words(other)

    def like_a_control(self, seen: Observation) -> bool:
        """Whether the configured handshake, too, was refused like this at some time: then what was changed does not explain the
        answer."""
        return self.fingerprint(seen) in {self.fingerprint(control) for control in self.refused_controls()}

    def tells_by_words(self, seen: Observation) -> bool:
        """Whether this answer has words that are the same each time."""
        return bool(seen.body_excerpt.strip()) and self._words(seen) is not None

    def refused_controls(self) -> list[Observation]:
        """Every refusal of the configured handshake."""
        return [seen for seen in self.controls() if not accepted(seen)]

    def _words(self, seen: Observation) -> Print | None:
        return self._masked("words", seen)

    def _masked(self, what: str, seen: Observation) -> Print | None:
        """The words of an answer without those that vary between answers to one request; None where even their number varies."""
        varying = self._learned()[what]
        words = self._pieces(what, seen)
        if varying is None:
            return None
        return tuple("#" if (len(words), position) in varying else word for position, word in enumerate(words))

    def _learned(self) -> dict[str, frozenset[tuple[int, int]] | None]:
        """Where refusals of the one configured handshake vary (the id of a request, the name of a replica), as length and
        position."""
        if self._varying[0] != len(self.all):
            refused = self.refused_controls()
            self._varying = (len(self.all), {what: self._varying_in(what, refused) for what in ("words", "challenge")})
        return self._varying[1]

    def _varying_in(self, what: str, refused: list[Observation]) -> frozenset[tuple[int, int]] | None:
        places: set[tuple[int, int]] = set()
        for one, other in pairwise(sorted(refused, key=lambda seen: repr(_stage(seen)))):
            if _stage(one) != _stage(other):
                continue
            words, others = self._pieces(what, one), self._pieces(what, other)
            if len(words) != len(others):
                return None
            places.update((len(words), position) for position in range(len(words)) if words[position] != others[position])
        return frozenset(places)

    def _pieces(self, what: str, seen: Observation) -> list[str]:
        if what == "challenge":
            return _WORD.findall(_VARYING.sub("#", seen.headers.get("www-authenticate", "")))
        words = f"{seen.body_excerpt}\n{seen.finding.get('close_reason') or ''}"
        own = [
            self.context.ws_path,
            self.context.user,
            self.context.impossible_path,
            self.context.host,
            self.context.origin or "",
        ]
        own += [value for value in seen.factors.values() if isinstance(value, str)]
        for text in sorted((text for text in own if len(text) > 2), key=len, reverse=True):
            words = words.replace(text, "~")
        return _WORD.findall(_VARYING.sub("#", words))


def _stage(seen: Observation) -> Print:
    if accepted(seen):
        return ("accepted",)
    broken_off = seen.rung == "upgrade" and seen.status == 101
    silent = seen.finding.get("granted") is False and seen.close_code is None and not seen.body_excerpt
    return (seen.rung, seen.status, seen.close_code, "broken off" if broken_off else "silent" if silent else "")
