"""The rules for tokens, without a server."""

from __future__ import annotations

import jwt
import pytest

from lib.staging.auth.token_check import TokenRefused, TokenRules, claims_of

NOW = 1_800_000_000
KEY = "k" * 64
BASE = {"iss": "netra-auth-service", "aud": "netra-platform", "sub": "u", "iat": NOW, "exp": NOW + 900, "token_type": "access"}


def token(algorithm: str = "HS256", key: str = KEY, **changes) -> str:
    return jwt.encode({name: value for name, value in (BASE | changes).items() if value is not None}, key, algorithm)


def test_good_token_gives_its_claims():
    """What was signed comes back."""
    assert claims_of(token(), TokenRules(key=KEY), now_s=NOW)["sub"] == "u"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": "x" * 64}, "Signature verification failed"),
        ({"algorithm": "HS512"}, "alg"),
        ({"iss": "other"}, "issuer"),
        ({"aud": "other"}, "udience"),
        ({"sub": None}, "sub"),
        ({"exp": NOW}, "expired"),
        ({"iat": NOW + 61, "exp": NOW + 900}, "iat"),
        ({"nbf": NOW + 61}, "nbf"),
        ({"exp": NOW + 86_401}, "lifetime"),
        ({"token_type": "refresh"}, "token type"),
        ({"exp": "tomorrow"}, "numbers"),
    ],
)
def test_bad_token_is_refused_with_its_reason(changes, reason):
    """One thing wrong, one reason."""
    with pytest.raises(TokenRefused, match=reason):
        claims_of(token(**changes), TokenRules(key=KEY), now_s=NOW)


@pytest.mark.parametrize("text", ["", "garbage", "a.b.c", "e30.e30."])
def test_what_is_no_token_is_refused(text):
    """Anything else is refused too, never an error of ours."""
    with pytest.raises(TokenRefused, match=r".+"):
        claims_of(text, TokenRules(key=KEY), now_s=NOW)


def test_a_minute_of_skew_is_allowed():
    """An issuer's clock may be a minute ahead."""
    assert claims_of(token(iat=NOW + 59), TokenRules(key=KEY), now_s=NOW)


def test_permission_is_read_from_the_claim():
    """Where one is needed, the claim has to list it."""
    rules = TokenRules(key=KEY, permission="realtime")
    assert claims_of(token(permissions=["realtime"]), rules, now_s=NOW)
    with pytest.raises(TokenRefused, match="realtime"):
        claims_of(token(permissions="realtime"), rules, now_s=NOW)
