"""What a refusal states is tried first, and what nothing has read is not changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from websockets.http11 import Request as Upgrade

from lib.facts import Observation
from lib.whys.probes import Probe
from tests.whys.foreign import OTHER_KEY, bearer, claims_of, plain_websockets, whys
from tests.whys.world import World, context, diagnosed

MANY: dict[str, Any] = {"secrets": ["env:OTHER_KEY"], "users": ["bob"], "claims": {"aud": ["live"]}}


class Unread(World):
    """A target whose handshakes end before anything is read of them, with this error, unless another host is asked."""

    rung, error = "tls", "the TLS certificate is not accepted: unable to get local issuer certificate"

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        seen = super().answer(ask, apart_s)
        if seen.kind != "handshake" or "host" in ask.factors:
            return seen
        return replace(seen, rung=self.rung, status=None, body_excerpt="", finding={"error": self.error})


class Alerted(Unread):
    """The same where TLS ends with an alert once the request is under way."""

    rung, error = "http", "the server ended TLS for want of a client certificate, as the TLS alert says"


@pytest.mark.parametrize("kind", [Unread, Alerted])
def test_what_is_never_read_is_not_changed(kind: type[Unread]) -> None:
    """Where TLS ends the handshake neither token nor header is tried: the cause is stated after a handful of handshakes."""
    diagnosis = diagnosed(kind([]), replace(context(), scheme="wss"))
    assert diagnosis.verdict == "stated"
    assert diagnosis.spent["handshakes"] <= 6
    assert {name for seen in diagnosis.observations if seen.kind == "handshake" for name in seen.factors} <= {"host", "proxy"}


def test_another_host_is_tried_and_what_it_refuses_is_lifted_too() -> None:
    """Behind the certificate a wrong key: both are found, for past the first everything is tried."""
    given = context()
    other = [change for change in given.changes if change.factor in ("key", "origin")]
    past = replace(other[0], factor="host", factors={"host": "10.0.0.9"}, placebo=None)
    diagnosis = diagnosed(Unread(["secret-mismatch"]), replace(given, changes=(past, *other), hosts=("10.0.0.9",)))
    assert diagnosis.works_with is not None
    assert set(diagnosis.works_with.changes) == {"host", "key"}


async def test_what_the_refusal_states_is_changed_first() -> None:
    """A server that says that the audience is wrong has another one tried before any key and any user."""

    def check(request: Upgrade) -> tuple[int, str] | None:
        return None if claims_of(bearer(request), audience="live") else (401, "Invalid audience\n")

    async with plain_websockets(check) as port:
        diagnosis = await whys(port, token={"claims": {"aud": "api"}}, alternatives=MANY)
    assert (diagnosis.verdict, [cause.id for cause in diagnosis.causes]) == ("proved", ["audience-mismatch"])
    changed = [dict(seen.factors) for seen in diagnosis.observations if seen.kind == "handshake" and seen.factors]
    assert next(one for one in changed if one.keys() - {"credential"} and one.get("key") != "forged") == {"claims.aud": "live"}


async def test_words_that_are_wrong_cost_a_handshake_and_name_nothing() -> None:
    """A server that blames the audience for every refusal has the key proved that was really wrong."""

    def check(request: Upgrade) -> tuple[int, str] | None:
        return None if claims_of(bearer(request), key=OTHER_KEY) else (401, "Invalid audience\n")

    async with plain_websockets(check) as port:
        diagnosis = await whys(port, token={"claims": {"aud": "api"}}, alternatives=MANY)
    assert [cause.id for cause in diagnosis.causes] == ["secret-mismatch"]
