"""What a line or an object says, by the descriptions of `formats`: time, severity, message, request, and who wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from lib.logs.sources.formats import COMMON, CONTAINERS, OBJECT_FORMATS, TRACES, Container, ObjectFormat
from lib.logs.sources.line_formats import FRAGMENTS, LINE_FORMATS, WORDS_OF_FORMATS, LineFormat
from lib.logs.sources.severities import LETTERS, RANK, WORDS, severity_in_words, severity_of, severity_of_status

ANSI = re.compile(r"\x1b\[[0-9;:?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)")
_DEEPEST = 4
_JSON = json.JSONDecoder(strict=False)
_LONGEST_HEAD = 4_000
"""Characters of a line in which its format is looked for; what follows is message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one line or object says of itself; None where it says nothing. `text` is the message without the line's head.

    `line` is the line without what other programs put before it. `stated` tells whether a level is named, or only told
    in words;
    `level` is the one that is named where a status is graver. `core` is the line without its time, where that alone
    stood before it.
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


def _compiled(one: LineFormat) -> re.Pattern[str]:
    pattern = one.pattern
    for name, fragment in FRAGMENTS.items():
        pattern = pattern.replace("{" + name + "}", fragment)
    return re.compile(pattern.replace("{{", "{").replace("}}", "}") + r"\Z", re.DOTALL)


_DIGITS, _CAPITALS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STARTS = (
    (("{time}", "{slashtime}", "{clock}", r"\d"), _DIGITS),
    ((r"\[{time}", r"\[{", r"\[", "{accesstime}", "{apachetime}", "{phptime}"), "["),
    (("<",), "<"),
    (("{syslogtime}", "{letter}"), _CAPITALS),
    ((r"\(",), "("),
)
"""With which characters a line of a format begins, by how its pattern does; any where it is none of these."""


def _may_begin(pattern: str, character: str) -> bool:
    if pattern.startswith(r"\[?"):
        return character in _DIGITS + "["
    characters = next((characters for begins, characters in _STARTS if pattern.startswith(begins)), None)
    return characters is None or character in characters


_COMPILED = tuple((one, _compiled(one)) for one in LINE_FORMATS)
_LINES = {
    character: tuple(pair for pair in _COMPILED if _may_begin(pair[0].pattern, character))
    for character in (*_DIGITS, *_CAPITALS, "[", "<", "(", "")
}
"""The formats that a line may have, by its first character; the empty one stands for any other."""


@lru_cache(maxsize=4_000)
def of_line(line: str, *, format: str | None = None, depth: int = 0) -> Told:
    """What a line says. With `format` only that one is tried first; what fits no format is text."""
    bare = ANSI.sub("", line).strip("\ufeff\r\n") if depth == 0 else line
    if bare.lstrip().startswith("{") and (payload := decoded(bare)) is not None:
        return of_object(payload, line=bare, depth=depth)
    head, tail = bare[:_LONGEST_HEAD].lstrip(), bare[_LONGEST_HEAD:]
    for one, pattern in _LINES.get(head[:1]) or _LINES[""]:
        if (format is None or depth or one.name == format) and (match := pattern.match(head)):
            return _of_match(one, match.groupdict(), bare, tail, depth)
    return _of_text(bare)


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
        format=one.name, line=line, text=(parts.get("text") or "") + tail, time=parts.get("time"),
        severity=severity, level=level, stated=bool(severity), instance=parts.get("instance"), service=parts.get("service"),
        trace=parts.get("trace"), layer=one.layer, request=_request_in(parts), is_partial=parts.get("part") == "P",
    )  # fmt: skip
    rest = parts.get("rest")
    if rest is not None:
        return _within(own, rest + tail, depth)
    if own.request is not None:
        told = severity_of_status(own.request.get("status"))
        graver = told if told and RANK[told] > RANK[own.severity or "DEFAULT"] else own.severity
        return replace(own, severity=graver, level=own.severity, text=own.text or line)
    return own if own.text or own.severity else replace(own, text=line)


