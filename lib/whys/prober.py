"""Leads an inquiry through the doors: within the budget, at its spacing, to permitted hosts only; concludes when it ends."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from lib import tokens
from lib.clients.aside import aside
from lib.facts import ACCEPTED_AFTER_S, Exchange, Observation, Prediction, Request, utc_now
from lib.handshake import Handshake, carried_tokens
from lib.parameters.hosts import host_of
from lib.parameters.loading import Parameters
from lib.whys.conclusion import conclude
from lib.whys.context import Context
from lib.whys.diagnosis import Diagnosis
from lib.whys.evidence.addresses import ADDRESSES
from lib.whys.evidence.offline import prepare, with_proposed
from lib.whys.evidence.predictions import left_out, observations_of
from lib.whys.exchanged import observed, of_entry, of_near
from lib.whys.explanation import in_brief
from lib.whys.lifetimes import Lifetimes
from lib.whys.probes import FORGED, SKEW, BudgetExhausted, Driver, Probe, ProbeBatch, holds
from lib.whys.requests import RequestBuilder, Unsendable, request_for
from lib.whys.sentences import RAN_OUT, UNREAD
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.long_watch import ENOUGH, apart_s, planned

Logs = Callable[[Sequence[str]], Any]
Near = Callable[[Sequence[Exchange], Sequence[Exchange], timedelta, timedelta], Iterable[tuple[str, str]]]
"""From refused and accepted handshakes, and the servers' clock minus ours (give or take), to what stands in their logs near the
former alone: as it is quoted, and a line."""
Progress = Callable[[str], None]

SESSION_SHARE = 0.25
"""Of a budget's time so much must be left to judge a session, where its own timeout is longer."""
AFTER_WATCH_S = 30.0
"""What a long watch leaves for its last handshake and for the servers' logs."""
RESOLVED_S, MOST_ADDRESSES = 2.0, 6
"""So long the addresses of a name are waited for, and so many of them are asked by themselves."""
BETWEEN_S = 0.05
"""What must be left of the budget's time for another exchange to be begun."""


async def investigate(
    parameters: Parameters,
    *,
    handshake: Handshake,
    rest: Any,
    ws: Any,
    logs: Logs | None = None,
    near: Near | None = None,
    logs_refused: Callable[[], str | None] = lambda: None,
    evidence: Sequence[Prediction] = (),
    not_read: Mapping[str, str] | None = None,
    environ: Any = None,
    clock: Callable[[], datetime] = utc_now,
    on_progress: Progress | None = None,
    watch_for_s: float | None = None,
    from_s: float | None = None,
) -> Diagnosis:
    """Why the configured handshake is refused, as far as the budget and what the parameters offer can tell.

    `logs`: from trace ids to the servers' entries (it waits for late ones itself), None where there are none; `near`:
    from handshakes to what stands near the refused ones; `logs_refused` says afterwards why there are none after all.
    `evidence`: what configurations and users' records predict; what they propose is tried as alternatives are.
    `not_read`: the parameters whose evidence could not be read, and why. `watch_for_s`: the configured handshake alone is asked,
    sparsely, for so long; being cancelled then ends it with what was seen. `from_s` (monotonic): the budget counts from then.
    """
    parameters = with_proposed(parameters if watch_for_s is None else _paced(parameters, watch_for_s), evidence)
    context, builder, offline = prepare(parameters, handshake, environ=environ, has_logs=logs is not None, at=clock())
    tell = on_progress or (lambda text: None)
    offline = [*offline, *await _resolved(ws, handshake, after=len(offline), at=clock())] if watch_for_s is None else offline
    prober = _Prober(parameters, context, builder, rest=rest, ws=ws, logs=logs, near=near, clock=clock, tell=tell, from_s=from_s)
    inquiry = Inquiry(context, [*offline, *left_out(not_read or {}, after=len(offline)), *observations_of(evidence)])
    driver = Driver(planned(inquiry, watch_for_s))
    try:
        interrupted = await _answered(driver, prober, ends_early=watch_for_s is not None)
    finally:
        await prober.let_go()
    inquiry.log.add(prober.void)
    after = len(offline) + len(not_read or {})
    if why := logs_refused() or prober.logs_late:
        tell(f"{UNREAD}: {why}")
        inquiry.log.add(left_out({"logs": why}, after=after))
    if prober.ran_out:
        tell(prober.ran_out)
        name, factors = f"o{after + 2}", {"token": RAN_OUT}
        inquiry.log.add([Observation(id=name, kind="offline", factors=factors, body_excerpt=prober.ran_out, at=clock())])
    cost = prober.spent | {"seconds": round(prober.elapsed_s, 3)}
    found, lacked = conclude(inquiry, spent=cost), prober.lacked if watch_for_s is None else {}  # a watch ends by its own time
    return replace(found, exchanges=tuple(prober.exchanges), interrupted=interrupted, budget_spent=lacked)


