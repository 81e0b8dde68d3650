"""Tokens: signed as other libraries verify them, read without trust, traced to the key that signed them; no key ever shown."""

from __future__ import annotations

import base64
import os
import random
import warnings
from datetime import UTC, date, datetime

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from lib import tokens

NOW = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)
KEY = "c2VjcmV0LWtleS1vZi1zdGFnaW5nLTAxMjM0NTY3"


def pem(key: object) -> tuple[str, str]:
    """A private key and its public half, in PEM."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_claims_are_those_of_a_fresh_token():
    """sub, iat, exp and jti are computed from user, lifetime and moment; each token has its own jti."""
    first, second = (tokens.claims_for({"iss": "auth"}, user="u", lifetime_s=900, now=NOW) for _ in range(2))
    assert first["jti"] != second["jti"]
    assert {**first, "jti": ""} == {"sub": "u", "iat": 1795490400, "exp": 1795491300, "jti": "", "iss": "auth"}


def test_given_claims_win_and_none_removes_one():
    """What the parameters say stands, also for the computed claims."""
    claims = tokens.claims_for({"sub": "other", "exp": 5, "jti": None, "aud": None}, user="u", lifetime_s=900, now=NOW)
    assert claims == {"sub": "other", "exp": 5, "iat": 1795490400}


@pytest.mark.parametrize(("ago_s", "issued"), [(3600, 1795486800), (-60, 1795490460)])
def test_a_token_can_be_issued_at_another_moment(ago_s: float, issued: int):
    """Backdated or in the future: iat moves, and exp with it."""
    claims = tokens.claims_for({}, user="u", lifetime_s=900, issued_ago_s=ago_s, now=NOW)
    assert (claims["iat"], claims["exp"]) == (issued, issued + 900)


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_a_minted_token_verifies_elsewhere(algorithm: str):
    """A service that uses PyJWT accepts it."""
    token = tokens.mint({"sub": "u", "aud": "api", "n": {"a": [1, None]}}, key=KEY * 2, algorithm=algorithm)
    assert jwt.decode(token, KEY * 2, algorithms=[algorithm], audience="api") == {"sub": "u", "aud": "api", "n": {"a": [1, None]}}


ASYMMETRIC = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_asymmetric_keys_in_pem_sign_and_are_found_again(algorithm: str):
    """The public half verifies the token; the private key among the candidates is named."""
    private, public = pem(ASYMMETRIC[algorithm])
    token = tokens.mint({"sub": "u"}, key=private, algorithm=algorithm)
    assert jwt.decode(token, public, algorithms=[algorithm]) == {"sub": "u"}
    assert tokens.signer(token, {"shared": "text", "private": private}) == tokens.Signer("private")
    assert tokens.signer(token, {"public": public}) == tokens.Signer("public")


def test_a_weak_key_prints_no_warning():
    """Weak keys are found in the wild, and warnings in a notebook would show them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tokens.check(key="k", algorithm="HS512")
        assert tokens.mint({}, key="k", algorithm="HS512")


UNUSABLE = [
    ("", "HS256"),
    ("not a key", "RS256"),
    ("k", "none"),
    ("k", "HS1"),
    (KEY, "ES256"),
    (pem(ASYMMETRIC["ES256"])[0], "RS256"),
]


@pytest.mark.parametrize(("key", "algorithm"), UNUSABLE)
def test_a_key_that_cannot_sign_is_refused_without_being_shown(key: str, algorithm: str):
    """What was found and what is accepted are told; the key is not, and `none` is no algorithm."""
    with pytest.raises(tokens.UnusableKey) as refusal:
        tokens.check(key=key, algorithm=algorithm)
    assert isinstance(refusal.value, ValueError)
    assert algorithm in str(refusal.value)
    assert len(key) < 6 or key not in repr(refusal.value) + str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_public_key_cannot_sign():
    """A public key where the private one belongs is refused before anything is sent."""
    with pytest.raises(tokens.UnusableKey, match="cannot sign with RS256"):
        tokens.check(key=pem(ASYMMETRIC["RS256"])[1], algorithm="RS256")


def test_a_header_is_taken_over_but_for_the_algorithm():
    """What another token's header says beside the algorithm stands in the minted one too."""
    token = tokens.mint({"sub": "u"}, key=KEY, algorithm="HS256", header={"kid": "k1", "typ": "at+jwt", "alg": "none"})
    assert tokens.decode(token).header == {"typ": "at+jwt", "kid": "k1", "alg": "HS256"}


def test_dates_in_claims_become_what_tokens_hold():
    """YAML reads dates where a claim looks like one."""
    token = tokens.mint({"exp": NOW, "since": date(2026, 1, 2)}, key=KEY, algorithm="HS256")
    assert tokens.decode(token).claims == {"exp": 1795490400, "since": "2026-01-02"}


def test_a_well_formed_token_decodes_without_problems():
    """Header and claims are read without the key."""
    decoded = tokens.decode(tokens.mint({"sub": "u"}, key=KEY, algorithm="HS384"))
    assert decoded == tokens.Decoded({"alg": "HS384", "typ": "JWT"}, {"sub": "u"})


PROBLEMS = {
    "": "it has 1 part between dots, a signed token has 3",
    "a.b": "it has 2 parts between dots, a signed token has 3",
    "e30.e30.": "its signature is empty",
    "W10.e30.x": "its header is not a JSON object",
    "e30.!!.x": "its claims cannot be read as base64url of JSON",
    " eyJhbGciOiJub25lIn0.e30.x\n": "blanks or line breaks stand around it",
    "eyJhbGciOjF9.e30.x": "its header names no algorithm",
    "x" * 70_000: "it has more than 65536 characters",
}


