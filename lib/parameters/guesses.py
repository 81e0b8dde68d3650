"""Addresses that nobody gave: what follows from the WebSocket's, and the sentence by which a reader knows them for guesses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

GUESSABLE = ("ws_url", "rest_url", "health_path", "protected_path")
"""Keys of `target` that `target.guessed` may hold, each with the value that was guessed."""


def rest_url_of(ws_url: str) -> str:
    """The REST address that a WebSocket's suggests: the same host; raises `ValueError` for what is no address."""
    parts = urlsplit(ws_url)
    return f"{'https' if parts.scheme == 'wss' else 'http'}://{parts.netloc}"


def guessed(target: Mapping[str, Any]) -> dict[str, str]:
    """The keys of the group `target` that stand as they were guessed, with their values.

    What somebody wrote in a guess's place is no guess any more; paths are asked only where there is a REST address.
    """
    stands = {name: value for name, value in (target.get("guessed") or {}).items() if target.get(name) == value}
    asked = GUESSABLE if target.get("rest_url") else ("ws_url",)
    return {f"target.{name}": str(stands[name]) for name in asked if name in stands}


def with_values(document: dict[str, Any], base: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """A parameter file's document; where `target.guessed` is a list of keys, as files once had it, each with the file's value.

    `base` gives the group `target` of base.yaml, whose value stands where the file names none.
    """
    target = document.get("target")
    names = target.get("guessed") if isinstance(target, dict) else None
    if not isinstance(target, dict) or not isinstance(names, list) or not all(name in GUESSABLE for name in names):
        return document  # what is no such list is refused with everything else, where it is nothing to be read
    values = {**base(), **target}
    found = {name: values[name] for name in names if values.get(name)}
    return {**document, "target": {**target, "guessed": found}}


def guesses_told(target: Mapping[str, Any]) -> str | None:
    """One sentence, without its full stop, that names what was guessed; None where everything was given."""
    found = guessed(target)
    if not found:
        return None
    return f"guessed, as nobody gave {'it' if len(found) == 1 else 'them'}: {', '.join(map(' '.join, found.items()))}"