async def _resolved(ws: Any, handshake: Handshake, *, after: int, at: datetime) -> list[Observation]:
    """The target's addresses, where its name has several: each may answer another way."""
    found = await ws.addresses(handshake.url, within_s=min(RESOLVED_S, handshake.timeout_s)) if handshake.url else ()
    if len(found) < 2:
        return []
    asked = list(found[:MOST_ADDRESSES])
    said = f"the name of the target has {len(found)} addresses: {', '.join(asked)}"
    return [Observation(id=f"o{after + 1}", kind="offline", factors={ADDRESSES: asked}, body_excerpt=said, at=at)]


async def _answered(driver: Driver[None], prober: _Prober, *, ends_early: bool) -> bool:
    """Answers an inquiry to its end; whether it was cancelled meanwhile and, as it may, ended with what it had seen."""
    interrupted = False
    while driver.batch is not None:
        try:
            driver.answer(await prober.take(driver.batch))
        except BudgetExhausted:
            prober.lacked = {} if prober.ran_out else prober.lacking(driver.batch)
            driver.answer(None)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not ends_early or interrupted or task is None:
                raise
            task.uncancel()
            interrupted = True
            driver.answer(None)
    return interrupted


def _paced(parameters: Parameters, seconds: float) -> Parameters:
    """The parameters with a budget for so long a watch: the configured one is one a minute."""
    budget = parameters.budget
    spacing_ms = apart_s(seconds, handshakes=budget.handshakes, spacing_ms=budget.spacing_ms) * 1000
    carried = {"seconds": seconds + AFTER_WATCH_S, "handshakes": 2 * ENOUGH, "spacing_ms": spacing_ms}
    return parameters.model_copy(update={"budget": budget.model_copy(update=carried)})