@pytest.mark.parametrize("token", PROBLEMS, ids=range(len(PROBLEMS)))
def test_what_is_wrong_with_a_token_is_said(token: str):
    """Each defect is a sentence."""
    assert PROBLEMS[token] in tokens.decode(token).problems


def test_decoding_never_raises():
    """Any bytes give a value: random ones, deep nesting, huge numbers, cut tokens."""
    rng = random.Random(1)
    token = tokens.mint({"sub": "u"}, key=KEY, algorithm="HS256")
    deep = base64.urlsafe_b64encode(b'{"a":' * 9000 + b"1" + b"}" * 9000).decode()
    huge = base64.urlsafe_b64encode(b'{"exp": 1e999, "n": ' + b"9" * 5000 + b"}").decode()
    samples = [os.urandom(rng.randrange(60)) for _ in range(300)] + [
        token[: rng.randrange(len(token))].encode() for _ in range(100)
    ]
    for sample in [*samples, f"{deep}.{deep}.x", f"e30.{huge}.x", "\ud800.\ud800.\ud800", "é.é.é"]:
        decoded = tokens.decode(sample)
        assert decoded.problems or decoded.claims
        tokens.fingerprint(sample if isinstance(sample, str) else sample.decode("latin-1"))
        tokens.signer(sample if isinstance(sample, str) else sample.decode("latin-1"), {"key": KEY})


def test_a_fingerprint_tells_the_token_without_being_it():
    """Algorithm, subject, issuer, audience, remaining life and names of claims; nothing that could be sent again."""
    claims = {"sub": "u", "iss": "auth", "aud": ["a", "b"], "exp": NOW.timestamp() + 900, "permissions": ["read"]}
    token = tokens.mint(claims, key=KEY, algorithm="HS256")
    told = tokens.fingerprint(token, now=NOW)
    assert told.endswith(" alg=HS256 sub=u iss=auth aud=a,b exp in 900 s claims=[aud,exp,iss,permissions,sub]")
    assert not [part for part in token.split(".") if part in told]
    assert "exp 100 s ago" in tokens.fingerprint(token, now=datetime.fromtimestamp(NOW.timestamp() + 1000, UTC))


def test_a_fingerprint_of_nothing_and_of_what_is_no_token():
    """No credential has none; an opaque value is named by length and hash."""
    assert tokens.fingerprint(None) is None
    told = tokens.fingerprint("opaque-value-of-a-session")
    assert told.startswith("secret:")
    assert "not a JWT, 25 characters" in told


CORRUPTIONS = {
    KEY: None,
    KEY + "\n": "with a trailing line break",
    KEY + "\r\n": "with a trailing CR LF",
    f'"{KEY}"': "in double quotes",
    f"'{KEY}'": "in single quotes",
    KEY + " ": "with a trailing blank",
    base64.b64decode(KEY).decode(): "base64-decoded",
    base64.b64encode(KEY.encode()).decode(): "base64-encoded",
    KEY.encode().hex(): "hex-encoded",
    KEY.upper(): "in upper case",
}


@pytest.mark.parametrize("signed_with", CORRUPTIONS, ids=[str(corruption) for corruption in CORRUPTIONS.values()])
def test_the_signing_key_is_found_through_its_usual_corruptions(signed_with: str):
    """The candidate is named, and what had happened to it."""
    token = tokens.mint({"sub": "u"}, key=signed_with, algorithm="HS256")
    assert tokens.signer(token, {"other": "unrelated", "staging": KEY}) == tokens.Signer("staging", CORRUPTIONS[signed_with])


def test_a_candidate_that_carries_the_corruption_itself_is_found():
    """The stored key has the blanks or quotes, the issuer's does not."""
    token = tokens.mint({"sub": "u"}, key="plain-key", algorithm="HS512")
    assert tokens.signer(token, {"k": " plain-key\n"}) == tokens.Signer("k", "without the blanks around it")
    assert tokens.signer(token, {"k": '"plain-key"'}) == tokens.Signer("k", "without the quotes around it")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"])
def test_no_candidate_signed_what_none_signed(token: str):
    """Unsigned, garbled and foreign tokens have no signer among the candidates."""
    assert tokens.signer(token, {"a": KEY, "b": ""}) is None


def test_what_tells_tokens_apart_is_described():
    """Key id, type, scope and a time that has not come yet stand beside the fingerprint; the signature does not."""
    claims = {"sub": "u", "scope": "read ws", "nbf": int(NOW.timestamp()) + 60, "exp": int(NOW.timestamp()) - 30}
    token = tokens.mint(claims, key=KEY, algorithm="HS256", header={"kid": "k1"})
    said = tokens.described(token, now=NOW)
    assert all(part in said for part in ("kid=k1", "scope=read_ws", "exp 30 s ago", "not good for another 60 s (nbf)"))
    assert token.split(".")[2] not in said
    assert tokens.expired_s(token, now=NOW) == 30


def test_tokens_are_found_in_headers_and_cookies():
    """Whatever stands around them; what merely looks like one is none."""
    token = tokens.mint({"sub": "u"}, key=KEY, algorithm="HS256")
    assert tokens.jwts_in(f"theme=dark; session={token}; other=eyJhbc.not.atoken") == (token,)
    assert tokens.expired_s(token, now=NOW) is None
