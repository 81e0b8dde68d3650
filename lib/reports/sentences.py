"""How a report speaks: sentences that carry the ids they rest on, and the documents that they are computed from (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
MAX_EVIDENCE, MAX_NAMED = 8, 4


def say(text: str, evidence: Iterable[str] = ()) -> dict[str, Any]:
    """A computed sentence and the ids that it rests on: cases, observations, exchanges or log entries."""
    ids = list(dict.fromkeys(evidence))
    return {"text": text, "evidence": ids[:MAX_EVIDENCE], "evidence_n": len(ids)}


def named(ids: Sequence[str], what: str = "causes", otherwise: str = "no known cause") -> str:
    """A few ids by name, more than that as their number: the whole list stands where it is asked for."""
    return f"{len(ids)} {what}" if len(ids) > MAX_NAMED else ", ".join(ids) or otherwise


def causes_named(causes: Sequence[Document], verdict: str, joined: str) -> str:
    """The causes with how sure each is: said once where all are equally sure, which the verdict, the weakest, then says."""
    if all(cause["strength"] == verdict for cause in causes):
        return f"{verdict}: {joined.join(cause['id'] for cause in causes)}"
    return joined.join(f"{cause['id']} ({cause['strength']})" for cause in causes)


def as_sentence(text: str) -> str:
    """A clause with a capital and a full stop."""
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!', '…')) else '.'}" if text else ""


def cases_of(suite: Document | None) -> list[Document]:
    """The cases of a suite document, none without one."""
    return list((suite or {}).get("cases") or ())
