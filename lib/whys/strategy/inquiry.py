"""The state of one diagnosis, and what its parts ask with: each yields steps and is sent the answers.

No I/O here and no clock but the observations' own, so recorded observations replayed give the same diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lib.facts import Observation
from lib.whys.context import Context
from lib.whys.evidence.clock import skew_s
from lib.whys.evidence.log_entries import named_by_logs
from lib.whys.evidence.observations import ObservationLog, Print
from lib.whys.evidence.over_rest import asks_for_an_upgrade
from lib.whys.probes import (
    FORGED,
    GARBAGE,
    NONE,
    SKEW,
    Asking,
    Change,
    Conduct,
    Intervention,
    OutcomeFlipped,
    Probe,
    ProbeBatch,
    accepted,
)

QUIET_S = 1.2
"""A pause after which windows of a second have passed."""

_IN_VAIN = 2
"""After so many pauses that changed nothing, an answer is not taken for one about our pace any more."""

LAST_CONTROLS = 40
"""So many handshakes the search leaves for what comes after it."""


class Inquiry:
    """The state of one diagnosis: the log, and what was found on the way."""

    def __init__(self, context: Context, offline: Iterable[Observation] = ()):
        self.context = context
        self.log = ObservationLog(context, offline)
        self.interventions: list[Intervention] = []
        self.conduct: Conduct | None = None
        self.effects: list[tuple[list[Change], Observation]] = []
        self.unstable: list[Observation] = []
        self.harmless_refused: list[Observation] = []
        self.healthy = self.unreachable = self.is_long_watch = False
        self.watched: list[Observation] = []
        self.pause_s = 0.0
        self._own_answers: set[Print] = set()
        self._paused_in_vain = 0
        self._looked_up: set[str] = set()

    def negative_controls(self) -> Asking[None]:
        """Handshakes that a server which reads the credential must refuse: without one, with one that nobody signed."""
        if self.context.credential != "none":
            yield from self.probe({"credential": NONE})
        yield from self.probe({"key": FORGED} if self.context.credential == "minted" else {"credential": GARBAGE})

    def has_reserve(self) -> bool:
        """Whether the search may go on, leaving enough handshakes for the last controls and for what a sudden change would
        ask."""
        return len(self.log.handshakes()) < self.context.handshakes - min(LAST_CONTROLS, self.context.handshakes // 2)

    # What the parts of an inquiry ask with.

    def ask(self, *asks: Probe, wait_s: float = 0.0, together: bool = False, apart_s: float = 0.0) -> Asking[list[Observation]]:
        """Asks as they are given, and takes the answers down."""
        if not asks:
            return []
        seen = yield ProbeBatch(asks=asks, wait_s=max(wait_s, self.pause_s), together=together, apart_s=apart_s)
        self.log.add(seen)
        return seen

    def watch(self) -> Asking[None]:
        """Opens the configured handshake to be watched beside what is asked next."""
        yield ProbeBatch(asks=(Probe(request="watch"),))

    def end_of_watch(self) -> Asking[None]:
        """Waits for the rest of the time for which a session is watched, and takes down what became of it."""
        self.watched += yield from self.ask(Probe(request="watched"))

    def control(self, *, wait_s: float = 0.0) -> Asking[Observation]:
        """The configured handshake once more; raises `OutcomeFlipped` when it is suddenly accepted."""
        refused_before = self.log.symptom() is not None
        (seen,) = yield from self.ask(Probe(), wait_s=wait_s)
        if refused_before and accepted(seen):
            raise OutcomeFlipped
        if refused_before and (yield from self._disturbed(seen)):
            seen = yield from self._again({}, seen)
            if accepted(seen):
                raise OutcomeFlipped
        return seen

    def probe(self, factors: Mapping[str, Any], *, wait_s: float = 0.0) -> Asking[Observation]:
        """A handshake with these factors; asked again after a pause when the answer is about too many handshakes."""
        known = self.log.latest(**factors) if wait_s == 0 else None
        if known is not None and not factors:
            known = None
        if known is not None:
            return known
        return (yield from self.repeat(factors, wait_s=wait_s))

    def repeat(self, factors: Mapping[str, Any], *, wait_s: float = 0.0) -> Asking[Observation]:
        """A handshake with these factors, asked whether or not it was asked before."""
        if not factors:
            return (yield from self.control(wait_s=wait_s))
        (seen,) = yield from self.ask(Probe(factors=dict(factors)), wait_s=wait_s)
        return (yield from self._again(factors, seen)) if (yield from self._disturbed(seen)) else seen

    def _disturbed(self, seen: Observation) -> Asking[bool]:
        """Whether a refusal tells of our pace, not of what was asked: the configured handshake, asked at once, gets it as
        well."""
        symptom, answer = self.log.symptom(), self.log.fingerprint(seen)
        if symptom is None or accepted(seen) or seen.status is None or self.log.same(seen, symptom):
            return False
        if seen.status == 429:
            return symptom.status != 429
        if self._paused_in_vain >= _IN_VAIN or answer in self._own_answers:
            return False
        if not self.log.like_a_control(seen):
            (beside,) = yield from self.ask(Probe())
            if accepted(beside):
                raise OutcomeFlipped
            if not self.log.same(beside, seen):
                self._own_answers.add(answer)
                return False
        return True

    def _again(self, factors: Mapping[str, Any], seen: Observation) -> Asking[Observation]:
        # Our own pace disturbs what we measure: slow down for good, and ask again once the window has passed.
        self.pause_s = min(max(0.35, self.pause_s * 1.5), 1.5)
        given = seen.headers.get("retry-after", "")
        wait_s = min(max(float(given) if given.isdigit() else QUIET_S, QUIET_S), 5.0)
        (again,) = yield from self.ask(Probe(factors=dict(factors)), wait_s=wait_s)
        self._paused_in_vain += self.log.same(again, seen)
        return again

    def read_logs(self) -> Asking[None]:
        """Joins the servers' entries to every exchange that has not been looked up yet."""
        if not self.context.has_logs:
            return
        asked = (seen.trace_id for seen in self.log.all if seen.kind in ("handshake", "rest"))
        traces = tuple(trace for trace in asked if trace and trace not in self._looked_up)
        if traces:
            self._looked_up.update(traces)
            yield from self.ask(Probe(request="logs", trace_ids=traces))

    def read_near(self) -> Asking[None]:
        """Where logs name nothing by trace: the lines that stand near the refusals in time, and near nothing that was served."""
        if self.context.has_logs and self.log.refused_controls() and not named_by_logs(self.log):
            yield from self.ask(Probe(request="near", factors={SKEW: skew_s(self.log)}))

    def refused_with(self, base: Mapping[str, Any]) -> Observation | None:
        """A refusal with these factors changed: what stands beside a lift by one more."""
        return next((seen for seen in self.log.with_factors(base) if not accepted(seen)), None)

    def impossible_path(self) -> Asking[Observation]:
        """The configured handshake at a path that cannot exist; and a plain GET, unless one here asks for an upgrade."""
        path, plain = self.context.impossible_path, self.log.rest("plain")
        seen = yield from self.probe({"path": path})
        if plain is not None and not asks_for_an_upgrade(plain) and self.log.rest("plain", path=path) is None:
            yield from self.ask(Probe(request="plain", factors={"path": path}))
        return seen

    def invented_user(self) -> str:
        """A subject that exists nowhere, of the same length class and the same for the same target."""
        return f"nobody-{self.context.impossible_path[-8:]}"
