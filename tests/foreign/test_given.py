"""Credentials that nobody here can mint: pasted tokens, two of one login, an expired one, a session from a copied command."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from tests.captures.test_conversion import run
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, System

QUICK = ["-p", "budget.seconds", "24", "-p", "target.timeout_s", "3"]


def token(key: Any = KEY, algorithm: str = "HS256", headers: dict[str, str] | None = None, **claims: Any) -> str:
    """A token of a login, good for a quarter of an hour unless told otherwise."""
    now = int(time.time())
    return jwt.encode({"sub": "ada", "iat": now, "exp": now + 900, **claims}, key, algorithm, headers=headers)


def whys(server: System, *arguments: str) -> tuple[dict[str, Any], str]:
    """The diagnosis of an address, and all that was printed."""
    _, out, error = run("whys", f"ws://{server.authority}/ws", *QUICK, *arguments, "--json", "-")
    return json.loads(out), out + error


def test_a_pasted_token_of_a_key_set_is_healthy_at_once(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """RS256 with a JWKS: the token is sent as it stands, whoever signed it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": "k1", "use": "sig", "alg": "RS256"}
    server = start.python(
        "starlette", demands={"key": "", "jwks": {"keys": [public]}, "algorithms": ["RS256"], "audience": "api"}
    )
    monkeypatch.setenv("PASTED", token(key, "RS256", {"kid": "k1"}, aud="api"))
    found, said = whys(server, "--token", "env:PASTED")
    assert found["verdict"] == "healthy", said
    assert any("kid=k1" in seen["body_excerpt"] for seen in found["observations"] if seen["kind"] == "offline")


def test_a_given_token_is_tried_in_every_place(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier is changed around a token that stands as it is; what would need minting is recorded as not asked."""
    server = start.python("starlette", demands={"key": KEY, "carriers": ["query"]})
    monkeypatch.setenv("PASTED", token())
    others = ["-p", "alternatives.carriers", "[cookie, subprotocol-list, query]", "-p", "alternatives.users", "[grace]"]
    found, said = whys(server, "--token", "env:PASTED", *others)
    assert found["works_with"]["changes"] == {"carrier": "query"}, said
    assert "credential-carrier" in found["candidates"]
    not_asked = {seen["id"] for seen in found["observations"] if seen["factors"].get("not asked") == "alternatives.users"}
    assert len(not_asked) == 1
    assert not any(not_asked & set(item["by"]) for item in found["excluded"])


def test_of_two_tokens_of_one_login_the_wanted_one_is_found(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id token where the access token is wanted: the other is proved, and both are compared claim by claim."""
    server = start.python("starlette", demands={"key": KEY, "audience": "api"})
    monkeypatch.setenv("ID", token(aud="client", nonce="n", token_use="id"))
    monkeypatch.setenv("ACCESS", token(aud="api", token_use="access"))
    found, said = whys(server, "--token", "env:ID", "-p", "alternatives.tokens", "[env:ACCESS]")
    assert found["works_with"]["changes"] == {"token": "env:ACCESS"}, said
    assert "audience-mismatch" in found["candidates"]
    compared = next(
        seen for seen in found["observations"] if seen["factors"] == {"token": "env:ACCESS"} and seen["kind"] == "offline"
    )
    assert "aud (client here, api there)" in compared["body_excerpt"]


def test_an_expired_token_is_said_first(start: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first line says so, and it leads the candidates; nothing is proved by it."""
    server = start.python("starlette", demands={"key": KEY})
    monkeypatch.setenv("PASTED", token(exp=int(time.time()) - 300))
    _, out, _ = run("whys", f"ws://{server.authority}/ws", "--token", "env:PASTED", *QUICK)
    assert out.splitlines()[0].startswith("the token that is sent (token) expired 30")
    found, _ = whys(server, "--token", "env:PASTED")
    assert (found["verdict"], found["leads"][0]["id"], found["candidates"][0]) == ("ambiguous", "token-expired", "token-expired")


def logged_in(server: System) -> dict[str, str]:
    """The cookies that a login on Django sets."""
    with urllib.request.urlopen(f"http://{server.authority}/login", timeout=10) as answer:
        lines = answer.headers.get_all("Set-Cookie")
    return dict(line.partition(";")[0].partition("=")[::2] for line in lines)


def test_a_django_session_from_a_copied_command(start: Started, tmp_path: Path) -> None:
    """Session and CSRF cookies of Channels: the copied command is healthy; beside it, what the bare address lacks is proved."""
    allowed = {"validate_origin": True, "allowed_hosts": ["app.example", "127.0.0.1"]}
    server = start.python("channels", route=r"^ws$", session=True, **allowed)
    cookies = logged_in(server)
    line = "; ".join(f"{name}={value}" for name, value in cookies.items())
    copied = tmp_path / "copied.txt"
    copied.write_text(f"curl 'ws://{server.authority}/ws' -H 'Origin: https://app.example' -H 'Upgrade: websocket' -b '{line}'\n")
    status, out, error = run("whys", "--request", str(copied), *QUICK, "--json", "-")
    assert (status, json.loads(out)["verdict"]) == (0, "healthy"), error
    found, said = whys(server, "--working", str(copied))
    assert set(found["works_with"]["changes"]) == {"cookies.sessionid", "origin"}, said
    assert {"sessionid", "csrftoken"} <= set(cookies)
    assert not any(value in said + out + error for value in cookies.values())
