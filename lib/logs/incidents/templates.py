"""Messages without what varies in them, and which of them stand beside failing exchanges rather than passing ones."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lib.facts import LogEntry
from lib.logs.correlation.correlate import Pair
from lib.logs.correlation.requests import path_of

MASK = (
    r"(\b(?i:http|status|code)[ =:/]{1,2}[1-5][0-9][0-9]\b)"  # a status tells causes apart and is kept
    r"|\b(?:secret|jwt):[0-9a-f]{8}\b"
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
    r"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|(_)[0-9a-f]{8,}\b|\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{8,}\b|\b[0-9]+(?:\.[0-9]+)*(?::[0-9]+)?|[0-9]+(?:\.[0-9]+)*\b"
)
"""One alternation that Python and RE2 (DuckDB, BigQuery) read alike; what matches varies, but for its groups."""

MAX_CHARACTERS = 300
_MASK = re.compile(MASK)
_KEPT = re.compile(r"(?i)((?:http|status|code)[ =:/]{1,2}[1-5][0-9][0-9])<\*>")


def template(text: str) -> str:
    """The first line of a message with numbers, ids, addresses and times replaced by `<*>`."""
    return _MASK.sub(lambda match: match.group(1) or (match.group(2) or "") + "<*>", first_line(text))


def first_line(text: str) -> str:
    """The first line that says something, at most 300 characters of it."""
    stripped = text.strip()
    return stripped[: stripped.find("\n")].rstrip()[:MAX_CHARACTERS] if "\n" in stripped else stripped[:MAX_CHARACTERS]


def mine(messages: Iterable[str]) -> dict[str, str]:
    """The template of each message, in SQL: a log has few distinct messages, so each is looked at once."""
    from lib.logs.correlation.engines import DuckDB

    with DuckDB.connection() as connection:
        DuckDB.load(connection, "messages", {"message": "varchar"}, [{"message": message} for message in messages])
        sql = (
            "select message, regexp_replace(left(rtrim(split_part(trim(message, $3), chr(10), 1), $3), $1), $2, '\\1\\2<*>', 'g')"
            " from (select distinct message from messages)"
        )
        found = connection.execute(sql, [MAX_CHARACTERS, MASK, " \t\r\n"]).fetchall()
    return {message: _KEPT.sub(r"\1", masked) for message, masked in found}


def message_of(entry: LogEntry) -> str:
    """What an entry says, also where it only tells of a request."""
    if entry.text.strip():
        return first_line(entry.text)
    request = entry.request or {}
    return f"{request.get('method', '')} {path_of(request.get('url')) or ''} HTTP {request.get('status', '')}" if request else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """A template, in how many failing and passing exchanges' windows it stands, and examples.

    `log_odds` is the natural logarithm of the odds ratio, with a half added to each count.
    """

    template: str
    in_failing: int
    in_passing: int
    log_odds: float
    insert_ids: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "template": self.template, "in_failing": self.in_failing, "in_passing": self.in_passing,
            "log_odds": round(self.log_odds, 3),
        }  # fmt: skip


def contrasts_between(
    entries: Sequence[LogEntry], pairs: Sequence[Pair], failing: frozenset[str], *, most: int = 20
) -> tuple[Contrast, ...]:
    """Templates that stand beside failing exchanges more (or less) often than beside passing ones, the strongest first.

    An exchange counts once however often its entries repeat a template. Without both kinds there is nothing to compare.
    """
    joined = [pair for pair in pairs if pair.how != "none"]
    n_failing = sum(pair.exchange in failing for pair in joined)
    n_passing = len(joined) - n_failing
    if not n_failing or not n_passing:
        return ()
    by_id = defaultdict(list)
    for entry in entries:
        by_id[entry.insert_id].append(entry)
    named = mine(message_of(entry) for entry in entries)
    beside: dict[str, dict[str, str]] = defaultdict(dict)
    for pair in joined:
        for insert_id in pair.insert_ids:
            for entry in by_id[insert_id]:
                beside[named[message_of(entry)]].setdefault(pair.exchange, insert_id)
    found = [_contrast(name, where, failing, n_failing, n_passing) for name, where in beside.items() if name]
    found = [contrast for contrast in found if abs(contrast.log_odds) > 1.0]
    return tuple(sorted(found, key=lambda contrast: (-contrast.log_odds, contrast.template))[:most])


def _contrast(name: str, where: Mapping[str, str], failing: frozenset[str], n_failing: int, n_passing: int) -> Contrast:
    a = sum(exchange in failing for exchange in where)
    b = len(where) - a
    odds = ((a + 0.5) / (n_failing - a + 0.5)) / ((b + 0.5) / (n_passing - b + 0.5))
    return Contrast(template=name, in_failing=a, in_passing=b, log_odds=math.log(odds), insert_ids=tuple(where.values())[:5])


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A template that one reading has and the other has not, with examples from the one that has it."""

    template: str
    change: str
    entries: int
    insert_ids: tuple[str, ...]


def changes_since(before: Sequence[LogEntry], after: Sequence[LogEntry]) -> tuple[Change, ...]:
    """The templates that appeared or vanished between two rounds' readings, the most frequent first."""
    named = mine(message_of(entry) for entry in (*before, *after))
    old, new = _examples(before, named), _examples(after, named)
    found = [_change("appeared", name, new[name]) for name in new.keys() - old.keys()]
    found += [_change("vanished", name, old[name]) for name in old.keys() - new.keys()]
    return tuple(sorted(found, key=lambda change: (-change.entries, change.template)))


def _change(kind: str, name: str, insert_ids: Sequence[str]) -> Change:
    return Change(template=name, change=kind, entries=len(insert_ids), insert_ids=tuple(insert_ids[:5]))


def _examples(entries: Sequence[LogEntry], named: Mapping[str, str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if name := named[message_of(entry)]:
            found[name].append(entry.insert_id)
    return found
