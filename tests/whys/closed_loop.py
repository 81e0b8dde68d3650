"""The built-in system with real faults, diagnosed over real sockets: what the closed-loop test, the matrix and the bench
share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from lib.environment import embedded
from lib.environment.investigation import Investigation
from lib.environment.opening import variables_of, with_addresses
from lib.parameters import loading as params
from lib.whys import Diagnosis
from lib.whys.catalogue.index import CATALOGUE

Mode = Literal["alternatives", "logs", "neither", "words", "evidence", "records"]
Case = tuple[tuple[str, ...], Mode]
Watch = Callable[[Case, Investigation], None]
"""Is shown each opened investigation just before it is diagnosed, its variables set."""

MODES: tuple[Mode, ...] = ("alternatives", "logs", "neither", "words")
"""Those that are recorded; in `words` a refusal says why and there is nothing to try, in `records` the alternatives have the
users' records beside them, in `evidence` there is the configuration, and nothing else to try."""
WITH_ALTERNATIVES = frozenset({"alternatives", "records"})
AT_ONCE = 5
SECONDS, FOR_A_PAIR = 45.0, 60.0
"""Most of a budget is spent only where nothing lifts the refusal; a pair needs time on a busy machine before something does."""

QUIET_S = 3.0
"""A session is left idle for so long: the built-in edge ends one that is quiet for two seconds."""

LONGER = {
    "rate-limited": 60.0,
    "mixed-revisions": 40.0,
    "connection-limit": 30.0,
    "token-reuse": 30.0,
    "startup-race": 40.0,
    "handler-hangs": 40.0,
}
"""Causes of conduct need time: pauses are what they are told by."""

PACED = frozenset({"token-reuse", "rate-limited", "startup-race"})
"""Causes with windows so short that other work in the same process lets them pass."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {"startup-race": {"startup_s": 5.0}}
"""Delays so long that a busy machine asks its first question before they have passed."""

USER = frozenset({"user-unknown", "user-inactive", "permission-missing", "connection-limit"})
UNREAD = frozenset({"credential-malformed", "credential-carrier", "edge-strips-credential"})

SMALLEST: Mapping[str, frozenset[str]] = {
    "user-unknown": USER,
    "user-inactive": USER,
    "connection-limit": USER,
    "edge-policy": frozenset({"edge-policy", "edge-blocks-upgrade", "forwarded-refused"}),
    "forwarded-refused": frozenset({"edge-policy", "edge-blocks-upgrade", "forwarded-refused"}),
    "protocol-version": frozenset({"protocol-version", "route-missing", "bypass-key"}),
    "wrong-token": frozenset({"wrong-token", "claim-missing", "permission-missing"}),
}
"""With alternatives and without logs: the causes that nothing outside can split from their twins, and the smallest set that
holds them (an edge that refuses upgrades by a rule looks like one in which they are not enabled)."""

PAIRS: Sequence[tuple[str, str]] = [
    (one, other)
    for one, others in {
        "secret-mismatch": (
            "user-unknown origin-refused audience-mismatch issuer-mismatch algorithm-mismatch claim-missing permission-missing"
            " token-expired clock-skew credential-malformed credential-carrier subprotocol-refused "
            "subprotocol-unoffered bypass-key"
            " route-missing host-refused edge-strips-credential edge-blocks-upgrade edge-policy client-proxy"
        ),
        "origin-refused": (
            "user-unknown route-missing audience-mismatch edge-strips-credential edge-blocks-upgrade client-proxy "
            "permission-missing"
            " clock-skew credential-malformed"
        ),
        "bypass-key": "user-inactive claim-missing edge-blocks-upgrade",
        "route-missing": "audience-mismatch token-expired edge-strips-credential",
        "claim-missing": "audience-mismatch subprotocol-refused",
        "edge-policy": "issuer-mismatch",
        "algorithm-mismatch": "credential-carrier",
        "subprotocol-refused": "host-refused",
    }.items()
    for other in others.split()
]
"""Forty pairs across layers, each of which masks one of the two."""


def overrides(faults: Iterable[str], mode: Mode) -> dict[str, Any]:
    """The parameters of one case."""
    faults = list(faults)
    given: dict[str, Any] = {
        "embedded.faults": [fault for fault in faults if fault != "credential-absent"],
        "budget.seconds": max([FOR_A_PAIR if len(faults) > 1 else SECONDS, *(LONGER.get(fault, SECONDS) for fault in faults)]),
        "logs.source": "embedded" if mode == "logs" else "none",
    }
    if "startup-race" in faults:
        given["budget.handshakes"] = 160  # a fast machine asks a hundred before the start has ended
    if mode != "evidence":
        given["evidence.configuration"] = []
    if mode != "records":
        given["evidence.users"] = None
    if mode not in WITH_ALTERNATIVES:
        given["alternatives"] = {}
    if "protocol-version" in faults and mode in WITH_ALTERNATIVES:
        given["alternatives.paths"] = ["/ws?v=2"]
    if "wrong-token" in faults and mode in WITH_ALTERNATIVES:
        given["alternatives.claims.token_type"] = ["websocket"]
    if "idle-closed" in faults:
        given["target.idle_s"] = QUIET_S
    if "subprotocol-unanswered" in faults:
        given["target.subprotocols"] = ["chat.v1"]
    if "credential-absent" in faults:
        given["token.secret"] = None
        if mode in WITH_ALTERNATIVES:
            given["alternatives.secrets"] = ["env:EMBEDDED_JWT_SECRET"]
    return given


async def diagnosed(
    faults: tuple[str, ...], mode: Mode = "alternatives", *, watch: Watch | None = None, users: Mapping[str, Any] | None = None
) -> Diagnosis:
    """The built-in system with these faults, started, diagnosed and stopped; `users`: another place of the users' records."""
    parameters = params.load("embedded", overrides(faults, mode) | ({"evidence.users": users} if users else {}))
    options = {name: value for fault in faults for name, value in OPTIONS.get(fault, {}).items()}
    configuration = {"says_why": mode == "words", "options": options}
    system = await asyncio.to_thread(embedded.start, parameters.embedded.faults, configuration=configuration)
    before = params.set_variables(variables_of(system.addresses))
    here = Investigation(parameters=with_addresses(parameters, system.addresses), round_number=1, addresses=system.addresses)
    try:
        if watch:
            watch((faults, mode), here)
        return await here.whys()
    finally:
        params.set_variables(before)
        await asyncio.to_thread(system.stop)


