"""Objects that hold many entries, taken apart by their description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lib.logs.sources.formats import CONTAINERS, Container

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
