"""YAML as parameters are written in it: a tree of bounded size without repeated keys; anything else is refused in words.

YAML lets a kilobyte stand for gigabytes (aliases of aliases), a value contain itself, and a key come twice with the last winning.
"""

from __future__ import annotations

from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

MAX_VALUES = 100_000
"""How many values a document may hold, each alias counted as what it stands for."""


MAX_BRACKETS = 200
"""So many may be open at once: each further one costs PyYAML's scanner as much as all before it."""
_PROBLEMS = {
    "but found another document": "there is a second document",
    "found character '\\t'": "a tab stands where blanks belong",
    "found undefined alias": "an alias names no anchor",
    "found duplicate anchor": "an anchor comes twice",
    "could not determine a constructor": "a tag is none of YAML's own",
    "found unhashable key": "a key is a list or a map",
    "expected a mapping or list of mappings for merging": "<< merges what is no map",
}
"""What PyYAML says, by its beginning, in words that repeat nothing of the text: it may be a secret."""


class NotUsable(Exception):
    """A text is no YAML, or none that parameters could be; says what it is instead, and in which line."""


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Refuses brackets within brackets before they cost time."""

    def fetch_flow_collection_start(self, kind: Any) -> None:
        if self.flow_level >= MAX_BRACKETS:
            raise NotUsable("it is nested too deeply")
        super().fetch_flow_collection_start(kind)


def parse(text: str) -> Any:
    """The one document in a text, None where it is empty; raises `NotUsable`."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            return None
        _values(root, {})
        return loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        why = next((words for begins, words in _PROBLEMS.items() if (error.problem or "").startswith(begins)), "")
        raise NotUsable(f"it is not YAML{_line(error.problem_mark)}{why and f': {why}'}") from None
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