def _within(outer: Told, rest: str, depth: int) -> Told:
    inner = of_line(rest, depth=depth + 1) if depth < _DEEPEST else _of_text(rest)
    severity = inner.severity if inner.stated or not outer.severity else _gravest(outer.severity, inner.severity)
    return replace(
        inner, time=inner.time if outer.time is None else outer.time, severity=severity, stated=inner.stated or outer.stated,
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
    word = parts.get("word") or parts.get("php")
    if word:
        return WORDS_OF_FORMATS.get(word) or severity_of(word)
    if parts.get("mark"):
        return {"#": "WARNING", "*": "NOTICE"}.get(parts["mark"] or "", "DEBUG")
    return severity_of(parts.get("level"))


def _request_in(parts: Mapping[str, str | None]) -> dict[str, Any] | None:
    status = parts.get("status")
    if not status:
        return None
    method = parts.get("method")
    found: dict[str, Any] = {
        "method": "GET" if method == "WebSocket" else method, "url": parts.get("url"), "user_agent": parts.get("agent"),
        "status": 101 if status == "[accepted]" else int(status), "latency_s": _seconds_in(parts),
    }  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, "", "-")}


def _seconds_in(parts: Mapping[str, str | None]) -> float | None:
    try:
        if parts.get("latency_ms"):
            return float(parts["latency_ms"] or 0) / 1000
        found = float(parts["latency_s"]) if parts.get("latency_s") else None
        return found if found is None or found >= 0 else None
    except ValueError:
        return None


# --- text whose head has no format of its own -------------------------------------------------------------------------

_ITEM = re.compile(
    r"\s*(?:(?P<time>[\[(]?\d[\dT:.,/+-]{4,40}Z?[\])]?,?(?: [AP]M)?(?: (?:UTC|GMT|[+-]\d{4}))?(?=[\s|\]:]|$))"
    r"|\[(?P<bracket>[^\]\[\n]{1,120})\]|\((?P<paren>[^)\n]{1,60})\)"
    r"|<(?P<angle>[A-Za-z]{1,12})>|(?P<word>[A-Za-z][\w.$/@#-]{0,80})(?P<colon>:(?=\s|$|[A-Za-z]))?"
    r"|(?P<number>\d+)(?=\s|$)|(?P<mark>[-|*>=#:~]{1,3}))"
)
_KEYED = re.compile(r"(?:^|[\s{,])\"?(?:level|lvl|severity|loglevel|log_level|levelname)\"?[=:]\s?\"?(\w+)", re.IGNORECASE)
_MESSAGE = re.compile(r"(?:^|\s)(?:msg|message|err|error)=(?:\"((?:[^\"\\]|\\.)*)\"|(\S+))")
_TIME_KEYED = re.compile(r"(?:^|\s)(?:time|ts|timestamp|t|@timestamp|datetime)=(?:\"([^\"]{8,40})\"|(\S{8,40}))")
_REQUEST_KEYED = re.compile(r"(?:^|\s)(method|path|url|uri|status|status_code|duration|latency)=(?:\"([^\"]*)\"|(\S+))")
_MOST_ITEMS = 9
_WANT_DELIMITER = frozenset({"INFORMATION", "INFORMATIONAL", "FAILURE", "FAILED", "NOTICE", "ALERT"})
"""Words that begin a sentence in capitals as often as they are a level."""


def _of_text(line: str) -> Told:
    head = line[:_LONGEST_HEAD]
    if keyed := _KEYED.search(head):
        severity = severity_of(keyed.group(1))
        if severity and "=" in head:
            return _of_pairs(line, head, severity)
        if severity:
            return Told(format="text", line=line, text=line.strip(), severity=severity, stated=True)
    severity, at = _level_in_head(head)
    body = line[at:].strip() if severity and not line.startswith("Error:") else line.strip()
    if severity is None:
        severity = severity_in_words(body)
        return Told(format="text", line=line, text=body, severity=severity)
    return Told(format="text", line=line, text=body or line.strip(), severity=severity, stated=True)


