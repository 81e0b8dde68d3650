"""How grave a line is: the words and numbers of every logger as Cloud Logging's names, and what a line without a level says.

A line that states a level is believed. One that states none is read: what failed is said in few words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
RANK = {name: rank for rank, name in enumerate(SEVERITIES)}

_SPELLINGS = {
    "DEBUG": "debug dbg dbug debg trace trc trce verbose vrb silly fine finer finest debug1 debug2 debug3 debug4 debug5 config",
    "INFO": "info inf information informational log success http statement",
    "NOTICE": "notice note ntc",
    "WARNING": "warning warn wrn warnings",
    "ERROR": "error err erro eror errr severe fail failure failed stderr",
    "CRITICAL": "critical crit fatal ftl fatl fata panic pnc dpanic crt",
    "ALERT": "alert alrt",
    "EMERGENCY": "emergency emerg",
}
WORDS = {word: name for name, words in _SPELLINGS.items() for word in words.split()}
LETTERS = {
    "T": "DEBUG", "V": "DEBUG", "D": "DEBUG", "I": "INFO", "N": "NOTICE", "W": "WARNING", "E": "ERROR", "F": "CRITICAL",
    "C": "CRITICAL", "A": "ALERT",
}  # fmt: skip
SCALES: dict[str, tuple[tuple[int, str], ...]] = {
    "pino": ((60, "CRITICAL"), (50, "ERROR"), (40, "WARNING"), (30, "INFO"), (0, "DEBUG")),
    "python": ((50, "CRITICAL"), (40, "ERROR"), (30, "WARNING"), (20, "INFO"), (0, "DEBUG")),
    "otlp": ((21, "CRITICAL"), (17, "ERROR"), (13, "WARNING"), (9, "INFO"), (1, "DEBUG")),
    "cef": ((9, "CRITICAL"), (7, "ERROR"), (4, "WARNING"), (0, "INFO")),
    "azure": ((4, "CRITICAL"), (3, "ERROR"), (2, "WARNING"), (1, "INFO")),
    "cloud": tuple((100 * rank, name) for rank, name in reversed(tuple(enumerate(SEVERITIES))) if rank),
}
"""From which number on a level has which name; syslog's numbers run the other way and stand in SYSLOG."""
SYSLOG = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
CEF_WORDS = {"Low": "INFO", "Medium": "WARNING", "High": "ERROR", "Very-High": "CRITICAL"}
_NAMED = frozenset(SEVERITIES[1:])
_NAMES = "emergency|critical|warning|notice|alert|error|debug|fatal|panic|info|warn"
_TRAILING = re.compile(rf"(?:log)?[-_. ]?(?:level)?[-_. ]?({_NAMES})\d?", re.IGNORECASE)


@lru_cache(maxsize=2_000)
def _of_word(word: str) -> str | None:
    bare = word.strip().strip("[]<>():|\"'").strip().casefold()
    if bare in WORDS:
        return WORDS[bare]
    found = _TRAILING.fullmatch(bare)
    return WORDS[found.group(1).casefold()] if found else None


def severity_of(value: Any, scale: str | None = None) -> str | None:
    """A level as Cloud Logging names it; None for none, DEFAULT, and what is no level. Numbers are read on the scale
    that is given."""
    if type(value) is str:
        if value in _NAMED:
            return value
        if not value.strip().lstrip("-").isdigit():
            return _of_word(value) if len(value) <= 40 else None
    if isinstance(value, bool) or value is None or not isinstance(value, (int, float, str)):
        return None
    try:
        number = int(float(value))
    except (ValueError, OverflowError):
        return None
    if scale == "syslog":
        return SYSLOG[number] if 0 <= number < 8 else None
    if scale is None:
        scale = "pino" if 10 <= number <= 60 and number % 10 == 0 else "cloud" if number % 100 == 0 and 0 < number <= 800 else ""
    return next((name for least, name in SCALES.get(scale, ()) if number >= least), None) if number > 0 else None


def severity_of_status(status: Any, *, websocket: bool = False) -> str | None:
    """What an access line's status tells: 5xx is an error, a refused request a warning, and all else no trouble."""
    if not isinstance(status, int):
        return None
    return "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO" if status >= 100 else None
