"""A made-up round of the embedded system's Round 1, small: what the reports' tests and the page's start from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lib.facts import Exchange

AT = datetime(2026, 11, 24, 3, 20, 45, 400_000, tzinfo=UTC)
WS_URL = "ws://127.0.0.1:40001/ws"
FORBIDDEN = "HTTP 403: server rejected WebSocket connection"
FAILING = {
    "test_1_websocket_events_staging": ["test_concurrent_websocket_real", "test_websocket_event_flow_real"],
    "test_3_agent_pipeline_staging": ["test_real_agent_pipeline_execution"],
}
PASSING = {
    "test_1_websocket_events_staging": ["test_health_check"],
    "test_2_message_flow_staging": ["test_message_endpoints", "test_real_error_handling_flow"],
    "test_5_response_streaming_staging": ["test_chunk_handling"],
}


def traffic(*, rest: int = 0, handshakes: int = 0) -> dict[str, int]:
    """What a case sent."""
    sent = rest + handshakes
    return {
        "connections": sent,
        "rest_requests": rest,
        "handshakes": handshakes,
        "frames": 0,
        "bytes_out": 100 * sent,
        "bytes_in": 200 * sent,
    }


def case(module: str, name: str, outcome: str = "passed", worth: str | None = "positive", **changes: Any) -> dict[str, Any]:
    """One case of a suite document."""
    failed = outcome in {"failed", "error"}
    values = {
        "module": module,
        "name": name,
        "outcome": outcome,
        "worth": worth if outcome == "passed" else None,
        "statuses": [403] if failed else [200],
        "signature": FORBIDDEN if failed else None,
        "seconds": 0.1,
        "traffic": traffic(handshakes=1) if failed else traffic(rest=1),
    }
    return values | changes


def suite(*cases: dict[str, Any]) -> dict[str, Any]:
    """A suite document of these cases, or of the made-up round's."""
    listed = list(cases) or [case(module, name, "failed") for module, names in FAILING.items() for name in names]
    if not cases:
        listed += [case(module, name) for module, names in PASSING.items() for name in names]
        listed[-2]["worth"] = "rejection"
    modules = [_module(module, listed) for module in dict.fromkeys(one["module"] for one in listed)]
    return {"schema": 1, "environment": "embedded", "cases": listed, "modules": modules, "seconds": 3.5, "collected": len(listed)}


def _module(module: str, cases: list[dict[str, Any]]) -> dict[str, Any]:
    own = [one["outcome"] for one in cases if one["module"] == module]
    return {"module": module, "passed": own.count("passed"), "failed": own.count("failed"), "channels": ["rest"]}


def observation(identity: str, *, status: int | None = 403, **factors: Any) -> dict[str, Any]:
    """One handshake of a diagnosis."""
    rung = "session" if status == 101 else "upgrade"
    return {"id": identity, "kind": "handshake", "factors": factors, "rung": rung, "status": status, "close_code": None}


NEXT = {
    "set": {"alternatives.origins": "<another value>"},
    "splits": ["origin-refused"],
    "reads": "accepted, it is the Origin; refused as before, it is not",
}


def diagnosis(verdict: str = "proved", **changes: Any) -> dict[str, Any]:
    """A diagnosis of the joint pair, or of another verdict."""
    found = verdict in {"proved", "logged", "inferred"}
    cause = {"layer": "token", "strength": verdict, "evidence": ["whys-4", "whys-5"]}
    pair = [
        {
            "id": "secret-mismatch",
            **cause,
            "because": "with the other key and the other user it opens",
            "remedy": "Give the WebSocket service the key.",
        },
        {
            "id": "user-unknown",
            **cause,
            "layer": "user",
            "because": "with the first user it stays shut",
            "remedy": "Create the user there.",
        },
    ]
    values = {
        "schema": 2,
        "environment": "embedded",
        "symptom": None
        if verdict == "healthy"
        else {"rung": "upgrade", "status": 403, "close_code": None, "description": "the handshake is answered 403"},
        "verdict": verdict,
        "causes": pair if found else [],
        "candidates": ["origin-refused", "edge-policy"] if verdict == "ambiguous" else [],
        "leads": [],
        "works_with": None,
        "excluded": [{"id": "route-missing", "by": ["whys-2"]}, {"id": "origin-refused", "by": ["whys-3"]}],
        "next_probe": NEXT if verdict == "ambiguous" else None,
        "healthy": None,
        "minimal_pair": None,
        "whys": [{"question": "Why is it refused?", "answer": "The key differs.", "evidence": ["whys-4"]}] if found else [],
        "observations": [
            observation("whys-1", status=101 if verdict == "healthy" else 403),
            observation("whys-4", status=101, key="other"),
        ],
        "spent": {"handshakes": 12, "rest_requests": 4, "seconds": 1.5},
    }
    return values | changes


