"""Every fault has its outside symptom, and the change of the client that lifts it lifts it."""

from __future__ import annotations

import json
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from lib.staging.faults import FAULTS, WAYS

REST, OPEN, SECOND_USER = "/api/auth/me", "open", "staging-e2e-user-002"

OTHER: dict[str, Any] = {"sub": SECOND_USER}
DIRECT: dict[str, Any] = {"host": "localhost"}
FORWARDED: dict[str, Any] = {"headers": {"X-Forwarded-Proto": "https"}}


@dataclass(frozen=True)
class Seen:
    """What a fault looks like: the log's reason, the handshake's outcome, changes that lift it, changes that do not, the REST
    status."""

    told: str | None
    outcome: str = "403"
    lifts: tuple[dict[str, Any], ...] = ()
    stays: tuple[dict[str, Any], ...] = (OTHER, DIRECT)
    rest: int = 200
    options: dict[str, Any] = field(default_factory=dict)


SEEN: dict[str, Seen] = {
    "credential-malformed": Seen("does not use the JWT scheme", lifts=({"scheme": "JWT"}, {"carrier": "query"})),
    "credential-carrier": Seen(
        "No JWT token provided",
        lifts=({"carrier": "subprotocol"},),
        stays=({"carrier": "query"}, {"carrier": "cookie"}, {"scheme": "JWT"}, DIRECT),
    ),
    "subprotocol-unoffered": Seen(
        None, "broken off", lifts=({"subprotocols": ("chat.v1",)},), stays=({"subprotocols": ("chat.v2",)}, DIRECT)
    ),
    "edge-strips-credential": Seen(
        "No JWT token provided",
        lifts=(DIRECT, {"carrier": "subprotocol"}, {"carrier": "query"}, {"carrier": "cookie"}),
        stays=(OTHER,),
    ),
    "edge-blocks-upgrade": Seen(None, "426", lifts=(DIRECT,), stays=(OTHER,)),
    "edge-policy": Seen(None, lifts=(DIRECT,), stays=(OTHER, {"host_header": "api.staging.localhost"})),
    "host-refused": Seen("WebSocket host DENIED", lifts=({"host_header": "api.staging.localhost"},)),
    "route-missing": Seen(None, lifts=({"path": "/websocket"},), stays=({"path": "/ws/"}, OTHER, DIRECT)),
    "origin-refused": Seen(
        "WebSocket origin DENIED: http://app.staging.localhost",
        lifts=({"origin": "https://app.staging.example"},),
        stays=({"origin": None}, OTHER),
    ),
    "subprotocol-refused": Seen(
        "Subprotocol chat.v1 is required", lifts=({"subprotocols": ("chat.v1",)},), stays=({"subprotocols": ("chat.v2",)}, OTHER)
    ),
    "bypass-key": Seen(
        "E2E bypass key missing",
        lifts=({"headers": {"X-E2E-Bypass-Key": "bypass-" + "c" * 20}},),
        stays=({"headers": {"X-E2E-Bypass-Key": "guess"}}, OTHER),
    ),
    "secret-mismatch": Seen("JWT validation failed: Signature verification failed", lifts=({"key": "jwt_websocket"},)),
    "algorithm-mismatch": Seen("alg", lifts=({"algorithm": "HS512"},)),
    "issuer-mismatch": Seen("issuer", lifts=({"iss": "netra-auth"},)),
    "audience-mismatch": Seen("udience", lifts=({"aud": "netra-websocket"},)),
    "claim-missing": Seen("tenant", lifts=({"tenant": "staging"},)),
    "token-expired": Seen("lifetime of 900 s exceeds", lifts=({"lifetime_s": 300},)),
    "clock-skew": Seen("not yet valid (iat)", lifts=({"issued_ago_s": 180},)),
    "user-unknown": Seen("User staging-e2e-user-001 not found", lifts=(OTHER,), stays=(DIRECT,)),
    "user-inactive": Seen("is disabled", lifts=(OTHER,), stays=(DIRECT,)),
    "permission-missing": Seen("Permission 'realtime'", lifts=({"permissions": ["read", "realtime"]},)),
    "auth-service-down": Seen("Auth service unreachable", rest=503),
    "service-identity": Seen("invalid_service_id", rest=401),
    "server-error": Seen("CrashedAtAccept", "500"),
    "connection-limit": Seen("Connection limit reached", lifts=(OTHER,), stays=(DIRECT,)),
    "closed-after-accept": Seen("AUTHENTICATION FAILED", "1008"),
    "crash-after-accept": Seen("agent_supervisor is None", "1011"),
    "protocol-version": Seen("Unsupported protocol version 1", lifts=({"path": "/ws?v=2"},), stays=({"path": "/ws?v=1"}, DIRECT)),
    "wrong-token": Seen("Invalid token type: expected websocket", lifts=({"token_type": "websocket"},)),
    "request-too-large": Seen(
        None, "400", lifts=({"permissions": ["read"]}, DIRECT), stays=(OTHER, {"carrier": "query"}), rest=400
    ),
    "upgrade-damaged": Seen(None, "broken off", lifts=(DIRECT,), stays=(OTHER,)),
    "forwarded-refused": Seen("X-Forwarded-Proto is http", lifts=(DIRECT,), stays=(OTHER, FORWARDED)),
    "first-message-missing": Seen(None, "4408"),
    "websocket-unsupported": Seen("Unsupported upgrade request.", "404", stays=(OTHER, DIRECT, {"path": "/ws/test"})),
    "handler-hangs": Seen("Timeout reading from session store", "504", options={"upstream_timeout_s": 1.2}),
}
WAYS_SEEN: dict[str, Seen] = {
    **{f"edge-blocks-upgrade/{status}": Seen(None, str(status), (DIRECT,), (OTHER,)) for status in (200, 403, 426, 501, 502)},
    "edge-blocks-upgrade/auth-request": Seen(None, "500", lifts=(DIRECT,), stays=(OTHER, {"path": "/nowhere"})),
    "permission-missing/user": Seen("has no permission to open WebSockets", lifts=(OTHER,), stays=(DIRECT,)),
    "upgrade-damaged/connection": Seen(None, "broken off", lifts=(DIRECT,), stays=(OTHER,)),
    "upgrade-damaged/accept": Seen(None, "broken off", lifts=(DIRECT,), stays=(OTHER,)),
    "forwarded-refused/host": Seen("WebSocket host DENIED: netra-backend.internal", lifts=(DIRECT,), stays=(OTHER,)),
    "request-too-large/431": Seen(None, "431", lifts=(DIRECT,), stays=(OTHER,), rest=431),
    "request-too-large/414": Seen(None, "414", lifts=(DIRECT,), stays=(OTHER,), rest=414),
    "wrong-scheme/plain-on-tls": Seen(None, "400", stays=(OTHER, DIRECT)),
    "certificate-refused/expired": Seen(None, "tls certificate has expired", stays=(OTHER, {"certified": True})),
    "certificate-refused/name": Seen(
        None, "tls IP address mismatch, certificate is not valid for '127.0.0.1'.", stays=(OTHER, {"certified": True})
    ),
    "client-certificate-missing/page": Seen(None, "400", lifts=({"certified": True},), stays=(OTHER,)),
}
BY_THEMSELVES = {"wrong-scheme", "certificate-refused", "client-certificate-missing", "subprotocol-unanswered", "idle-closed"}
OVER_TIME = {
    "client-proxy",
    "credential-absent",
    "token-reuse",
    "rate-limited",
    "startup-race",
    "mixed-revisions",
    "verdict-cached",
}