def _of_pairs(line: str, head: str, severity: str) -> Told:
    message, time = _MESSAGE.search(head), _TIME_KEYED.search(head)
    pairs = {name: quoted or bare for name, quoted, bare in _REQUEST_KEYED.findall(head)}
    request = None
    if pairs.get("status", pairs.get("status_code", "")).isdigit() and "method" in pairs:
        request = {"method": pairs["method"], "url": pairs.get("path") or pairs.get("url") or pairs.get("uri") or "/",
                   "status": int(pairs.get("status") or pairs["status_code"])}  # fmt: skip
    said = [one.group(1) or one.group(2) for one in _MESSAGE.finditer(head)][:2]
    return Told(
        format="logfmt", line=line, text=": ".join(dict.fromkeys(word for word in said if word)) if message else line.strip(),
        severity=severity, stated=True, time=(time.group(1) or time.group(2)) if time else None, request=request,
    )  # fmt: skip


def _level_in_head(head: str) -> tuple[str | None, int]:
    """The level among a line's first words, and where the message begins behind it; (None, 0) without one.

    In capitals, in brackets, behind a time, or before a colon a word is a level; inside a sentence it is a word.
    """
    at, timed, words = 0, False, 0
    for _ in range(_MOST_ITEMS):
        item = _ITEM.match(head, at)
        if item is None or item.end() == at:
            break
        at = item.end()
        if item["time"] or item["number"]:
            timed = True
        elif inside := item["bracket"] or item["paren"] or item["angle"]:
            parts = re.split(r"[\s:/|,]+", inside.strip())
            found = next((severity_of(part) for part in reversed(parts) if part and _is_level(part, bracketed=True)), None)
            if found:
                return found, _behind(head, at)
        elif word := item["word"]:
            if _is_level_here(word, head[at : at + 12], colon=bool(item["colon"]), timed=timed, words=words):
                return severity_of(word), _behind(head, at)
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


# --- objects ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Plan:
    # For objects with the same fields: the format, and which of the names can be there.
    format: ObjectFormat
    time: tuple[str, ...]
    severity: tuple[str, ...]
    text: tuple[str, ...]
    line: str | None
    instance: tuple[str, ...]
    service: tuple[str, ...]
    revision: tuple[str, ...]
    trace: tuple[str, ...]
    request: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())


def of_object(raw: Mapping[str, Any], *, line: str = "", depth: int = 0, fields: Mapping[str, str] | None = None) -> Told:
    """What an object says; `fields` names fields of one's own: time, severity, text, trace, instance, service, revision."""
    plan = _plan(tuple(raw), tuple(sorted((fields or {}).items())))
    if plan.format.known_by and any("." in name for name in plan.format.known_by) and not _has(raw, plan.format.known_by):
        plan = _plan(tuple(name for name in raw), tuple(sorted((fields or {}).items())), plan.format.name)
    severity, scale = None, plan.format.scale
    for name in plan.severity:
        value = value_at(raw, name)
        if severity := _level(value, name, scale):
            break
    text = _text_at(raw, plan.text)
    own = Told(
        format=plan.format.name, line=line, text=text, severity=severity, stated=severity is not None,
        time=_first(raw, plan.time), trace=_first(raw, plan.trace), instance=_word(_first(raw, plan.instance)),
        service=_word(_first(raw, plan.service)), revision=_word(_first(raw, plan.revision)), layer=plan.format.layer,
        request=_request_of(raw, plan), payload=raw,
    )  # fmt: skip
    inner_line = value_at(raw, plan.line) if plan.line else None
    if isinstance(inner_line, str) and depth < _DEEPEST:
        inner = _within(replace(own, line=inner_line), inner_line.rstrip("\n"), depth)
        return replace(inner, payload=inner.payload if inner.payload is not None else raw, request=inner.request or own.request,
                       trace=inner.trace or own.trace, revision=inner.revision or own.revision)  # fmt: skip
    if own.severity is None:
        own = replace(own, severity=_severity_untold(own, raw))
    return own


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


