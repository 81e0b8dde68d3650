"""Where an object of a described format keeps its time, severity, message and request."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from lib.logs.sources.formats import CAMEL, CLOUD_KEYS, COMMON, OBJECT_FORMATS, TRACES, ObjectFormat
from lib.logs.sources.severities import LETTERS, WORDS, severity_of


@dataclass(frozen=True, slots=True)
class Plan:
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


def level_of(value: Any, name: str, scale: str | None) -> str | None:
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
        "SeverityLevel": "azure",
        "severityLevel": "azure",
    }
    if name in {"status", "type", "s"} and not (isinstance(value, str) and value.casefold() in WORDS):
        return {"exception": "ERROR", "exceededCpu": "ERROR", "Normal": "INFO"}.get(str(value))
    if name == "outcome":
        return "INFO" if value == "ok" else "ERROR"
    return severity_of(value, by_name.get(name, scale))


def text_at(raw: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = value_at(raw, name)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, Mapping) and (inner := first_of(value, ("message", "msg", "text", "stringValue", "event", "error"))):
            return str(inner)
        if isinstance(value, list) and value:
            return "; ".join(str(item.get("message", item)) if isinstance(item, Mapping) else str(item) for item in value[:5])
    return ""


def request_of(raw: Mapping[str, Any], plan: Plan) -> dict[str, Any] | None:
    if not plan.request:
        return None
    found = {name: value for name, names in plan.request if (value := first_of(raw, names)) is not None}
    status = _number(found.get("status"))
    if status is None or not status.is_integer() or not 100 <= status <= 599:
        return None
    if "url" not in found and isinstance(raw.get("request"), str) and len(parts := raw["request"].split(" ")) > 1:
        found["method"], found["url"] = parts[0], parts[1]
    if "url" not in found and "method" not in found:
        return None
    latency = _number(found.get("latency_s"))
    if latency is None and isinstance(found.get("latency_ms"), (int, float)):
        latency = _number(found["latency_ms"], per=1000)
    shaped = {"method": found.get("method"), "url": found.get("url"), "status": int(status),
              "user_agent": found.get("user_agent"), "latency_s": latency, "reason": found.get("reason")}  # fmt: skip
    return {name: value if name in {"status", "latency_s"} else str(value) for name, value in shaped.items()
            if value is not None and not (name == "reason" and str(value) in {"", "-", "0"})}  # fmt: skip


def _number(value: Any, *, per: int = 1) -> float | None:
    try:
        found = float("nan" if isinstance(value, bool) else value) / per
    except (TypeError, ValueError, OverflowError):
        return None
    return found if 0 <= found < 1e7 else None


@lru_cache(maxsize=2_000)
def plan_of(keys: tuple[str, ...], own: tuple[tuple[str, str], ...], not_this: str = "") -> Plan:
    there = frozenset(keys)

    alike = {folded(key): key for key in reversed(keys)}

    def possible(names: Sequence[str]) -> tuple[str, ...]:
        found = (name if name in there or name.partition(".")[0] in there else alike.get(folded(name), "") for name in names)
        return tuple(dict.fromkeys(name for name in found if name))

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
    return Plan(
        format=chosen, line=chosen.line, trace=possible(((mine["trace"],) if "trace" in mine else ()) + TRACES), **names,
        request=tuple(request) if has_request or "request" in there else (),
    )  # fmt: skip


@lru_cache(maxsize=5_000)
def folded(name: str) -> str:
    """A field's name without what its spellings differ in (`Log Level`, `log-level`, `LogLevel`); a short one's is itself."""
    return re.sub(r"[\W_]+", "", name.casefold()) if len(name) > 3 and "." not in name else name


def has_all(raw: Mapping[str, Any], names: Sequence[str]) -> bool:
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


def first_of(raw: Mapping[str, Any], names: Sequence[str]) -> Any:
    for name in names:
        value = value_at(raw, name)
        if value is not None and value != "" and value != {}:
            return value
    return None


def word_of(value: Any) -> str | None:
    return str(value)[:200] if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def is_foreign(raw: Mapping[str, Any]) -> bool:
    """Whether an object has none of the fields that only Cloud Logging's entries have."""
    return CLOUD_KEYS.isdisjoint(raw) and CAMEL.keys().isdisjoint(raw)


class Brief(NamedTuple):
    """Where objects with the same fields keep what can be told at a glance, and whether there may be a request or a trace."""

    severity: tuple[str, ...]
    scale: str | None
    time: tuple[str, ...]
    instance: tuple[str, ...]
    revision: tuple[str, ...]
    may_tell_more: bool

    def level(self, raw: Mapping[str, Any]) -> str | None:
        """The level that the object itself names; None where only its text could tell it."""
        for name in self.severity:
            value = raw.get(name)
            if type(value) in (str, int) and (severity := _known_level(value, name, self.scale)):
                return severity
        return None


_briefs: dict[tuple[str, ...], Brief | None] = {}


def brief_of(raw: Mapping[str, Any]) -> Brief | None:
    """The brief of a foreign object's fields; None where more of it must be looked at. A log has few kinds of objects."""
    shape = tuple(raw)
    try:
        return _briefs[shape]
    except KeyError:
        pass
    plan = plan_of(shape, ())
    brief = None
    if plan.line is None and plan.time and plan.format.layer != "edge" and is_foreign(raw):
        brief = Brief(plan.severity, plan.format.scale, plan.time, plan.instance, plan.revision, bool(plan.request or plan.trace))
    if len(_briefs) < 5_000:
        _briefs[shape] = brief
    return brief


@lru_cache(maxsize=1_000)
def _known_level(value: str | int, name: str, scale: str | None) -> str | None:
    return level_of(value, name, scale)


def is_entry(raw: Mapping[str, Any]) -> bool:
    """Whether an object looks like one log entry: it has a time or a level, and something that it says."""
    plan = plan_of(tuple(raw), ())
    has_time = any(_is_scalar(value_at(raw, name)) for name in plan.time)
    level = any(level_of(value_at(raw, name), name, plan.format.scale) for name in plan.severity)
    if plan.line and isinstance(value_at(raw, plan.line), str):
        return True
    return (has_time or level) and (bool(plan.request) or any(value_at(raw, name) for name in plan.text) or level or len(raw) > 3)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, (str, int, float)) or (isinstance(value, Mapping) and "$date" in value)