def performance(**verdicts: str) -> dict[str, Any]:
    """Figures with these verdicts."""
    wanted = verdicts or {"api_response_ms": "met", "websocket_latency_ms": "not-measured"}
    return {
        "schema": 1,
        "environment": "embedded",
        "figures": [_figure(*pair) for pair in wanted.items()],
        "phases": [],
        "floor_ms": 0.4,
    }


def _figure(name: str, verdict: str) -> dict[str, Any]:
    measured = verdict != "not-measured"
    return {
        "name": name,
        "n": 30 if measured else 0,
        "p50_ms": 4.2 if measured else None,
        "p95_ms": None,
        "p99_ms": None,
        "interval_ms": {"p50": [4.0, 4.5], "p95": None} if measured else None,
        "objective_ms": 100,
        "verdict": verdict,
        "because": "95 % interval of p50 4.0 … 4.5 ms, n = 30" if measured else "the WebSocket was refused: HTTP 403",
    }


def logs(**seen: Any) -> dict[str, Any]:
    """A reading of the logs with one incident and one piece of noise."""
    incident = {
        "title": "JWT validation failed",
        "severity": "ERROR",
        "occurrences": 3,
        "entries": 9,
        "insert_ids": ["i1", "i2"],
        "noise": False,
    }
    times = {"first_at": "2026-11-24T03:20:00Z", "last_at": "2026-11-24T03:21:00Z"}
    counted = {
        "entries": 120,
        **times,
        "limit_hit": False,
        "payload_missing": 0,
        "without_severity": 0,
        "revisions": ["rev-1"],
        "instances": 1,
    }
    noise = {**incident, **times, "title": "health probe", "noise": True}
    return {"schema": 1, "source": "embedded", "seen": counted | seen, "incidents": [{**incident, **times}, noise], "pairs": []}


def exchange(identity: str, *, seconds: float = 0, **changes: Any) -> Exchange:
    """A refused handshake of a case, unless something else is said."""
    values: dict[str, Any] = {
        "id": identity,
        "of": "case",
        "kind": "handshake",
        "label": "test_1_websocket_events_staging::test_websocket_event_flow_real",
        "method": "GET",
        "url": WS_URL,
        "rung": "upgrade",
        "status": 403,
        "headers": (("server", "uvicorn"), ("date", "Tue, 24 Nov 2026 03:20:45 GMT")),
        "elapsed_ms": 100.0,
        "credential": "jwt:3f2a91c0 alg=HS256 sub=staging-e2e-user-001 exp in 900 s",
        "peer": "127.0.0.1",
        "at": AT + timedelta(seconds=seconds),
    }
    return Exchange(**(values | changes))


def parameters(**changes: Any) -> dict[str, Any]:
    """Plain parameters with references."""
    values = {
        "environment": "embedded",
        "target": {"rest_url": "http://127.0.0.1:40001", "ws_url": WS_URL, "origin": None},
        "token": {
            "secret": "env:EMBEDDED_JWT_SECRET",
            "algorithm": "HS256",
            "user": "staging-e2e-user-001",
            "carrier": "authorization",
        },
        "headers": {},
        "suite": {"path": "lib/suite/modules", "args": [], "env": {}, "junit": None},
        "features": {
            "chat": ["test_2_message_flow_staging"],
            "real_time_updates": ["test_1_websocket_events_staging"],
            "critical_path": ["test_10_critical_path_staging"],
        },
    }
    return values | changes
