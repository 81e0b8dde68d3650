"""The part of the Logging query language that the embedded Logging API understands: text in, predicate on entries out.

conjunction = disjunction {["AND"] disjunction}     OR binds closer than AND, as in Cloud Logging
disjunction = term {"OR" term}
term        = ("NOT" | "-") term | "(" conjunction ")" | field operator value
value       = word | "text" | "(" value {("OR" | "AND") value} ")"
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .journal import Entry

MAX_FILTER = 20_000
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
PLAIN_FIELDS = ("timestamp", "receiveTimestamp", "severity", "logName", "insertId", "trace", "spanId", "textPayload")
GROUPS = ("resource", "labels", "jsonPayload", "protoPayload", "httpRequest", "operation", "sourceLocation")
_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>=~|!~|!=|>=|<=|[=><:()])|(?P<word>[^\s()"=!<>:~,]+))')
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$")
Predicate = Callable[[Entry], bool]
Token = tuple[str, str]


class BadFilter(ValueError):
    """The filter is not understood; its text says where."""


def compile_filter(text: str) -> Predicate:
    """The predicate that a filter stands for; the empty filter accepts every entry. Raises BadFilter."""
    if len(text) > MAX_FILTER:
        raise BadFilter(f"the filter has {len(text)} characters, {MAX_FILTER} are accepted")
    return _Parser(_tokens(text)).whole() if text.strip() else lambda entry: True


def _tokens(text: str) -> list[Token]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise BadFilter(f"unparseable filter: syntax error at column {at + 1}")
        kind = str(found.lastgroup)
        value = found[kind]
        tokens.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value))
        at = found.end()
    return tokens


class _Parser:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens, self._at, self._depth = tokens, 0, 0

    def whole(self) -> Predicate:
        """The predicate of all tokens."""
        predicate = self._conjunction()
        if self._at < len(self._tokens):
            raise BadFilter(f"unparseable filter: unexpected {self._tokens[self._at][1]!r}")
        return predicate

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _take(self, token: Token) -> bool:
        if self._peek() != token:
            return False
        self._at += 1
        return True

    def _conjunction(self) -> Predicate:
        parts = [self._disjunction()]
        while self._take(("word", "AND")) or self._peek() not in (("end", ""), ("mark", ")")):
            parts.append(self._disjunction())
        return parts[0] if len(parts) == 1 else lambda entry: all(part(entry) for part in parts)

    def _disjunction(self) -> Predicate:
        parts = [self._term()]
        while self._take(("word", "OR")):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else lambda entry: any(part(entry) for part in parts)

    def _term(self) -> Predicate:
        if self._take(("word", "NOT")):
            inner = self._term()
            return lambda entry: not inner(entry)
        if self._take(("mark", "(")):
            self._depth += 1
            if self._depth > 50:
                raise BadFilter("the filter is nested too deeply")
            inner = self._conjunction()
            self._close()
            self._depth -= 1
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        kind, name = self._next()
        negated = kind == "word" and name.startswith("-")
        path = self._path(name.removeprefix("-") if negated else name, kind)
        mark, operator = self._next()
        if mark != "mark" or operator in "()":
            raise BadFilter(f"unparseable filter: an operator is expected after {'.'.join(path)!r}")
        predicate = self._values(path, operator)
        return (lambda entry: not predicate(entry)) if negated else predicate

    def _path(self, name: str, kind: str) -> list[str]:
        if kind != "word":
            raise BadFilter(f"unparseable filter: a field's name is expected, found {name!r}")
        while name.endswith(".") and self._peek()[0] == "text":
            name += self._next()[1].replace(".", "\0")
        path = [part.replace("\0", ".") for part in name.split(".")]
        if not (name in PLAIN_FIELDS or (path[0] in GROUPS and len(path) > 1 and all(path)) or name in GROUPS):
            raise BadFilter(f"unknown field: {name!r}")
        return path

    def _values(self, path: list[str], operator: str) -> Predicate:
        if not self._take(("mark", "(")):
            return _test(path, operator, self._value())
        parts, joins = [_test(path, operator, self._value())], set()
        while self._peek() in (("word", "OR"), ("word", "AND")):
            joins.add(self._next()[1])
            parts.append(_test(path, operator, self._value()))
        self._close()
        if len(joins) > 1:
            raise BadFilter("AND and OR cannot stand beside each other in a list of values")
        several = all if joins == {"AND"} else any
        return lambda entry: several(part(entry) for part in parts)

    def _value(self) -> str:
        kind, value = self._next()
        if kind not in ("text", "word") or (kind == "word" and value in ("AND", "OR", "NOT")):
            raise BadFilter(f"unparseable filter: a value is expected, found {value or 'the end'!r}")
        while kind == "word" and self._peek() == ("mark", ":"):  # an unquoted time
            value += self._next()[1] + self._next()[1]
        return value

    def _close(self) -> None:
        if not self._take(("mark", ")")):
            raise BadFilter("unparseable filter: a parenthesis is not closed")


def _test(path: list[str], operator: str, value: str) -> Predicate:
    """The predicate of one comparison."""
    if operator in ("=~", "!~"):
        return _matching(path, operator, value)
    if path == ["timestamp"]:
        wanted_ns = _nanoseconds(value)
        return _ordered(lambda entry: entry.at_us * 1000, operator, wanted_ns)
    if path == ["receiveTimestamp"]:
        return _ordered(lambda entry: _nanoseconds(entry.fields["receiveTimestamp"]), operator, _nanoseconds(value))
    if path == ["severity"]:
        if value.upper() not in SEVERITIES:
            raise BadFilter(f"invalid severity: {value!r}")
        return _ordered(
            lambda entry: SEVERITIES.index(entry.fields.get("severity", "DEFAULT")), operator, SEVERITIES.index(value.upper())
        )
    if operator == ":":
        return _having(path, value)
    return _comparing(path, operator, value)


def _ordered(key: Callable[[Entry], int], operator: str, wanted: int) -> Predicate:
    match operator:
        case ">=":
            return lambda entry: key(entry) >= wanted
        case "<=":
            return lambda entry: key(entry) <= wanted
        case ">":
            return lambda entry: key(entry) > wanted
        case "<":
            return lambda entry: key(entry) < wanted
        case "=":
            return lambda entry: key(entry) == wanted
        case "!=":
            return lambda entry: key(entry) != wanted
    raise BadFilter(f"operator {operator!r} cannot be used here")


def _comparing(path: list[str], operator: str, value: str) -> Predicate:
    number = _number(value)

    def predicate(entry: Entry) -> bool:
        found = field_of(entry.fields, path)
        if found is None or isinstance(found, dict | list):
            return False
        if operator in ("=", "!="):
            same = found == number if isinstance(found, int | float) and not isinstance(found, bool) else _text(found) == value
            return same == (operator == "=")
        left, right = (found, number) if isinstance(found, int | float) and number is not None else (_text(found), value)
        return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[operator]

    return predicate


def _having(path: list[str], value: str) -> Predicate:
    wanted = value.lower()

    def predicate(entry: Entry) -> bool:
        found = field_of(entry.fields, path)
        return found is not None and (
            value == "*" or (wanted in found if isinstance(found, dict) else wanted in _text(found).lower())
        )

    return predicate


def _matching(path: list[str], operator: str, value: str) -> Predicate:
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise BadFilter(f"invalid regular expression: {error}") from None

    def predicate(entry: Entry) -> bool:
        found = field_of(entry.fields, path)
        return found is not None and (pattern.search(_text(found)) is not None) == (operator == "=~")

    return predicate


def field_of(fields: dict[str, Any], path: list[str]) -> Any:
    """What stands at a path, or None."""
    found: Any = fields
    for part in path:
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _nanoseconds(value: str) -> int:
    found = _TIME.match(value)
    try:
        if found is None:
            raise ValueError(value)
        day, clock, fraction, zone = found.groups()
        whole = datetime.fromisoformat(f"{day}T{clock or '00:00:00'}{(zone or 'Z').replace('Z', '+00:00')}")
    except ValueError:
        raise BadFilter(f"invalid timestamp: {value!r}") from None
    return int(whole.timestamp()) * 1_000_000_000 + int((fraction or "0").ljust(9, "0"))
