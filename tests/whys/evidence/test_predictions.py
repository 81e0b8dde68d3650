"""What configurations and users' records say, and what the handshakes make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lib.facts import Observation, Prediction
from lib.whys.conclusion import diagnose
from lib.whys.evidence.predictions import Predicted, agrees
from lib.whys.probes import Probe
from tests.whys.world import BEGAN, World, context, diagnosed

OF_USERS = ("user-unknown", "user-inactive", "permission-missing")
ALTERNATIVES: dict[str, Any] = {
    "secrets": ["env:OTHER_KEY"], "algorithms": [], "users": ["user-2"], "origins": ["https://app.other.example"], "paths": [],
    "tokens": [], "claims": {}, "carriers": [], "schemes": [], "subprotocols": [], "hosts": [], "host_headers": [], "headers": [],
}  # fmt: skip


def record(user: str, *speaks_for: str, source: str = "the database", **more: Any) -> Prediction:
    """What a row says of a user: that these causes hold of them, or that none does."""
    against = () if speaks_for else OF_USERS
    words = f"{user}: {', '.join(speaks_for) or 'in order'}"
    return Prediction(
        kind="record", source=source, place=source, words=words, user=user, speaks_for=speaks_for, speaks_against=against, **more
    )


def config(*speaks_for: str, **more: Any) -> Prediction:
    return Prediction(kind="config", source="nginx.conf", place="nginx.conf:4", words="as written", speaks_for=speaks_for, **more)


def verdict(faults: Iterable[str], *evidence: Prediction, bare: bool = True) -> tuple[str, set[str]]:
    found = diagnosed(World(faults, bare=bare), context(alternatives=ALTERNATIVES), evidence)
    assert found.as_json() == diagnose(found.observations, context(alternatives=ALTERNATIVES)).as_json()
    return found.verdict, {cause.id for cause in found.causes}


@pytest.mark.parametrize("cause", ["user-unknown", "user-inactive"])
def test_a_record_names_what_a_proved_change_leaves_open(cause: str) -> None:
    """Another user is accepted, and the same source says of the one what it denies of the other."""
    assert verdict([cause]) == ("narrowed", set())
    assert verdict([cause], record("user-1", cause), record("user-2")) == ("stated", {cause})


@pytest.mark.parametrize("evidence", [
    [record("user-1", "user-inactive")],
    [record("user-1", "user-inactive"), record("user-2", "user-inactive")],
    [record("user-1", "user-inactive"), record("user-2", source="another")],
    [record("user-1"), record("user-2")],
    [record("user-1", "user-inactive", as_of=BEGAN - timedelta(days=9)), record("user-2")],
    [record("user-1", "user-inactive"), record("user-2"), record("user-1", "permission-missing", source="another")],
    [record("user-1", *OF_USERS[:2]), record("user-2")],
], ids=["alone", "of both", "of two sources", "in order", "old", "two minds", "either"])  # fmt: skip
def test_a_record_alone_or_of_a_doubtful_source_names_nothing(evidence: list[Prediction]) -> None:
    """What the accepted user's row does not deny, what is contradicted, and what is old or ambiguous, only leads."""
    assert verdict(["user-inactive"], *evidence) == ("narrowed", set())


def test_a_record_beside_an_accepted_handshake_is_contradicted_aloud() -> None:
    """The very user who is said to be inactive is let in: said, with the handshake, and nothing is named for it."""
    found = diagnosed(World([]), context(), [record("user-1", "user-inactive"), record("user-2")])
    assert (found.verdict, found.causes) == ("healthy", ())
    (lead,) = found.leads
    assert lead.id is None
    assert lead.evidence[:2] == ("u1", "h1")
    assert "recorded so, behaves otherwise" in lead.because
    found = diagnosed(World(["secret-mismatch"]), context(), [record("user-1", "user-inactive"), record("user-2")])
    assert [(cause.id, cause.strength) for cause in found.causes] == [("secret-mismatch", "proved")]
    assert any("behaves otherwise" in lead.because for lead in found.leads)


def test_a_record_in_order_of_a_user_who_is_refused_is_questioned() -> None:
    """It denies all that could be wrong with the user, although only another one is accepted: is that the right database?"""
    found = diagnosed(World(["user-inactive"]), context(), [record("user-1"), record("user-2")])
    assert found.verdict == "narrowed"
    assert [(lead.id, lead.evidence) for lead in found.leads] == [(None, ("u1",))]
    assert found.leads[0].because.endswith("is this the database that the WebSocket service reads?")


def test_a_joint_cause_is_named_by_the_record_beside_the_proved_one() -> None:
    """Of a key and a user that are wrong together the key is proved, and the record says what is wrong with the user."""
    evidence = [record("user-1", "user-unknown"), record("user-2")]
    assert verdict(["secret-mismatch", "user-unknown"], *evidence) == ("stated", {"secret-mismatch", "user-unknown"})


def test_words_of_the_server_outweigh_a_record() -> None:
    """The server itself says that the user is inactive: a row that says unknown does not change that."""
    evidence = [record("user-1", "user-unknown"), record("user-2")]
    assert verdict(["user-inactive"], *evidence, bare=False) == ("stated", {"user-inactive"})


