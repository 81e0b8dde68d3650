"""A token that a command prints, and every way in which it prints none."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lib.clients import command as door
from lib.clients.credentials.command import printed_token
from lib.clients.credentials.got import Got, NoToken
from lib.parameters import secrets
from lib.parameters.errors import BadInput


async def run(*argv: str) -> Got:
    """What comes of a command."""
    return await printed_token(argv, folder=Path.cwd(), clock=lambda: datetime.now(UTC))


async def test_what_it_prints_is_the_token() -> None:
    """Alone on standard output; what it says on standard error is not part of it."""
    assert (await run("sh", "-c", "echo Waiting… >&2; echo 12345-opaque")).token == "12345-opaque"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("sleep 60", "was ended after"),
        ("yes", "printed more than 1 MiB"),
        ("echo session expired: c4nary-of-a-key >&2; exit 4", "status 4, saying: session expired"),
        ("printf %0190dc4nary-of-a-key 0 >&2; exit 4", "status 4, saying: 0000"),
        ("exit 1", "status 1"),
        ("true", "printed nothing"),
        ("echo null", "the word null"),
        ("head -c 100 /dev/urandom; printf '\\377'", "printed"),
        ("echo c4nary-of-a-key is the token", "blanks"),
    ],
)
async def test_whatever_else_it_does_is_said(script: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs, floods, fails or prints something else: in words, with what would be accepted, and without a secret."""
    monkeypatch.setattr(door, "SECONDS", 1.0 if script == "sleep 60" else door.SECONDS)
    secrets.learn("c4nary-of-a-key")
    with pytest.raises(NoToken, match=said) as failed:
        await run("sh", "-c", script)
    assert failed.value.refused is False
    assert "the token and nothing else" in f"{failed.value}{failed.value.advice}"
    assert "c4nary" not in str(failed.value)


async def test_no_such_command_is_bad_input() -> None:
    """Nothing else stands in for it."""
    with pytest.raises(BadInput, match=r"token\.command"):
        await run(f"{sys.prefix}/no-such-program")