def _level(value: Any, name: str, scale: str | None) -> str | None:
    if value is None or isinstance(value, (dict, list)):
        return severity_of(value.get("name") or value.get("value") or value.get("label")) if isinstance(value, dict) else None
    if scale == "letter":
        return LETTERS.get(str(value)[:1])
    by_name = {
        "levelno": "python",
        "PRIORITY": "syslog",
        "severityNumber": "otlp",
        "SeverityNumber": "otlp",
        "severity_number": "otlp",
    }
    if name in {"status", "type", "s"} and not (isinstance(value, str) and value.casefold() in WORDS):
        return {"exception": "ERROR", "exceededCpu": "ERROR", "Normal": "INFO"}.get(str(value))
    if name == "outcome":
        return "INFO" if value == "ok" else "ERROR"
    return severity_of(value, by_name.get(name, scale))


def _text_at(raw: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = value_at(raw, name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, Mapping) and (inner := _first(value, ("message", "msg", "text", "stringValue", "event", "error"))):
            return str(inner)
        if isinstance(value, list) and value:
            return "; ".join(str(item.get("message", item)) if isinstance(item, Mapping) else str(item) for item in value[:5])
    return ""


def _request_of(raw: Mapping[str, Any], plan: _Plan) -> dict[str, Any] | None:
    if not plan.request:
        return None
    found = {name: value for name, names in plan.request if (value := _first(raw, names)) is not None}
    status = found.get("status")
    if isinstance(status, str) and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 100 <= status <= 599:
        return None
    if "url" not in found and isinstance(raw.get("request"), str) and len(parts := raw["request"].split(" ")) > 1:
        found["method"], found["url"] = parts[0], parts[1]
    if "url" not in found and "method" not in found:
        return None
    latency = found.get("latency_s")
    if latency is None and isinstance(found.get("latency_ms"), (int, float)):
        latency = found["latency_ms"] / 1000
    shaped = {"method": found.get("method"), "url": found.get("url"), "status": status, "user_agent": found.get("user_agent"),
              "latency_s": _number(latency)}  # fmt: skip
    return {name: value if name in {"status", "latency_s"} else str(value) for name, value in shaped.items() if value is not None}


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 0 <= found < 1e7 else None


@lru_cache(maxsize=2_000)
def _plan(keys: tuple[str, ...], own: tuple[tuple[str, str], ...], not_this: str = "") -> _Plan:
    there = frozenset(keys)

    def possible(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in names if name in there or name.partition(".")[0] in there))

    chosen = next(
        one for one in OBJECT_FORMATS
        if one.name != not_this
        and all(name in there or ("." in name and name.partition(".")[0] in there) for name in one.known_by)
    )  # fmt: skip
    mine = dict(own)
    names = {
        part: possible(((mine[part],) if part in mine else ()) + getattr(chosen, part) + getattr(COMMON, part))
        for part in ("time", "severity", "text", "instance", "service", "revision")
    }
    request = [
        (
            part,
            possible(
                ((mine[part],) if part in mine else ()) + tuple(chosen.request.get(part, "").split()) + tuple(words.split())
            ),
        )
        for part, words in COMMON.request.items()
    ]
    has_request = any(names for part, names in request if part == "status") and any(
        n for p, n in request if p in {"method", "url"}
    )
    return _Plan(
        format=chosen, line=chosen.line, trace=possible(((mine["trace"],) if "trace" in mine else ()) + TRACES), **names,
        request=tuple(request) if has_request or "request" in there else (),
    )  # fmt: skip


def _has(raw: Mapping[str, Any], names: Sequence[str]) -> bool:
    return all(value_at(raw, name) is not None for name in names)


def value_at(raw: Mapping[str, Any], name: str) -> Any:
    """The member of that name, or where the name has dots the one that they lead to; None without one."""
    if name in raw:
        return raw[name]
    place: Any = raw
    rest = name
    while rest and isinstance(place, Mapping):
        if rest in place:
            return place[rest]
        head, dot, rest = rest.partition(".")
        if not dot:
            return None
        place = place.get(head)
    return None