def rest_status(staging: Any, **changes: Any) -> int:
    return httpx.get(staging.rest_url + REST, headers=staging.bearer(**changes)).status_code


def test_every_fault_is_tested():
    """No switch without a test of what it looks like from outside."""
    assert set(SEEN) | OVER_TIME | BY_THEMSELVES == set(FAULTS)
    assert set(WAYS_SEEN) == set(WAYS)


@pytest.mark.parametrize("cause", [*SEEN, *WAYS_SEEN])
def test_fault_shows_and_is_lifted(start, cause):
    """The plain handshake fails as the cause does, only the stated change opens it, and REST answers as the layer implies."""
    seen = (SEEN | WAYS_SEEN)[cause]
    staging = start(cause, options=seen.options)
    trace = staging.knock_traced()
    assert staging.knock() == seen.outcome
    assert [staging.knock(**change) for change in seen.lifts] == [OPEN] * len(seen.lifts)
    assert OPEN not in [staging.knock(**change) for change in seen.stays]
    assert staging.knock() == seen.outcome
    assert rest_status(staging) == seen.rest
    assert httpx.get(staging.rest_url + "/api/health").status_code == 200
    told = [line for line in staging.told(trace) if seen.told and seen.told in line]
    assert bool(told) == (seen.told is not None), staging.told(trace)


