"""What tells causes apart though it looks like a value: codes of errors, statuses, and the names that servers give to reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lib.logs.sources.fields import value_at

_BEFORE = 32
_NAMES = (
    "code", "errno", "err", "error", "errors", "status", "sqlstate", "hresult", "alert number", " num", ":num", " exit",
    " exited", " close", " closed", " signal", " curl", " state:", " rc",
)  # fmt: skip
"""What a word ends with that names a code."""
_BETWEEN = " =:#\"'([])-"
_ANSWERED = re.compile(
    r"\b(?:returned|returns|responded|response|answered|answer|replied|got|received|upstream|server|failed|rejected|refused|http)"
    r"(?: with| an?| by)?(?: HTTP)?(?: status)?\s?[:=]?\s?\(?$",
    re.IGNORECASE,
)
_REASONS = re.compile(
    r"\b(?:error\w*|err|code|reason|cause|type|kind|status|state|desc\w*|fault)[\"']?\s?[=:]\s?$", re.IGNORECASE
)
_PHRASE = re.compile(
    r" (?:Bad |Unauthori|Payment |Forbidden|Not |Method |Request |Conflict|Gone|Payload |URI |Too |Unprocess|Upgrade |Internal "
    r"|Service |Gateway |HTTP Version|Client Error|Server Error|Client Closed)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"\s?(?:[µmun]?s\b|min\b|sec|hour|day|%|[kMG]?i?B\b|bytes?\b|times?\b|of\b|more\b|/|items?\b|rows?\b)|[.:]\d|\w"
)
_VENDOR = re.compile(r"(?<![\w-])([A-Z]{1,8})-?$")
_LETTERS = frozenset("CEFHPRW")
"""Single letters that begin codes."""
_NO_VENDORS = frozenset(
    "ID UID PID TID REQ REQUEST JOB TASK ORDER USER TX TXN RUN POD NODE HOST CASE UTF SHA MD BASE ISO UTC GMT HTTP IPV TCP WORKER"  # noqa: SIM905
    " THREAD ITEM SESSION CLIENT CONN TICKET INV SKU STEP LINE".split()
)
_WORD = re.compile(r"[\"'`][A-Za-z][A-Za-z_.]*(?:[ -][A-Za-z_.]+){0,8}[A-Z]?\d{0,6}[A-Z]?[\"'`]")
_NTSTATUS = re.compile(r"0x[89cC][0-9a-fA-F]{7}")
_REASON_FIELDS = ("reason", "error.reason")
_CODE_FIELDS = ("code", "error_code", "errorCode", "error.code", "err.code", "grpc.code", "exception.code", "sqlState",
                "error_type", "errorType")  # fmt: skip
_NO_CODE = frozenset({"0", "200", "ok", "none", "null", "nil", "unknown", "error", "err", "true", "false"})


def is_code(line: str, start: int, end: int) -> bool:
    """Whether what stands there in a line is a code, and no value that varies from one time to the next."""
    first = line[start]
    if first in "'\"`":
        before = line[max(0, start - _BEFORE) : start]
        return before[-2:].rstrip()[-1:] in (":", "=") and bool(_REASONS.search(before) and _WORD.fullmatch(line, start, end))
    if end - start > 10 or not first.isdigit():
        return False
    found = line[start:end]
    if found.isdigit():
        return len(found) <= 8 and _is_number_of_a_kind(found, line, start, end)
    if found[:2] == "0x":
        return bool(_NTSTATUS.fullmatch(found)) or _is_named(line, start)
    return found.isalnum() and (_is_named(line, start) or (not start and line[end : end + 2] == ": "))


def _is_named(line: str, start: int) -> bool:
    before = f" {line[max(0, start - _BEFORE) : start]}"
    bare = before.rstrip(_BETWEEN)
    bare += ":" if bare.endswith(("State", "state")) and ":" in before[len(bare) :] else ""
    if bare == before or len(before) - len(bare) > 3:
        return False
    name = bare.lower()
    return name.endswith(_NAMES) or name.removesuffix(" is").removesuffix(" with").removesuffix(" of").endswith(_NAMES)


def _is_number_of_a_kind(found: str, line: str, start: int, end: int) -> bool:
    last, behind = line[start - 1 : start], line[end : end + 2]
    if last.isupper() or (last == "-" and line[start - 2 : start - 1].isupper()):
        vendor = _VENDOR.search(line[max(0, start - _BEFORE) : start])
        name = vendor.group(1) if vendor else ""
        return len(found) > 1 and name not in _NO_VENDORS and (len(name) > 1 or (name in _LETTERS and name == last))
    if last == "(" and (behind == ": " or (behind == ", " and line[end + 2 : end + 3] in ("'", '"'))):
        return True  # (111: Connection refused), (1045, "Access denied …")
    if behind == " (" and line[end + 2 : end + 7].isalnum() and line[end + 7 : end + 8] == ")":
        return True  # 1045 (HY000)
    if len(found) == 3 and found[0] in "45":
        before = line[max(0, start - _BEFORE) : start]
        if _PHRASE.match(line, end) or (_ANSWERED.search(before) and not _AMOUNT.match(line, end)):
            return True
    return _is_named(line, start) and not _AMOUNT.match(line, end)


def code_of(payload: Mapping[str, Any], said: str) -> str:
    """The reason and the code that a payload names in fields of their own and its words do not; empty where it names none."""
    found = []
    for kind, names in (("reason", _REASON_FIELDS), ("code", _CODE_FIELDS)):
        values = (value_at(payload, name) for name in names)
        told = next((str(value).strip() for value in values if isinstance(value, (str, int)) and _tells(value)), "")
        if told and told not in said:
            found.append(f"{kind} {told}")
    return ", ".join(found)


def _tells(value: str | int) -> bool:
    text = str(value).strip()
    return not isinstance(value, bool) and 0 < len(text) <= 60 and "\n" not in text and text.lower() not in _NO_CODE
