"""Exports of loggers that are not Google's, counted and sifted, beside Python's json.loads over the same file."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.table import Row, compared
from lib.facts import LogEntry
from lib.logs import large_exports
from lib.logs.incidents.incidents import find_incidents
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import Shaper

ENTRIES = 300_000
ERRORS = 50_000
_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def foreign(number: int) -> dict[str, Any]:
    """A request as pino logs it, of about 1.1 KB; one in fifty failed."""
    headers = {"accept": "a" * 300, "cookie": "b" * 300}
    failed = number % 50 == 0
    return {
        "level": 50 if failed else 30, "time": 1_772_366_400_000 + number, "pid": 1, "hostname": f"api-{number % 5}",
        "req": {"method": "GET", "url": f"/x/{number}", "headers": headers}, "res": {"statusCode": 200},
            "responseTime": number % 90,
        "msg": "db: connection refused" if failed else f"request {number} completed", "trailer": "z" * 200,
    }  # fmt: skip


def run() -> list[Row]:
    """Lines and an indented array against json.loads, and distinct errors against equal ones."""
    with tempfile.TemporaryDirectory() as folder:
        lines, array = Path(folder) / "x.jsonl", Path(folder) / "x.json"
        with lines.open("w") as stream:
            stream.writelines(json.dumps(foreign(number)) + "\n" for number in range(ENTRIES))
        with array.open("w") as stream:
            stream.write("[\n" + ",\n".join(json.dumps(foreign(number), indent=1) for number in range(ENTRIES)) + "\n]\n")
        return [
            compared(f"{ENTRIES} foreign entries, JSON lines", lambda: _ours(lines), lambda: _timed(lambda: _by_line(lines)),
                     unit="s", goal="≤ 2", peer_name="json.loads", n=3),
            compared(f"{ENTRIES} foreign entries, an indented array", lambda: _ours(array),
            lambda: _timed(lambda: json.loads(array.read_text())),
                     unit="s", goal="≤ 3", peer_name="json.loads", n=3),
            compared(f"{ERRORS} distinct error lines", lambda: _incidents("words{} of{} their{} own{} failed"),
                     lambda: _incidents("the same words failed"), unit="s", goal="≤ 2", peer_name="equal ones", n=3),
        ]  # fmt: skip


def _ours(path: Path) -> float:
    source = FileSource(path, shaper=Shaper())
    return _timed(lambda: large_exports.read_large(source, [], start=None, end=None, limit=10_000_000))


def _by_line(path: Path) -> None:
    with path.open() as stream:
        for line in stream:
            json.loads(line)


def _incidents(words: str) -> float:
    letters = [chr(97 + place) for place in range(26)]
    entries = [
        LogEntry(insert_id=f"{n:06}", timestamp=_NOON + timedelta(seconds=n / 10), severity="ERROR", layer="application",
            instance="one",
                 text=words.format(*(letters[n // 26**place % 26] for place in range(4))))
        for n in range(ERRORS)
    ]  # fmt: skip
    return _timed(lambda: find_incidents(entries))


def _timed(call: Callable[[], Any]) -> float:
    started = time.process_time()
    call()
    return time.process_time() - started