def test_a_configuration_that_the_handshakes_refute_is_questioned() -> None:
    """An edge that is said to pass no upgrade, and a handshake that another key gets accepted: which revision is that?"""
    found = diagnosed(World(["secret-mismatch"]), context(), [config("edge-blocks-upgrade")])
    assert [cause.id for cause in found.causes] == ["secret-mismatch"]
    (lead,) = found.leads
    assert (lead.id, lead.evidence[0]) == (None, "c1")
    assert lead.because.endswith("configured so, behaves otherwise: is this the deployed revision?")


def test_a_source_of_which_one_thing_is_contradicted_names_nothing_else() -> None:
    """A file that is wrong about the origin may be wrong about what it strips, too: the two causes stay open."""
    right = diagnosed(World(["credential-carrier"]), context(), [config("credential-carrier")])
    assert [(cause.id, cause.strength) for cause in right.causes] == [("credential-carrier", "stated")]
    doubtful = diagnosed(World(["credential-carrier"]), context(), [config("credential-carrier"), config("origin-refused")])
    assert (doubtful.verdict, doubtful.causes) == ("narrowed", ())
    assert [lead.evidence[0] for lead in doubtful.leads if lead.id is None] == ["c2"]


def test_an_old_export_names_nothing() -> None:
    """What was exported days ago speaks for the cause, and the two stay open."""
    for days, named in ((0, ["credential-carrier"]), (9, [])):
        evidence = [config("credential-carrier", as_of=BEGAN - timedelta(days=days))]
        found = diagnosed(World(["credential-carrier"]), context(), evidence)
        assert [cause.id for cause in found.causes] == named


class RefusingBoth(World):
    """Refuses every handshake and, over REST, the configured token too."""

    def _refusal(self, factors: Mapping[str, Any]) -> str:
        return "always"

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        seen = super().answer(ask, apart_s)
        refused = ask.request == "handshake" or (ask.request == "protected" and ask.factors.get("credential") != "none")
        return replace(seen, status=401) if refused else seen


def test_what_plain_http_answers_agrees_with_no_configuration() -> None:
    """REST refuses the same token, which it would for many reasons: a file that names one of them does not state it."""
    found = diagnosed(RefusingBoth([]), context(), [config("issuer-mismatch")])
    assert (found.verdict, found.causes) == ("ambiguous", ())
    assert "issuer-mismatch" in found.candidates


def test_a_prediction_leads_among_candidates() -> None:
    """Where nothing is proved, what the configuration speaks for stands first, with its place."""
    found = diagnosed(
        World(["origin-refused"]), context(alternatives={**ALTERNATIVES, "origins": []}), [config("origin-refused")]
    )
    assert found.verdict == "ambiguous"
    assert found.candidates[0] == "origin-refused"
    assert (found.leads[0].id, found.leads[0].because) == ("origin-refused", "nginx.conf:4 says: as written")


class Telling(World):
    """Health names the revision that answers."""

    health = '{"revision": "backend-00042-abc"}'

    def answer(self, ask: Probe, apart_s: float = 0.0) -> Observation:
        seen = super().answer(ask, apart_s)
        return replace(seen, body_excerpt=self.health) if ask.request == "health" else seen


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"revision": "backend-00042-abc"}, ""),
        ({"revision": "backend-00041-xyz"}, "health reports backend-00042-abc"),
        ({"revision": "websocket-00007-xyz"}, ""),
        ({"elsewhere": "api.prod.example"}, "it names api.prod.example, and api.example is asked"),
    ],
)
def test_another_revision_or_address_than_the_one_that_answers(more: dict[str, Any], said: str) -> None:
    """What describes an earlier revision of what answers, or names another address, leads, says so, and names nothing."""
    found = diagnosed(Telling(["credential-carrier"]), context(), [config("credential-carrier", **more)])
    assert [cause.id for cause in found.causes] == ([] if said else ["credential-carrier"])
    assert any(said in lead.because for lead in found.leads) == bool(said)


@pytest.mark.parametrize(
    "health", ["[" * 20_000, '{"a":' * 20_000, "9" * 5_000, "[1]"], ids=["lists", "maps", "digits", "a list"]
)
def test_health_that_cannot_be_read_reports_no_revision(health: str) -> None:
    """Whatever a server answers to health, however deep, the diagnosis goes on without it."""
    world = Telling(["credential-carrier"])
    world.health = health
    found = diagnosed(world, context(), [config("credential-carrier", revision="backend-00041-xyz")])
    assert [cause.id for cause in found.causes] == ["credential-carrier"]


@pytest.mark.parametrize(("status", "server", "is_so"), [
    (403, "nginx/1.27", True), (403, "openresty", True), (403, "", True), (426, "nginx", False), (403, "envoy", False),
])  # fmt: skip
def test_a_refusal_agrees_with_the_status_and_the_server_of_a_file(status: int, server: str, is_so: bool) -> None:
    """Another status or another server's answer bears nothing out; a server that does not say which it is contradicts nothing."""
    told = Predicted(id="c1", says=config("edge-policy", refused_with=403, product="nginx"))
    seen = Observation(id="h1", kind="handshake", factors={}, status=status, headers={"server": server} if server else {})
    assert agrees(told, [seen]) == is_so