def all_diagnosed(cases: Iterable[Case], *, watch: Watch | None = None) -> dict[Case, Diagnosis]:
    """Many cases, a few at once; by themselves those that are told by their pace, or set something in the shared environment."""
    wanted = list(cases)
    shared = {"client-proxy", "client-certificate-missing", *PACED}
    alone = [case for case in wanted if shared & set(case[0]) or case[1] == "records"]
    together = [case for case in wanted if case not in alone]
    return asyncio.run(_all(together, AT_ONCE, watch)) | asyncio.run(_all(alone, 1, watch))


async def _all(cases: list[Case], at_once: int, watch: Watch | None) -> dict[Case, Diagnosis]:
    gate = asyncio.Semaphore(at_once)

    async def one(case: Case) -> tuple[Case, Diagnosis]:
        async with gate:
            return case, await diagnosed(*case, watch=watch)

    return dict(await asyncio.gather(*map(one, cases)))


def words(diagnosis: Diagnosis) -> str:
    """Verdict and what it names, for a table."""
    named = [cause.id for cause in diagnosis.causes]
    if named:
        return f"{diagnosis.verdict}: {', '.join(named)}"
    return (
        f"{diagnosis.verdict}: {len(diagnosis.candidates)} open"
        if len(diagnosis.candidates) > 4
        else f"{diagnosis.verdict}: {', '.join(diagnosis.candidates)}"
    )


def judged(faults: Iterable[str], diagnosis: Diagnosis) -> str:
    """`named`, `held` (among the candidates), `missed`, or `wrong`: something is claimed that is not there."""
    faults, named = set(faults), {cause.id for cause in diagnosis.causes}
    if named:
        return "named" if named == faults else "partly" if named < faults else "wrong"
    return "held" if faults <= set(diagnosis.candidates) else "missed"


ALL = tuple(CATALOGUE)
