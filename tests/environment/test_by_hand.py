"""Probes by hand send what they say they send, and refuse what could not be sent as meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lib import handshake as hs
from lib.environment import open_environment, opening
from lib.environment.by_hand import changed
from lib.facts import utc_now
from lib.parameters import loading as params
from lib.parameters.loading import BadInput
from lib.whys.working import compared

ADDRESSES: dict[str, Any] = {
    "target.rest_url": "http://127.0.0.1:1",
    "target.ws_url": "ws://127.0.0.1:1/ws?room=7",
    "headers": {"X-A": "1"},
}


def request_of(monkeypatch: pytest.MonkeyPatch, **given: Any) -> Any:
    """The request that a probe with these factors would send."""
    for name in ("EMBEDDED_JWT_SECRET", "OTHER_KEY"):
        monkeypatch.setenv(name, f"a-key-of-some-length-named-{name}")
    monkeypatch.setenv("PASTED", "pasted-token")
    parameters = params.load("embedded", ADDRESSES | {"token.issued": "env:PASTED"})
    return hs.websocket_request(changed(hs.configured(parameters), parameters, given), now=utc_now())


def test_headers_are_added_and_references_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A map adds to the configured headers instead of replacing them, and what stands behind a reference is secret."""
    request = request_of(monkeypatch, headers={"X-B": "2", "X-Api-Key": "env:PASTED"})
    headers = dict(request.headers)
    assert (headers["X-A"], headers["X-B"], headers["X-Api-Key"]) == ("1", "2", "pasted-token")
    assert "pasted-token" in request.secrets


def test_factors_are_taken_as_a_diagnosis_prints_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, paths, hosts, dotted claims and headers, and the issued token."""
    given = {"subprotocols": ["chat.v1"], "path": "/other", "host": "localhost", "origin": None, "token": "issued"}
    request = request_of(monkeypatch, **given, **{"headers.X-A": "3"})
    assert (request.url, request.subprotocols, request.origin) == ("ws://localhost:1/other?room=7", ("chat.v1",), None)
    assert dict(request.headers)["Authorization"] == "Bearer pasted-token"
    assert dict(request.headers)["X-A"] == "3"
    assert request_of(monkeypatch, carrier="query").url.startswith("ws://127.0.0.1:1/ws?room=7&token=eyJ")


def test_the_factors_of_a_working_handshake_are_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cookies and its token by the references that a diagnosis prints, subprotocols by their place, port and scheme alone."""
    (tmp_path / "works").write_text(
        "curl 'ws://127.0.0.1:1/ws' -H 'Authorization: Bearer of-the-browser' -b 'sid=c00k1e-0123456789'"
    )
    monkeypatch.setitem(ADDRESSES, "target.working", f"file:{tmp_path / 'works'}")
    given = {
        "cookies.sid": "env:WORKING_COOKIE_sid",
        "subprotocols.b": 1,
        "port": 8443,
        "url_scheme": "wss",
        "query.room": ["1", "2"],
    }
    request = request_of(monkeypatch, **given, token="env:WORKING_TOKEN", **{"headers.X-A": None})
    assert (request.url, request.subprotocols) == ("wss://127.0.0.1:8443/ws?room=1&room=2", ("b",))
    assert dict(request.headers) == {"Cookie": "sid=c00k1e-0123456789", "Authorization": "Bearer of-the-browser"}
    assert "c00k1e-0123456789" in request.secrets
    assert request_of(monkeypatch, host="ws://localhost:7").url == "ws://localhost:7/ws?room=7"


