"""Objects that hold many entries, taken apart by their description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from lib.logs.sources.buffer import Broken, Record
from lib.logs.sources.formats import CONTAINERS, Container

_HEADS = frozenset(re.split(r"[.\[]", one.path, maxsplit=1)[0] for one in CONTAINERS)


def may_contain(value: Mapping[str, Any]) -> bool:
    """Whether an object has a field in which a known container holds its entries."""
    return not _HEADS.isdisjoint(value)


def contained(value: Mapping[str, Any]) -> tuple[Container, Iterator[Record]] | None:
    """The entries of a container that is known, each with what stands beside it on the way; None where it is none.

    A member that is no entry as the container describes them is `Broken`, so that it is counted.
    """
    for one in CONTAINERS if may_contain(value) else ():
        head = re.split(r"[.\[]", one.path, maxsplit=1)[0]
        if head in value:
            found, odd = _walk(value, one.path.split("."), {}, one.columns), list[Record]()
            for record in found:
                if not isinstance(record, Broken):
                    return one, chain(odd, (record,), found)
                odd.append(record)
    return None


def no_entry(value: Any) -> Broken:
    """A member of a list of entries that is none."""
    return Broken("members of a list of entries that are none", repr(value)[:120])


def _walk(place: Any, path: list[str], beside: Mapping[str, Any], columns: tuple[str, ...]) -> Iterator[Record]:
    if not path:
        item = dict(zip(columns, place, strict=False)) if isinstance(place, list) and columns else place
        yield {**beside, **_attributes(item)} if isinstance(item, Mapping) and item else no_entry(place)
        return
    name, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    if not isinstance(place, Mapping) or (name not in place and not each):
        yield no_entry(place)
        return
    if name not in place:  # a group without entries
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
