"""What a line says of itself; where its head has no format, the level among its first words, or pairs of name and value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from lib.logs.sources.failure_words import severity_in_words, without_harmless
from lib.logs.sources.severities import RANK, WORDS, severity_of

LONGEST_HEAD = 4_000
"""Characters of a line in which its format is looked for; what follows is message."""


class Told(NamedTuple):
    """What one line or object says of itself; None where it says nothing. `text` is the message without the line's head.

    `line` is the line without what other programs put before it. `stated` tells whether a level is named, or only told
    in words;
    `level` is the one that is named where a status is graver. `core` is the line without its time, where that alone
    stood before it. With `is_unjudged` its words have not been read for what they tell.
    """

    format: str
    text: str
    line: str
    time: Any = None
    severity: str | None = None
    level: str | None = None
    stated: bool = False
    request: Mapping[str, Any] | None = None
    trace: Any = None
    instance: str | None = None
    service: str | None = None
    revision: str | None = None
    layer: str | None = None
    payload: Mapping[str, Any] | None = None
    is_partial: bool = False
    core: str | None = None
    is_unjudged: bool = False


_ITEM = re.compile(
    r"\s*(?:(?P<time>[\[(]?\d[\dT:.,/+-]{4,40}Z?[\])]?,?(?: [AP]M)?(?: (?:UTC|GMT|[+-]\d{4}))?(?=[\s|\]:]|$))"
    r"|\[(?P<bracket>[^\]\[\n]{1,120})\]|\((?P<paren>[^)\n]{1,60})\)"
    r"|<(?P<angle>[A-Za-z]{1,12})>|(?P<word>[A-Za-z][\w.$/@#-]{0,80})(?P<colon>:(?=\s|$|[A-Za-z]))?"
    r"|(?P<number>\d+)(?=\s|$)|(?P<mark>[-|*>=#:~]{1,3}))"
)
_KEYED = re.compile(
    r"(?:^|(?<!\blog)(?<!\blogging)(?<!minimum)[\s{,])(?!LOG_?LEVEL)\"?(?:level|lvl|severity|loglevel|log_level|levelname)"
    r"\"?[=:]\s?\"?(\w+)",
    re.IGNORECASE,
)
_MESSAGE = re.compile(r"(?:^|\s)(?:msg|message|err|error|reason|(?:grpc\.|error_)?(code))=(?:\"((?:[^\"\\]|\\.)*)\"|(\S+))")
_NO_CODE = frozenset({"", "0", "200", "OK", "ok", "nil", "<nil>", "null", "none"})
_TIME_KEYED = re.compile(r"(?:^|\s)(?:time|ts|timestamp|t|@timestamp|datetime)=(?:\"([^\"]{8,40})\"|(\S{8,40}))")
_REQUEST_KEYED = re.compile(r"(?:^|\s)(method|path|url|uri|status|status_code|duration|latency)=(?:\"([^\"]*)\"|(\S+))")
_MOST_ITEMS = 9
_SHORT = 60
_WANT_DELIMITER = frozenset({"INFORMATION", "INFORMATIONAL", "FAILURE", "FAILED", "NOTICE", "ALERT"})
"""Words that begin a sentence in capitals as often as they are a level."""


def of_text(line: str) -> Told:
    """What a line says whose head has no format of its own: a level in its first words, or pairs of name and value."""
    head = line[:LONGEST_HEAD]
    if ("=" in head or ":" in head) and (keyed := _KEYED.search(head)):
        severity = severity_of(keyed.group(1))
        if severity and "=" in head:
            return _of_pairs(line, head, severity)
        if severity:
            return Told(format="text", line=line, text=line.strip(), severity=severity, stated=True)
    severity, at = _level_in_head(head)
    if severity and len(head) < _SHORT and RANK[severity] >= RANK["WARNING"] and _is_level_of_nothing(head):
        severity, at = None, 0
    body = line[at:].strip() if severity and not line.startswith("Error:") else line.strip()
    if severity is None:
        return Told(format="text", line=line, text=body, is_unjudged=True)
    return Told(format="text", line=line, text=body or line.strip(), severity=severity, stated=True)


def _is_level_of_nothing(line: str) -> bool:
    """Whether the word that looks like a level counts or sets something: "0 Error(s)", "error: null"."""
    left = without_harmless(line)
    return left != line.strip() and _level_in_head(left)[0] is None and severity_in_words(left) is None


def _of_pairs(line: str, head: str, severity: str) -> Told:
    message, time = _MESSAGE.search(head), _TIME_KEYED.search(head)
    pairs = {name: quoted or bare for name, quoted, bare in _REQUEST_KEYED.findall(head)}
    request = None
    if pairs.get("status", pairs.get("status_code", "")).isdigit() and "method" in pairs:
        request = {"method": pairs["method"], "url": pairs.get("path") or pairs.get("url") or pairs.get("uri") or "/",
                   "status": int(pairs.get("status") or pairs["status_code"])}  # fmt: skip
    said = [f"code {word}" if named else word for named, quoted, bare in _MESSAGE.findall(head)
            if (word := quoted or bare) not in _NO_CODE][:3]  # fmt: skip
    return Told(
        format="logfmt", line=line, text=": ".join(dict.fromkeys(said)) if message else line.strip(),
        severity=severity, stated=True, time=(time.group(1) or time.group(2)) if time else None, request=request,
    )  # fmt: skip


def _level_in_head(head: str) -> tuple[str | None, int]:
    """The level among a line's first words, and where the message begins behind it; (None, 0) without one.

    In capitals, in brackets, behind a time, or before a colon a word is a level; inside a sentence it is a word.
    """
    at, timed, words, clocked = 0, False, 0, False
    for _ in range(_MOST_ITEMS):
        item = _ITEM.match(head, at)
        if item is None or item.end() == at:
            break
        at = item.end()
        if item["time"] or item["number"]:
            timed, clocked = True, clocked or bool(item["time"])
        elif item["paren"] and head[item.start("paren") - 2 : item.start("paren") - 1].isalnum():
            words += 1  # the arguments of a call
        elif inside := item["bracket"] or item["paren"] or item["angle"]:
            parts = re.split(r"[\s:/|,]+", inside.strip())
            found = next((severity_of(part) for part in reversed(parts) if part and _is_level(part, bracketed=True)), None)
            if found:
                return found, _behind(head, at)
        elif word := item["word"]:
            if _is_level_here(word, head[at : at + 12], colon=bool(item["colon"]), timed=timed, words=words):
                is_named_failure = words > 0 and not clocked and word[1:].islower() and severity_of(word) == "ERROR"
                return severity_of(word), 0 if is_named_failure else _behind(head, at)  # "Internal Server Error: /path"
            words += 1
            if words > (4 if timed else 2):
                break
    return None, 0


_NO_LEVELS = frozenset(
    {"log", "http", "config", "note", "statement", "success", "stderr", "failed", "failure", "fail", "fine", "panic"}
)
_DELIMITED = re.compile(r"\s*[|\]:-]\s|\t|\s{2,}|\s*$")


def _is_level(word: str, *, bracketed: bool = False) -> bool:
    if word.casefold() not in WORDS:
        return False
    return word.casefold() not in _NO_LEVELS or (bracketed and word.isupper())


def _is_level_here(word: str, behind: str, *, colon: bool, timed: bool, words: int) -> bool:
    """Whether a bare word is the level: the first one in capitals, delimited or behind a time; a later one in capitals
    alone."""
    if word.casefold() not in WORDS:
        return False
    delimited = colon or bool(_DELIMITED.match(behind))
    if word.casefold() in _NO_LEVELS:
        return word in {"LOG", "NOTE", "SUCCESS", "STATEMENT", "FAIL"} and words == 0 and delimited
    if words == 0:
        return delimited or timed or (word.isupper() and word not in _WANT_DELIMITER)
    return (word.isupper() and (timed or delimited) and (delimited or word not in _WANT_DELIMITER)) or (
        timed and delimited and words < 3
    )


def _behind(head: str, at: int) -> int:
    found = re.compile(r"[\s:|\]>-]*").match(head, at)
    return found.end() if found else at
