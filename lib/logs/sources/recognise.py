"""What a line or an object says, by the descriptions of `formats`: time, severity, message, request, and who wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lib.logs.sources.candidates import Candidates
from lib.logs.sources.export_formats import EXPORT_FORMATS, LAST_FORMATS
from lib.logs.sources.failure_words import severity_in_words
from lib.logs.sources.fields import first_of, has_all, level_of, plan_of, request_of, text_at, value_at, word_of
from lib.logs.sources.line_formats import FRAGMENTS, LINE_FORMATS, WORDS_OF_FORMATS, LineFormat
from lib.logs.sources.plain import LONGEST_HEAD, Told, of_text
from lib.logs.sources.server_formats import SERVER_FORMATS
from lib.logs.sources.severities import CEF_WORDS, LETTERS, RANK, severity_of, severity_of_status

ANSI = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)")
_DEEPEST = 4
_JSON = json.JSONDecoder(strict=False)


def _compiled(one: LineFormat) -> re.Pattern[str]:
    pattern = one.pattern
    for name, fragment in FRAGMENTS.items():
        pattern = pattern.replace("{" + name + "}", fragment)
    return re.compile(pattern.replace("{{", "{").replace("}}", "}") + r"\Z", re.DOTALL)


_LINES = Candidates([(one, _compiled(one)) for one in (*EXPORT_FORMATS, *SERVER_FORMATS, *LINE_FORMATS, *LAST_FORMATS)])


@lru_cache(maxsize=4_000)
def of_line(line: str, *, format: str | None = None, depth: int = 0) -> Told:
    """What a line says. With `format` only that one is tried first; what fits no format is text."""
    return _judged(head_of(line, format=format, depth=depth))


def _judged(told: Told) -> Told:
    """The same with what its words tell, where they have not been read."""
    if not told.is_unjudged:
        return told
    words = severity_in_words(told.text)
    return told._replace(severity=_gravest(told.severity, words) if told.severity else words, is_unjudged=False)


@lru_cache(maxsize=4_000)
def head_of(line: str, *, format: str | None = None, depth: int = 0) -> Told:
    """What a line states; its words are not read for what they tell, as most who ask want its head alone."""
    bare = (ANSI.sub("", line) if "\x1b" in line else line).strip("\ufeff\r\n") if depth == 0 else line
    if bare.lstrip().startswith("{") and (payload := decoded(bare)) is not None:
        return _of_object(payload, line=bare, depth=depth)
    head, tail = bare[:LONGEST_HEAD].lstrip(), bare[LONGEST_HEAD:]
    for one, pattern in _LINES.of(head):
        if (format is None or depth or one.name == format) and (match := pattern.match(head)):
            return _of_match(one, match.groupdict(), bare, tail, depth)
    return of_text(bare)


def decoded(text: str) -> dict[str, Any] | None:
    """The JSON object that a text is, or None."""
    try:
        value = _JSON.decode(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _of_match(one: LineFormat, parts: Mapping[str, str | None], line: str, tail: str, depth: int) -> Told:
    level = _level_of(one, parts)
    severity = _gravest(level, one.means) if level and one.means else level or one.means
    own = Told(
        format=one.name, line=line, text=(parts.get("text") or "") + tail, time=_time_in(parts),
        severity=severity, level=level, stated=bool(severity), instance=parts.get("instance"), service=parts.get("service"),
        trace=parts.get("trace"), layer=one.layer, request=_request_in(parts), is_partial=parts.get("part") == "P",
    )  # fmt: skip
    rest = parts.get("rest")
    if rest is not None:
        return _within(own, rest + tail, depth)
    if (fields := decoded(parts["fields"] or "") if parts.get("fields") else None) and not tail:
        beside = _of_object(fields, depth=_DEEPEST)
        own = own._replace(
            payload={"logger": parts.get("logger"), **fields},
            request=own.request or beside.request,
            trace=own.trace or beside.trace,
        )
    if own.request is not None:
        told = severity_of_status(own.request.get("status"))
        graver = told if told and RANK[told] > RANK[own.severity or "DEFAULT"] else own.severity
        return own._replace(severity=graver, level=own.severity, text=own.text or line)
    return own if own.text or own.severity else own._replace(text=line)


def _within(outer: Told, rest: str, depth: int) -> Told:
    inner = head_of(rest, depth=depth + 1) if depth < _DEEPEST else of_text(rest)
    severity = inner.severity if inner.stated or not outer.severity else _gravest(outer.severity, inner.severity)
    return inner._replace(
        time=inner.time if outer.time is None else outer.time, severity=severity, stated=inner.stated or outer.stated,
        instance=inner.instance or outer.instance, service=inner.service or outer.service, layer=inner.layer or outer.layer,
        line=inner.line if outer.format not in {"go", "timed"} else outer.line, core=inner.core or inner.line,
            is_partial=outer.is_partial,
        format=inner.format if inner.format != "text" else outer.format,
    )  # fmt: skip


def _gravest(first: str | None, second: str | None) -> str | None:
    return max((first or "DEFAULT", second or "DEFAULT"), key=RANK.__getitem__)


def _level_of(one: LineFormat, parts: Mapping[str, str | None]) -> str | None:
    if priority := parts.get("priority"):
        return severity_of(int(priority) % 8, "syslog")
    if letter := parts.get("letter"):
        return LETTERS.get(letter)
    if cef := parts.get("cef"):
        return severity_of(max(1, int(cef)), "cef") if cef.isdigit() else CEF_WORDS.get(cef)
    word = parts.get("word") or parts.get("php")
    if word:
        return WORDS_OF_FORMATS.get(word) or severity_of(word)
    if parts.get("mark"):
        return {"#": "WARNING", "*": "NOTICE"}.get(parts["mark"] or "", "DEBUG")
    return severity_of(parts.get("level"))


def _time_in(parts: Mapping[str, str | None]) -> str | None:
    return f"{parts['age']} ago" if parts.get("age") else parts.get("time")


def _request_in(parts: Mapping[str, str | None]) -> dict[str, Any] | None:
    status = parts.get("status")
    if not status:
        return None
    method = parts.get("method")
    found: dict[str, Any] = {
        "method": "GET" if method == "WebSocket" else method, "url": parts.get("url"), "user_agent": parts.get("agent"),
        "status": 101 if status == "[accepted]" else int(status), "latency_s": _seconds_in(parts),
        "reason": " ".join(",".join(sorted(part.split(","))) for name in ("reason", "desc") if (part := parts.get(name))),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, "", "-", "--", "0")}


def _seconds_in(parts: Mapping[str, str | None]) -> float | None:
    try:
        if parts.get("latency_ms"):
            return float(parts["latency_ms"] or 0) / 1000
        found = float(parts["latency_s"]) if parts.get("latency_s") else None
        return found if found is None or found >= 0 else None
    except ValueError:
        return None


def of_object(raw: Mapping[str, Any], *, line: str = "", depth: int = 0, fields: Mapping[str, str] | None = None) -> Told:
    """What an object says; `fields` names fields of one's own: time, severity, text, trace, instance, service, revision."""
    return _judged(_of_object(raw, line=line, depth=depth, fields=fields))


