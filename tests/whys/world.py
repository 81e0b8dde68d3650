"""A pure stand-in for a target: answers what an inquiry asks from the faults that it has, in virtual time. No I/O, seeded."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.facts import Observation, Prediction
from lib.handshake import Handshake
from lib.parameters.loading import ROOT, Parameters, _merge, read_yaml, validated
from lib.whys.conclusion import conclude
from lib.whys.context import Context, context_of
from lib.whys.diagnosis import Diagnosis
from lib.whys.evidence.predictions import observations_of
from lib.whys.probes import Driver, Probe, ProbeBatch
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.plan import run

BEGAN = datetime(2026, 11, 24, 12, tzinfo=UTC)
RIGHT: Mapping[str, Mapping[str, Any]] = {
    "secret-mismatch": {"key": "env:OTHER_KEY"},
    "algorithm-mismatch": {"algorithm": "HS512"},
    "issuer-mismatch": {"claims.iss": "other-issuer"},
    "audience-mismatch": {"claims.aud": "other-audience"},
    "claim-missing": {"claims.tenant": "staging"},
    "permission-missing": {"claims.permissions": ["read", "websocket"]},
    "token-expired": {"lifetime_s": 60},
    "clock-skew": {"issued_ago_s": 150},
    "user-unknown": {"user": "user-2"},
    "user-inactive": {"user": "user-2"},
    "origin-refused": {"origin": "https://app.other.example"},
    "subprotocol-refused": {"subprotocols": ["chat.v1"]},
    "bypass-key": {"headers.X-Bypass": "env:BYPASS"},
    "route-missing": {"path": "/socket"},
    "host-refused": {"host_header": "api.other.example"},
    "credential-malformed": {"scheme": "JWT"},
    "credential-carrier": {"carrier": "query"},
}
"""The one change that lifts each fault."""

EXCLUSIVE = {"key", "algorithm", "claims.iss", "claims.aud", "path", "host_header", "scheme", "carrier"}
"""Factors whose configured value is the right one where no fault says otherwise: any other value is refused."""

STATUS = {
    "route-missing": 404,
    "host-refused": 421,
    "origin-refused": 403,
    "bypass-key": 403,
    "user-unknown": 403,
    "user-inactive": 403,
}


def parameters(**changes: Any) -> Parameters:
    """Parameters with every kind of alternative."""
    other = {
        "secrets": ["env:OTHER_KEY"], "algorithms": ["HS512"], "users": ["user-2"], "origins": ["https://app.other.example"],
        "paths": ["/socket"],
        "claims": {"iss": ["other-issuer"], "aud": ["other-audience"], "tenant": ["staging"], "permissions": [["read",
        "websocket"]]},
        "carriers": ["query", "cookie"], "schemes": ["JWT"], "subprotocols": [["chat.v1"]], "host_headers": ["api.other.example"],
        "headers": [{"X-Bypass": "env:BYPASS"}],
    }  # fmt: skip
    given = {
        "environment": "simulated",
        "target": {"rest_url": "http://api.example", "ws_url": "ws://api.example/ws", "origin": "https://app.example"},
        "token": {"secret": "env:KEY", "user": "user-1", "claims": {"iss": "issuer", "aud": "audience", "permissions": ["read"]}},
        "alternatives": changes.get("alternatives", other),
        "budget": {"seconds": 40},
    }
    return validated(_merge(read_yaml(ROOT / "params" / "base.yaml"), given, prefix=""), "simulated")


def context(**changes: Any) -> Context:
    """The context of these parameters, every key usable with every algorithm."""
    given = parameters(**changes)
    handshake = Handshake(
        url="ws://api.example/ws",
        rest_url="http://api.example",
        key="k",
        user="user-1",
        origin="https://app.example",
        claims=given.token.claims,
    )
    usable = frozenset((key, algorithm) for key in (None, "env:OTHER_KEY") for algorithm in ("HS256", "HS512"))
    return context_of(
        given, handshake, readable=frozenset({"env:OTHER_KEY", "env:BYPASS"}), sendable=usable, issued=None, has_logs=False
    )


class World:
    """A target with these faults. `bare`: every refusal is an empty 403; else each check has words of its own.

    `refuses`: with this probability any handshake is refused, whatever it carries. `alternating`: every other one is.
    `starts_s`: refuses until so many virtual seconds have passed. `window`: accepts so many handshakes in so many seconds.
    """

    def __init__(
        self,
        faults: Iterable[str],
        *,
        seed: int = 0,
        bare: bool = True,
        refuses: float = 0.0,
        alternating: int = 0,
        starts_s: float = 0.0,
        window: tuple[int, float] | None = None,
    ):
        self.random = random.Random(seed)
        self.order = list(faults)
        self.random.shuffle(self.order)
        self.bare, self.refuses, self.alternating, self.starts_s = bare, refuses, alternating, starts_s
        self.window, self.taken_s = window, list[float]()
        self.now_s, self.count, self.handshakes, self.rest = 0.0, 0, 0, 0

    def take(self, step: ProbeBatch) -> list[Observation]:
        """The answers to a step."""
        self.now_s += step.wait_s
        if step.asks[0].request == "watch":
            return []
        if step.asks[0].request == "watched":
            return [self.answer(Probe())]
        return [self.answer(ask, step.apart_s) for ask in step.asks]

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        """One answer, 5 ms after the last, or `apart_s` after it."""
        self.now_s += 0.005 + apart_s
        at = BEGAN + timedelta(seconds=self.now_s)
        if ask.request != "handshake":
            self.rest += 1
            status = {"health": 200, "plain": 404, "protected": 401 if ask.factors.get("credential") == "none" else 200}[
                ask.request
            ]
            return Observation(
                id=f"r{self.rest}",
                kind="rest",
                factors={"request": ask.request, **ask.factors},
                rung="http",
                status=status,
                at=at,
                body_excerpt=ask.request,
            )
        self.handshakes += 1
        refusal = self._refusal(ask.factors)
        name = f"h{self.handshakes}"
        if refusal is None:
            self.now_s += 0 if ask.brief else 0.5
            return Observation(
                id=name, kind="handshake", factors=dict(ask.factors), rung="session", status=101, at=at, elapsed_ms=1.0
            )
        status, words = (403, "") if self.bare else (STATUS.get(refusal, 401), f"refused: {refusal}")
        return Observation(
            id=name,
            kind="handshake",
            factors=dict(ask.factors),
            rung="upgrade",
            status=status,
            body_excerpt=words,
            at=at,
            elapsed_ms=1.0,
        )

    def _refusal(self, factors: Mapping[str, Any]) -> str | None:
        if self.now_s < self.starts_s or self.random.random() < self.refuses:
            return "not now"
        if self.alternating and self.handshakes % self.alternating:
            return "not this one"
        for check in self._checks(factors):
            return check
        if self.window:
            most, seconds = self.window
            if sum(self.now_s - taken_s < seconds for taken_s in self.taken_s) >= most:
                return "too many"
            self.taken_s.append(self.now_s)
        return None

    def _checks(self, factors: Mapping[str, Any]) -> Iterable[str]:
        """What refuses these factors, in the order of this world's checks."""
        right = {name: value for fault in self.order for name, value in RIGHT[fault].items()}
        if factors.get("path") not in (None, right.get("path")):
            yield "route-missing"
        for fault in self.order:
            for name, value in RIGHT[fault].items():
                carried = name == "carrier" and value in factors.get("carriers", ())
                if not carried and factors.get(name) != value:
                    yield fault
        if factors.get("credential") in ("none", "garbage"):
            yield "no credential"
        for name in EXCLUSIVE:
            if name not in right and factors.get(name) is not None:
                yield f"wrong {name}"
        if str(factors.get("user", "")).startswith("nobody"):
            yield "user-unknown"


def diagnosed(world: World, given: Context, evidence: Iterable[Prediction] = ()) -> Diagnosis:
    """The diagnosis of this world within the context's budget, with what is said of it beforehand."""
    inquiry = Inquiry(given, observations_of(evidence))
    driver = Driver(run(inquiry))
    while (batch := driver.batch) is not None:
        spent = world.handshakes + len(batch.asks) > given.handshakes or world.now_s + batch.wait_s > given.seconds
        driver.answer(None if spent else world.take(batch))
    return conclude(inquiry)
