"""Redaction: secrets go in every form, harmless text stays, twice is as good as once, and hostile input costs linear time."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from time import process_time
from urllib.parse import quote, quote_plus

import pytest

from lib import tokens
from lib.redaction.redact import pseudonym, redact_headers, redact_text, redact_url, redact_value

KEY = 'sT4ging/"key"+x=&\\ü'
TOKEN = tokens.mint({"sub": "user-1", "iss": "auth", "exp": 1795491851}, key=KEY, algorithm="HS256")
ENCODED = base64.urlsafe_b64encode(TOKEN.encode()).decode().rstrip("=")

HARMLESS = [
    "token expired",
    "invalid token: signature verification failed",
    "Token: could not be read",
    "Bearer token required",
    'WWW-Authenticate: Bearer realm="api", error="invalid_token"',
    "Basic authentication is disabled",
    '{"detail": "Not authenticated"}',
    '{"error": "token_expired", "token_type": "bearer", "expires_in": 900}',
    '{"token": null, "secret": true, "tokens": 512}',
    "password=required",
    "signature: Invalid.",
    "JWT_SECRET=env:JWT_SECRET_STAGING",
    "TOKEN=$(cat token.txt)",
    "TOKEN=$(${PYTHON:-.venv/bin/python} -c 'import jwt')",
    'next: add -p alternatives.carriers \'["authorization", "cookie", "query", "subprotocol"]\'',
    "max_tokens=4096 total_tokens: 77",
    "monkey: banana, author=somebody, keyboard=qwerty",
    "trace 4bf92f3577b34da6a3ce929d0e0e4736 https://api.staging.example/ws?version=2",
    "<html><body><h1>403 Forbidden</h1></body></html>",
]
SECRETIVE = [
    f"bad token {TOKEN}.",
    f"subprotocol jwt.{ENCODED}",
    f"GET /ws?token={quote(TOKEN, safe='')}&x=1",
    "Authorization: Bearer 4f9aB2c7D1e8F3a6",
    "Authorization: Basic dXNlcjpwYXNzd29yZA==",
    '{"access_token":"4f9aB2c7D1e8F3a6"}',
    '{\\"access_token\\":\\"4f9aB2c7D1e8F3a6\\"}',
    "password=hunter2 next=1",
    "client_secret: 4f9aB2c7",
    "api_key='4f9aB2c7'",
    "Cookie: sid=4f9aB2c7D1; theme=dark",
    "postgres://user:hunter2@db/app",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----",
    "Set-Cookie: sid=4f9aB2c7D1; Path=/; HttpOnly",
]
HIDDEN = [TOKEN, TOKEN.split(".")[1], ENCODED, quote(TOKEN, safe=""), "4f9aB2c7", "hunter2", "dXNlcjpw", "MIIEvQ"]


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_stays_as_it_is(text: str):
    """What servers write about credentials is evidence and must survive."""
    assert redact_text(text, ["unrelated-secret"]) == text


@pytest.mark.parametrize("text", SECRETIVE)
def test_what_looks_like_a_credential_is_replaced(text: str):
    """Credentials are recognised without being known, and a pseudonym takes their place."""
    told = redact_text(text)
    assert not [hidden for hidden in HIDDEN if hidden in told]
    assert "secret:" in told or "jwt:" in told


@pytest.mark.parametrize("text", [*HARMLESS, *SECRETIVE])
def test_redacting_twice_changes_nothing(text: str):
    """Records are redacted again where they are written; that must not alter them."""
    once = redact_text(text, [KEY])
    assert redact_text(once, [KEY]) == once


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "url": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "json": lambda secret: json.dumps({"echo": secret}),
    "json, not ascii": lambda secret: json.dumps([secret], ensure_ascii=False),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64url": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "inside base64": lambda secret: base64.b64encode(f"user:{secret}:x".encode()).decode(),
    "hex": lambda secret: secret.encode().hex(),
    "upper case": str.upper,
    "stripped": lambda secret: f"<{secret.strip()}>",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", [KEY, "plain-secret-of-staging", TOKEN, " padded-secret \n"])
def test_a_known_secret_is_found_in_each_spelling(spelling: str, secret: str):
    """Servers echo what they were sent, encoded in their own way; the pseudonym is the same each time."""
    text = f"before {SPELLINGS[spelling](secret)} after"
    told = redact_text(text, [secret])
    assert told.startswith("before ")
    assert told.endswith(" after")
    assert pseudonym(secret).split(" ")[0] in told
    assert SPELLINGS[spelling](secret.strip())[4:-6] not in told


def test_the_parts_of_a_known_token_and_the_lines_of_a_known_key_are_secrets_too():
    """A signature alone, or one line of a PEM file, is enough to harm."""
    pem = (
        "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKt\noAoGCCqGSM49AwEHoUQDQgAEhn\n-----END EC "
        "PRIVATE KEY-----\n"
    )
    assert "MHcCAQEE" not in redact_text("line MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKt", [pem])
    assert "secret" not in redact_text("safe", [pem])
    assert TOKEN.split(".")[2] not in redact_text(f"sig {TOKEN.split('.')[2]} x", [TOKEN])


def test_secrets_too_short_to_search_for_are_left():
    """A secret of a few characters would be found everywhere and destroy the text."""
    assert redact_text("abc is a word", ["abc", "", "a"]) == "abc is a word"


def test_a_pseudonym_is_stable_and_says_whose_token_it_is():
    """The same token gets the same name wherever and however it is found."""
    assert pseudonym(TOKEN) == redact_text(TOKEN) == redact_text(ENCODED)
    assert pseudonym(TOKEN).endswith(" sub=user-1 iss=auth exp=2026-11-24T03:44:11Z")
    assert pseudonym("one secret") != pseudonym("another secret")


def test_claims_shown_in_a_pseudonym_leak_no_known_secret():
    """A token whose subject is itself a secret is named without its claims."""
    token = tokens.mint({"sub": "hidden-subject"}, key="k", algorithm="HS256")
    assert "hidden-subject" not in redact_text(f"{token} and {pseudonym(token)}", ["hidden-subject"])
    assert "hidden-subject" not in str(redact_headers([("Authorization", f"Bearer {token}")], ["hidden-subject"]))


def test_headers_with_secretive_names_are_replaced_and_status_headers_stay():
    """Names tell: credentials become pseudonyms with their scheme, words of status and the protocol's own values stay."""
    headers = (
        ("Authorization", "Bearer opaque"),
        ("Cookie", "sid=abc; theme=dark"),
        ("set-cookie", "sid=abc; Path=/; HttpOnly"),
        ("X-E2E-Bypass-Key", "letmein"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("www-authenticate", 'Bearer error="invalid_token"'),
        ("x-auth-status", "failed: token expired"),
        ("access-control-allow-credentials", "true"),
        ("x-author", "somebody"),
    )
    told = dict(redact_headers(headers))
    assert told["Authorization"] == f"Bearer {pseudonym('opaque')}"
    assert told["Cookie"] == f"sid={pseudonym('abc')}; theme={pseudonym('dark')}"
    assert told["set-cookie"] == f"sid={pseudonym('abc')}; Path=/; HttpOnly"
    assert told["X-E2E-Bypass-Key"] == pseudonym("letmein")
    assert [told[name] for name, _ in headers[4:]] == [value for _, value in headers[4:]]
    assert redact_headers(redact_headers(headers)) == redact_headers(headers)


def test_all_in_front_of_the_attributes_is_the_cookie():
    """A server that escapes what it repeats writes semicolons into it; on the line of a table a second one may stand."""
    ((_, told),) = redact_headers([("set-cookie", "note=a&#x27;k79e9d56a&#x27;, debug=False); Path=/; HttpOnly")])
    assert re.fullmatch(r"note=secret:[0-9a-f]{8}; Path=/; HttpOnly", told)
    assert "k79e9d" not in redact_text("Set-Cookie: sid=7e3a5b9c1d; Path=/ | 403 | case[Set-Cookie: sid=k79e9d56a3; Path=/]")


OFFERS = [f"chat.v1, jwt.{TOKEN}", f"chat.v1, jwt.{ENCODED}", "chat.v1, bearer, 4f9aB2c7D1e8F3a6", "token.4f9aB2c7D1e8F3a6"]


@pytest.mark.parametrize("offer", OFFERS)
def test_a_token_among_the_subprotocols_is_replaced(offer: str):
    """The subprotocols that carry no token stay readable."""
    ((_, told),) = redact_headers([("Sec-WebSocket-Protocol", offer)])
    assert not [hidden for hidden in HIDDEN if hidden in told]
    assert ("chat.v1" in told) == ("chat.v1" in offer)


def test_urls_lose_user_password_and_secretive_parameters():
    """The rest of the URL stays, also the parameters that carry nothing."""
    told = redact_url(f"wss://me:hunter2@api.example:8443/ws?token={TOKEN}&api_key=4f9aB2c7&v=2", ["unrelated"])
    assert told.startswith("wss://secret:")
    assert "@api.example:8443/ws?token=jwt:" in told
    assert told.endswith("&v=2")
    assert not [hidden for hidden in HIDDEN if hidden in told]
    assert redact_url(told) == told


@pytest.mark.parametrize("url", ["http://[::1", "", "not a url", "ws://host:port/?token=4f9aB2c7"])
def test_what_is_no_url_is_redacted_as_text(url: str):
    """Broken addresses neither raise nor leak."""
    assert "4f9aB2c7" not in redact_url(url)


def test_values_are_redacted_through_all_containers():
    """Dicts by the names of their keys, lists, tuples and texts by content; numbers and structure stay."""
    token = {"secret": "env:NAME", "claims": {"n": 1.5}}
    value = {"user": "u", "password": "hunter2", "list": [f"x {TOKEN}", ("sT4ging-secret", 1)], "token": token}
    told = redact_value(value, ["sT4ging-secret"])
    assert told["password"] == pseudonym("hunter2")
    assert told["list"][1] == (pseudonym("sT4ging-secret"), 1)
    assert (told["user"], told["token"]) == ("u", token)
    assert TOKEN not in repr(told)
    assert redact_value(told, ["sT4ging-secret"]) == told


MEGABYTE = 1_000_000
HOSTILE = {
    "one word": "a" * MEGABYTE,
    "token starts": "eyJ" * (MEGABYTE // 3),
    "token dots": "eyJ." * (MEGABYTE // 4),
    "encoded starts": "ZXlK" * (MEGABYTE // 4),
    "names": "token" * (MEGABYTE // 5),
    "named values": "token=" * (MEGABYTE // 6),
    "quotes": 'token="' * (MEGABYTE // 7),
    "escapes": 'token="\\' * (MEGABYTE // 8),
    "schemes": "Bearer " * (MEGABYTE // 7),
    "userinfo": "://" * (MEGABYTE // 3),
    "keys": "-----BEGIN PRIVATE KEY-----" * (MEGABYTE // 27),
    "blanks": " " * MEGABYTE,
    "pseudonyms": "secret:00000000" * (MEGABYTE // 15),
    "claims": "jwt:00000000" + " sub=" * (MEGABYTE // 5),
    "secrets": "known-secret" * (MEGABYTE // 12),
    "cookies": "cookie: a=b;" * (MEGABYTE // 12),
    "set cookies": "set-cookie: a=" * (MEGABYTE // 14),
    "equals": "=" * MEGABYTE,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_takes_linear_time(name: str):
    """No pattern backtracks over what a server sends: four times the text, about four times the time."""

    def seconds(text: str) -> float:
        start = process_time()
        redact_text(text, ["known-secret"])
        return process_time() - start

    quarter, whole = seconds(HOSTILE[name][: MEGABYTE // 4]), seconds(HOSTILE[name])
    assert whole < 12 * max(quarter, 0.05)
    assert whole < 10


def test_the_same_words_are_opened_once():
    """Beside something encoded each run of letters may be it: a page's words, which come again and again, cost once each."""

    def seconds(words: list[str]) -> float:
        start = process_time()
        redact_text(f"dGhlIHNhbXBsZSBub25jZQ== {' '.join(words)}")
        return process_time() - start

    distinct = [f"word{number:06}" for number in range(8_000)]
    assert seconds(distinct[:80] * 100) < seconds(distinct) / 2
