"""Credentials by their shape."""

from __future__ import annotations

import re
from time import process_time

import pytest

from lib.redaction.kinds import as_bytes, compiled, kinds
from lib.redaction.redact import redact_text
from tests.redaction.canaries import BY_SHAPE, SPELLINGS, made
from tests.redaction.further import FURTHER

NAMES = (
    "hf_transformersTokenizer", "npm_package_dependencies", "sk-your-secret-key-goes-here", "ghp_xxxxxxxxxxxxxxxxxxxx",
    "app_request_duration_seconds_bucket", "Rails--Application", "mfa.verify_second_factor_of_user", "s.handleUpgradeAndClose(1)",
    "AuthenticationMiddleware_handleUpgradeRequestOfWebSocket", "CLIENT_RANDOM is 32 bytes", "sha256~", "token-bucket:refilled",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "netra-backend-00042-abc", "5d41402abc4b2a76b9719d911017c592",
)  # fmt: skip
MEGABYTE = 1_000_000


def test_there_are_sixty_kinds_of_credentials():
    """What is planted below is enough to mean something."""
    assert len(BY_SHAPE) >= 60
    assert len(kinds()) >= 60


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("seed", [1, 20])
def test_a_credential_of_each_kind_is_found_in_each_spelling(spelling: str, seed: int):
    """In the middle of a sentence, alone, and in JSON; and what is left stays as it is when it is redacted again."""
    left = []
    for kind, credential in made(seed).items():
        spelt = SPELLINGS[spelling](credential)
        middle = spelt[len(spelt) // 2 :][:10]
        for text in (f"before {spelt} after", spelt, f'{{"x":"{spelt}","y":1}}'):
            told = redact_text(text)
            if middle in told or redact_text(told) != told:
                left.append((kind, told))
    assert left == []


@pytest.mark.parametrize("spelling", ["plain", "percent twice", "base64, one off", "broken"])
def test_further_kinds_are_found_whatever_chance_makes_of_them(spelling: str) -> None:
    """Twelve of each: one in forty of those with letters has no digit, and none of them is a word."""
    left = []
    for seed in range(12):
        for kind, credential in made(seed, FURTHER).items():
            spelt = SPELLINGS[spelling](credential)
            if spelt[-len(spelt) // 3 :][:12] in redact_text(f"seen {spelt} here"):
                left.append((kind, seed, spelt))
    assert left == []


@pytest.mark.parametrize("text", NAMES)
def test_what_begins_like_a_credential_and_is_a_name_stays(text: str) -> None:
    """Functions, packages, metrics, placeholders: their letters are not mixed by chance."""
    assert redact_text(text) == text


def test_all_spellings_are_found_in_one_text():
    """A run that is found hides no other one, whatever the order in which encodings are opened."""
    spelt = [spell(credential) for credential in list(made().values())[:12] for spell in SPELLINGS.values()]
    told = redact_text("\n".join(f"[{text}]" for text in spelt))
    assert [text for text in spelt if text[len(text) // 2 :][: max(10, len(text) // 4)] in told] == []


def test_what_stands_around_a_credential_stays():
    """Only the credential goes, so that the rest of the line remains evidence."""
    told = redact_text(f"GET /x 200 key={made()['aws key id']} in 12 ms")
    assert re.fullmatch(r"GET /x 200 key=secret:[0-9a-f]{8} in 12 ms", told)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_each_kind_takes_linear_time(kind):
    """On a megabyte of its own beginnings, which is where expressions that go back and forth are caught."""
    start = re.sub(r"[^A-Za-z0-9_.$/:-]", "", kind.before + kind.secret)[:8] or "a"
    for text in (start * (MEGABYTE // len(start)), "a1" * (MEGABYTE // 2)):
        search, begun = compiled(f"{kind.before}({kind.secret})"), process_time()
        for _ in search.finditer(as_bytes(text)):
            pass
        assert process_time() - begun < 2
