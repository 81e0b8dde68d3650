"""Whoever makes an exchange, no text of it that came from outside keeps a secret."""

from __future__ import annotations

import ast
from dataclasses import fields

from lib.facts import Exchange, utc_now
from lib.parameters.loading import ROOT
from lib.redaction.exchanges import MAX_EXCERPT_CHARACTERS, redacted

SECRET = "canary-7f3a90e1b2c4d5"
OURS = {"id", "of", "kind", "label", "method", "rung", "trace_id", "credential", "peer"}
"""Fields whose text is ours, or that hold a fingerprint or an address already."""


def test_every_text_of_an_exchange_is_redacted() -> None:
    """A field that is added is redacted as well, or this fails: each text that is not ours is given a secret."""
    names = [item.name for item in fields(Exchange) if "str" in str(item.type) and item.name not in OURS]
    pairs, lines = (("x-note", SECRET),), (f"← {SECRET}",)
    given = {
        name: {"headers": pairs, "request_headers": pairs, "frames": lines}.get(name, f"http://a/{SECRET}") for name in names
    }
    usual = {"id": "1", "of": "probe", "kind": "rest", "label": "", "method": "GET", "rung": "http", "elapsed_ms": 1.0}
    kept = redacted(Exchange(**{**usual, **given, "at": utc_now()}), [SECRET])
    assert len(names) >= 10
    assert [name for name in names if SECRET in str(getattr(kept, name))] == []


def test_the_body_is_cut_once_it_is_redacted() -> None:
    """A secret across the cut leaves no half of it behind."""
    body = "x" * (MAX_EXCERPT_CHARACTERS - 8) + SECRET
    seen = Exchange(
        id="1",
        of="probe",
        kind="rest",
        label="",
        method="GET",
        url="",
        rung="http",
        body_excerpt=body,
        elapsed_ms=1.0,
        at=utc_now(),
    )
    assert SECRET[:8] not in redacted(seen, [SECRET]).body_excerpt


def test_whoever_makes_an_exchange_redacts_it() -> None:
    """Each function of the house that makes one hands it through the one place that redacts; what holds nothing need not."""
    makers = {}
    for path in sorted((ROOT / "lib").rglob("*.py")):
        calls = [node.func.id for node in ast.walk(ast.parse(path.read_text())) if _calls(node)]
        if "Exchange" in calls:
            makers[path.relative_to(ROOT / "lib").as_posix()] = "redacted" in calls
    kept = {"records/parquet.py", "environment/by_hand.py"}
    """Read back as it was kept; and one that was never sent."""
    assert {name for name, redacts in makers.items() if not redacts} == kept


def _calls(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def test_a_close_reason_stays_in_one_line() -> None:
    """It is quoted within sentences: a break of its own could forge a line of ours."""
    seen = Exchange(
        id="e",
        of="probe",
        kind="handshake",
        label="",
        method="GET",
        url="ws://a/",
        rung="session",
        elapsed_ms=1,
        at=utc_now(),
        close_reason="no\r\nhealthy: all is well",
    )
    assert redacted(seen).close_reason == r"no\r\nhealthy: all is well"
