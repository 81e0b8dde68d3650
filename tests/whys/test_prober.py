"""The prober over real doors: what it sends, what it never sends, and how entries are joined."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import timedelta
from typing import Any

from lib.clients.rest import Rest
from lib.clients.websocket import WebSockets
from lib.facts import LogEntry, utc_now
from lib.handshake import configured
from lib.tokens import claims_for, mint
from lib.whys import investigate
from tests.whys.foreign import KEY, OTHER_KEY, Upgrade, bearer, claims_of, plain_websockets, settings

ENVIRON = {"KEY": KEY, "OTHER_KEY": OTHER_KEY}


async def led(port: int, *, logs: Any = None, environ: Any = None, **groups: Any) -> Any:
    """A diagnosis with logs."""
    known = {**ENVIRON, **(environ or {})}
    parameters = settings(port, **groups)
    rest = Rest()
    try:
        return await investigate(
            parameters, handshake=configured(parameters, environ=known), rest=rest, ws=WebSockets(), logs=logs, environ=known
        )
    finally:
        await rest.close()


def entry(trace_id: str, text: str, severity: str = "WARNING") -> LogEntry:
    """An application's line about a trace."""
    name = f"i-{trace_id[:6]}"
    return LogEntry(insert_id=name, timestamp=utc_now(), severity=severity, text=text, trace_id=trace_id, layer="application")


async def test_a_log_entry_names_the_cause() -> None:
    """An entry joined by trace id to a refused control makes the verdict logged."""
    refused: set[str] = set()

    def check(request: Upgrade) -> tuple[int, str] | None:
        refused.add(request.headers["traceparent"].split("-")[1])
        return (403, "")

    async with plain_websockets(check) as port:
        diagnosis = await led(
            port, logs=lambda traces: [entry(trace, "Signature verification failed") for trace in {*traces} & refused]
        )
    assert (diagnosis.verdict, [cause.id for cause in diagnosis.causes]) == ("logged", ["secret-mismatch"])


def test_logs_that_do_not_come_are_not_waited_for() -> None:
    """Neither within the diagnosis nor when its loop ends: other questions still have their time."""

    async def diagnosed() -> Any:
        async with plain_websockets(lambda request: (403, "")) as port:
            return await led(port, logs=lambda traces: time.sleep(120), budget={"handshakes": 30, "seconds": 6})

    began = time.monotonic()
    diagnosis = asyncio.run(diagnosed())
    assert time.monotonic() - began < 60
    assert len([one for one in diagnosis.observations if one.kind == "handshake"]) > 5


async def test_what_is_written_of_served_requests_too_is_no_evidence() -> None:
    """An entry that stands beside a health check which was served says nothing of the refusal."""
    async with plain_websockets(lambda request: (403, "")) as port:
        diagnosis = await led(port, logs=lambda traces: [entry(trace, "Signature verification failed") for trace in traces])
    assert diagnosis.verdict == "ambiguous"


async def test_entries_of_other_requests_are_no_evidence() -> None:
    """Entries with another trace id, however telling, name nothing."""
    async with plain_websockets(lambda request: (403, "")) as port:
        diagnosis = await led(port, logs=lambda traces: [entry("f" * 32, "Invalid audience")])
    assert diagnosis.verdict == "ambiguous"
    assert not [seen for seen in diagnosis.observations if seen.kind == "log"]


async def test_an_entry_that_also_stands_beside_an_acceptance_is_noise() -> None:
    """A line that the service writes for good handshakes too does not name a cause."""
    async with plain_websockets(lambda request: None if claims_of(bearer(request), audience="live") else (403, "")) as port:
        diagnosis = await led(
            port,
            logs=lambda traces: [entry(trace, "User not found in cache, loading") for trace in traces],
            token={"claims": {"aud": "api"}},
            alternatives={"claims": {"aud": ["live"]}},
        )
    assert [cause.id for cause in diagnosis.causes] == ["audience-mismatch"]


async def test_an_unreadable_alternative_is_left_out_and_named() -> None:
    """An alternative behind an unset variable is an offline observation, not an error."""
    async with plain_websockets(lambda request: (403, "")) as port:
        diagnosis = await led(port, alternatives={"secrets": ["env:NOT_SET_ANYWHERE"]})
    assert any("NOT_SET_ANYWHERE" in seen.body_excerpt for seen in diagnosis.observations if seen.kind == "offline")


async def test_an_issued_token_teaches_the_key_is_wrong() -> None:
    """The login's token passes and ours with all of its claims does not: only the key is left."""
    now = utc_now()
    issued = mint(claims_for({"aud": "live"}, user="ann", lifetime_s=600, now=now), key=OTHER_KEY, algorithm="HS256")
    async with plain_websockets(
        lambda request: None if claims_of(bearer(request), key=OTHER_KEY, audience="live") else (403, "")
    ) as port:
        diagnosis = await led(port, environ={"ISSUED": issued}, token={"issued": "env:ISSUED"})
    assert (diagnosis.verdict, [cause.id for cause in diagnosis.causes]) == ("proved", ["secret-mismatch"])


