"""What of a round's documents a comparison rests on, and the first place in them that is of another type (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NUMBER = (int, float)
_SEEN = {"id": str, "kind": str, "factors?": {}, "status?": int, "close_code?": int}
_CASE = {"module": str, "name": str, "outcome": str, "nodeid?": str, "worth?": str, "statuses?": [int], "runs?": []}
SHAPES: dict[str, Any] = {
    "diagnosis": {
        "verdict": str, "causes": [{"id": str}], "candidates": [str], "excluded": [{"id": str}], "observations": [_SEEN],
        "symptom?": {"rung?": str, "status?": int, "close_code?": int, "description?": str},
        "healthy?": {"without_credential?": str},
    },
    "suite": {"cases?": [_CASE], "sources?": {}},
    "performance": {"figures?": [{"name": str, "n?": int, "verdict?": str, "asked?": str}], "floor_ms?": NUMBER},
    "logs": {"seen?": {"revisions?": [str]}},
    "report": {
        "environment?": str, "round?": int, "inputs?": {}, "answer?": {"revisions?": [str]},
        "sessions?": {"text?": str}, "notebooks?": [{"state?": str}],
    },
}  # fmt: skip
"""Type by key. `?`: null as well. A key that is missing is nobody's wrong type."""
_WORDS = {dict: "a map", list: "a list", str: "a text", int: "a number", float: "a number", bool: "true or false"}


def misplaced(document: Any, shape: Any, place: str) -> str | None:
    """Where a document is of another type than its shape, in words; None where it is not."""
    if isinstance(shape, dict):
        if not isinstance(document, Mapping):
            return _told(document, dict, place)
        named = ((key.rstrip("?"), key.endswith("?"), inner) for key, inner in shape.items())
        parts = [
            (document[key], inner, f"{place}.{key}")
            for key, may_be_null, inner in named
            if key in document and not (may_be_null and document[key] is None)
        ]
    elif isinstance(shape, list):
        if not isinstance(document, list):
            return _told(document, list, place)
        parts = [(one, shape[0], f"{place}[{number}]") for number, one in enumerate(document)] if shape else []
    else:
        wanted = shape[0] if isinstance(shape, tuple) else shape
        return None if isinstance(document, shape) and not isinstance(document, bool) else _told(document, wanted, place)
    return next((found for part in parts if (found := misplaced(*part))), None)


def _told(found: Any, wanted: type, place: str) -> str:
    return f"{place} is {_WORDS.get(type(found), 'null')}, and is to be {_WORDS[wanted]}"
