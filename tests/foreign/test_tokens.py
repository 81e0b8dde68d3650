"""Keys, users, lifetimes and issued tokens, on Starlette: what may be proved, and what only a log could tell."""

from __future__ import annotations

import time
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, OF_A_USER, OTHER_KEY
from tests.foreign.systems import Started


def key_pair(folder: Path, name: str) -> tuple[str, str]:
    """A reference to an RSA private key's PEM file, and the public key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = folder / f"{name}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"file:{path}", key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_two_wrong_claims_and_a_wrong_key_together(start: Started, ask: Ask) -> None:
    """A wrong key hides a wrong audience: both are proved, neither alone lifts."""
    server = start.python("starlette", demands={"key": KEY, "audience": "backend"})
    answer = ask(
        server,
        truth=("secret-mismatch", "audience-mismatch"),
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        alternatives={"secrets": ["env:FOREIGN_KEY"], "claims": {"aud": ["api", "backend"]}},
    )
    answer.proves("secret-mismatch", "audience-mismatch")


def test_user_and_origin_together(start: Started, ask: Ask) -> None:
    """Another user and another Origin lift together: the Origin would be proved, but why the user is refused stays open."""
    server = start.python(
        "starlette", demands={"key": KEY, "origins": ["https://app.example"], "users": {"ada": False, "grace": True}}
    )
    answer = ask(
        server,
        truth=("origin-refused", "user-inactive"),
        target={"origin": "https://old.example"},
        alternatives={"origins": ["https://app.example"], "users": ["grace"]},
    )
    assert answer.verdict == "narrowed", answer
    assert set(answer.works_with["explained_by"]["user"][:4]) == set(OF_A_USER), answer
    assert answer.works_with["explained_by"]["origin"] == ["origin-refused"], answer


def test_another_user_accepted_leaves_four_first(start: Started, ask: Ask) -> None:
    """Unknown, inactive, without permission, or at a limit; then what the other one may be exempt from, but not the key."""
    server = start.python("starlette", demands={"key": KEY, "users": {"ada": False, "grace": True}})
    answer = ask(server, truth=("user-inactive",), alternatives={"users": ["grace"]})
    assert answer.verdict == "narrowed", answer
    assert set(answer.candidates[:4]) == set(OF_A_USER), answer
    assert "secret-mismatch" in answer.excluded_ids, answer


EXEMPT = {"bypass-key": {"header": ["X-Tenant", "acme"]}, "origin-refused": {"origins": ["https://app.example"]}}
"""What is demanded of everybody but of one user, and what that is called."""


@pytest.mark.parametrize("truth", EXEMPT)
def test_a_user_who_is_exempt_from_a_check(start: Started, ask: Ask, truth: str) -> None:
    """With users as the only alternative what the accepted one is let off stays among the candidates."""
    server = start.python("raw", demands={"key": KEY, "exempt": ["grace"], **EXEMPT[truth]})
    answer = ask(server, truth=(truth,), alternatives={"users": ["grace"]})
    assert answer.verdict == "narrowed", answer
    assert truth in answer.candidates, answer


def test_a_wrong_rsa_key(start: Started, ask: Ask, tmp_path: Path) -> None:
    """With RS256 the right private key from a file proves the mismatch, and no PEM reaches the output."""
    (wrong, _), (right, public) = key_pair(tmp_path, "wrong"), key_pair(tmp_path, "right")
    server = start.python("starlette", demands={"key": public, "algorithms": ["RS256"]})
    answer = ask(
        server, truth=("secret-mismatch",), token={"secret": wrong, "algorithm": "RS256"}, alternatives={"secrets": [right]}
    )
    answer.proves("secret-mismatch")
    assert "PRIVATE KEY" not in answer.text


def test_key_and_algorithm_of_another_family(start: Started, ask: Ask, tmp_path: Path) -> None:
    """A service that verifies RS256 with a public key, asked with HS256: key and algorithm are wrong together."""
    right, public = key_pair(tmp_path, "right")
    server = start.python("starlette", demands={"key": public, "algorithms": ["RS256"]})
    answer = ask(
        server,
        truth=("secret-mismatch", "algorithm-mismatch"),
        alternatives={"secrets": [right], "algorithms": ["RS256"]},
        budget={"seconds": 8},
    )
    assert answer.verdict in ("proved", "ambiguous")
    assert {"algorithm-mismatch", "secret-mismatch"} <= {*answer.causes_by_strength, *answer.candidates}, answer


@pytest.mark.parametrize("broken", ["\n", " "])
def test_an_issued_token_tells_of_a_corrupted_key(start: Started, ask: Ask, broken: str) -> None:
    """The issued token was signed with the candidate key and a trailing newline: that is found without a request."""
    server = start.python("starlette", demands={"key": KEY + broken})
    now = int(time.time())
    issued = jwt.encode(
        {"sub": "ada", "iss": "login", "aud": "sockets", "iat": now, "exp": now + 600}, KEY + broken, algorithm="HS256"
    )
    answer = ask(server, truth=("secret-mismatch",), secrets={"FOREIGN_ISSUED": issued}, token={"issued": "env:FOREIGN_ISSUED"})
    assert "secret-mismatch" in {*answer.causes_by_strength, *answer.candidates}, answer
    said = " ".join(seen["body_excerpt"] or "" for seen in answer.observations if seen["kind"] == "offline")
    assert "FOREIGN_KEY" in said, said


def test_no_credential_is_sent(start: Started, ask: Ask) -> None:
    """Without a secret nothing is sent; a key among the alternatives proves that this is what was missing."""
    server = start.python("starlette", demands={"key": KEY})
    answer = ask(server, truth=("credential-absent",), token={"secret": None}, alternatives={"secrets": ["env:FOREIGN_KEY"]})
    answer.proves("credential-absent")


def test_no_credential_and_nothing_to_try(start: Started, ask: Ask) -> None:
    """Without a secret and without alternatives the missing credential is one of several candidates; no token cause is."""
    server = start.python("starlette", demands={"key": KEY})
    answer = ask(server, truth=("credential-absent",), token={"secret": None}, budget={"seconds": 10})
    answer.leaves_open_at_least(
        "credential-absent", without=["secret-mismatch", "audience-mismatch", "token-expired", "user-unknown"]
    )


def test_an_exp_that_has_passed(start: Started, ask: Ask) -> None:
    """A fixed exp in the past is proved by one that has not passed."""
    server = start.python("starlette", demands={"key": KEY})
    claims = {"iss": "login", "aud": "sockets", "iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600}
    ask(server, truth=("token-expired",), token={"claims": claims}).proves("token-expired")


def test_a_lifetime_that_is_too_long(start: Started, ask: Ask) -> None:
    """A service that takes no token of more than an hour: a shorter one proves it."""
    server = start.python("starlette", demands={"key": KEY, "longest_s": 3600})
    ask(server, truth=("token-expired",), token={"lifetime_s": 86400}).proves("token-expired")


def test_a_server_whose_clock_is_behind(start: Started, ask: Ask) -> None:
    """The service's clock is 100 s behind and it knows no leeway: an iat in its past lifts the refusal."""
    server = start.python("starlette", demands={"key": KEY, "clock_s": -100, "leeway_s": 0})
    ask(server, truth=("clock-skew",)).proves("clock-skew")


