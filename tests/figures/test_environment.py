"""The second cell's table: what was opened and what the parameters resolved to, without a secret."""

from __future__ import annotations

import pytest

from lib.environment.investigation import Investigation
from lib.figures.environment import leaves, opened
from lib.parameters import loading as params

SECRET = "canary-5f0c1f7e-canary-5f0c1f7e"


def here(**overrides) -> Investigation:
    """An investigation of addresses where nobody listens."""
    given = {"target.rest_url": "http://127.0.0.1:1", "target.ws_url": "ws://127.0.0.1:1/ws"} | overrides
    addresses = {"rest_url": "http://127.0.0.1:1", "project": "embedded-staging", "environment": {"EMBEDDED_JWT_SECRET": SECRET}}
    return Investigation(parameters=params.load("embedded", given), round_number=3, addresses=addresses)


def test_every_parameter_is_shown_with_what_it_resolved_to():
    """An override appears under its dotted key, in HTML and in Markdown."""
    shown = opened(here(**{"token.user": "somebody-else", "budget.handshakes": 7}))
    for text in (shown._repr_html_(), shown._repr_markdown_(), repr(shown)):
        assert "somebody-else" in text
        assert "budget.handshakes" in text.replace("\\", "")
        assert "round 3" in text


def test_references_stand_where_secrets_would(monkeypatch):
    """The reference is shown, the value behind it never."""
    monkeypatch.setenv("EMBEDDED_JWT_SECRET", SECRET)
    shown = opened(here())._repr_html_()
    assert "env:EMBEDDED_JWT_SECRET" in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ({"token.issued": "env:GIVEN"}, "with the token behind env:GIVEN"),
        ({"token.command": ["print-token"]}, "with the token that `print-token` prints"),
        ({}, "with no credential"),
    ],
)
def test_whose_token_each_handshake_carries_is_said(token, said):
    """Without a signing key it is the issued one, or what the login gives; none is called none."""
    assert said in repr(opened(here(**{"token.secret": None, **token})))


def test_certificates_that_are_not_looked_at_are_said():
    """The cell that every notebook shows says so in its first sentences, and nothing where they are looked at."""
    assert "TLS certificates are not looked at" in repr(opened(here(**{"target.tls.verify": False})))
    assert "TLS certificates are not looked at" not in repr(opened(here()))


def test_addresses_that_nobody_gave_are_said():
    """A REST address that a command guessed is said to be a guess, and one that the parameters give is not."""
    guess = {"target.rest_url": "http://127.0.0.1:1", "target.ws_url": "ws://127.0.0.1:1/ws"}
    assert "Guessed, as nobody gave it: target.rest_url http://127.0.0.1:1." in repr(
        opened(here(**guess, **{"target.guessed": {"rest_url": "http://127.0.0.1:1"}}))
    )
    assert "nobody gave" not in repr(opened(here(**guess)))


def test_leaves_are_dotted_and_keep_empty_maps():
    """A nested map becomes dotted keys; an empty one is shown as such."""
    assert list(leaves({"a": {"b": 1, "c": {}}, "d": [2]})) == [("a.b", 1), ("a.c", {}), ("d", [2])]
