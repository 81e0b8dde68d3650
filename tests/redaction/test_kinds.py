"""Credentials by their shape."""

from __future__ import annotations

import re
from time import process_time

import pytest

from lib.redaction.kinds import as_bytes, compiled, kinds
from lib.redaction.redact import redact_text
from tests.redaction.canaries import BY_SHAPE, SPELLINGS, made

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
