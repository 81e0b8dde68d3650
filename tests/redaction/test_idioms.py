"""Secrets that a fixed turn gives away, and four hundred ways in which names, tools and protocols carry one."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time

import pytest

from lib.redaction.idioms import IDIOMS, Idiom
from lib.redaction.kinds import as_bytes, compiled
from lib.redaction.redact import redact_headers, redact_text

GIVEN_AWAY = json.loads(Path(__file__).with_name("given_away.json").read_text(encoding="utf-8"))
ORDINARY = (
    "token = f.encrypt(data)", "password = getpass.getpass()", "self._auth = self._build_auth(auth)", "GET /ws?t=8%3A00",
    "/ws?t=1h30m", "smtp_pass: true", "first_pass = 12 ms", "X-E2E-Bypass: enabled", "session: closed after 0.9 s",
    "/tokens/refresh", "/verify/email/", "verification code sent", "Sec-WebSocket-Protocol: graphql-transport-ws, chat",
    "signature verification failed: expected HS256", "salt rounds: 12", "docker run -p 8080:80 -u 1000:1000 img",
    "curl -u $USER:$PASS https://a", "http://a/x?s=search+words&k=5&st=open&reset=1&session=none", "routing_key=orders.created",
    "v1=stable", "idempotency-key: 3f2a91c0", "PASS tests/test_socket.py", "PASS TestHandshake2", "PASS [   0.003s] crate::tests",
    "pin: 13", "gpio_pin=4000", "led.pin: 1023", "the key is missing", "the cache key is user:4711:profile", "waiting... done",
    "using key rotation", "session ticket: reused", "0 passed...1 failed", "from a1b2c3d...to e4f5", "login a password rejected",
    "- name: LOG_LEVEL\n  value: debug", "crumb: trail", "hmac: sha256", "saml_response_time_ms=120",
)  # fmt: skip


@pytest.mark.parametrize("one", IDIOMS, ids=lambda one: one.name)
def test_each_turn_gives_its_secret_away(one: Idiom) -> None:
    """What it is for is redacted, stays so, and takes linear time on a megabyte of its own beginning."""
    secret = compiled(one.expression).search(as_bytes(one.sample))[1].decode()
    told = redact_text(one.sample)
    assert secret not in told
    assert redact_text(told) == told
    search, begun = compiled(one.expression), process_time()
    list(search.finditer(as_bytes(one.sample[:8] * 125_000)))
    assert process_time() - begun < 3


def test_whatever_carries_a_secret_gives_it_away() -> None:
    """Environment variables, queries, headers, cookies, options, connection strings, sentences, webhooks: none is left."""
    assert len(GIVEN_AWAY) > 380
    assert [text for text, secret in GIVEN_AWAY if secret in redact_text(text)] == []


def test_headers_that_let_somebody_past_are_secret() -> None:
    """A bypass is a credential, whatever its name; a switch is none."""
    given = (("X-E2E-Bypass", "RJ09VuEO6o7LLPKC5H7n"), ("X-Origin-Verify", "3KWhuJRdUf6HcmhH"), ("X-E2E-Bypass", "true"))
    told = [value for _, value in redact_headers(given)]
    assert [value.startswith("secret:") for value in told] == [True, True, False]


@pytest.mark.parametrize("text", ORDINARY)
def test_what_only_looks_like_one_stays(text: str) -> None:
    """Calls in quoted code, times, switches, ports, words."""
    assert redact_text(text) == text