def test_healthy_system_is_open_and_refuses_what_it_must(healthy):
    """Without a fault every carrier opens the socket, and no, garbage, expired and foreign credentials do not."""
    assert {healthy.knock(carrier=carrier) for carrier in ("authorization", "subprotocol", "query", "cookie")} == {OPEN}
    assert {healthy.knock(origin=None), healthy.knock(path="/websocket"), healthy.knock(**DIRECT), healthy.knock(**OTHER)} == {
        OPEN
    }
    wrong = [
        {"token": ""},
        {"token": "garbage"},
        {"lifetime_s": -10, "issued_ago_s": 100},
        {"key": "jwt_websocket"},
        {"sub": "nobody"},
        {"path": "/nowhere"},
    ]
    assert [healthy.knock(**change) for change in wrong] == ["403"] * len(wrong)


def test_wrong_scheme_is_answered_by_a_redirect_to_the_other(start):
    """Plain upgrades are sent to the TLS port, where the same handshake opens; REST goes on in plain text."""
    staging = start("wrong-scheme")
    answer = httpx.get(staging.rest_url + "/ws?a=1", headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert (answer.status_code, answer.headers["location"]) == (301, f"https://127.0.0.1:{staging.tls['port']}/ws?a=1")
    secure = f"wss://127.0.0.1:{staging.tls['port']}/ws"
    assert [staging.knock(), staging.knock(url=secure), staging.knock(**DIRECT)] == ["301", OPEN, OPEN]
    assert rest_status(staging) == 200


def test_certificate_is_refused_until_its_authority_is_trusted(start):
    """Clients are not told the private authority; one that trusts it gets in, and the edge wrote down who did not."""
    staging = start("certificate-refused")
    assert staging.tls["ca"] is None
    assert staging.knock() == "tls unable to get local issuer certificate"
    assert staging.knock(trust=staging.tls["authority"]) == OPEN
    time.sleep(0.2)
    assert "unknown ca" in " ".join(entry.text_payload or "" for entry in staging.entries('logName:"requests"'))


def alert_of(staging):
    """What TLS says to a client that brings no certificate, once it has asked for something."""
    address = ("127.0.0.1", urlsplit(staging.addresses["ws_url"]).port)
    context = staging.context()
    with socket.create_connection(address, timeout=5) as plain, context.wrap_socket(plain, server_hostname=address[0]) as tls:
        tls.sendall(b"GET /ws HTTP/1.1\r\n\r\n")
        with pytest.raises(ssl.SSLError) as refused:
            tls.recv(1)
    return refused.value.reason


def test_client_certificate_is_demanded_by_tls_itself(start):
    """Without a certificate the edge ends the connection with the alert that says so; with one the socket opens."""
    staging = start("client-certificate-missing")
    assert alert_of(staging) == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert staging.knock() != OPEN
    assert staging.knock(certified=True) == OPEN
    time.sleep(0.2)
    entries = staging.entries('logName:"requests"')
    assert "peer did not return a certificate" in " ".join(entry.text_payload or "" for entry in entries)


def test_subprotocol_is_not_answered(start, healthy):
    """The 101 names none of the offered subprotocols, where the healthy system names the one that it knows."""
    staging = start("subprotocol-unanswered")
    chosen = []
    for system in (healthy, staging):
        with system.session(subprotocols=("chat.v1",)) as ws:
            chosen.append(ws.subprotocol)
    assert chosen == ["chat.v1", None]


def test_idle_session_is_ended_without_a_close_frame(start):
    """A session that is quiet for the time is ended by the edge; one that talks goes on, and so does one past the edge."""
    staging = start("idle-closed", options={"idle_timeout_s": 0.6})
    assert staging.knock() == OPEN
    with staging.session() as quiet, staging.session() as talking, staging.session(**DIRECT) as direct:
        for session in (quiet, talking, direct):
            session.recv(timeout=2)
        for _ in range(4):
            time.sleep(0.3)
            talking.send('{"type": "ping"}')
            talking.recv(timeout=2)
        with pytest.raises(ConnectionClosedError) as ended:
            quiet.recv(timeout=2)
        assert ended.value.rcvd is None
        direct.send('{"type": "ping"}')
        assert json.loads(direct.recv(timeout=2))["type"] == "pong"


def test_first_message_opens_the_session(start):
    """A session that is begun as it must be is acknowledged; another first message is refused with a code of its own."""
    staging = start("first-message-missing")
    with staging.session() as ws:
        ws.send('{"type": "connection_init"}')
        assert [json.loads(ws.recv(timeout=2))["type"] for _ in range(2)] == ["connection_ack", "system_message"]
    with staging.session() as ws:
        ws.send('{"type": "ping"}')
        with pytest.raises(ConnectionClosedError) as closed:
            ws.recv(timeout=2)
    assert (closed.value.rcvd.code, "connection_init" in closed.value.rcvd.reason) == (4400, True)


SAID = {
    "credential-carrier": (401, "No JWT token provided"),
    "audience-mismatch": (401, "Audience doesn't match"),
    "user-inactive": (403, "is disabled"),
    "auth-service-down": (503, "Auth service unreachable"),
    "connection-limit": (429, "Connection limit reached"),
}


@pytest.mark.parametrize("cause", SAID)
def test_refusal_says_why_where_it_may(start, cause):
    """With `says_why` the client reads the reason, under a status that fits, instead of an empty 403."""
    staging, (status, words) = start(cause, says_why=True), SAID[cause]
    with pytest.raises(InvalidStatus) as refused, staging.session():
        pass
    assert refused.value.response.status_code == status
    assert words in json.loads(refused.value.response.body)["detail"]


def test_credential_absent_is_the_clients_own_doing(start):
    """The server does nothing: without a token it refuses, with one it opens."""
    staging = start("credential-absent")
    assert (staging.knock(token=""), staging.knock()) == ("403", OPEN)


def test_client_proxy_refuses_the_tunnel_and_passes_rest(start):
    """A proxy from the environment answers the handshake with its own 403; REST passes it, and without it the socket opens."""
    staging = start("client-proxy")
    proxy = staging.environment["http_proxy"]
    assert staging.knock(proxy=proxy) == "proxy 403"
    assert staging.knock() == OPEN
    with httpx.Client(proxy=proxy) as client:
        answer = client.get(staging.rest_url + REST, headers=staging.bearer())
    assert (answer.status_code, answer.headers["proxy-agent"]) == (200, "corporate-proxy/2.1")


def test_token_reuse_refuses_the_second_use_within_a_second(start):
    """The same token twice is refused on the socket and over REST; fresh tokens and a pause are not."""
    staging = start("token-reuse", options={"reuse_window_s": 0.5})
    token = staging.token()
    assert [staging.knock(token=token), staging.knock(token=token), staging.knock()] == [OPEN, "403", OPEN]
    assert httpx.get(staging.rest_url + REST, headers={"Authorization": f"Bearer {token}"}).status_code == 401
    time.sleep(0.6)
    assert staging.knock(token=token) == OPEN


def test_rate_limit_counts_handshakes_at_the_edge(start):
    """Past the limit the edge answers 429, the direct host does not, and a pause restores the first."""
    staging = start("rate-limited", options={"rate_limit": 2, "rate_window_s": 1.0})
    assert [staging.knock() for _ in range(3)] == [OPEN, OPEN, "429"]
    assert staging.knock(**DIRECT) == OPEN
    time.sleep(1.1)
    assert staging.knock() == OPEN


def test_startup_race_ends_by_itself(start):
    """The socket is shut after the start while health is already fine, and opens a little later."""
    staging = start("startup-race", options={"startup_s": 1.5})
    assert staging.knock() == "403"
    assert "startup incomplete" in staging.told(staging.knock_traced())[0]
    assert httpx.get(staging.rest_url + "/api/health").status_code == 200
    time.sleep(1.5)
    assert staging.knock() == OPEN


def test_mixed_revisions_answer_in_turn(start):
    """The same handshake is refused by the stale revision and accepted by the current one, whichever host it is sent to."""
    staging = start("mixed-revisions")
    assert [staging.knock() for _ in range(4)] == ["403", OPEN, "403", OPEN]
    assert "Signature verification failed" in staging.told(staging.knock_traced())[0]
    assert {rest_status(staging) for _ in range(3)} == {200}


def test_verdict_cached_refuses_one_token_for_good(start):
    """The first token keeps being refused, fresh tokens of the same content pass, and REST takes both."""
    staging = start("verdict-cached")
    token = staging.token()
    assert "verdict cached" in staging.told(staging.knock_traced(token=token))[0]
    assert [staging.knock(), staging.knock(token=token), staging.knock(token=token)] == [OPEN, "403", "403"]
    assert httpx.get(staging.rest_url + REST, headers={"Authorization": f"Bearer {token}"}).status_code == 200


PAIRS: list[tuple[tuple[str, str], dict[str, Any]]] = [
    (("secret-mismatch", "user-unknown"), {"key": "jwt_websocket", "sub": SECOND_USER}),
    (("edge-strips-credential", "audience-mismatch"), {"carrier": "query", "aud": "netra-websocket"}),
    (("origin-refused", "claim-missing"), {"origin": "https://app.staging.example", "tenant": "staging"}),
    (("subprotocol-refused", "credential-carrier"), {"subprotocols": ("chat.v1",), "carrier": "subprotocol"}),
    (("host-refused", "issuer-mismatch"), {"host_header": "api.staging.localhost", "iss": "netra-auth"}),
    (("route-missing", "token-expired"), {"path": "/websocket", "lifetime_s": 300}),
    (("edge-policy", "algorithm-mismatch"), {"host": "localhost", "algorithm": "HS512"}),
    (("bypass-key", "clock-skew"), {"headers": {"X-E2E-Bypass-Key": "bypass-" + "c" * 20}, "issued_ago_s": 180}),
]


@pytest.mark.parametrize(("pair", "lift"), PAIRS, ids=lambda value: "+".join(value) if isinstance(value, tuple) else "")
def test_pair_needs_both_changes(start, pair, lift):
    """Two faults at once: neither change alone opens the socket, both together do."""
    staging = start(*pair)
    singles = [{name: value for name, value in lift.items() if name != left_out} for left_out in lift]
    assert [staging.knock(), *(staging.knock(**single) for single in singles)] == ["403"] * 3
    assert staging.knock(**lift) == OPEN


EVERY_LIFT: dict[str, dict[str, Any]] = {
    "secret-mismatch": {"key": "jwt_websocket"},
    "algorithm-mismatch": {"algorithm": "HS512"},
    "issuer-mismatch": {"iss": "netra-auth"},
    "audience-mismatch": {"aud": "netra-websocket"},
    "claim-missing": {"tenant": "staging"},
    "token-expired": {"lifetime_s": 100},
    "clock-skew": {"issued_ago_s": 180},
    "user-inactive": {"sub": SECOND_USER},
    "permission-missing": {"permissions": ["realtime"]},
    "origin-refused": {"origin": "https://app.staging.example"},
    "subprotocol-refused": {"subprotocols": ("chat.v1",)},
    "bypass-key": {"headers": {"X-E2E-Bypass-Key": "bypass-" + "c" * 20}},
    "credential-carrier": {"carrier": "subprotocol"},
    "host-refused": {"host_header": "api.staging.localhost"},
    "route-missing": {"path": "/websocket"},
}


def test_any_number_of_faults_combine(start):
    """With sixteen faults at once only all changes together open the socket: no fault hides or lifts another."""
    staging = start(*EVERY_LIFT, "edge-strips-credential")
    whole = {name: value for lift in EVERY_LIFT.values() for name, value in lift.items()}
    assert staging.knock(**whole) == OPEN
    for cause, lift in EVERY_LIFT.items():
        assert (cause, staging.knock(**{name: value for name, value in whole.items() if name not in lift})) == (cause, "403")


def test_test_socket_is_untouched_by_authentication_faults(start):
    """/ws/test needs no credential, and echoes, while the authenticated socket refuses."""
    staging = start("secret-mismatch", "origin-refused", "route-missing", "server-error", "auth-service-down")
    with staging.session(token="", path="/ws/test") as ws:
        ws.recv(timeout=2)
        ws.send('{"type": "hello", "n": 1}')
        assert json.loads(ws.recv(timeout=2))["received"] == {"type": "hello", "n": 1}
