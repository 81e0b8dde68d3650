"""Known values are found first, however they are spelt."""

from __future__ import annotations

import pytest

from lib.redaction.redact import redact_text
from lib.tokens import mint
from tests.redaction.canaries import SPELLINGS

VALUES = [
    "hunter2", "pass", "s3cr", 'sT4ging/"key"+x=&\\ü <p>', "correct-horse-battery", "Netra Staging Secret 2026!",
    "straßeÜber99", "abcd1234", "plainword", "p%41ss%word", "tab\tand\\back",
]  # fmt: skip
SHIELDS = [
    "before {} after", "{}", "jwt:00000000 sub={} x", "secret:00000000 {}", "eyJabcdefghij.{}", "-----BEGIN PRIVATE KEY-----\n{}",
    'see "{}", ok',
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("shield", SHIELDS)
def test_nothing_shields_a_known_value(value: str, shield: str):
    """Neither its spelling nor a text that begins like a pseudonym, a token, a key or a document; twice changes nothing."""
    left = []
    # Where colours come as escapes, escapes that belong to a value itself cannot be told from them.
    own = "%41" in value or "\\" in value
    for spelling, spell in SPELLINGS.items() if not own else list(SPELLINGS.items())[: list(SPELLINGS).index("broken, escaped")]:
        spelt = spell(value)
        told = redact_text(shield.format(spelt), [value, "another-secret-value"])
        if (spelt[2:-2] if len(spelt) > 6 else spelt) in told or redact_text(told, [value, "another-secret-value"]) != told:
            left.append((spelling, told))
    assert left == []


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_its_first_twelve_characters_are_enough(spelling: str):
    """Logs cut values off."""
    assert "secret:" in redact_text(f"cut {SPELLINGS[spelling]('correct-hors')} off", ["correct-horse-battery"])


@pytest.mark.parametrize("echo", ["HUNTER2X", "hunter2x", "HuNtEr2X", "ſecretİſ", "SECRETİS"])
def test_letters_of_other_cases_and_alphabets_neither_hide_it_nor_end_anything(echo: str):
    """Case folding changes the number of characters of some letters."""
    told = redact_text(f"İ ſ {echo} ſ İ", ["hunter2x", "secretİs"])
    assert told.startswith("İ ſ secret:")
    assert told.endswith(" ſ İ")


def test_short_values_count_as_whole_words_only():
    """Four to seven characters would be found in every other word."""
    assert redact_text("bypass passport: pass.", ["pass"]).startswith("bypass passport: secret:")
    assert redact_text("abc is a word", ["abc", "", "a"]) == "abc is a word"


def test_what_a_value_is_made_of_is_known_too():
    """The password in an address, the key in a service account's file, the pair behind Basic."""
    values = [
        "postgres://app:k7Kj2mQw9@db/app",
        '{"type": "service_account", "client_secret": "zT8bNq4Lx"}',
        "Basic YXBwOnZHNmZSdw==",
    ]
    told = redact_text("k7Kj2mQw9 zT8bNq4Lx vG6fRw", values)
    assert [word for word in ("k7Kj2mQw9", "zT8bNq4Lx", "vG6fRw") if word in told] == []


def test_a_token_of_several_kilobytes_is_found_however_often_it_is_looked_for():
    """Four hundred groups make a value for which no automaton fits into memory: it is searched for without one."""
    token = mint({"groups": [f"group-{number:04d}-of-the-company" for number in range(400)]}, key="k" * 32, algorithm="HS256")
    assert not [said for said in (redact_text(f"sent {token}.", [token]) for _ in range(20)) if token[:40] in said]


def test_a_broken_colour_hides_nothing_behind_it():
    """What begins like a command to the terminal and does not end is no reason to leave out what follows."""
    told = redact_text(r"a\x1b[0m], told[cor\x1b[31mrect-horse-battery\x1b[0m]", ["correct-horse-battery"])
    assert "horse" not in told
