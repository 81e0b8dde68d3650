"""Redaction of log entries, for each kind of entry beside one json.loads of the same line.

Only public names are used that every version has, so that the same file measures an older one in a worktree of its own.
The goals are 1.3 times what the first redaction took, which knew a few kinds and no encodings: 10.6 and 11.8 times json.loads.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

from bench.table import Row, compared
from lib.redaction.redact import redact_value

ENTRIES = 3_000
KNOWN = ("a-signing-secret-9c1d7e3a5b", "another-secret-of-the-gateway-4f2e")


def _entry(number: int) -> dict[str, Any]:
    chance = random.Random(number)  # noqa: S311  not for secrets
    trace = f"{chance.getrandbits(128):032x}"
    request = {
        "requestMethod": "GET", "requestUrl": f"https://api.example.test/items/{number}?page=2&size=50&name=a%20b", "status": 200,
        "latency": "0.012s", "userAgent": "Mozilla/5.0 (X11; Linux x86_64)", "remoteIp": "203.0.113.9",
    }  # fmt: skip
    texts = (
        f"request {number} served in {chance.random() * 90:.1f} ms by worker-{number % 8}",
        f"GET /items/{number} HTTP/1.1 200 {chance.randrange(90_000)} pool=main connections={number % 50}",
        f'Traceback (most recent call last):\n  File "app.py", line {number % 400}, in handle\nValueError: no item {number}',
    )
    payload = [
        {"textPayload": texts[0]},
        {"httpRequest": request, "jsonPayload": {"message": texts[1], "logger": "access", "cpu": 0.4}},
        {"textPayload": texts[2]},
    ][number % 3]  # fmt: skip
    return {
        "insertId": f"e{number:08}", "timestamp": "2026-03-01T12:00:00.123Z", "severity": "INFO",
        "trace": f"projects/p/traces/{trace}", "spanId": trace[:16],
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api", "location": "europe-west1"}}, **payload,
    }  # fmt: skip


def run() -> list[Row]:
    """Each entry redacted whole, with no secret named and with two."""
    entries = [_entry(number) for number in range(ENTRIES)]
    lines = [json.dumps(entry) for entry in entries]

    def loads() -> float:
        return _per_entry(lambda: [json.loads(line) for line in lines])

    return [
        compared(f"{ENTRIES:,} log entries redacted, {what}", lambda secrets=secrets: _redacting(entries, secrets), loads,
                 unit="µs/entry", goal=goal, peer_name="json.loads", n=7)
        for what, secrets, goal in (("no secret named", (), "≤ 14"), ("two secrets named", KNOWN, "≤ 15"))
    ]  # fmt: skip


def _redacting(entries: list[dict[str, Any]], secrets: tuple[str, ...]) -> float:
    return _per_entry(lambda: [redact_value(entry, secrets) for entry in entries])


def _per_entry(call: Callable[[], Any]) -> float:
    started = time.process_time()
    call()
    return (time.process_time() - started) / ENTRIES * 1e6
