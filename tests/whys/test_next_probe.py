"""What is asked next can be tried as it stands, and was not tried before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lib.facts import Observation
from lib.handshake import Handshake
from lib.parameters.loading import ROOT, Parameters, read_yaml, set_dotted, validated
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.context import context_of
from lib.whys.next_probe import next_probe
from lib.whys.strategy.inquiry import Inquiry
from lib.whys.strategy.location import strangers_factors
from tests.whys.world import World, context, diagnosed


def loads(values: dict[str, Any]) -> Parameters:
    """Raises where these parameters, added to others, would be refused."""
    document = read_yaml(ROOT / "params" / "base.yaml") | {"environment": "simulated"}
    for key, value in {"target.ws_url": "wss://api.staging.example/ws", **values}.items():
        document = set_dotted(document, key, value)
    return validated(document, "the suggestion")


@pytest.mark.parametrize("name", CATALOGUE)
def test_what_is_suggested_can_be_set_as_it_stands(name: str) -> None:
    """Whatever is left open, the parameters to add are valid and hold no placeholder, or there is a command to run."""
    found = next_probe(Inquiry(context(alternatives={})), [name, "secret-mismatch"])
    assert found is not None
    assert (found.set is None) != (found.command is None)
    assert "<" not in repr(found.set or found.command)
    loads(dict(found.set or {}))


@pytest.mark.parametrize(
    ("given", "there", "allowed"),
    [
        (None, "there.example", ["api.example", "rest.example", "there.example"]),
        (
            ["api.example:443", "rest.example", "else.example"],
            "[::1]",
            ["api.example:443", "rest.example", "else.example", "[::1]"],
        ),
    ],
)
def test_a_host_to_be_permitted_stands_beside_those_that_are(given: list[str] | None, there: str, allowed: list[str]) -> None:
    """With all that is suggested for the host of a redirect the same parameters load, and go where they went and there."""
    own: dict[str, Any] = {
        "target.rest_url": "https://rest.example",
        "target.ws_url": "wss://api.example/ws",
        "target.allow_hosts": given,
    }
    handshake = Handshake(url=own["target.ws_url"], rest_url=own["target.rest_url"], key="k")
    known = context_of(loads(own), handshake, readable={}, sendable=frozenset(), issued=None, has_logs=False)
    inquiry, headers = Inquiry(known), {"location": f"https://{there}/v2"}
    inquiry.log.add([Observation(id="h1", kind="handshake", factors={}, rung="upgrade", status=301, headers=headers)])
    factors = strangers_factors(inquiry)
    assert factors is not None
    inquiry.log.add([Observation(id="u1", kind="offline", factors=factors, finding={"unsent": True})])
    found = next_probe(inquiry, ["host-refused", "route-missing"])
    assert found is not None
    assert found.set is not None
    assert found.set["target.allow_hosts"] == allowed
    loads({**own, **found.set})


def test_what_is_on_offer_already_is_not_suggested() -> None:
    """With carriers among the alternatives only those are suggested that are not."""
    found = next_probe(Inquiry(context()), ["credential-carrier"])
    assert found is not None
    assert found.set == {"alternatives.carriers": ["subprotocol"]}


def test_what_was_sent_is_not_suggested() -> None:
    """An origin that a handshake carried is no suggestion any more."""
    inquiry = Inquiry(context(alternatives={}))
    before = next_probe(inquiry, ["origin-refused"])
    assert before is not None
    assert before.set is not None
    (tried, *_) = before.set["alternatives.origins"]
    inquiry.log.add([Observation(id="h1", kind="handshake", factors={"origin": tried}, rung="upgrade", status=403)])
    after = next_probe(inquiry, ["origin-refused"])
    assert after is None or tried not in (after.set or {}).get("alternatives.origins", [])


def test_what_something_speaks_for_is_asked_first() -> None:
    """Of two halves alike the one with the first lead is asked."""
    names = ["origin-refused", "route-missing"]
    first = [next_probe(Inquiry(context(alternatives={})), names, [name]) for name in names]
    assert [one.splits for one in first if one] == [("origin-refused",), ("route-missing",)]


def test_a_credential_that_is_given_whole_is_not_taken_apart() -> None:
    """Without a key no claim is suggested, but another whole token."""
    given = replace(context(alternatives={}), credential="given")
    found = next_probe(Inquiry(given), ["audience-mismatch"])
    assert found is not None
    assert found.set == {"alternatives.tokens": ["env:TOKEN_SIMULATED"]}


def test_a_pasted_token_is_tried_in_other_places_first() -> None:
    """Pages cannot send the header in which it is sent, and trying another place needs nothing that is not at hand."""
    names = [
        "credential-carrier",
        "edge-strips-credential",
        "secret-mismatch",
        "audience-mismatch",
        "token-expired",
        "user-unknown",
    ]
    found = next_probe(Inquiry(replace(context(alternatives={}), credential="given", carrier="authorization")), names)
    assert found is not None
    assert found.set == {"alternatives.carriers": ["query", "cookie", "subprotocol"]}
    assert "token.carrier_name" in found.reads


def test_where_the_change_is_proved_only_what_splits_is_asked() -> None:
    """Another value of the proved factor would tell all of its causes alike."""
    found = next_probe(Inquiry(context(alternatives={})), ["credential-carrier", "edge-strips-credential"], proved=True)
    assert found is not None
    assert "alternatives.carriers" not in (found.set or {})


@pytest.mark.parametrize(
    ("offered", "path", "session"),
    [
        (("graphql-transport-ws",), "/graphql", {"protocol": "graphql-transport-ws", "payload": {"token": "{token}"}}),
        (("actioncable-v1-json",), "/cable", {"protocol": "actioncable"}),
        ((), "/socket.io/", {"protocol": "socket.io", "payload": {"token": "{token}"}}),
        ((), "/ws", {"send": [{"type": "auth", "token": "{token}"}]}),
    ],
)
def test_a_session_without_a_first_message_is_suggested_one(offered: tuple[str, ...], path: str, session: dict[str, Any]) -> None:
    """As the protocol on offer has it, else a message to be written there; not where the session is given."""
    given = replace(context(alternatives={}), subprotocols=offered, ws_path=path)
    found = next_probe(Inquiry(given), ["first-message-missing", "idle-closed"], ["first-message-missing"])
    assert found is not None
    assert (found.set, found.splits) == ({"session": session}, ("first-message-missing",))
    loads(dict(found.set))
    after = next_probe(Inquiry(replace(given, session="free")), ["first-message-missing", "idle-closed"])
    assert "session" not in ((after and after.set) or {})


def test_an_ambiguous_end_comes_with_a_next_probe() -> None:
    """A crowd that nothing lifts ends with something to do that splits it."""
    diagnosis = diagnosed(World(["origin-refused"], bare=True), context(alternatives={}))
    assert diagnosis.verdict == "ambiguous"
    assert diagnosis.next_probe is not None
    assert set(diagnosis.next_probe.splits) < set(diagnosis.candidates)


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["user-unknown", "user-inactive", "permission-missing", "connection-limit"], "evidence.users"),
        (["edge-blocks-upgrade", "edge-policy", "forwarded-refused"], "evidence.configuration"),
    ],
)
def test_evidence_is_suggested_where_it_decides(names: list[str], key: str) -> None:
    """What no change tells apart a row or a configuration does; what is given already, or could not be read, is not asked."""
    inquiry = Inquiry(context(alternatives={}))
    found = next_probe(inquiry, names)
    assert found is not None
    assert list(found.set or {}) == [key]
    assert len(found.splits) >= 3
    loads(dict(found.set or {}))
    inquiry.log.add([Observation(id="o9", kind="offline", factors={"left out": key})])
    again = next_probe(inquiry, names)
    assert again is None or key not in (again.set or {})


@pytest.mark.parametrize(
    ("server", "first"),
    [("nginx/1.27", "nginx -T"), ("envoy", "cp /etc/envoy"), ("Google Frontend", "gcloud run"), ("", "kubectl")],
)
def test_how_a_configuration_is_exported(server: str, first: str) -> None:
    """The command that writes the file is that of what answers."""
    inquiry = Inquiry(context(alternatives={}))
    inquiry.log.add([Observation(id="h1", kind="handshake", factors={}, rung="upgrade", status=403, headers={"server": server})])
    found = next_probe(inquiry, ["edge-blocks-upgrade", "edge-policy", "forwarded-refused"])
    assert found is not None
    assert f"root: {first}" in found.reads
