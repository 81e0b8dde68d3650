"""Folders as an engineer exports them at night, each counted as it would be by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.facts import rfc3339
from lib.logs.analysis import report_on
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import Shaper

NINE = datetime(2026, 2, 19, 21, tzinfo=UTC)
A, B = ("projects/p/traces/" + letter * 32 for letter in "ab")


def entry(
    second: int, severity: str, text: str | None, *, log: str = "stderr", instance: str = "i-1", **rest: Any
) -> dict[str, Any]:
    """An entry of Cloud Run, `second` seconds past nine."""
    return {
        "insertId": f"{second} {log} {instance} {text}",
        "timestamp": rfc3339(NINE + timedelta(seconds=second)), "severity": severity,
        "logName": f"projects/p/logs/run.googleapis.com%2F{log}", "labels": {"instanceId": instance},
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "api", "revision_name": "api-1"}},
        **({"textPayload": text} if text else {}), **rest,
    }  # fmt: skip


def request(second: int, status: int, path: str, **rest: Any) -> dict[str, Any]:
    """A request that Cloud Run logged."""
    http = {"requestMethod": "GET", "requestUrl": f"https://a.example{path}", "status": status, "latency": "0.010s"}
    severity = "ERROR" if status >= 500 else "WARNING"
    return entry(second, severity, None, log="requests", httpRequest=http, **{"insertId": f"{second}{path}", **rest})


CRASHES = [
    told
    for begin in (0, 20, 40)
    for told in (
        entry(begin, "DEFAULT", "System halted: REDIS_HOST secret missing"),
        entry(begin + 1, "WARNING", "Container called exit(1).", log="varlog%2Fsystem"),
        entry(begin + 1, "ERROR", "Default STARTUP TCP probe failed 1 time consecutively for container.", log="varlog%2Fsystem"),
    )
]
TORN = ["Traceback (most recent call last):", '  File "/app/main.py", line 3, in f', "    g()", "ValueError: no tenant"]
DB, USER = "db: connection refused", "could not load user: db: connection refused"
BOOM = entry(0, "ERROR", "boom", insertId="same")
FOLDERS: dict[str, tuple[dict[str, list[dict[str, Any]]], list[tuple[str, int, int, int, int]]]] = {
    "three starts that end, eleven requests": (
        {"a": [*CRASHES, *(request(1, 503, f"/api/{n}") for n in range(10)), request(1, 503, "/ws")]},
        [("System halted: REDIS_HOST secret missing", 3, 20, 11, 1)]),
    "one cause in three wordings, in two files": (
        {"a": [entry(0, "ERROR", DB), entry(0, "ERROR", USER), entry(1, "ERROR", f"request failed: {USER}")],
         "b": [entry(2, "ERROR", DB, instance="i-2"), entry(2, "ERROR", USER, instance="i-2")]}, [(DB, 2, 5, 0, 0)]),
    "two hours of silence between": (
        {"a": [entry(second, "ERROR", "no tenant") for second in (0, 5, 10, 7200, 7205)]},
        [("no tenant", 3, 3, 0, 0), ("no tenant", 2, 2, 0, 0)]),
    "one insert id, at one moment in two files and at another": (
        {"a": [BOOM, entry(5, "ERROR", "bang", insertId="same")], "b": [BOOM]}, [("boom", 1, 1, 0, 0), ("bang", 1, 1, 0, 0)]),
    "entries without any content": (
        {"a": [*(entry(second, "ERROR", None) for second in range(7)), entry(3, "ERROR", "disk full")]},
        [("disk full", 1, 1, 0, 0)]),
    "a container that ended well": (
        {"a": [entry(0, "INFO", "shutting down"), entry(1, "INFO", "Container called exit(0).", log="varlog%2Fsystem")]}, []),
    "two causes at once, each with its request": (
        {"a": [entry(0, "ERROR", "redis: timeout", trace=A), request(0, 500, "/a", trace=A),
               entry(0, "ERROR", "KeyError: 'user'", instance="i-2", trace=B), request(0, 500, "/ws", instance="i-2", trace=B)]},
        [("KeyError: 'user'", 1, 2, 1, 1), ("redis: timeout", 1, 2, 1, 0)]),
    "addresses, ids, users and times that vary": (
        {"a": [entry(n, "ERROR", f"GET https://a.example/u/{n}?t={n} failed for user 'u{n}' after {n} ms (7f3a{n:04d}aa)")
               for n in range(49)]}, [("GET https://a.example/u/0?t=0 failed", 49, 49, 0, 0)]),
    "a stack torn into lines, in two instances at once": (
        {"a": [entry(0, "ERROR", line, instance=instance, insertId=f"{n}{instance}")
               for n, line in enumerate(TORN) for instance in ("i-1", "i-2")]}, [("ValueError: no tenant", 2, 8, 0, 0)]),
    "scanners beside a WebSocket that is refused": (
        {"a": [*(request(n, 404, path) for n, path in enumerate(("/.env", "/wp-login.php"))), request(9, 403, "/ws")]},
        [("GET /ws HTTP 403", 1, 1, 1, 1)]),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_is_counted_as_by_hand(name: str, tmp_path: Path) -> None:
    """Incidents that are no noise: title, how often it struck, entries, requests that failed with it, WebSockets among them."""
    files, expected = FOLDERS[name]
    for file, entries in files.items():
        (tmp_path / f"{file}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in entries))
    found = [one for one in _told(tmp_path)["incidents"] if not one["noise"]]
    assert [(one["title"][: len(title)], one["occurrences"], one["entries"], *one["hit"].values())
            for one, (title, *_) in zip(found, expected, strict=True)] == expected  # fmt: skip


def test_each_file_is_judged_by_itself(tmp_path: Path) -> None:
    """One file is cut off and one stopped at a fetch limit: both are said with their names, and what stood there is read."""
    cut = json.dumps([entry(0, "ERROR", "boom"), entry(1, "INFO", "fine")], indent=1)
    (tmp_path / "a.json").write_text(cut[:-150])
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(entry(n, "INFO", f"x{n}")) + "\n" for n in range(1000)))
    document = _told(tmp_path)
    assert [one["title"] for one in document["incidents"]] == ["boom"]
    assert (document["seen"]["entries"], document["seen"]["limit_hit"]) == (1001, True)
    assert [one["what"].partition(":")[0] for one in document["unread"]] == ["a.json"]


def _told(folder: Path) -> dict[str, Any]:
    return report_on(FileSource(folder, shaper=Shaper()).read(start=None, end=None, limit=100_000), []).as_json()
