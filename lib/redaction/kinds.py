"""Credentials that are recognised by their own shape: the kinds of `kinds.toml`, searched for all at once in linear time."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple, cast

import re2

from lib.redaction.names import is_random, turns

MAX_MEMORY_BYTES, OF_VALUES_BYTES = 2 << 20, 4 << 20
"""What the automaton of a search may grow to, as it learns from each text, and one that holds values too, which is larger when it
is made; beyond it searching becomes slower, never wrong."""


class Span(NamedTuple):
    """A part of a text, from character `start` to `end`, that holds a secret of this kind."""

    start: int
    end: int
    kind: str
    secret: str


class Kind(NamedTuple):
    """One table of `kinds.toml`."""

    name: str
    secret: str
    before: str
    sign: str
    digit: bool
    random: bool


def _options(memory_bytes: int) -> re2.Options:
    options = re2.Options()
    options.max_mem = memory_bytes
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options


def compiled(expression: str) -> re2._Regexp:
    """An expression for `as_bytes`, which takes linear time whatever the text."""
    return re2.compile(expression.encode("ascii"), _options(MAX_MEMORY_BYTES))


def gate(*expressions: str, memory_bytes: int = MAX_MEMORY_BYTES) -> Callable[[bytes], list[int] | None]:
    """A function that says which of these expressions match somewhere in a text, in one pass over it; None: none does."""
    options = _options(memory_bytes)
    options.never_capture = True
    searches = re2.Set.SearchSet(options)
    for expression in expressions:
        searches.Add(expression.encode("ascii"))
    searches.Compile()
    return cast(Callable[[bytes], list[int] | None], searches.Match)


gate_of_values = partial(gate, memory_bytes=OF_VALUES_BYTES)
"""The same for expressions that hold known values."""


def as_bytes(text: str) -> bytes:
    """One byte a character, so that positions are those of the text; what is not ASCII becomes a question mark."""
    return text.encode("ascii", "replace")


@lru_cache(maxsize=1)
def kinds() -> tuple[Kind, ...]:
    """All kinds, in the order of the file."""
    tables = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text(encoding="utf-8"))
    return tuple(
        Kind(
            name,
            table["secret"].replace("\\\n", ""),
            table.get("before", "").replace("\\\n", ""),
            table.get("sign", ""),
            table.get("digit", True),
            table.get("random", False),
        )
        for name, table in tables.items()
    )


@lru_cache(maxsize=1)
def any_sign() -> str:
    """What is in each text that holds one of any kind, for a search that lets most texts pass."""
    return "|".join(kind.sign or f"{kind.before}(?:{kind.secret})" for kind in kinds())


@lru_cache(maxsize=1)
def _which() -> Callable[[bytes], list[int] | None]:
    # A set looks from left to right alone. One expression for all would be read backwards too, from where it matched, and so
    # each begins with a run of anything.
    return gate(*(kind.sign or f"{kind.before}(?:{kind.secret})" for kind in kinds()))


@lru_cache(maxsize=1)
def _searches() -> tuple[re2._Regexp, ...]:
    return tuple(compiled(f"{kind.before}({kind.secret})") for kind in kinds())


def shapes_in(text: str, raw: bytes) -> Iterator[Span]:
    """What in a text is a credential by its shape alone; `raw` is the text `as_bytes`."""
    for number in _which()(raw) or range(len(kinds())):
        kind = kinds()[number]
        for match in _searches()[number].finditer(raw):
            start, end = match.span(1)
            found = text[start:end]
            if not kind.digit or (_is_mixed(found) if kind.random else _looks_made(found)):
                yield Span(start, end, kind.name, found)


def _is_mixed(found: str) -> bool:
    last = re.split("[_-]", found)[-1]
    return turns(last) >= 0.37 * len(last)


def _looks_made(found: str) -> bool:
    # A name in the form of a credential has no digit; one that stands for any is of one character. One credential in forty
    # has no digit either.
    return len(set(found[-8:])) > 2 and bool(re.search(r"\d|[A-Z]{16}", found) or is_random(found))
