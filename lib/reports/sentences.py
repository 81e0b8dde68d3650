"""How a report speaks: sentences that carry the ids they rest on, and the documents that they are computed from (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]
MAX_EVIDENCE = 8


def say(text: str, evidence: Iterable[str] = ()) -> dict[str, Any]:
    """A computed sentence and the ids that it rests on: cases, observations, exchanges or log entries."""
    ids = list(dict.fromkeys(evidence))
    return {"text": text, "evidence": ids[:MAX_EVIDENCE], "evidence_n": len(ids)}


def cases_of(suite: Document | None) -> list[Document]:
    """The cases of a suite document, none without one."""
    return list((suite or {}).get("cases") or ())
