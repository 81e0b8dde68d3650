"""What parameters may consist of, whatever they mean: values that JSON and UTF-8 can carry, in a tree that ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from math import isfinite
from typing import Any

MAX_DEPTH = 100
MAX_WHOLE_NUMBER = 2**64
"""Beyond it no reader of a token agrees with another, and Python writes no more than 4,300 digits."""
MOMENTS = frozenset({"logs.from", "logs.to"})
"""Where YAML's own dates are meant; anywhere else JSON could not hold them."""


class NotPlain(Exception):
    """A value cannot be handed on: its dotted key, what was found, what is accepted."""

    def __init__(self, key: str, found: str, accepted: str):
        super().__init__(key, found, accepted)
        self.key, self.found, self.accepted = key or "the parameters", found, accepted


def check_plain(document: Any) -> None:
    """Refuses, with `NotPlain`, the first value that a token, a request or a record could not carry."""
    waiting: list[tuple[str, Any, int]] = [("", document, 0)]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise NotPlain(key[:80], f"it is nested more than {MAX_DEPTH} levels deep, or contains itself", "a value that ends")
        _check_one(key, value)
        waiting += [(inner, item, depth + 1) for inner, item in _items(key, value)]


def _items(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    prefix = f"{key}." if key else ""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(name, str):
                _check_text(f"{prefix}{name!r}", name)
            elif prefix:
                shown = json.dumps(name, default=str).strip('"')
                raise NotPlain(key, f"the key {shown[:80]} is no text", f"a text: '{shown[:80]}' in quotes")
            yield f"{prefix}{name}", item
    elif isinstance(value, list | tuple):
        yield from ((f"{prefix}{position}", item) for position, item in enumerate(value))


def _check_one(key: str, value: Any) -> None:
    if isinstance(value, str):
        _check_text(key, value)
    elif isinstance(value, float) and not isfinite(value):
        raise NotPlain(key, f"found {value}", "a finite number")
    elif isinstance(value, int) and abs(value) > MAX_WHOLE_NUMBER:
        raise NotPlain(key, "found a number of more than 64 bits", "a smaller one, or a text in quotes")
    elif isinstance(value, date) and key not in MOMENTS:
        raise NotPlain(key, f"found the date {value}", f"a text, '{value}' in quotes, or a number of seconds")
    elif isinstance(value, bytes | set | frozenset):
        raise NotPlain(key, f"found {type(value).__name__}", "a text, a number, true or false, null, a list or a map")


def _check_text(key: str, text: str) -> None:
    if "\0" in text:
        raise NotPlain(key.replace("\0", "\\0"), "the text holds a NUL character", "a text without")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotPlain(
            key.encode("ascii", "replace").decode(), "the text holds half of a surrogate pair", "a text in UTF-8"
        ) from None
