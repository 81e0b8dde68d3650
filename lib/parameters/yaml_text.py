"""YAML as parameters are written in it: a tree of bounded size without repeated keys; anything else is refused in words.

YAML lets a kilobyte stand for gigabytes (aliases of aliases), a value contain itself, and a key come twice with the last winning.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_VALUES = 100_000
"""How many values a document may hold, each alias counted as what it stands for."""


class NotUsable(Exception):
    """A text is no YAML, or none that parameters could be; says what it is instead, and in which line."""


def parse(text: str) -> Any:
    """The one document in a text, None where it is empty; raises `NotUsable`."""
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return None
        _values(root, {})
        return loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        raise NotUsable(f"it is not YAML{_line(error.problem_mark)}") from None
    except yaml.YAMLError as error:
        raise NotUsable(f"it is not YAML ({str(error).splitlines()[0]})") from None
    except RecursionError:
        raise NotUsable("it is nested too deeply") from None
    except (ValueError, OverflowError, AttributeError, LookupError, TypeError):
        # A tag or a date promises what the text does not hold: the constructors raise whatever their conversion raises.
        raise NotUsable(
            "a value in it is not what its form or tag says, such as a date or a number that does not exist"
        ) from None


def _values(node: Node, counted: dict[int, int]) -> int:
    """How many values stand below a node with aliases written out; refuses cycles, repeated keys and too many."""
    known = counted.get(id(node))
    if known is not None:
        if known < 0:
            raise NotUsable(f"a value contains itself{_line(node.start_mark)}")
        return known
    counted[id(node)] = -1
    total = 1
    if isinstance(node, MappingNode):
        _refuse_repeated(node)
        total += sum(_values(key, counted) + _values(value, counted) for key, value in node.value)
    elif isinstance(node, SequenceNode):
        total += sum(_values(item, counted) for item in node.value)
    if total > MAX_VALUES:
        raise NotUsable(f"it stands for more than {MAX_VALUES} values{_line(node.start_mark)}")
    counted[id(node)] = total
    return total


def _refuse_repeated(node: MappingNode) -> None:
    seen: set[tuple[str, str]] = set()
    for key, _ in node.value:
        if isinstance(key, ScalarNode):
            if (key.tag, key.value) in seen and key.tag != "tag:yaml.org,2002:merge":
                raise NotUsable(f"the key {key.value[:80]!r} comes twice in one map, the second time{_line(key.start_mark)}")
            seen.add((key.tag, key.value))


def _line(mark: Any) -> str:
    return f" in line {mark.line + 1}" if mark is not None else ""
