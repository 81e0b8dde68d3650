"""Sample documents in the shapes of the contract, as small as their tests allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lib.facts import Exchange

START = datetime(2026, 11, 24, 3, 20, 45, 500_000, tzinfo=UTC)


def case(module: str, name: str, outcome: str = "passed", **fields: Any) -> dict[str, Any]:
    """One case; a passing one gives positive evidence unless told otherwise."""
    traffic = {"connections": 1, "rest_requests": 1, "handshakes": 0, "frames": 0, "bytes_out": 200, "bytes_in": 500}
    base = {
        "module": module,
        "name": name,
        "outcome": outcome,
        "worth": "positive" if outcome == "passed" else None,
        "statuses": [200],
    }
    return base | {"signature": None, "seconds": 0.01, "traffic": traffic} | fields


def suite(*cases: dict[str, Any]) -> dict[str, Any]:
    """A suite's document of these cases; a module's channels are those of its traffic."""
    modules: dict[str, dict[str, Any]] = {}
    for one in cases:
        module = modules.setdefault(one["module"], {"module": one["module"], "passed": 0, "failed": 0, "channels": []})
        module["passed"] += one["outcome"] == "passed"
        module["failed"] += one["outcome"] in {"failed", "error"}
        module["channels"] += ["websocket"] if one["traffic"]["handshakes"] and "websocket" not in module["channels"] else []
    return {
        "schema": 1,
        "environment": "embedded",
        "cases": list(cases),
        "modules": list(modules.values()),
        "seconds": 1.5,
        "collected": len(cases),
    }


def round_one() -> dict[str, Any]:
    """A module that passes, and one in which the same 403 is judged both ways."""
    traffic = {"connections": 1, "rest_requests": 0, "handshakes": 1, "frames": 0, "bytes_out": 300, "bytes_in": 100}
    refused = {"statuses": [403], "traffic": traffic}
    return suite(
        case("test_2", "test_health"),
        case("test_2", "test_constants", worth="no-traffic", statuses=[]),
        case("test_1", "test_flow", "failed", signature="HTTP 403", **refused),
        case("test_1", "test_concurrent", "failed", signature="HTTP 403", **refused),
        case("test_1", "test_enforced", worth="rejection", **refused),
    )


def exchange(identifier: str = "h1", **fields: Any) -> Exchange:
    """A refused handshake, unless told otherwise."""
    headers = (("server", "uvicorn"), ("date", "Tue, 24 Nov 2026 03:20:45 GMT"))
    given: dict[str, Any] = {
        "of": "probe",
        "kind": "handshake",
        "label": "control",
        "method": "GET",
        "url": "ws://127.0.0.1:8000/ws",
    }
    given |= {"rung": "upgrade", "status": 403, "headers": headers, "elapsed_ms": 12.0, "at": START, "peer": "127.0.0.1:8000"}
    return Exchange(id=identifier, **(given | fields))


def later(seconds: float) -> datetime:
    """A moment this many seconds after the start of the sample round."""
    return START + timedelta(seconds=seconds)


def observation(identifier: str, status: int | None = 403, **fields: Any) -> dict[str, Any]:
    """One observation of a diagnosis: a refused control, unless told otherwise."""
    given = {
        "id": identifier,
        "kind": "handshake",
        "factors": {},
        "rung": "session" if status == 101 else "upgrade",
        "status": status,
    }
    given |= {
        "close_code": None,
        "headers": {"server": "uvicorn"},
        "body_excerpt": "",
        "elapsed_ms": 4.0,
        "trace_id": None,
        "at": None,
    }
    return given | fields


def diagnosis(**fields: Any) -> dict[str, Any]:
    """A diagnosis that proves a joint pair: key and user, of which neither alone lifts the refusal."""
    both = {"key": "env:OTHER_KEY", "user": "staging-e2e-user-002"}
    observations = [
        observation("h1"),
        observation("h2", factors={"key": "env:OTHER_KEY"}),
        observation("h3", factors={"user": "staging-e2e-user-002"}),
        observation("h4", 101, factors=both),
        observation("r1", 200, kind="rest", rung="http", factors={"credential": "same token"}),
    ]
    cause = {
        "layer": "token",
        "strength": "proved",
        "because": "Changing the key decided.",
        "evidence": ["h3", "h4"],
        "remedy": "Share one key.",
    }
    causes = [cause | {"id": "secret-mismatch"}, cause | {"id": "user-unknown", "layer": "user", "because": "So did the user."}]
    symptom = {"rung": "upgrade", "status": 403, "close_code": None, "description": "The handshake was answered with HTTP 403."}
    whys = [{"question": "Why is there no WebSocket?", "answer": "Because the handshake gets a 403.", "evidence": ["h1"]}]
    base = {"schema": 2, "environment": "embedded", "symptom": symptom, "verdict": "proved", "causes": causes, "candidates": []}
    base |= {"leads": [], "works_with": None, "healthy": None}
    base |= {"excluded": [{"id": "origin-refused", "by": ["h4"]}], "next_probe": None, "whys": whys, "observations": observations}
    base |= {"minimal_pair": {"refused": "h3", "accepted": "h4", "difference": ["key"]}}
    return base | {"spent": {"handshakes": 4, "rest_requests": 1, "seconds": 1.25}} | fields


def healthy() -> dict[str, Any]:
    """A diagnosis of a handshake that works."""
    nothing = {"symptom": None, "causes": [], "excluded": [], "whys": [], "minimal_pair": None}
    return diagnosis(verdict="healthy", observations=[observation("h1", 101)], **nothing)


def ambiguous() -> dict[str, Any]:
    """A diagnosis whose evidence ends with two causes open."""
    open_ = ["user-unknown", "user-inactive"]
    return diagnosis(
        verdict="ambiguous",
        causes=[],
        candidates=open_,
        minimal_pair=None,
        next_probe={"set": {"logs.source": "cloud"}, "splits": open_, "reads": "an entry names the reason"},
    )


@pytest.fixture
def samples() -> SimpleNamespace:
    """The builders of this file by name."""
    whys = {"observation": observation, "diagnosis": diagnosis, "healthy": healthy, "ambiguous": ambiguous}
    return SimpleNamespace(case=case, suite=suite, round_one=round_one, exchange=exchange, later=later, **whys)
