"""Tokens of an issuer by Authlib, for a service that verifies them with its public key: healthy when right, named when wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from lib.parameters.loading import ROOT
from lib.records.gate import leaks
from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import parameters_for
from tests.foreign.systems import Started, System
from tests.foreign.test_tokens import key_pair

SECRETS = {
    "CLIENT_SECRET": "the-secret-of-the-client-0123",
    "PASSWORD": "the-password-of-ada",
    "REFRESH": "refresh-me-0123456789",
}


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    """The issuer's private key, and the public one that the service verifies with."""
    reference, public = key_pair(tmp_path, "issuer")
    return Path(reference.removeprefix("file:")).read_text(), public


def issuer(start: Started, keys: tuple[str, str], **more: Any) -> System:
    """An issuer with one client and one user."""
    return start.python("issuer", key=keys[0], client_secret=SECRETS["CLIENT_SECRET"], refresh_token=SECRETS["REFRESH"], **more)


def service(start: Started, keys: tuple[str, str], mode: str = "close", **demands: Any) -> System:
    """A service that wants its tokens."""
    wanted = {"key": keys[1], "algorithms": ["RS256"], "issuer": "login", "audience": "sockets"}
    return start.python("starlette", demands=wanted | demands, mode=mode)


def token(of: System, **more: Any) -> dict[str, Any]:
    """The parameters that ask it for one."""
    client = {"url": f"http://{of.authority}/token", "client_id": "probe", "client_secret": "env:CLIENT_SECRET"}
    return {"secret": None, "oauth2": client | more}


@pytest.mark.parametrize(
    ("given", "grant"),
    [
        ({}, "client_credentials"),
        ({"username": "ada", "password": "env:PASSWORD"}, "password"),
        ({"refresh_token": "env:REFRESH"}, "refresh_token"),
    ],
)
def test_each_grant_opens_the_socket(start: Started, ask: Ask, keys: tuple[str, str], given: dict[str, str], grant: str) -> None:
    """The token that is got is what the service wants, and the document says where it came from."""
    asked = issuer(start, keys)
    answer = ask(service(start, keys), truth=(), secrets=SECRETS, token=token(asked, **given), target={"watch_s": 1})
    answer.is_healthy()
    assert [one["grant"] for one in asked.seen("granted")] == [grant]
    assert "the token of token.oauth2" in answer.text


def test_a_client_that_must_be_named_in_the_body(start: Started, ask: Ask, keys: tuple[str, str]) -> None:
    """Authlib refuses the header for such a client; the body is tried next."""
    asked = issuer(start, keys, method="client_secret_post")
    ask(service(start, keys), truth=(), secrets=SECRETS, token=token(asked), target={"watch_s": 1}).is_healthy()
    assert [one["authorization"] for one in asked.seen("token")] == [True, False]


def test_tokens_of_some_seconds_last_through_a_long_diagnosis(start: Started, ask: Ask, keys: tuple[str, str]) -> None:
    """The token is got anew before it runs out, so that an Origin is proved long after the first one has."""
    asked = issuer(start, keys, lives_s=8)
    answer = ask(
        service(start, keys, origins=["https://app.example"]),
        truth=("origin-refused",),
        secrets=SECRETS,
        token=token(asked),
        target={"origin": "https://old.example"},
        alternatives={"origins": ["https://app.example"], "paths": ["/other"], "schemes": ["JWT"], "subprotocols": [["chat"]]},
        budget={"handshakes": 40, "seconds": 60, "spacing_ms": 1500},
    )
    answer.proves("origin-refused")
    assert answer.spent["seconds"] > 10
    assert len(asked.seen("granted")) >= 2
    assert "ran out" not in answer.text


@pytest.mark.parametrize(
    ("issued", "mode", "truth"),
    [
        ({"audience": "elsewhere"}, "denial", "audience-mismatch"),
        ({"issuer": "https://other.example"}, "denial", "issuer-mismatch"),
        ({"lives_s": -5}, "close", "token-expired"),
    ],
)
def test_a_wrong_token_is_named(
    start: Started, ask: Ask, keys: tuple[str, str], issued: dict[str, Any], mode: str, truth: str
) -> None:
    """By the service's words, or first of what is left open by its own exp; what would need one to be minted is recorded."""
    answer = ask(
        service(start, keys, mode=mode),
        truth=(truth,),
        secrets=SECRETS,
        token=token(issuer(start, keys, **issued)),
        alternatives={"secrets": ["env:FOREIGN_KEY"], "users": ["grace"]},
        budget={"seconds": 8},
    )
    named, open_first = ({truth: "stated"}, []) if mode == "denial" else ({}, [truth])
    assert (answer.causes_by_strength, answer.candidates[:1]) == (named, open_first), answer
    unsent = {seen["factors"]["not asked"] for seen in answer.observations if "not asked" in seen["factors"]}
    assert unsent == {"alternatives.secrets", "alternatives.users", "token.claims and token.user"}


