"""The changes on offer: one thing each, with its side effects and its placebo."""

from __future__ import annotations

from typing import Any

from lib.handshake import Handshake
from lib.parameters.model import Parameters
from lib.whys.changes import changes_of, nonsense
from lib.whys.probes import Change
from tests.whys.world import parameters


def offered(alternatives: dict[str, Any], **handshake: Any) -> dict[str, Change]:
    """The proposed changes by name."""
    given: Parameters = parameters(alternatives=alternatives)
    values: dict[str, Any] = {"claims": {"iss": "issuer"}, "url": "ws://api.example/ws?v=1", **handshake}
    configured = Handshake(rest_url="", key="k", user="user-1", **values)
    found = changes_of(given, configured, "minted", readable=frozenset({"env:COOKIE"}), issued=None)
    return {change.name: change for change in found if not change.own}


def test_a_map_of_headers_is_taken_apart() -> None:
    """Each header is a factor of its own, judged by what it is."""
    found = offered({"headers": [{"Cookie": "env:COOKIE", "User-Agent": "Mozilla/5.0", "X-Tenant": "acme"}]})
    assert [found[f"headers.{name}"].factor for name in ("Cookie", "User-Agent", "X-Tenant")] == [
        "headers",
        "client_header",
        "headers",
    ]


def test_a_query_is_no_path() -> None:
    """Each parameter is a factor, one that is gone too; the path is one only where it differs."""
    found = offered({"paths": ["/ws?w=2", "/socket"]})
    assert (found["query.w"].factors, found["query.v"].factors) == ({"query.w": "2"}, {"query.v": None})
    assert found["path"].factors == {"path": "/socket"}


def test_a_header_in_the_place_of_the_token_changes_the_whole_credential() -> None:
    """Authorization beside a token in the query leaves the token alone; in the token's own place it replaces it."""
    other = {"headers": [{"Authorization": "env:COOKIE"}]}
    assert "key" in offered(other)["headers.Authorization"].touched
    assert "key" not in offered(other, carrier="query")["headers.Authorization"].touched


def test_placebos_share_length_and_presence() -> None:
    """A value of the same length that means nothing, and for what was not there before another name."""
    found = offered({"claims": {"iss": ["other-issuer"], "tenant": ["blue"]}, "headers": [{"X-Tenant": "acme"}]})
    assert found["claims.iss"].placebo == {"claims.iss": nonsense("other-issuer")}
    assert found["claims.tenant"].placebo == {"claims.placeb": "blue"}
    (name,) = found["headers.X-Tenant"].placebo or {}
    assert name != "headers.X-Tenant"
    assert len(name) == len("headers.X-Tenant")


def test_a_much_shorter_claim_is_a_change_of_length_too() -> None:
    """What drops four hundred groups may help for its length alone."""
    found = offered({"claims": {"groups": [["a"]]}}, claims={"groups": [f"group-{number}" for number in range(400)]})
    assert "length" in found["claims.groups"].touched
    assert found["claims.groups"].shortens_bytes > 3000
