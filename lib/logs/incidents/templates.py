"""Messages without what varies in them, and which of them stand beside failing exchanges rather than passing ones."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lib.facts import LogEntry
from lib.logs.correlation.correlate import Pair
from lib.logs.correlation.requests import path_of
from lib.logs.incidents.codes import is_code

_KINDS = (
    "module named|relation|column|table|attribute|method|function|property|package|command|variable|setting|key"
    "|class|type|role|database|field|index"
)
_VARIES = re.compile(r"[0-9/@'\"`]|[0-9a-fA-F]{8}")
"""Without any of these a line has nothing that is masked."""
_MASK = re.compile(
    r"(?:(?<!\w)|(?=[0-9_'\"`/.+-]))(?:"  # inside of words nothing begins, and most of a line are words
    r"(\b(?i:http|status|code)[ =:/]{1,2}[1-5][0-9][0-9](?:\.[0-9]+)?\b"  # a status tells causes apart and is kept
    r"|\bSQLSTATE\W{1,3}[0-9A-Z]{5}\b|\bMsg [0-9]+(?=, Level)|\bdata [0-9a-f]{2,4}(?=, v))"
    rf"|((?i:\b(?:{_KINDS})) (?:'[^']{{0,200}}'|\"[^\"]{{0,200}}\")"  # so does what a thing of code or configuration is called
    r"|(?i:\bfor user) (?:'[^'0-9]{0,200}'|\"[^\"0-9]{0,200}\"))"  # and a service's account, but not each of a thousand customers
    r"|\b(?:secret|jwt):[0-9a-f]{8}\b"
    r"|\b[a-z][a-z0-9+.-]{1,15}://[^\s'\"<>)\]]+"
    r"|\b[\w.+-]+@[\w-]+\.[\w.-]+"
    r"|(?<![\w'])'[^'\n]{1,300}'(?!\w)|\"[^\"\n]{1,300}\"|`[^`\n]{1,300}`"
    r"|\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b"
    r"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
    r"|(?<![\w/.])(?<!GET )(?<!PUT )(?<!POST )(?<!HEAD )(?<!PATCH )(?<!DELETE )(?<!OPTIONS )(?<!WebSocket "
    r")/(?:[\w.@%+~:-]+/)+[\w.@%+~:?=&-]*"
    r"|(_)[0-9a-f]{8,}\b|\b0x[0-9a-fA-F]+\b|\b(?=[a-z0-9]*[0-9])[a-z0-9]{12,}\b|\b[0-9a-f]{8,}\b"
    r"|(?:(?<=[Ii][Dd][:=])|(?<=[Ii][Dd]: ))(?=[A-Za-z+/_-]{0,40}[0-9])[\w+/-]{12,}={0,2}"
    r"|\b(?=[A-Za-z]{0,40}[0-9])[A-Za-z0-9]{16,}\b|\b[0-9]+[A-Z][0-9A-Z]*\b"
    r"|\b[0-9]+(?:\.[0-9]+)*(?::[0-9]+)?|[0-9]+(?:\.[0-9]+)*\b)"
)
MAX_CHARACTERS = 300


def template(text: str, *, quotes: bool = True) -> str:
    """The first line of a message with numbers, ids, addresses, paths, times and quoted values replaced by `<*>`.

    With `quotes` False quoted values stay: in an exception's words they are what is missing or wrong. Codes stay always.
    """
    return _templated(first_line(text), quotes)


@lru_cache(maxsize=20_000)
def _templated(line: str, quotes: bool) -> str:
    if _VARIES.search(line) is None:
        return line

    def masked(match: re.Match[str]) -> str:
        if kept := match.group(1) or match.group(2):
            return kept
        if not quotes and match.group()[0] in "'\"`":
            return match.group()
        return match.group() if is_code(line, *match.span()) else (match.group(3) or "") + "<*>"

    return _MASK.sub(masked, line)


def first_line(text: str) -> str:
    """The first line that says something, at most 300 characters of it."""
    stripped = text.strip()
    return stripped[: stripped.find("\n")].rstrip()[:MAX_CHARACTERS] if "\n" in stripped else stripped[:MAX_CHARACTERS]


def mine(messages: Iterable[str]) -> dict[str, str]:
    """The template of each message; a log has few distinct messages, so each is looked at once."""
    return {message: template(message) for message in set(messages)}


def message_of(entry: LogEntry) -> str:
    """What an entry says, also where it only tells of a request."""
    if entry.text.strip():
        return first_line(entry.text)
    return request_words(entry) if entry.request else ""


def request_words(entry: LogEntry) -> str:
    """A request in one line: how it was asked, for what, the answer, and the reason that its server gives."""
    request = entry.request or {}
    method = "WebSocket" if '"WebSocket ' in entry.text else request.get("method", "")
    reason = str(request.get("reason") or "")
    told = f".{reason}" if reason.isdigit() else f" ({reason})" if reason else ""
    return f"{method} {path_of(request.get('url')) or ''} HTTP {request.get('status', '')}{told}".strip()


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