def test_an_alternative_that_cannot_be_read_is_left_out_and_named(start: Started, ask: Ask) -> None:
    """An alternative behind a variable that is not set is left out, the others are tried, and the record names it."""
    server = start.python("starlette", demands={"key": KEY})
    answer = ask(
        server,
        truth=("secret-mismatch",),
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        alternatives={
            "secrets": ["env:FOREIGN_NOT_SET", "env:FOREIGN_KEY"],
            "headers": [{"X-Bypass-Key": "env:FOREIGN_NOT_SET_EITHER"}],
        },
    )
    answer.proves("secret-mismatch")
    assert "FOREIGN_NOT_SET" in answer.text


def test_a_required_claim_that_has_a_cause_of_its_own(start: Started, ask: Ask) -> None:
    """No aud at all where one is demanded: a claim is missing, or the audience is not the expected one; nothing else."""
    server = start.python("starlette", demands={"key": KEY, "audience": "backend"})
    answer = ask(
        server,
        truth=("audience-mismatch", "claim-missing"),
        token={"claims": {"iss": "login"}},
        alternatives={"claims": {"aud": ["backend"], "tenant": ["acme"]}},
    )
    assert {*answer.causes_by_strength, *answer.candidates} <= {"audience-mismatch", "claim-missing"}, answer


def test_an_alternative_that_crashes_the_server_proves_nothing(start: Started, ask: Ask) -> None:
    """The right key leads past the refusal into a handler that crashes: the key is inferred as the first cause, not proved."""
    server = start.python("starlette", demands={"key": KEY}, mode="crash-on-good")
    answer = ask(
        server,
        truth=("secret-mismatch", "server-error"),
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        budget={"seconds": 8},
        alternatives={"secrets": ["env:FOREIGN_KEY"], "claims": {"aud": ["api"]}},
    )
    assert answer.causes_by_strength == {"secret-mismatch": "inferred"}, answer


@pytest.mark.parametrize("secret", [KEY, OTHER_KEY])
def test_a_very_small_budget(start: Started, ask: Ask, secret: str) -> None:
    """Three handshakes prove nothing about a refusal."""
    server = start.python("starlette", demands={"key": KEY, "audience": "backend"})
    answer = ask(
        server,
        truth=("audience-mismatch",) if secret == KEY else ("audience-mismatch", "secret-mismatch"),
        token={"secret": "env:FOREIGN_KEY" if secret == KEY else "env:FOREIGN_OTHER_KEY"},
        budget={"handshakes": 3},
        alternatives={"claims": {"aud": ["backend"]}},
    )
    assert answer.verdict == "ambiguous", answer
    assert answer.next_probe, answer


def test_the_issued_token_teaches_the_audience(start: Started, ask: Ask) -> None:
    """Our key is right; the issued token carries another audience, which proves the cause when ours is minted with it."""
    server = start.python("starlette", demands={"key": KEY, "audience": "backend"})
    now = int(time.time())
    issued = jwt.encode({"sub": "grace", "iss": "login", "aud": "backend", "iat": now, "exp": now + 600}, KEY, algorithm="HS256")
    answer = ask(server, truth=("audience-mismatch",), secrets={"FOREIGN_ISSUED": issued}, token={"issued": "env:FOREIGN_ISSUED"})
    answer.proves("audience-mismatch")


def test_the_encoding_behind_the_prefix(start: Started, ask: Ask) -> None:
    """A service that reads `jwt.` and base64url and fails on a plain token: wrongly written, or a handler that breaks on it."""
    server = start.python("starlette", demands={"key": KEY, "carriers": ["subprotocol"], "base64url": True})
    answer = ask(server, truth=("credential-malformed",), token={"carrier": "subprotocol"})
    answer.narrows_to("credential-malformed", "server-error")