@pytest.mark.parametrize(
    ("given", "secrets", "words"),
    [
        ({}, {"CLIENT_SECRET": "not-the-secret-987654"}, "invalid_client"),
        (
            {"username": "ada", "password": "env:PASSWORD"},
            {"PASSWORD": "not-the-password-987"},
            "Invalid 'username' or 'password'",
        ),
        ({"refresh_token": "env:REFRESH"}, {"REFRESH": "spent-long-ago-987654"}, "invalid_grant"),
        ({"scope": "everything"}, {}, "invalid_scope"),
    ],
)
def test_a_refusal_of_the_issuer_is_the_finding(
    start: Started, ask: Ask, keys: tuple[str, str], given: dict[str, str], secrets: dict[str, str], words: str
) -> None:
    """Its own words, before the handshake; nothing is sent to the service, and no cause of the catalogue is meant."""
    target = service(start, keys)
    answer = ask(target, truth=(), secrets=SECRETS | secrets, token=token(issuer(start, keys), **given))
    assert (answer.status, answer.verdict, answer.symptom["rung"]) == (1, "ambiguous", None)
    assert words in answer.symptom["description"], answer
    assert target.seen("handshake") == target.seen("rest") == []


def test_an_issuer_that_cannot_be_reached(start: Started, ask: Ask, keys: tuple[str, str]) -> None:
    """That is no finding about the service: it could not be done."""
    gone = issuer(start, keys)
    gone.stop()
    start.systems.remove(gone)
    answer = ask(service(start, keys), truth=(), secrets=SECRETS, token=token(gone))
    assert (answer.status, answer.verdict) == (3, "unreachable")
    assert "cannot be asked" in answer.symptom["description"]


def a_round(folder: Path, *only: str, **groups: Any) -> subprocess.CompletedProcess[str]:
    """These notebooks, into `folder`/out."""
    file = folder / "round.yaml"
    file.write_text(yaml.safe_dump(parameters_for(**groups)))
    command = [sys.executable, "-m", "lib", "round", "-f", str(file), "--out", str(folder / "out")]
    command += [part for number in only for part in ("--only", number)]
    environ = {**os.environ, **SECRETS}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=250, check=False)


def test_a_round_signs_in_once_and_keeps_nothing_of_it(start: Started, keys: tuple[str, str], tmp_path: Path) -> None:
    """Opaque tokens, echoed by the service, stand nowhere in the record; nor does what they were got with."""
    asked = issuer(start, keys, opaque=True, lives_s=600)
    target = start.python("starlette", echo=True)
    given = token(asked, username="ada", password="env:PASSWORD")
    quick = {"target": {"watch_s": 1}, "performance": {"samples": 5, "warmup": 1}}
    done = a_round(tmp_path, "02", "04", authority=target.authority, token=given, **quick)
    (granted,) = asked.seen("granted")
    canaries = [*SECRETS.values(), *granted["tokens"]]
    assert [len(one) for one in granted["tokens"]] == [40, 40]
    assert "token.oauth2: asking" in done.stderr, done.stderr
    assert json.loads((tmp_path / "out/round-01/data/diagnosis.json").read_text())["verdict"] == "healthy", done.stderr
    assert leaks(tmp_path / "out", canaries) == []
    assert not [canary for canary in canaries if canary in done.stdout + done.stderr]


def test_a_round_whose_login_is_refused_says_so_everywhere(start: Started, keys: tuple[str, str], tmp_path: Path) -> None:
    """Terminal, notebook, page and documents have the login's words; no notebook crashes, and the status is that of a finding."""
    given = token(issuer(start, keys), scope="everything")
    done = a_round(tmp_path, "02", authority=service(start, keys).authority, token=given)
    assert done.returncode == 1, done.stderr
    record = tmp_path / "out/round-01"
    for name in ("02-five-whys-403.ipynb", "index.html", "data/diagnosis.json", "data/report.json", "junit.xml"):
        assert "invalid_scope" in (record / name).read_text(), name
    assert "invalid_scope" in done.stdout
    assert "crashed" not in done.stdout + done.stderr
    assert leaks(tmp_path / "out", SECRETS.values()) == []
