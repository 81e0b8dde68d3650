"""One diagnosis as a sequence of steps: yields what to ask next, is sent the answers, ends when it is decided or the budget is spent.

It does no I/O and knows no clock but the observations' own, so recorded observations replayed give the same diagnosis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lib.facts import Observation
from lib.whys.context import Context
from lib.whys.ledger import Ledger
from lib.whys.steps import FORGED, GARBAGE, NONE, Ask, Asking, Change, Conduct, Lift, Spent, Step, Wandered, accepted

QUIET_S = 1.2
"""A pause after which windows of a second have passed."""

LAST_CONTROLS = 40
"""So many handshakes the search leaves for what comes after it."""


class Inquiry:
    """The state of one diagnosis: the ledger, and what was found on the way."""

    def __init__(self, context: Context, offline: Iterable[Observation] = ()):
        self.context = context
        self.ledger = Ledger(context, offline)
        self.lifts: list[Lift] = []
        self.conduct: Conduct | None = None
        self.effects: list[tuple[list[Change], Observation]] = []
        self.unstable: list[Observation] = []
        self.harmless_refused: list[Observation] = []
        self.healthy = self.unreachable = self.spent = False
        self.pause_s = 0.0
        self._looked_up: set[str] = set()

    def run(self) -> Asking:
        """The whole diagnosis."""
        try:
            yield from self._run()
        except Spent:
            self.spent = True
            yield from self.read_logs()

    def _run(self) -> Asking:
        from lib.whys import conduct, search

        first = yield from self.control()
        (health,) = yield from self.ask(Ask(request="health"))
        if accepted(first):
            yield from conduct.of_working(self)
            if not self.healthy:
                yield from self.read_logs()
            return
        if first.status is None and health.status is None and not (yield from self._answers_elsewhere()):
            self.unreachable = True
            return
        try:
            yield from self._controls()
            yield from search.search(self)
            if not self.lifts:
                yield from self._last_controls()
            yield from self.read_logs()
        except Wandered:
            yield from conduct.of_wandering(self)
            yield from self.read_logs()

    def _answers_elsewhere(self) -> Asking:
        for authority in self.context.hosts:
            seen = yield from self.ask(Ask(factors={"host": authority}), Ask(request="plain", factors={"host": authority}))
            if any(item.status is not None for item in seen):
                return True
        return False

    def _controls(self) -> Asking:
        """The same token over REST, the path as a plain GET; where a refusal says more than a bare 403, what lesser requests get."""
        rest = [Ask(request="protected"), Ask(request="protected", factors={"credential": NONE})]
        yield from self.ask(*(rest if self.context.credential != "none" else []), Ask(request="plain"))
        self._note_clock()
        first = self.ledger.controls()[0]
        telling = first.status != 403 or first.body_excerpt.strip()
        if telling or self.context.has_logs or not self.context.changes:
            second = yield from self.control()
            self.ledger.words_vary = not self.ledger.same(first, second) and first.status == second.status
        if telling:
            yield from self.lesser()
        yield from self.read_logs()

    def lesser(self) -> Asking:
        """Handshakes that a server which reads the credential must refuse: without one, with one that nobody signed."""
        if self.context.credential != "none":
            yield from self.probe({"credential": NONE})
        yield from self.probe({"key": FORGED} if self.context.credential == "minted" else {"credential": GARBAGE})

    def _last_controls(self) -> Asking:
        """What elimination still needs: lesser requests, a path that cannot exist, an invented user, and time in which a "
        "start-up would end."""
        from lib.whys.features import STEADY

        yield from self.control()
        yield from self.lesser()
        yield from self.impossible_path()
        if self.context.credential == "minted" and "user-unknown" not in self._excluded():
            yield from self.probe({"user": self.invented_user()})
        first = self.ledger.controls()[0]
        watch_s = min(self.context.seconds / 4, 15.0)
        while len(self.ledger.controls()) < STEADY or self._watched_s(first) < watch_s:
            yield from self.control(wait_s=max(QUIET_S, watch_s / STEADY))

    def has_reserve(self) -> bool:
        """Whether the search may go on, leaving enough handshakes for the last controls and for what a sudden change would ask."""
        return len(self.ledger.handshakes()) < self.context.handshakes - min(LAST_CONTROLS, self.context.handshakes // 2)

    def _watched_s(self, first: Observation) -> float:
        last = self.ledger.handshakes()[-1]
        return (last.at - first.at).total_seconds() if last.at and first.at else 0.0

    def _excluded(self) -> Mapping[str, Any]:
        from lib.whys.elimination import excluded

        return excluded(self.ledger)

    def _note_clock(self) -> None:
        from lib.whys.clock import observation

        noted = observation(self.ledger)
        if noted is not None:
            self.ledger.add([noted])

    # What the parts of an inquiry ask with.

    def ask(self, *asks: Ask, wait_s: float = 0.0, together: bool = False, apart_s: float = 0.0) -> Asking:
        """Asks as they are given, and takes the answers down."""
        if not asks:
            return []
        seen = yield Step(asks=asks, wait_s=max(wait_s, self.pause_s), together=together, apart_s=apart_s)
        self.ledger.add(seen)
        return seen

    def control(self, *, wait_s: float = 0.0) -> Asking:
        """The configured handshake once more; raises `Wandered` when it is suddenly accepted."""
        refused_before = self.ledger.symptom() is not None
        (seen,) = yield from self.ask(Ask(), wait_s=wait_s)
        if refused_before and accepted(seen):
            raise Wandered
        if refused_before and self._disturbed(seen):
            seen = yield from self._again({}, seen)
            if accepted(seen):
                raise Wandered
        return seen

    def probe(self, factors: Mapping[str, Any], *, wait_s: float = 0.0) -> Asking:
        """A handshake with these factors; asked again after a pause when the answer is about too many handshakes."""
        known = self.ledger.first(**factors) if wait_s == 0 else None
        if known is not None and not factors:
            known = None
        if known is not None:
            return known
        return (yield from self.repeat(factors, wait_s=wait_s))

    def repeat(self, factors: Mapping[str, Any], *, wait_s: float = 0.0) -> Asking:
        """A handshake with these factors, asked whether or not it was asked before."""
        if not factors:
            return (yield from self.control(wait_s=wait_s))
        (seen,) = yield from self.ask(Ask(factors=dict(factors)), wait_s=wait_s)
        return (yield from self._again(factors, seen)) if self._disturbed(seen) else seen

    def _disturbed(self, seen: Observation) -> bool:
        symptom = self.ledger.symptom()
        return seen.status == 429 and symptom is not None and symptom.status != 429

    def _again(self, factors: Mapping[str, Any], seen: Observation) -> Asking:
        # Our own pace disturbs what we measure: slow down for good, and ask again once the window has passed.
        self.pause_s = min(max(0.35, self.pause_s * 1.5), 1.5)
        given = seen.headers.get("retry-after", "")
        wait_s = min(max(float(given) if given.isdigit() else QUIET_S, QUIET_S), 5.0)
        (again,) = yield from self.ask(Ask(factors=dict(factors)), wait_s=wait_s)
        return again

    def read_logs(self) -> Asking:
        """Joins the servers' entries to every exchange that has not been looked up yet."""
        if not self.context.has_logs:
            return
        asked = (seen.trace_id for seen in self.ledger.all if seen.kind in ("handshake", "rest"))
        traces = tuple(trace for trace in asked if trace and trace not in self._looked_up)
        if traces:
            self._looked_up.update(traces)
            yield from self.ask(Ask(request="logs", trace_ids=traces))

    def refused_with(self, base: Mapping[str, Any]) -> Observation:
        """A refusal with these factors changed: what stands beside a lift by one more."""
        found = self.ledger.with_factors(base) if base else self.ledger.controls()
        return next(seen for seen in found if not accepted(seen))

    def impossible_path(self) -> Asking:
        """The configured handshake at a path that cannot exist."""
        return (yield from self.probe({"path": self.context.impossible_path}))

    def invented_user(self) -> str:
        """A subject that exists nowhere, of the same length class and the same for the same target."""
        return f"nobody-{self.context.impossible_path[-8:]}"
