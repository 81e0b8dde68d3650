"""Known values are found first, however they are spelt."""

from __future__ import annotations

import base64
import gc
import os
import random
import string
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest

from lib.redaction.kinds import MAX_MEMORY_BYTES
from lib.redaction.known import KEPT, LARGEST, SEVERAL, Known
from lib.redaction.redact import _shows, redact_text, redact_value
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


def test_values_that_are_no_longer_searched_for_are_let_go():
    """Each token of a diagnosis is a set of values of its own: neither they nor what was learnt of names with them stay."""
    for number in range(150):
        redact_value({"name": "x", f"header-{number}": "y"}, [f"a-token-of-its-own-{number:04d}"])
    gc.collect()
    assert sum(isinstance(one, Known) for one in gc.get_objects()) <= 64 + 2 * KEPT


def test_more_sets_of_values_than_have_automata_are_looked_for_in_turn_without_making_them_anew():
    """Whichever lost its automaton goes without until it has paid for another: each look would else cost a twentieth second."""
    sets = [(f"a-value-of-its-own-{number}",) for number in range(KEPT + 1)]
    for one in sets:
        for _ in range(SEVERAL + 1):
            redact_text("GET /ws", one)
    began_s = process_time()
    found = {redact_text(f"GET /{turn}", one) for turn in range(100) for one in sets}
    assert process_time() - began_s < 3
    assert found == {f"GET /{turn}" for turn in range(100)}
    assert all("own" not in redact_text("see A-value-of-its-own-0", sets[0]) for _ in range(SEVERAL + 2))


@pytest.mark.parametrize("alphabet", [string.ascii_letters + string.digits, string.punctuation, "éüßñ漢字abc"])
def test_as_many_values_as_an_automaton_may_hold_fit_into_its_memory(alphabet):
    """What is made of too much fails when it is made, in the middle of a log: the number of characters has to keep that away."""
    chance = random.Random(1)
    values = [Known("".join(chance.choices(alphabet, k=30)) for _ in range(count)) for count in range(1, 130, 4)]
    largest = [one for one in values if one._characters <= LARGEST][-1]
    assert largest._characters > 0.85 * LARGEST
    for _ in range(SEVERAL + 1):
        largest.has_been_used()
    assert [largest.may_stand_in("GET /ws"), largest.is_encoded_in("GET /ws"), _shows("GET /ws", largest)] == [False] * 3


def test_automata_stay_small_whatever_they_have_read():
    """An automaton grows with each text that is new to it: a megabyte of texts at random costs no more than its bound."""
    for text in texts(random.Random(1), 20):
        redact_text(text)
    before_bytes = resident_bytes()
    for text in texts(random.Random(2), 200):
        redact_text(text)
    assert resident_bytes() - before_bytes < 2 * MAX_MEMORY_BYTES


def texts(chance: random.Random, count: int) -> Iterator[str]:
    """Texts of two kilobytes as servers write them, full of what is different in each: identifiers, addresses, credentials."""
    for _ in range(count):
        pieces = [base64.urlsafe_b64encode(chance.randbytes(chance.randrange(3, 45))).decode() for _ in range(40)]
        shapes = ('"token": "{}"', "https://{}:x@example.com/?a=1", "Bearer {}", "{}", 'x-api-key="{}"')
        yield ", ".join(chance.choice(shapes).format(piece) for piece in pieces)


def resident_bytes() -> int:
    """How much memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
