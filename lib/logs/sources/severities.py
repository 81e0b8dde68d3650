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
    "cloud": tuple((100 * rank, name) for rank, name in reversed(tuple(enumerate(SEVERITIES))) if rank),
}
"""From which number on a level has which name; syslog's numbers run the other way and stand in SYSLOG."""
SYSLOG = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG")
_NAMED = frozenset(SEVERITIES[1:])
_NAMES = "emergency|critical|warning|notice|alert|error|debug|fatal|panic|info|warn"
_TRAILING = re.compile(rf"(?:log)?[-_. ]?(?:level)?[-_. ]?({_NAMES})\d?", re.IGNORECASE)

_HARMLESS = re.compile(
    r"\b(?:0|no|zero|without(?: any)?) (?:errors?|failures?|exceptions?|warnings?|failed)\b|\b(?:errors?|failures?"
    r"|failed)[=: ]+0\b"
    r"|\berrors?[- ](?:pages?|report(?:s|ing|er)?|handl(?:er|ers|ing)|budgets?|rates?|log(?:s|ging|ger)?|track(?:er|ing)|boundary"
    r"|middleware|codes?|messages?) ?(?!:)(?!.*\bfail)|\blisten(?:ing)? for errors\b"
    r"|\berr(?:or)?[=:] ?(?:null|nil|none|false|\"\"|<nil>)|\bretry(?:ing)? succeeded|\bsuccessfully recovered",
    re.IGNORECASE,
)
_GRAVE = re.compile(
    r"\bpanic(?:ked)?\b|\bfatal\b|segmentation fault|\bsegfault\b|core dumped|out of memory|\bOOM[- ]?Kill|system halted"
    r"|Killed process|cannot allocate memory|double free|stack overflow",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"\berror\b|\b\w*[a-z](?:Error|Exception)\b|\bexception\b|\bfail(?:ed|ure|s|ing)?\b|\buncaught\b|\bunhandled|\btraceback\b"
    r"|\bcould ?n[o']t\b|\bcan ?n[o']t\b|\bunable to\b|\brefused\b|\bdenied\b|\btimed? ?-?out\b|\btimeout\b|\bunauthori[sz]ed\b"
    r"|\bforbidden\b|\bcrash(?:ed|ing|es)?\b|\baborted?\b|\bhalted\b|\bterminated abnormally|\bno such (?:file|host"
    r"|table|column)\b"
    r"|\bnot found\b|\bdoes not exist\b|\bundefined (?:method|variable|function|reference)\b|\bis not (?:a function"
    r"|defined|set)\b"
    r"|\bunreachable\b|\bunavailable\b|\bconnection (?:reset|closed|lost|rejected)\b|\bbroken pipe\b|\bE(?:CONN\w+"
    r"|TIMEDOUT|NOTFOUND"
    r"|ADDRINUSE|ACCES|PIPE|AI_AGAIN)\b|\binvalid\b|\bmissing\b|\bexit(?:ed)? (?:with )?(?:code|status)[ :=]+[1-9]"
    r"|\bexit status [1-9]"
    r"|\bexited with (?:code )?[1-9]|\bdeadlock\b|\bexceeded\b|\bexhausted\b|\bmismatch\b|\bpermission\b.*\brequired\b"
    r"|\bprematurely closed\b|terminated on signal|\bunknown authority\b|\bexpired\b|\bno \w+ application found\b"
    r"|^Terminated$|^\*\* \("
    r"|\bkilled\b|\bSIG(?:KILL|SEGV|ABRT|TERM)\b|\brejected\b|\bbad gateway\b|\bno space left\b|\bunhealthy\b|\bcorrupt",
    re.IGNORECASE,
)
_MILD = re.compile(
    r"\bdeprecat|\bwarning\b|\bwarn\b|\bretry(?:ing)?\b|\bretries\b|\bslow (?:query|request)|\bfall(?:ing)? ?back\b|\bthrottl"
    r"|\bskipp(?:ed|ing)\b|\bignor(?:ed|ing)\b",
    re.IGNORECASE,
)
_LOOKED_AT = 2_000


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


@lru_cache(maxsize=5_000)
def severity_in_words(text: str) -> str | None:
    """What a line without a level tells: CRITICAL, ERROR or WARNING by its words, else None."""
    said = _HARMLESS.sub("", text[:_LOOKED_AT])
    if _GRAVE.search(said):
        return "CRITICAL"
    if _MILD.search(said) and not re.search(r"(?i)\berror:|exception|traceback|fatal|failed after|giving up|exhausted", said):
        return "WARNING"
    return "ERROR" if _FAILED.search(said) else None


def severity_of_status(status: Any, *, websocket: bool = False) -> str | None:
    """What an access line's status tells: 5xx is an error, a refused request a warning, and all else no trouble."""
    if not isinstance(status, int):
        return None
    return "ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO" if status >= 100 else None
