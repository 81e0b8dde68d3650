"""What a phrase is by which servers, proxies and identity providers word a refusal, and the words of which many are made.

A phrase is tried on one sentence at a time, in lower case, with camel case and separators opened into words (so that
`TokenExpiredError`, `token_expired` and `token-expired` read alike) and with what the request itself sent taken out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

UNREAD = ("credential-absent", "credential-carrier", "credential-malformed", "edge-strips-credential")
"""What it can mean that a server found no credential."""
PLAIN_GET = ("edge-blocks-upgrade", "websocket-unsupported", "route-missing")
"""What it can mean that an application answers the handshake as the plain request that it then is."""
UPGRADES = ("edge-blocks-upgrade", "websocket-unsupported")
TOO_MANY = ("rate-limited", "connection-limit")

TOKEN = r"(?:tokens?|jwts?|jws|credentials?|ticket|assertion)"  # noqa: S105  words, not a password
GAP = r"(?: (?!not\b|never\b|no\b|and\b|but\b|or\b|isn)[^\s.;]+){0,3}?"
IS = r"(?: is| was| has| have| are| been| already| be)*"
WRONG = (
    r"(?:invalid|wrong|bad|unexpected|incorrect|unknown|untrusted|unrecogni[sz]ed|"
    r"unauthori[sz]ed|disallowed|mismatched)"
)
REFUSED = (
    r"(?:not (?:allowed|accepted|permitted|authori[sz]ed|trusted|valid|configured|supported|"
    r"recogni[sz]ed|whitelisted|"
    r"in (?:the )?(?:allow|white) ?list(?:ed)?)|denied|rejected|refused|forbidden|invalid|"
    r"blocked|disallowed|mismatch(?:ed)?|"
    r"(?:does not|doesn'?t|did not|didn'?t) (?:match|contain|include|equal))"
)
NEEDED = (
    r"(?:required|needed|missing|expected|mandatory|absent|not (?:present|provided|found|"
    r"offered|set|sent|supplied|specified|included)|"
    r"(?:must|has to|needs to) (?:be (?:present|provided|set|sent|supplied|specified|included|given)|not be empty))"
)


OTHER_HEADER = (
    r"(?:forwarded|amz|amzn|real ip|b3|request id|correlation id|trace|"
    r"(?!bypass|e2e|test|gateway|edge|tenant|device)[\w ]{0,24}\b(?:tokens?|jwt|auth\w*|session|api ?key|signature)\b)"
)
"""An X- header, without its X-, that is written by a proxy or carries a credential, and so is no key of a gateway."""


@dataclass(frozen=True)
class Phrase:
    """Words, and the causes that they can mean: one, and they state it; several, and they narrow to these."""

    causes: tuple[str, ...]
    regex: str
    example: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled words."""
        return re.compile(self.regex)


def phrases(causes: str | tuple[str, ...], *pairs: tuple[str, str]) -> tuple[Phrase, ...]:
    named = (causes,) if isinstance(causes, str) else causes
    return tuple(Phrase(named, regex, example) for regex, example in pairs)
