"""Small exports as people really have them, each with what is right of it, where they lie beside the project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lib.logs.analysis import report_on
from lib.logs.sources.files import FileSource
from lib.logs.sources.normalise import Shaper

FIELD = Path(__file__).parents[3] / "shared" / "field-logs"
TRUTH: dict[str, list[tuple[str, str, int]]] = {
    "winston-level.jsonl": [("ERROR", "MongoDB connection error: connect ECONNREFUSED", 1)],
    "pino.jsonl": [("ERROR", "query failed: connect ECONNREFUSED", 1)],
    "cw-console.csv": [("ERROR", "Task timed out after 2.02 seconds", 1), ("ERROR", "KeyError: 'x'", 1)],
    "uvicorn-403-500.json": [("ERROR", "GET /x HTTP 500", 1), ("WARNING", "WebSocket /ws HTTP 403", 2)],
    "node-stack-torn.json": [("ERROR", "Error: Invalid login: 534-5.7.9", 6)],
    "pydantic-settings.json": [("ERROR", "ValidationError: 4 validation errors for Settings", 5)],
    "json-line-torn.json": [("ERROR", "[VERTEX] config failed: 403 Permission", 3)],
    "last-words-before-exit.json": [("CRITICAL", "System halted: REDIS_HOST secret missing", 3)],
    "container-exit-alone.json": [("WARNING", "Container called exit(1).", 1)],
    "gke-stderr-info-as-error.json": [],
    "urls-vary.json": [("ERROR", "request to https://a.example/search/alpha failed", 3)],
    "banner-then-json.log": [("ERROR", "boom", 1)],
}


def told(path: Path) -> dict[str, Any]:
    """What the logs' document says of a file."""
    return report_on(FileSource(path, shaper=Shaper()).read(start=None, end=None, limit=100_000), []).as_json()


@pytest.mark.parametrize("name", TRUTH if FIELD.is_dir() else [])
def test_each_export_gives_its_incidents(name: str) -> None:
    """Severity, title and entries of each, and nothing besides."""
    found = [one for one in told(FIELD / name)["incidents"] if not one["noise"]]
    assert len(found) == len(TRUTH[name])
    for one, (severity, title, entries) in zip(found, TRUTH[name], strict=True):
        assert (one["severity"], one["title"][: len(title)], one["entries"]) == (severity, title, entries)


@pytest.mark.parametrize("name", ["severityless-lines.json"] if FIELD.is_dir() else [])
def test_no_usual_line_is_passed_over(name: str) -> None:
    """Each of 26 usual ways to say that something failed counts."""
    document = told(FIELD / name)
    assert (document["seen"]["without_severity"], sum(one["entries"] for one in document["incidents"])) == (0, 26)


@pytest.mark.parametrize("name", ["payload-stack-fields.json"] if FIELD.is_dir() else [])
def test_exceptions_in_fields_give_titles_and_frames(name: str) -> None:
    """Whatever the field is called, its exception is the title, and its first own frame is where it broke."""
    found = {one["title"][:20]: one["where"] for one in told(FIELD / name)["incidents"]}
    assert (found["NullPointerException"], found["KeyError: 'user'"]) == ("PermalinkUtils.java:17", "/app/a.py:3")
