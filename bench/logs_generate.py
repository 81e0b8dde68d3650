"""Synthetic log entries of about 1 KiB each, and the exchanges of which some of them tell."""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lib.facts import Exchange, rfc3339

START = datetime(2026, 3, 1, tzinfo=UTC)
SPAN_S = 3600.0
ROUTES = [
    ("/ws", 403),
    ("/api/health", 200),
    ("/api/auth/me", 200),
    ("/api/auth/me", 401),
    ("/api/threads", 200),
    ("/api/messages", 500),
]
WORDS = ["agent", "thread", "session", "database", "token", "retry", "cache", "worker", "stream", "queue", "phase", "user"]
RESOURCE = {
    "type": "cloud_run_revision",
    "labels": {
        "project_id": "synthetic", "service_name": "backend", "configuration_name": "backend",
        "revision_name": "backend-00042-abc",
        "location": "us-central1",
    },
}  # fmt: skip


def trace_of(number: int) -> str:
    """The trace id of a request by its number."""
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def moment_of(number: int, total: int) -> datetime:
    """When entry `number` of `total` was written."""
    return START + timedelta(microseconds=int(number * SPAN_S * 1e6 / total))


def entry(number: int, total: int, chance: random.Random) -> dict[str, Any]:
    """One entry in the API's JSON form: every fifth tells of a request, one in a thousand of an error."""
    at = moment_of(number, total)
    raw: dict[str, Any] = {
        "insertId": f"{number:016x}", "timestamp": rfc3339(at), "receiveTimestamp": rfc3339(at + timedelta(milliseconds=80)),
        "resource": RESOURCE, "labels": {"instanceId": hashlib.sha256(str(number % 7).encode()).hexdigest() * 2},
    }  # fmt: skip
    if number % 5 == 0:
        path, status = ROUTES[number // 5 % len(ROUTES)]
        raw["logName"] = "projects/synthetic/logs/run.googleapis.com%2Frequests"
        raw["severity"] = "ERROR" if status >= 500 and number % 970 == 0 else "INFO"
        raw["httpRequest"] = {
            "requestMethod": "GET", "requestUrl": f"https://api.synthetic.example{path}?n={number}", "status": status,
            "latency": f"{chance.uniform(0.001, 0.02):.6f}s", "userAgent": "client/1.0", "protocol": "HTTP/1.1",
        }  # fmt: skip
        if number % 10 == 0:
            raw["trace"] = f"projects/synthetic/traces/{trace_of(number)}"
    else:
        words = " ".join(chance.choice(WORDS) for _ in range(6))
        raw["logName"] = "projects/synthetic/logs/run.googleapis.com%2Fstdout"
        raw["severity"] = "ERROR" if number % 997 == 1 else "INFO"
        raw["jsonPayload"] = {
            "message": f"{words} {number} took {chance.uniform(1, 90):.1f} ms", "logger": "backend.core", "padding": "x" * 300,
            "labels": {"function": "handle", "line": "1706", "module": "logging"}, "timestamp": rfc3339(at),
        }  # fmt: skip
    return raw


def lines(total: int, *, seed: int = 1) -> Iterator[bytes]:
    """All entries, one JSON object a line."""
    chance = random.Random(seed)  # noqa: S311  seeded on purpose
    for number in range(total):
        yield json.dumps(entry(number, total, chance), separators=(",", ":")).encode() + b"\n"


def exchanges(total: int, *, n: int = 500, traced: int = 350) -> list[Exchange]:
    """Exchanges that the entries tell of: the first by trace id, the rest by their window alone."""
    step = total // n // 10 * 10
    found = []
    for k in range(n):
        number = k * step + (0 if k < traced else 5)
        path, status = ROUTES[number // 5 % len(ROUTES)]
        kind = "handshake" if path == "/ws" else "rest"
        found.append(
            Exchange(
                id=f"x{k:04}", of="probe", kind=kind, label="", method="GET", url=f"https://api.synthetic.example{path}",
                status=status,
                rung="upgrade" if kind == "handshake" else "http", trace_id=trace_of(number) if k < traced else None,
                elapsed_ms=25.0,
                at=moment_of(number, total) - timedelta(milliseconds=2), request_headers=(("user-agent", "client/1.0"),),
            )
        )  # fmt: skip
    return found


def write(path: Path, total: int) -> Path:
    """The entries as a file; .gz and .zst are compressed as they are written."""
    if path.suffix == ".gz":
        import gzip

        stream: Any = gzip.open(path, "wb", compresslevel=3)  # noqa: SIM115  closed below
    elif path.suffix == ".zst":
        import zstandard

        stream = zstandard.open(path, "wb", cctx=zstandard.ZstdCompressor(level=3))
    else:
        stream = path.open("wb")
    with stream:
        for line in lines(total):
            stream.write(line)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--entries", type=int, default=100_000)
    given = parser.parse_args()
    print(write(given.path, given.entries), given.path.stat().st_size)
