"""The handshake as factors: what the parameters describe is what a request carries, and nothing of it shows a secret."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from lib import handshake
from lib.handshake import Handshake
from lib.parameters import loading as params

NOW = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)
KEY = "key-of-staging-0123456789-0123456789"
BASE = Handshake(url="wss://api.example/ws", rest_url="https://api.example", key=KEY, user="u", claims={"iss": "auth"})
ENVIRON = {"JWT_KEY": KEY, "BYPASS": "bypass-value-1"}


def parameters(**overrides: Any) -> params.Parameters:
    """Parameters of some environment that is not embedded."""
    given = {"environment": "example", "token.secret": "env:JWT_KEY", "logs.source": "none", "alternatives.hosts": []}
    target = {
        "target.rest_url": "https://api.example",
        "target.ws_url": "wss://api.example/ws",
        "target.allow_hosts": ["api.example"],
    }
    return params.load("embedded", {**given, **target, **{name.replace("__", "."): value for name, value in overrides.items()}})


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a token that our key signed."""
    return jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False})


def test_parameters_become_factors():
    """Each parameter of target and token stands in the field of its name, references resolved."""
    headers = {"X-Bypass-Key": "env:BYPASS", "X-Env": "staging"}
    given = parameters(token__user="u-1", token__carrier="query", target__origin="https://app", headers=headers)
    configured = handshake.configured(given, environ=ENVIRON)
    assert (configured.url, configured.key, configured.user, configured.carrier) == ("wss://api.example/ws", KEY, "u-1", "query")
    assert configured.headers == (("X-Bypass-Key", "bypass-value-1"), ("X-Env", "staging"))
    assert configured.secret_values == ("bypass-value-1",)


def test_without_a_secret_no_credential_is_sent():
    """token.secret null: the handshake goes out bare."""
    bare = handshake.configured(parameters(token__secret=None), environ={})
    request = handshake.websocket_request(bare, now=NOW)
    assert (request.headers, request.credential, request.secrets) == ((), None, ())


