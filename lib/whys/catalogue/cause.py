"""What a cause is. The causes themselves stand in `catalogue/`, as data, a file a group of layers.

A cause says by which factors it can be lifted, which features of the observations refute it, how a server's log would name
it, which why it answers, and what an engineer should do. What it does not say, it predicts: a factor that is not in `lifted_by`
leaves the refusal as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Layer = Literal["client", "edge", "route", "policy", "token", "user", "service", "capacity", "lifecycle", "session"]

FACTORS = (
    "proxy", "credential", "carrier", "scheme", "encoding", "key", "algorithm", "iss", "aud", "claim", "permission", "lifetime",
    "backdating", "user", "origin", "subprotocols", "headers", "path", "host", "host_header", "fresh_token", "spacing",
    "concurrency", "moment",
)  # fmt: skip
"""Everything about a handshake that can be changed alone."""


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One thing that can be wrong.

    `lifted_by`: factors whose right value alone turns the refusal into an accepted handshake (empty: no change of the client
    does).
    `refuted_by`: features (see `features.FEATURES`) of which one suffices to exclude it as what this refusal is.
    `log_signature`: patterns, tried without regard to case, by which a server's own words name it.
    `set_to_split`: the parameter that would split it from others, in words.
    """

    id: str
    layer: Layer
    means: str
    lifted_by: tuple[str, ...]
    refuted_by: tuple[str, ...]
    log_signature: tuple[str, ...]
    why: str
    remedy: str
    set_to_split: str

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The log signature as one pattern, None where no log can name this cause."""
        return re.compile("|".join(f"(?:{part})" for part in self.log_signature), re.IGNORECASE) if self.log_signature else None

    def predicts(self, factor: str) -> Literal["lifted", "indifferent"]:
        """What the right value of this factor, alone, does to the refusal."""
        return "lifted" if factor in self.lifted_by else "indifferent"
