"""Which descriptions can fit a line at all, by the characters that it holds: a hundred patterns are not tried on each line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from typing import Any, Generic, TypeVar

Described = TypeVar("Described")
_DIGITS = frozenset("0123456789")
_MARKS = _DIGITS | frozenset("\"[]{}()<>|\t:#*=-'")
"""Characters that many patterns ask for and many lines do not have; any digit stands for all of them."""
_Parts = Iterable[tuple[Any, Any]]


def parser_of_patterns(*names: str) -> Any | None:
    """The standard library's own parser of patterns, which has no public name; None where it is at none of these places."""
    for name in names:
        with suppress(ImportError):
            return import_module(name)
    return None


constants = parser = parser_of_patterns("re._parser", "sre_parse")
"""It holds its constants too."""


class Candidates(Generic[Described]):
    """Patterns in the order in which they are tried, each with what it describes; all of them where nothing is known of them."""

    def __init__(self, described: Sequence[tuple[Described, re.Pattern[str]]]):
        self._all = []
        for one, pattern in described:
            self._all.append((one, pattern, *_known(pattern.pattern)))
        self._for = lru_cache(maxsize=5_000)(self._that_fit)

    def of(self, text: str) -> tuple[tuple[Described, re.Pattern[str]], ...]:
        """Those that may fit a text; no other does."""
        return self._for(text[:1], _MARKS.intersection(text) if text.isascii() else _MARKS)

    def _that_fit(self, first: str, held: frozenset[str]) -> tuple[tuple[Described, re.Pattern[str]], ...]:
        there = held | _DIGITS if held & _DIGITS else held
        return tuple((one, pattern) for one, pattern, begins, needed in self._all
                     if (begins is None or first in begins or not first.isascii()) and needed <= there)  # fmt: skip


def _known(pattern: str) -> tuple[frozenset[str] | None, frozenset[str]]:
    """With which characters a fitting text begins, None where it may be any, and which marks it needs."""
    try:
        parsed = parser.parse(pattern)  # type: ignore[union-attr]  # without a parser it is an AttributeError as well
        return _first(parsed)[0], _needed(parsed)
    except (AttributeError, TypeError, ValueError):  # what that parser gives is promised to nobody
        return None, frozenset()


def _needed(parts: _Parts) -> frozenset[str]:
    """The marks without which no text fits a parsed pattern."""
    found: frozenset[str] = frozenset()
    for kind, part in parts:
        if kind is constants.LITERAL:
            found |= _DIGITS if chr(part) in _DIGITS else _MARKS & {chr(part)}
        elif kind is constants.IN:
            members = _members(part)
            found |= _DIGITS if members is not None and members <= _DIGITS else frozenset()
        elif kind is constants.SUBPATTERN:
            found |= _needed(part[-1])
        elif kind in (constants.MAX_REPEAT, constants.MIN_REPEAT) and part[0] > 0:
            found |= _needed(part[2])
        elif kind is constants.BRANCH:
            found |= frozenset.intersection(*map(_needed, part[1]))
    return found


def _first(parts: _Parts, *, any_case: bool = False) -> tuple[frozenset[str] | None, bool]:
    """The characters with which a fitting text begins, None where it may be any; and whether it may be empty."""
    found: frozenset[str] = frozenset()
    for kind, part in parts:
        own, may_be_empty = _first_of(kind, part, any_case=any_case)
        if own is None:
            return None, False
        found |= own
        if not may_be_empty:
            return found, False
    return found, True


def _first_of(kind: Any, part: Any, *, any_case: bool) -> tuple[frozenset[str] | None, bool]:
    if kind is constants.LITERAL:
        return frozenset({chr(part).lower(), chr(part).upper()} if any_case else {chr(part)}), False
    if kind is constants.IN:
        return _members(part), False
    if kind is constants.SUBPATTERN:
        return _first(part[-1], any_case=any_case or bool(part[1] & re.IGNORECASE))
    if kind in (constants.MAX_REPEAT, constants.MIN_REPEAT):
        own, may_be_empty = _first(part[2], any_case=any_case)
        return own, may_be_empty or part[0] == 0
    if kind is constants.BRANCH:
        each = [_first(branch, any_case=any_case) for branch in part[1]]
        known = [own for own, _ in each if own is not None]
        return (frozenset().union(*known) if len(known) == len(each) else None), any(empty for _, empty in each)
    if kind in (constants.AT, constants.ASSERT_NOT):
        return frozenset(), True
    return None, False


def _members(part: _Parts) -> frozenset[str] | None:
    """The characters of a set; None where it is not told by a few."""
    found: set[str] = set()
    for kind, one in part:
        if kind is constants.LITERAL:
            found.add(chr(one))
        elif kind is constants.RANGE and one[1] < 128:
            found.update(map(chr, range(one[0], one[1] + 1)))
        elif kind is constants.CATEGORY and one is constants.CATEGORY_DIGIT:
            found |= _DIGITS
        else:
            return None
    return frozenset(found)