BAD = {
    "unset": ({}, {}, "token.secret", "JWT_KEY is not set"),
    "no PEM": ({"token__algorithm": "RS256"}, ENVIRON, "token.secret", "cannot sign with RS256"),
    "unknown algorithm": ({"token__algorithm": "none"}, ENVIRON, "token.algorithm", "found 'none'"),
    "broken header": (
        {"headers": {"X-Bypass-Key": "env:BYPASS"}},
        {**ENVIRON, "BYPASS": "a\nb"},
        "headers.X-Bypass-Key",
        "line breaks",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_bad_input_that_names_no_value(case: str):
    """Unreadable references, keys that cannot sign and values that cannot be sent are told before anything is sent."""
    overrides, environ, where, found = BAD[case]
    with pytest.raises(params.BadInput) as refusal:
        handshake.configured(parameters(**overrides), environ=environ)
    assert refusal.value.where == where
    assert found in refusal.value.found
    assert KEY not in str(refusal.value)


def test_each_request_carries_a_fresh_token():
    """iat, exp and jti are those of the moment of the request; the same token twice only when asked for."""
    requests = [handshake.websocket_request(BASE, now=NOW + timedelta(seconds=seconds)) for seconds in (0, 60)]
    tokens = [dict(request.headers)["Authorization"].split(" ")[1] for request in requests]
    first, second = (claims_of(token) for token in tokens)
    assert (first["sub"], first["iss"], second["iat"] - first["iat"], first["jti"] != second["jti"]) == ("u", "auth", 60, True)
    again = handshake.websocket_request(BASE, now=NOW, token=tokens[0])
    assert again.headers == (("Authorization", f"Bearer {tokens[0]}"),)


def carried(**factors: Any) -> Any:
    """The request for a fixed token with these factors changed."""
    return handshake.websocket_request(replace(BASE, token="a.b.c+/", key=None, **factors), now=NOW)


def test_the_authorization_header_is_the_default_carrier():
    """With the scheme before the token."""
    assert carried(scheme="JWT").headers == (("Authorization", "JWT a.b.c+/"),)


def test_a_cookie_carries_the_token_under_its_name():
    """Default name token."""
    assert SimpleCookie(dict(carried(carrier="cookie").headers)["Cookie"])["token"].value == "a.b.c+/"
    assert dict(carried(carrier="cookie", carrier_name="sid").headers)["Cookie"].startswith("sid=")


@pytest.mark.parametrize(("url", "path"), [("wss://h", "/"), ("wss://h/ws", "/ws"), ("wss://h/ws?v=2&x=%20", "/ws")])
def test_the_query_carries_the_token_and_keeps_what_was_there(url: str, path: str):
    """The parameter is appended, encoded."""
    parts = urlsplit(carried(carrier="query", carrier_name="jwt", url=url).url)
    assert (parts.path, parse_qs(parts.query)["jwt"]) == (path, ["a.b.c+/"])
    assert ("v=2&x=%20&" in parts.query) == ("?" in url)


def test_the_subprotocol_carries_the_token_behind_its_prefix_after_the_others():
    """Plain or base64url, after the configured subprotocols."""
    plain = carried(carrier="subprotocol", subprotocols=("chat.v1",))
    encoded = carried(carrier="subprotocol", carrier_name="token-", carrier_encoding="base64url")
    assert plain.subprotocols == ("chat.v1", "jwt.a.b.c+/")
    assert encoded.subprotocols == ("token-" + base64.urlsafe_b64encode(b"a.b.c+/").decode().rstrip("="),)


def test_configured_headers_win_over_the_carriers():
    """A header of the parameters replaces the one that would carry the token, whatever its case."""
    assert carried(headers=(("authorization", "Basic x"),)).headers == (("authorization", "Basic x"),)
    assert carried(carrier="cookie", headers=(("COOKIE", "a=b"),)).headers == (("COOKIE", "a=b"),)


def test_a_rest_request_uses_the_authorization_header_whatever_the_carrier():
    """The same credential, the same further headers, the origin; or none of the credential when asked so."""
    base = replace(
        BASE,
        token="a.b.c",
        carrier="query",
        origin="https://app",
        headers=(("X-Env", "staging"),),
        rest_url="https://api.example/",
    )
    request = handshake.rest_request(base, "/api/auth/me", now=NOW)
    bare = handshake.rest_request(base, "/api/auth/me", now=NOW, with_credential=False)
    assert request.url == "https://api.example/api/auth/me"
    assert request.headers == (("X-Env", "staging"), ("Authorization", "Bearer a.b.c"), ("Origin", "https://app"))
    assert bare.headers == (("X-Env", "staging"), ("Origin", "https://app"))


def test_the_remaining_factors_are_handed_on():
    """Host, origin, proxy and timeout of the handshake are those of the request."""
    request = carried(host_header="other.example", origin="https://app", use_environment_proxy=False, timeout_s=3.0)
    assert (request.host_header, request.origin) == ("other.example", "https://app")
    assert (request.use_environment_proxy, request.timeout_s) == (False, 3.0)


def test_no_representation_shows_key_token_or_header_values():
    """Handshakes and requests end up in tracebacks and notebooks."""
    given = replace(BASE, secret_values=("bypass-value-1",), headers=(("X-Bypass-Key", "bypass-value-1"),))
    request = handshake.websocket_request(given, now=NOW)
    token = dict(request.headers)["Authorization"].split(" ")[1]
    assert {token, KEY, "bypass-value-1"} <= set(request.secrets)
    for secret in (token, KEY, "bypass-value-1"):
        assert secret not in repr(request) + repr(replace(BASE, token=token)) + str(request.credential)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("\n\n", "no token"),
        ("WARNING: old\na.b.c\n", "2 lines"),
        ("a.b.c\nd.e.f", "2 lines"),
        ("a.\x1bb.c", "control characters"),
    ],
)
def test_an_issued_token_that_no_header_can_hold_is_refused(content: str, found: str) -> None:
    """By its reference, never by what stands there; a line break at its end is no part of it."""
    given = parameters(token__issued="env:PASTED", token__secret=None)
    assert handshake.configured(given, environ={"PASTED": "a.b.c\n"}).token == "a.b.c"
    with pytest.raises(params.BadInput, match=rf"env:PASTED holds {found}"):
        handshake.configured(given, environ={"PASTED": content})


def test_an_issued_token_is_what_is_sent_where_none_can_be_minted() -> None:
    """Without a secret the configured handshake carries it as it stands; beside a secret a fresh one is minted."""
    environ = ENVIRON | {"PASTED": "opaque-token-1\n"}
    for secret, expected in ((None, "Bearer opaque-token-1"), ("env:JWT_KEY", "Bearer eyJ")):
        given = parameters(token__issued="env:PASTED", token__secret=secret)
        request = handshake.websocket_request(handshake.configured(given, environ=environ), now=NOW)
        assert dict(request.headers)["Authorization"].startswith(expected)


def test_a_token_may_be_offered_behind_a_name_of_its_own() -> None:
    """The carrier subprotocol-list offers the name and the token as two subprotocols, after the configured ones."""
    given = parameters(token__carrier="subprotocol-list", token__carrier_name="bearer", target__subprotocols=["chat.v1"])
    offered = handshake.websocket_request(handshake.configured(given, environ=ENVIRON), now=NOW, token="a.b.c").subprotocols
    assert offered == ("chat.v1", "bearer", "a.b.c")