def test_what_belongs_to_another_host_goes_nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The token of a working handshake of another host is refused without the rest of that change."""
    (tmp_path / "works").write_text("curl 'wss://other.example/ws' -H 'Authorization: Bearer of-the-browser-123'")
    monkeypatch.setitem(ADDRESSES, "target.working", f"file:{tmp_path / 'works'}")
    with pytest.raises(BadInput, match="belongs to the working handshake's host") as refusal:
        request_of(monkeypatch, token="env:WORKING_TOKEN")
    assert "of-the-browser" not in str(refusal.value)


def test_another_host_is_asked_with_all_that_is_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The whole change to a working handshake's host, as a diagnosis prints it, is taken; the host alone is refused."""
    (tmp_path / "works").write_text(
        "curl 'ws://other.example:1/ws?room=7' -H 'Authorization: Bearer of-the-browser-123' -H 'X-A: 1'"
    )
    monkeypatch.setitem(ADDRESSES, "target.working", f"file:{tmp_path / 'works'}")
    for key, value in {"target.allow_hosts": None, "alternatives.hosts": []}.items():
        monkeypatch.setitem(ADDRESSES, key, value)
    monkeypatch.setenv("EMBEDDED_JWT_SECRET", "a-key-of-some-length-named-EMBEDDED_JWT_SECRET")
    parameters = params.load("embedded", ADDRESSES)
    printed = dict(compared(parameters, hs.configured(parameters)).bound.factors)
    request = request_of(monkeypatch, **printed)
    assert (request.url, request.headers[-1]) == (
        "ws://other.example:1/ws?room=7",
        ("Authorization", "Bearer of-the-browser-123"),
    )
    with pytest.raises(BadInput, match=r"the host other\.example is not"):
        request_of(monkeypatch, host=printed["host"])


def test_what_would_change_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user of a token that stands as it is, a word before it in the query, a token behind a header of one's own."""
    with pytest.raises(BadInput, match="nothing is minted"):
        request_of(monkeypatch, token="issued", user="x")
    with pytest.raises(BadInput, match="carried in query"):
        request_of(monkeypatch, carrier="query", scheme="JWT")
    with pytest.raises(BadInput, match="the configured header Authorization is sent in its place"):
        request_of(monkeypatch, token="issued", headers={"Authorization": "env:PASTED"})


@pytest.mark.parametrize(
    ("factor", "value"),
    [
        ("subprotocols", "chat.v1"),
        ("subprotocols.a", 0),
        ("port", "80"),
        ("url_scheme", "http"),
        ("cookies.sid", "hunter2-hunter2"),
        ("carrier", "foo"),
        ("key", "hunter2-hunter2"),
        ("token", "hunter2-hunter2"),
        ("usr", "x"),
    ]
    + [
        ("headers", {"Authorization": "Bearer hunter2-hunter2"}),
        ("headers", "X-A: 1"),
        ("host", "elsewhere.example"),
        ("path", "ws"),
    ]
    + [
        ("lifetime_s", "300"),
        ("user", 7),
        ("claims", "aud"),
        ("credential", "hunter2-hunter2"),
        ("headers.Cookie", "a=hunter2-hunter2"),
    ],
)
def test_what_could_not_be_sent_as_meant_is_refused_without_echo(
    monkeypatch: pytest.MonkeyPatch, factor: str, value: Any
) -> None:
    """A bare text for a list, an unknown carrier or factor, a literal secret: one sentence, and the value is not in it."""
    with pytest.raises(BadInput) as refusal:
        request_of(monkeypatch, **{factor: value})
    assert refusal.value.where.startswith(factor.partition(".")[0])
    assert "hunter2" not in str(refusal.value)


def test_a_session_is_a_factor_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said as in the parameters, with the token where it stands, beside the configured carrier or in its place."""
    session = {"protocol": "socket.io", "payload": {"token": "{token}", "key": "env:PASTED"}}
    both = request_of(monkeypatch, session=session)
    moved = request_of(monkeypatch, carrier="message", session=session)
    assert "pasted-token" in both.session.messages[0]
    assert both.session.messages[0].startswith('40{"token":"eyJ')
    assert ("Authorization" in dict(both.headers), "Authorization" in dict(moved.headers)) == (True, False)
    assert request_of(monkeypatch, session=None).session is None
    for given in ({"carrier": "message"}, {"session": {"send": []}}, {"session": {"payload": {"token": "hunter2-hunter2"}}}):
        with pytest.raises(BadInput) as refusal:
            request_of(monkeypatch, **given)
        assert "hunter2" not in str(refusal.value)


async def test_a_probe_says_what_came_of_it() -> None:
    """Beside the exchange: the claims that were sent, and what the servers wrote about this very handshake."""
    here = open_environment("embedded", 1, {"embedded.faults": ["user-unknown"]})
    refused, accepted = await here.probe(), await here.probe(user="staging-e2e-user-002")
    opening.close_all()
    assert (refused.exchange.status, accepted.exchange.accepted) == (403, True)
    assert accepted.claims["sub"] == "staging-e2e-user-002"
    assert {entry.trace_id for entry in refused.entries or ()} == {refused.exchange.trace_id}