def _first(raw: Mapping[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        value = value_at(raw, name)
        if value is not None and value != "" and value != {}:
            return value
    return None


def _word(value: Any) -> str | None:
    return str(value)[:200] if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def in_brief(raw: Mapping[str, Any]) -> tuple[str | None, bool, Any, Any, Any]:
    """The level that an object itself names, whether it may tell of a request or a trace, its time, instance and revision.

    Nothing else of it is looked at. The level is None where only its text could tell it.
    """
    plan = _plan(tuple(raw), ())
    if plan.line is not None or not plan.time:
        return None, True, None, None, None
    severity = None
    for name in plan.severity:
        if severity := _quick_level(raw.get(name), name, plan.format.scale):
            break
    time = raw.get(plan.time[0])
    return (
        severity, bool(plan.request or plan.trace), _first(raw, plan.time) if time is None else time,
        _word(_first(raw, plan.instance)) if plan.instance else None, _word(_first(raw, plan.revision)) if
        plan.revision else None,
    )  # fmt: skip


def _quick_level(value: Any, name: str, scale: str | None) -> str | None:
    return _known_level(value, name, scale) if type(value) in (str, int) else None


@lru_cache(maxsize=1_000)
def _known_level(value: str | int, name: str, scale: str | None) -> str | None:
    return _level(value, name, scale)


def is_entry(raw: Mapping[str, Any]) -> bool:
    """Whether an object looks like one log entry: it has a time or a level, and something that it says."""
    plan = _plan(tuple(raw), ())
    has_time = any(_is_scalar(value_at(raw, name)) for name in plan.time)
    level = any(_level(value_at(raw, name), name, plan.format.scale) for name in plan.severity)
    return (has_time or level) and (bool(plan.request) or any(value_at(raw, name) for name in plan.text) or level or len(raw) > 3)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) or (isinstance(value, Mapping) and "$date" in value)


_HEADS = frozenset(re.split(r"[.\[]", one.path, maxsplit=1)[0] for one in CONTAINERS)


def may_contain(value: Mapping[str, Any]) -> bool:
    """Whether an object has a field in which a known container holds its entries."""
    return not _HEADS.isdisjoint(value)


def contained(value: Mapping[str, Any]) -> tuple[Container, Iterator[Mapping[str, Any]]] | None:
    """The entries of a container that is known, each with what stands beside it on the way; None where it is none."""
    for one in CONTAINERS if may_contain(value) else ():
        head = re.split(r"[.\[]", one.path, maxsplit=1)[0]
        if head in value:
            found = _walk(value, one.path.split("."), {}, one.columns)
            first = next(found, None)
            if first is not None:
                return one, _chained(first, found)
    return None


def _chained(first: Mapping[str, Any], rest: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    yield first
    yield from rest


def _walk(place: Any, path: list[str], beside: Mapping[str, Any], columns: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    if not path:
        item = dict(zip(columns, place, strict=False)) if isinstance(place, list) and columns else place
        if isinstance(item, Mapping):
            yield {**beside, **_attributes(item)}
        return
    name, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    if not isinstance(place, Mapping) or name not in place:
        return
    handed = {**beside, **{key: _attributed(item) for key, item in place.items() if key != name and _handed_down(item)}}
    handed = {key: item for key, item in handed.items() if key not in {"status", "message", "nextToken", "pagination"}}
    for item in place[name] if each and isinstance(place[name], list) else [place[name]]:
        yield from _walk(item, path[1:], handed, columns)


def _handed_down(item: Any) -> bool:
    return isinstance(item, (str, int)) or (isinstance(item, Mapping) and len(item) < 50)


def _attributed(item: Any) -> Any:
    return _attributes(item) if isinstance(item, Mapping) else item


def _attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """OTLP's lists of key and value as the object that they are."""
    given = item.get("attributes")
    if not isinstance(given, list):
        return dict(item)
    told = {str(one.get("key")): next(iter(one["value"].values()), None) for one in given
            if isinstance(one, Mapping) and isinstance(one.get("value"), Mapping)}  # fmt: skip
    return {**item, **({"attributes": told} if "body" in item or "timeUnixNano" in item else told)}


def severity_of_text(text: str) -> str | None:
    """The severity of a message as it stands in an entry: what its first line states, or what its words say."""
    return of_line(text.strip().partition("\n")[0][:_LONGEST_HEAD]).severity if text.strip() else None


__all__ = ["ANSI", "Told", "contained", "decoded", "is_entry", "of_line", "of_object", "severity_of_text", "value_at"]
