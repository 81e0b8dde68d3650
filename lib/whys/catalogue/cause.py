"""What a cause is. The causes themselves stand in `catalogue/`, as data, a file a group of layers.

A cause says by which factors it can be lifted, which features of the observations refute it, how a server's log would name
it, which why it answers, and what an engineer should do. What it does not say, it predicts: a factor that is not in `lifted_by`
leaves the refusal as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Layer = Literal["client", "edge", "route", "policy", "token", "user", "service", "capacity", "lifecycle", "session"]

Area = Literal[
    "WebSocket authentication headers",
    "WebSocket configuration",
    "User permissions",
    "Token validation",
    "CORS and security policy",
    "After acceptance",
]
AREAS: Mapping[Area, str] = {
    "WebSocket authentication headers": "Does the handshake carry a well-formed credential to the place where it is read?",
    "WebSocket configuration": "Is the WebSocket service there, up, of one mind, and configured for these tokens?",
    "User permissions": "Does the user exist there, and may it open a WebSocket?",
    "Token validation": "Does what validates the token work, and does it accept this token's claims and times?",
    "CORS and security policy": "Does anything before or around the application refuse the connection?",
    "After acceptance": "Does the socket stay open once it was accepted?",
}
"""The report's areas of investigation, each with its question; every cause belongs to one."""


@dataclass(frozen=True)
class LogPattern:
    """How a server's own words name a cause, tried without regard to case, and a line that it was written for."""

    regex: str
    example: str


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that can be wrong.

    `lifted_by`: factors whose right value alone turns the refusal into an accepted handshake (empty: no change of the client
    does).
    `refuted_by`: features (`lib.whys.evidence.features.FEATURES`) of which one suffices to exclude it as what this refusal is.
    `supported_by`: features that speak for it, without which elimination alone does not name it.
    `set_to_split`: the parameter that would split it from others, in words.
    """

    id: str
    layer: Layer
    area: Area
    means: str
    lifted_by: tuple[str, ...]
    refuted_by: tuple[str, ...]
    supported_by: tuple[str, ...] = ()
    log_patterns: tuple[LogPattern, ...]
    why: str
    remedy: str
    set_to_split: str

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The log patterns as one, None where no log can name this cause."""
        parts = [f"(?:{one.regex})" for one in self.log_patterns]
        return re.compile("|".join(parts), re.IGNORECASE) if parts else None

    def predicts(self, factor: str) -> Literal["lifted", "indifferent"]:
        """What the right value of this factor, alone, does to the refusal."""
        return "lifted" if factor in self.lifted_by else "indifferent"
