"""Which causes words name: plain statements, not offers of several explanations."""

from __future__ import annotations

import pytest

from lib.whys.evidence.words import named_in


@pytest.mark.parametrize("words", ["Token invalid or expired", "invalid/expired token: jwt expired or revoked", "", "Forbidden"])
def test_a_line_that_has_not_looked_names_nothing(words: str) -> None:
    """What offers several explanations, or none, is no statement."""
    assert named_in(words) == ()


def test_one_plain_line_among_others_is_enough() -> None:
    """Lines are read one by one."""
    assert named_in("possibly expired\nJsonWebTokenError: invalid signature") == ("secret-mismatch",)


@pytest.mark.parametrize(
    ("of_another", "of_a_token"),
    [
        ("The request signature is invalid", "The token signature is invalid"),
        ("Invalid signature for request", "Invalid signature for token"),
        ("Session cookie signature is invalid", "session: JWT signature is invalid"),
        ("Webhook signature verification failed", "webhook handler: signature verification failed"),
        ("X-Hub-Signature-256 is invalid", "signature is invalid"),
    ],
)
def test_a_signature_that_is_not_a_tokens_names_no_secret(of_another: str, of_a_token: str) -> None:
    """Requests, cookies and webhooks are signed too."""
    assert (named_in(of_another), named_in(of_a_token)) == ((), ("secret-mismatch",))


@pytest.mark.parametrize("words", ["issuer of the certificate is not trusted", "The certificate's issuer is unknown"])
def test_the_issuer_of_a_certificate_is_none_of_a_token(words: str) -> None:
    """A certificate has an issuer as well."""
    assert named_in(words) == ()
    assert named_in("jwt issuer is unknown") == ("issuer-mismatch",)