def _of_object(raw: Mapping[str, Any], *, line: str = "", depth: int = 0, fields: Mapping[str, str] | None = None) -> Told:
    plan = plan_of(tuple(raw), tuple(sorted((fields or {}).items())))
    if plan.format.known_by and any("." in name for name in plan.format.known_by) and not has_all(raw, plan.format.known_by):
        plan = plan_of(tuple(name for name in raw), tuple(sorted((fields or {}).items())), plan.format.name)
    severity, scale = None, plan.format.scale
    for name in plan.severity:
        value = value_at(raw, name)
        if severity := level_of(value, name, scale):
            break
    text = text_at(raw, plan.text)
    own = Told(
        format=plan.format.name, line=line, text=text, severity=severity, stated=severity is not None,
        time=first_of(raw, plan.time), trace=first_of(raw, plan.trace), instance=word_of(first_of(raw, plan.instance)),
        service=word_of(first_of(raw, plan.service)), revision=word_of(first_of(raw, plan.revision)), layer=plan.format.layer,
        request=request_of(raw, plan), payload=raw,
    )  # fmt: skip
    inner_line = _line_of(value_at(raw, plan.line)) if plan.line else None
    if isinstance(inner_line, str) and depth < _DEEPEST:
        inner = _within(own._replace(line=inner_line), inner_line.rstrip("\n"), depth)
        return inner._replace(payload=inner.payload if inner.payload is not None else raw, request=inner.request or own.request,
                       trace=inner.trace or own.trace, revision=inner.revision or own.revision)  # fmt: skip
    if own.severity is None:
        own = own._replace(severity=plan.format.untold or _severity_untold(own, raw))
    status = (own.request or {}).get("status") or 0
    return own._replace(severity="ERROR") if own.layer == "edge" and status >= 500 else own


def _line_of(value: Any) -> Any:
    """What journald could not write as text, such as a line with colours, it writes as a list of bytes."""
    if isinstance(value, list) and value and all(type(one) is int and 0 <= one < 256 for one in value):
        return ANSI.sub("", bytes(value).decode("utf-8", "replace"))
    return value


def _severity_untold(own: Told, raw: Mapping[str, Any]) -> str | None:
    if own.text:
        line = of_line(own.text.partition("\n")[0], depth=_DEEPEST)
        if line.severity:
            return line.severity
    if any(
        _is_failure(raw.get(name)) for name in ("stack_trace", "exc_info", "exception", "err", "error", "stack", "error_message")
    ):
        return "ERROR"
    return severity_of_status((own.request or {}).get("status"))


def _is_failure(value: Any) -> bool:
    # One formatter attaches an object called error to each line; a real one says of what kind it is, or where.
    if isinstance(value, Mapping):
        return any(value.get(name) for name in ("stack", "stack_trace", "stackTrace", "type", "kind", "name", "code"))
    return isinstance(value, str) and bool(value.strip())


def severity_of_text(text: str) -> str | None:
    """The severity of a message as it stands in an entry: what its first line states, or what its words say."""
    return of_line(text.strip().partition("\n")[0][:LONGEST_HEAD]).severity if text.strip() else None