class _Prober:
    """Counts what is spent and turns steps into exchanges, exchanges into observations."""

    def __init__(
        self,
        parameters: Parameters,
        context: Context,
        builder: RequestBuilder,
        *,
        rest: Any,
        ws: Any,
        logs: Logs | None,
        near: Near | None,
        clock: Callable[[], datetime],
        tell: Progress,
        from_s: float | None,
    ):
        self._budget, self._hosts, self._timeout_s = parameters.budget, parameters.permitted_hosts(), parameters.target.timeout_s
        self._context, self._builder = context, builder
        self._rest, self._ws, self._logs, self._near = rest, ws, logs, near
        self._clock, self._tell = clock, tell
        self._began_s = monotonic() if from_s is None else from_s
        self._next_handshake_s = 0.0
        self._counts = {"handshake": 0, "rest": 0, "log": 0, "unsent": 0}
        self._lifetimes = Lifetimes(carried_tokens(builder.handshake).values(), at=clock())
        self.void: list[Observation] = []
        self.ran_out: str | None = None
        self.logs_late: str | None = None
        self.exchanges: list[Exchange] = []
        self._watching: asyncio.Task[Observation] | None = None
        self.lacked: dict[str, float] = {}

    @property
    def spent(self) -> dict[str, int]:
        """How many exchanges were made, those that turned out to be void too."""
        kinds = [exchange.kind for exchange in self.exchanges]
        return {"handshakes": kinds.count("handshake"), "rest_requests": kinds.count("rest")}

    def lacking(self, step: ProbeBatch) -> dict[str, float]:
        """The part of the budget that did not carry a step, by its name."""
        handshakes = sum(ask.request in ("handshake", "watch") for ask in step.asks)
        counted = max(self._counts["handshake"] + handshakes, self._counts["rest"] + len(step.asks) - handshakes)
        name = "handshakes" if counted > self._budget.handshakes else "seconds"
        return {name: getattr(self._budget, name)}

    @property
    def elapsed_s(self) -> float:
        return monotonic() - self._began_s

    @property
    def _left_s(self) -> float:
        return self._budget.seconds - self.elapsed_s

    async def take(self, step: ProbeBatch) -> list[Observation]:
        """The answers to a step; raises `BudgetExhausted` when the budget does not carry it."""
        if step.asks[0].request == "logs":
            return await self._read_logs(step.asks[0].trace_ids)
        if step.asks[0].request == "near":
            return await self._read_near(*(timedelta(seconds=one) for one in step.asks[0].factors[SKEW]))
        if step.asks[0].request in ("watch", "watched"):
            return await self._watch(step.asks[0])
        handshakes = sum(ask.request == "handshake" for ask in step.asks)
        counts = self._counts
        if (
            counts["handshake"] + handshakes > self._budget.handshakes
            or counts["rest"] + len(step.asks) - handshakes > self._budget.handshakes
        ):
            raise BudgetExhausted
        if self._left_s - step.wait_s < BETWEEN_S:
            raise BudgetExhausted
        if step.wait_s:
            await asyncio.sleep(step.wait_s)
        if not step.together:
            return [await self._one(ask, ACCEPTED_AFTER_S) for ask in step.asks]
        return await self._together(step)

    async def _watch(self, ask: Probe) -> list[Observation]:
        """Begins to watch a session beside what is asked next, or waits for what becomes of it."""
        if ask.request == "watched":
            task, self._watching = self._watching, None
            return [await task] if task else []
        if self._counts["handshake"] >= self._budget.handshakes or self._left_s < BETWEEN_S:
            raise BudgetExhausted
        named = self._id("handshake")
        self._watching = asyncio.create_task(self._watched(named))
        return []

    async def _watched(self, name: str) -> Observation:
        began_s = monotonic()
        seen = await self._one(Probe(), self._context.watch_s, known_id=name)
        lasted_s = min(monotonic() - began_s, self._context.watch_s)
        return replace(seen, finding={**seen.finding, "watched_s": round(lasted_s, 1)})

    async def let_go(self) -> None:
        """Ends what is still watched."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _together(self, step: ProbeBatch) -> list[Observation]:
        apart_s = max(step.apart_s, self._budget.spacing_ms / 1000)
        stay_s = ACCEPTED_AFTER_S + 0.2 + apart_s * len(step.asks)
        if self._left_s < stay_s:
            raise BudgetExhausted
        named = [self._id("handshake") for _ in step.asks]

        async def later(position: int, ask: Probe) -> Observation:
            await asyncio.sleep(apart_s * position)
            return await self._one(ask, stay_s - apart_s * position, known_id=named[position])

        return list(await asyncio.gather(*(later(position, ask) for position, ask in enumerate(step.asks))))

    async def _one(self, ask: Probe, stay_s: float, *, known_id: str | None = None) -> Observation:
        kind = "handshake" if ask.request == "handshake" else "rest"
        factors = dict(ask.factors) if kind == "handshake" else {"request": ask.request, **ask.factors}
        at = self._clock()
        try:
            request, token = request_for(self._builder, ask, now=at)
        except Unsendable as error:
            return self._unsent(factors, str(error), at)
        bound = self._builder.bound  # checked when the request was built: it carries that host's own credentials
        host = host_of(request.url)
        if host not in self._hosts and not (bound and holds(ask.factors, bound)):
            return self._unsent(factors, f"the host {host} is not permitted" if host else "target.rest_url is not set", at)
        if kind == "handshake":
            await self._space()
        if self._left_s < BETWEEN_S:
            raise BudgetExhausted
        self._check_token(request, token, at)
        request = self._within_time(request)
        name = known_id or self._id(kind)
        if token is not None:
            self._builder.sent[name] = token
        label = f"{name} {_said(ask)}"
        if kind == "handshake":
            exchange = await self._ws.knock(
                request, of="probe", label=label, stay_s=0.0 if ask.brief else min(stay_s, max(ACCEPTED_AFTER_S, self._left_s))
            )
        else:
            exchange = await self._rest.ask(request, of="probe", label=label)
        self.exchanges.append(exchange)
        seen = observed(exchange, name=name, factors=factors, invented=_invented(ask, self._context), sent=_of_token(token, at))
        if not _let_in(exchange):
            self._check_token(request, token, at + timedelta(milliseconds=exchange.elapsed_ms), seen)
        asked = _said(ask) if kind == "handshake" else f"{ask.request} {_said(ask)}"
        self._tell(f"{name} {asked} → {in_brief(seen)}")
        return seen

    def _within_time(self, request: Request) -> Request:
        """The request with the time that is left; raises `BudgetExhausted` where that would not judge a session."""
        if request.session is not None:
            if self._left_s < min(request.session.timeout_s, self._budget.seconds * SESSION_SHARE):
                raise BudgetExhausted
            within_s = min(request.session.timeout_s, self._left_s)
            request = replace(request, session=replace(request.session, timeout_s=within_s))
        return replace(request, timeout_s=max(0.05, min(self._timeout_s, self._left_s)))

    def _check_token(self, request: Request, token: str | None, at: datetime, seen: Observation | None = None) -> None:
        """Ends the inquiry where a token ran out since it began; what was refused meanwhile is void."""
        if said := self._lifetimes.ran_out(request, token, at=at):
            self.ran_out = said
            self.void += [_void(seen)] if seen else []
            raise BudgetExhausted

    def _unsent(self, factors: dict[str, Any], why: str, at: datetime) -> Observation:
        """What stands for a probe that was not sent: found offline, and nothing is spent."""
        name = self._id("unsent")
        self._tell(f"{name} not sent: {why}")
        return Observation(
            id=name, kind="offline", factors=factors, body_excerpt=f"not sent: {why}", finding={"unsent": True}, at=at
        )

    def _id(self, kind: str) -> str:
        self._counts[kind] += 1
        return f"{kind[0]}{self._counts[kind]}"

    async def _space(self) -> None:
        spacing_s = self._budget.spacing_ms / 1000
        if not spacing_s:
            return
        wait_s = self._next_handshake_s - monotonic()
        if wait_s > self._left_s:
            raise BudgetExhausted
        # Those that are begun together wait one behind the other.
        self._next_handshake_s = max(self._next_handshake_s, monotonic()) + spacing_s
        if wait_s > 0:
            await asyncio.sleep(wait_s)
        self._next_handshake_s = max(self._next_handshake_s, monotonic() + spacing_s)

    async def _read_logs(self, trace_ids: Iterable[str]) -> list[Observation]:
        logs = self._logs
        if logs is None or self.logs_late or self._left_s < BETWEEN_S:
            return []
        wanted = tuple(trace_ids)
        self._tell("reading the servers' logs")
        try:
            async with asyncio.timeout(self._left_s / 2):  # what is silent leaves time for what answers
                found = logs(wanted) if inspect.iscoroutinefunction(logs) else await aside(lambda: logs(wanted))
                entries = await found if inspect.isawaitable(found) else found
        except TimeoutError:
            self.logs_late = "they did not come within half of the time that the budget had left"
            return []
        joined = sorted(
            (entry for entry in entries if entry.trace_id in set(wanted)), key=lambda entry: (entry.timestamp, entry.insert_id)
        )
        return [of_entry(entry, name=self._id("log")) for entry in joined]

    async def _read_near(self, skew: timedelta, slack: timedelta) -> list[Observation]:
        """What stands near the refused handshakes, and not near what was served, over REST or in a session."""
        handshakes = [one for one in self.exchanges if one.kind == "handshake"]
        near = self._near
        if near is None or self.logs_late or self._left_s < BETWEEN_S:
            return []
        refused = [one for one in handshakes if not one.accepted]
        served = [one for one in self.exchanges if _let_in(one)]
        try:
            async with asyncio.timeout(self._left_s):
                found = await aside(lambda: near(refused, served, skew, slack))
        except TimeoutError:
            return []
        return [of_near(said, line, name=self._id("log")) for said, line in found]


def _of_token(token: str | None, at: datetime) -> dict[str, Any]:
    """How old a token was when it was sent, where it says when it was issued."""
    issued = tokens.decode(token).claims.get("iat") if token else None
    return {"token_age_s": int(at.timestamp() - issued)} if isinstance(issued, (int, float)) else {}


def _let_in(exchange: Exchange) -> bool:
    """Whether the credential was good enough: a session was opened, or REST answered with success."""
    return exchange.rung == "session" or (exchange.kind == "rest" and 200 <= (exchange.status or 0) < 300)


def _void(seen: Observation) -> Observation:
    """What stands for an answer that came when the token had run out: it was spent, and says nothing."""
    words = f"void, as the token ran out meanwhile: {in_brief(seen)}"
    return Observation(id=seen.id, kind="offline", factors=seen.factors, body_excerpt=words, at=seen.at, trace_id=seen.trace_id)


def _invented(ask: Probe, context: Context) -> str | None:
    return "user" if str(ask.factors.get("user", "")).startswith("nobody-") else None


def _said(ask: Probe) -> str:
    """What is changed; of many changes the last ones, which are those under trial, and how many others stay in place."""
    changed = [f"{name}={value!r}" if name != "key" or value == FORGED else f"key={value}" for name, value in ask.factors.items()]
    others = f" (and {len(changed) - 2} that stay in place)" if len(changed) > 3 else ""
    return (", ".join(changed[-2:] if others else changed) or "as configured") + others
