"""YAML and JSON documents as plain values whose maps know the line of each key; bounded, and without any tag's meaning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from lib.configuration.shape import Place

MAX_VALUES = 200_000
"""How many values the documents of one text may hold, each alias counted as what it stands for."""
MAX_DOCUMENTS = 2_000
MAX_DEPTH = 60
_PLAIN = frozenset({"str", "int", "float", "bool", "null"})


class Unusable(Exception):
    """A text is no YAML and no JSON, or none of a bounded size."""


class Map(dict[str, Any]):
    """A map that knows where it stands: the line of each key (1 for the first; none in JSON), and its path in the document."""

    def __init__(
        self, items: Mapping[str, Any] | None = None, lines: dict[str, int | None] | None = None, line: int | None = None
    ):
        super().__init__(items or {})
        self.lines, self.line = lines or {}, line

    def place(self, file: str, key: str | None = None, path: str = "") -> Place:
        """Where a key of this map, or the map itself, stands in the file."""
        return Place(file, self.lines.get(key, self.line) if key else self.line, path)


def documents(text: str) -> list[Any]:
    """The documents of a text, maps as `Map`; raises `Unusable`."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            return [located(json.loads(text))]
        except (ValueError, RecursionError):
            pass  # flow style of YAML begins alike
    try:
        left = [MAX_VALUES]
        return [_value(node, left, 0) for node in _nodes(text)]
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError) as error:
        # The loader's own words quote the text, which may hold a secret.
        mark = getattr(error, "problem_mark", None)
        raise Unusable(f"it is no YAML from line {mark.line + 1} on" if mark else "it is no YAML that can be read") from None


def _nodes(text: str) -> Iterator[Node]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        for _ in range(MAX_DOCUMENTS):
            if not loader.check_node():
                return
            yield loader.get_node()
        raise Unusable(f"it holds more than {MAX_DOCUMENTS} documents")
    finally:
        loader.dispose()


def _value(node: Node, left: list[int], depth: int) -> Any:
    left[0] -= 1
    if left[0] < 0:
        raise Unusable(f"it stands for more than {MAX_VALUES} values")
    if depth > MAX_DEPTH:
        raise Unusable("it is nested too deeply")
    if isinstance(node, ScalarNode):
        return _scalar(node)
    if isinstance(node, SequenceNode):
        return [_value(item, left, depth + 1) for item in node.value]
    found = Map(line=node.start_mark.line + 1)
    for key, value in node.value if isinstance(node, MappingNode) else ():
        if key.tag == "tag:yaml.org,2002:merge":
            for source in value.value if isinstance(value, SequenceNode) else [value]:
                if isinstance(source, MappingNode):
                    merged = _value(source, left, depth + 1)
                    found.update({name: item for name, item in merged.items() if name not in found})
                    found.lines.update({name: line for name, line in merged.lines.items() if name not in found.lines})
        elif isinstance(key, ScalarNode):
            found[str(key.value)] = _value(value, left, depth + 1)
            found.lines[str(key.value)] = key.start_mark.line + 1
    return found


def _scalar(node: ScalarNode) -> Any:
    """A value as its tag says where that is a plain one; everything else, dates too, stays the text that it is."""
    kind = node.tag.rpartition(":")[2]
    text = str(node.value)
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("yes", "true", "on", "y")
    if kind in ("int", "float"):
        try:
            return int(text.replace("_", "")) if kind == "int" else float(text.replace("_", ""))
        except ValueError:
            return text
    return text


def _plain(value: Any, left: list[int], depth: int = 0) -> Any:
    left[0] -= 1
    if left[0] < 0 or depth > MAX_DEPTH:
        raise Unusable(f"it holds more than {MAX_VALUES} values, or is nested too deeply")
    if isinstance(value, dict):
        return Map({str(key): _plain(item, left, depth + 1) for key, item in value.items()})
    return [_plain(item, left, depth + 1) for item in value] if isinstance(value, list) else value


def located(value: Any) -> Any:
    """A value that was read elsewhere, its maps as `Map` without lines; raises `Unusable`."""
    return _plain(value, [MAX_VALUES])


def at(value: Any, *keys: str | int) -> Any:
    """What stands below these keys, None where one of them is missing."""
    for key in keys:
        if isinstance(key, int):
            value = value[key] if isinstance(value, list) and -len(value) <= key < len(value) else None
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def mapping(value: Any, *keys: str | int) -> Map:
    """The map below these keys, an empty one where there is none."""
    found = at(value, *keys)
    return found if isinstance(found, Map) else Map()


def maps(value: Any, *keys: str | int) -> list[Map]:
    """The maps in the list below these keys."""
    found = at(value, *keys)
    return [item for item in found if isinstance(item, Map)] if isinstance(found, list) else []


def texts(value: Any, *keys: str | int) -> list[str]:
    """The texts in the list below these keys (a single text is a list of one)."""
    found = at(value, *keys)
    return (
        [found]
        if isinstance(found, str)
        else [str(item) for item in found if isinstance(item, str | int)]
        if isinstance(found, list)
        else []
    )