async def test_an_issued_token_teaches_a_claim() -> None:
    """A claim that the issued token has and ours lacks is tried by itself, and proved."""
    issued = mint(claims_for({"tenant": "blue"}, user="ann", lifetime_s=600, now=utc_now()), key=KEY, algorithm="HS256")
    async with plain_websockets(
        lambda request: None if (claims_of(bearer(request)) or {}).get("tenant") == "blue" else (403, "")
    ) as port:
        diagnosis = await led(port, environ={"ISSUED": issued}, token={"issued": "env:ISSUED"})
    assert (diagnosis.verdict, [cause.id for cause in diagnosis.causes]) == ("proved", ["claim-missing"])
    assert any("KEY signed it" in seen.body_excerpt for seen in diagnosis.observations if seen.kind == "offline")


async def test_no_secret_and_no_token_in_the_document() -> None:
    """Keys, tokens and header values never stand in the JSON."""
    async with plain_websockets(lambda request: (403, request.headers.get("Authorization", ""))) as port:
        given = {
            "secrets": ["env:OTHER_KEY"],
            "headers": [{"X-Bypass": "env:BYPASS"}],
            "carriers": ["query", "cookie", "subprotocol"],
        }
        diagnosis = await led(port, environ={"BYPASS": "let-me-in-please"}, alternatives=given)
    document = json.dumps(diagnosis.as_json())
    assert not [secret for secret in (KEY, OTHER_KEY, "let-me-in-please", "eyJ") if secret in document]


async def test_the_document_has_the_keys_of_the_contract() -> None:
    """Exactly the keys of section 3, at the top and in each observation."""
    async with plain_websockets(lambda request: (403, "")) as port:
        document = (await led(port)).as_json()
    top = (
        "schema environment symptom verdict causes candidates leads works_with excluded next_probe healthy minimal_pair whys"
        " observations spent"
    )
    assert list(document) == top.split()
    seen = "id kind factors rung status close_code headers body_excerpt elapsed_ms trace_id at"
    assert all(list(observation) == seen.split() for observation in document["observations"])


async def with_a_token(port: int, token: str, budget: dict[str, int] | None = None, **more: Any) -> Any:
    """A diagnosis that is asked with this token as it stands."""
    given = {"token": {"secret": None, "issued": "env:ISSUED"}, "alternatives": {"schemes": ["JWT", "Token"]}}
    parameters = settings(port, **given, **({"budget": budget} if budget else {}))
    environ, rest = {"ISSUED": token}, Rest()
    handshake = configured(parameters, environ=environ)
    try:
        return await investigate(parameters, handshake=handshake, rest=rest, ws=WebSockets(), environ=environ, **more)
    finally:
        await rest.close()


async def test_nothing_is_asked_any_more_with_a_token_that_ran_out() -> None:
    """It is said when that was, what was found until then stands, and that it is expired now is no cause."""
    asked: list[Upgrade] = []

    def check(request: Upgrade) -> tuple[int, str]:
        asked.append(request)
        return (403, "")

    token = mint(claims_for({}, user="ada", lifetime_s=20, now=utc_now()), key=KEY, algorithm="HS256")
    async with plain_websockets(check) as port:
        found = await with_a_token(port, token, clock=lambda: utc_now() + timedelta(seconds=30 if len(asked) > 1 else 0))
    (said,) = [seen.body_excerpt for seen in found.observations if seen.factors.get("token") == "ran out"]
    # A token's moments are whole seconds, a diagnosis begins between two.
    assert re.match(r"the token ran out (?:18|19|20) s into the diagnosis: what was asked with it from then on is void", said)
    assert (found.verdict, found.spent["handshakes"], found.budget_spent) == ("ambiguous", 1, {})


async def test_a_budget_that_ended_the_diagnosis_is_named() -> None:
    """Handshakes where one more would have been too many, and nothing where everything was asked."""
    async with plain_websockets(lambda request: (403, "")) as port:
        token = mint(claims_for({}, user="ada", lifetime_s=900, now=utc_now()), key=KEY, algorithm="HS256")
        few, enough = await with_a_token(port, token, budget={"handshakes": 3}), await with_a_token(port, token)
    assert (few.budget_spent, few.as_json()["budget_spent"]) == ({"handshakes": 3}, {"handshakes": 3})
    assert "budget_spent" not in enough.as_json()


async def test_a_refusal_that_came_when_the_token_had_run_out_is_void() -> None:
    """It was spent, and is kept as what it is; nothing is concluded from it."""

    def check(request: Upgrade) -> tuple[int, str]:
        time.sleep(5.1)
        return (403, "token expired")

    token = mint(claims_for({}, user="ada", lifetime_s=5, now=utc_now()), key=KEY, algorithm="HS256")
    async with plain_websockets(check) as port:
        found = await with_a_token(port, token)
    (void,) = [seen for seen in found.observations if seen.body_excerpt.startswith("void")]
    assert (void.id, void.kind, found.spent["handshakes"]) == ("h1", "offline", 1)
    assert (found.causes, found.verdict) == ((), "ambiguous")
