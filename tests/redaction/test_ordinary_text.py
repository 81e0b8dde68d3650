"""A false redaction destroys evidence: they are counted over real text, not over examples made for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from lib.redaction.redact import redact_text

RECORDED = Path(__file__).parents[1] / "logs" / "corpus"
PER_WORDS = 10_000
"""In so many words one may be redacted."""


def real_lines() -> Iterator[str]:
    """Recorded logs of many kinds, and what the packages that are installed here say of themselves."""
    for path in sorted(RECORDED.iterdir()):
        yield from path.read_text(encoding="utf-8").splitlines()
    for distribution in metadata.distributions():
        yield from (distribution.read_text("METADATA") or "").splitlines()


def test_one_word_of_ten_thousand_at_most_is_redacted():
    """Over 200,000 words and more; the real credentials of the documents (tokens of badges, hashes) are counted too."""
    words, redacted = 0, []
    for line in real_lines():
        words += len(line.split())
        told = redact_text(line)
        redacted += [(line[:120], told[:120])] * (len(_pseudonyms(told)) - len(_pseudonyms(line)))
    print(f"{words} words, {len(redacted)} redacted")
    assert words >= 200_000
    assert len(redacted) <= words / PER_WORDS, redacted


def _pseudonyms(text: str) -> list[str]:
    return re.findall(r"(?:secret|jwt):[0-9a-f]{8}", text)
