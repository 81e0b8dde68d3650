"""Features of what carries the handshake: each holds of what shows it, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from lib.facts import Observation
from lib.whys.evidence.features import learned
from lib.whys.evidence.refusal import Refusal
from lib.whys.evidence.transport import is_invalid_101
from lib.whys.probes import Change
from tests.whys.evidence.test_stated import log_of, refusal


def rest(request: str, status: int, **more: Any) -> Observation:
    return Observation(id=f"r-{request}", kind="rest", factors={"request": request}, rung="http", status=status, **more)


def features(*seen: Observation, **context: Any) -> set[str]:
    return set(learned(Refusal(log_of(*seen, **context))))


@pytest.mark.parametrize(
    ("scheme", "status", "location", "holds"),
    [
        ("ws", 301, "https://api.example/ws", False),
        ("wss", 301, "https://api.example/login", True),
        ("ws", 302, "/login", True),
        ("ws", 404, "", True),
        ("ws", 403, "", False),
    ],
)
def test_an_answer_on_this_scheme(scheme: str, status: int, location: str, holds: bool) -> None:
    """A redirect to the other scheme and a status that could say so are no answer on this one."""
    found = features(refusal(1, "", status, headers={"location": location}), scheme=scheme)
    assert ("answered-on-this-scheme" in found) == holds


def test_a_plain_get_that_is_answered_otherwise() -> None:
    """Another status for a plain GET says that it is the upgrade which is refused; the same one does not."""
    assert "plain-get-answered-otherwise" in features(refusal(1, ""), rest("plain", 426))
    assert "plain-get-answered-otherwise" not in features(refusal(1, ""), rest("plain", 403))


def test_a_101_that_is_not_valid() -> None:
    """The violation that the client read tells it from a subprotocol that was not offered."""
    damaged = refusal(1, "", 101, finding={"error": "the 101 is not valid: missing Upgrade header"})
    chosen = refusal(1, "", 101, finding={"error": "the server chose the subprotocol 'a', which was not offered"})
    assert (is_invalid_101(damaged), is_invalid_101(chosen)) == (True, False)
    assert "no-invalid-101" in features(chosen)


def test_a_certificate_that_the_client_refused() -> None:
    """Only the client's own error says that it distrusts a certificate."""
    error = "the server's TLS certificate is not accepted: certificate has expired"
    seen = Observation(id="h1", kind="handshake", factors={}, rung="tls", finding={"error": error})
    assert "certificate-distrusted" in features(seen)
    assert "certificate-not-distrusted" in features(refusal(1, ""))


def test_an_answer_that_comes_late() -> None:
    """Late is two seconds and thrice what REST takes; where REST is as slow nothing is said."""
    late = refusal(1, "", 504, elapsed_ms=5000.0)
    assert "answered-late" in features(late, rest("health", 200, elapsed_ms=20.0))
    assert "answered-late" not in features(late, rest("health", 200, elapsed_ms=4000.0))
    assert "answered-soon" in features(refusal(1, "", elapsed_ms=20.0))


@pytest.mark.parametrize(("claim", "holds"), [("tenant", True), ("token_use", False)])
def test_a_claim_that_says_nothing_of_the_kind(claim: str, holds: bool) -> None:
    """What lifted the refusal is about the token's kind only where the claim is."""
    helped = Observation(id="h2", kind="handshake", factors={f"claims.{claim}": "x"}, rung="session", status=101)
    change = Change(factor="claim", factors={f"claims.{claim}": "x"})
    assert ("another-claim-helped" in learned(Refusal(log_of(refusal(1, ""), helped), {}, change))) == holds


@pytest.mark.parametrize(("parameter", "holds"), [("tenant", True), ("EIO", False), ("v", False)])
def test_a_parameter_that_names_no_version(parameter: str, holds: bool) -> None:
    """What lifted the refusal is about a version only where the query parameter is."""
    helped = Observation(id="h2", kind="handshake", factors={f"query.{parameter}": "2"}, rung="session", status=101)
    change = Change(factor="query", factors={f"query.{parameter}": "2"})
    assert ("another-parameter-helped" in learned(Refusal(log_of(refusal(1, ""), helped), {}, change))) == holds


@pytest.mark.parametrize(
    ("authority", "locations", "holds"),
    [
        ("wss://api.example:443", ["https://api.example/ws"] * 3, True),
        ("wss://API.example:8443", ["https://Api.Example:8443/ws"] * 3, True),
        ("wss://other.example:443", ["https://other.example/ws"] * 3, False),
        ("wss://other.example:443", ["https://api.example/ws"] * 3, False),
        ("wss://api.example:443", ["https://other.example/ws"] * 3, False),
        ("wss://api.example:443", ["https://api.example/ws", "https://api.example/ws", "https://login.example/"], False),
        ("wss://api.example:443", ["https://api.example/ws", "/ws", "https://api.example/ws"], False),
    ],
)
def test_sent_to_the_other_scheme_of_the_same_host(authority: str, locations: list[str], holds: bool) -> None:
    """Only where nothing but the scheme and its port changes, in what is asked and in what is said, is it about the scheme."""
    first, plain, nowhere = ({"location": one} for one in locations)
    path = log_of().context.impossible_path
    told = Observation(id="h2", kind="handshake", factors={"path": path}, rung="upgrade", status=301, headers=nowhere)
    helped = Observation(id="h3", kind="handshake", factors={"host": authority}, rung="session", status=101)
    log = log_of(refusal(1, "", 301, headers=first), rest("plain", 301, headers=plain), told, helped)
    change = Change(factor="host", factors={"host": authority})
    assert ("redirected-there" in learned(Refusal(log, {}, change))) == holds
