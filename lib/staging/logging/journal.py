"""Log entries in Cloud Logging's shape, kept in memory and readable after the flush delay."""

from __future__ import annotations

import re
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..config import Options

PROJECT = "embedded-staging"
SERVICE = "netra-backend-staging"
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(?:/(\w+))?")


def trace_of(headers: Mapping[str, str]) -> str | None:
    """The trace id that a request carries in traceparent or X-Cloud-Trace-Context (lower-case header names)."""
    if found := _TRACEPARENT.match(headers.get("traceparent", "").strip().lower()):
        return found[1]
    if found := _CLOUD_TRACE.match(headers.get("x-cloud-trace-context", "").strip().lower()):
        return found[1]
    return None


def rfc3339(moment_us: int) -> str:
    """A POSIX time in microseconds as RFC 3339 in UTC."""
    seconds, micros = divmod(moment_us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"


@dataclass(slots=True)
class Entry:
    """One log entry; `at_us` is its timestamp as POSIX microseconds, `fields` its JSON form.

    From the monotonic second `visible_at` on it can be read.
    """

    at_us: int
    visible_at: float
    fields: dict[str, Any]
    message: Any = field(default=None)
    """The protobuf form, built once when it is first asked for."""


class Journal:
    """All entries of the run, the oldest dropped past the bound."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.entries: deque[Entry] = deque(maxlen=int(options.max_entries))
        self.instance_id = secrets.token_hex(32)

    def write(
        self, log: str, payload: dict[str, Any] | str | None, *, severity: str | None = "INFO", trace: str | None = None,
        revision: str = "", moment_s: float | None = None, resource: dict[str, Any] | None = None, **fields: Any,
    ) -> None:  # fmt: skip
        """Adds one entry; `log` is the log's id, `fields` go in as they are (httpRequest, labels, operation)."""
        offset_s = self.options.log_clock_offset_s
        at_us = round(((time.time() if moment_s is None else moment_s) + offset_s) * 1_000_000)
        entry: dict[str, Any] = {
            "insertId": secrets.token_hex(8),
            "timestamp": rfc3339(at_us),
            "logName": f"projects/{PROJECT}/logs/{log}",
        }
        entry["receiveTimestamp"] = rfc3339(round((time.time() + offset_s + self.options.flush_s) * 1_000_000))
        entry["resource"] = resource or self.cloud_run(revision)
        entry["labels"] = {"instanceId": self.instance_id} if resource is None and revision else {}
        if severity is not None:
            entry["severity"] = severity
        if isinstance(payload, str):
            entry["textPayload"] = payload
        elif payload is not None:
            entry["jsonPayload"] = payload
        if trace:
            entry["trace"] = f"projects/{PROJECT}/traces/{trace}"
            entry["spanId"] = secrets.token_hex(8)
        entry.update(fields)
        self.entries.append(Entry(at_us, time.monotonic() + self.options.flush_s, entry))

    def readable(self) -> list[Entry]:
        """The entries whose flush delay has passed, in order of arrival."""
        now = time.monotonic()
        return [entry for entry in tuple(self.entries) if entry.visible_at <= now]

    @staticmethod
    def cloud_run(revision: str) -> dict[str, Any]:
        """The monitored resource of an application's entry."""
        labels = {
            "project_id": PROJECT,
            "service_name": SERVICE,
            "configuration_name": SERVICE,
            "revision_name": revision,
            "location": "us-central1",
        }
        return {"type": "cloud_run_revision", "labels": labels}


class ApplicationLog:
    """What one instance of the application writes to stdout and stderr, in the forms that its logging set-ups produce.

    `clock` is the application's own idea of the time; it stands in the payloads, while the platform stamps the entries.
    """

    def __init__(self, journal: Journal, revision: str, clock: Callable[[], float] = time.time) -> None:
        self.journal = journal
        self.revision = revision
        self._clock = clock

    def _now(self) -> str:
        return rfc3339(round(self._clock() * 1_000_000))

    def line(self, message: str, *, severity: str = "INFO", trace: str | None = None, logger: str = "netra.backend") -> None:
        """A structured line with its logger's name."""
        payload = {
            "message": message,
            "timestamp": self._now(),
            "labels": {"module": "netra"},
            "context": {"name": logger, "service": SERVICE},
        }
        self._write("stderr" if severity in ("ERROR", "CRITICAL") else "stdout", payload, severity, trace)

    def bare(self, message: str, *, severity: str = "INFO", trace: str | None = None) -> None:
        """A line whose caller information is always the logging library's own."""
        labels = {"function": "callHandlers", "line": "1706", "module": "logging"}
        self._write("stdout", {"message": message, "timestamp": self._now(), "labels": labels}, severity, trace)

    def doubled(self, message: str, *, severity: str = "INFO", trace: str | None = None, logger: str = "netra.auth") -> None:
        """A line of the other set-up: text repeated in a nested field, and an error-shaped object even when nothing is wrong."""
        payload = {
            "message": message, "textPayload": message, "logger": logger, "service": SERVICE, "timestamp": self._now(),
            "error": {"message": "Missing field", "severity": "ERROR", "traceback": ""}, "validation": {"zero_empty": True},
        }  # fmt: skip
        self._write("stdout", payload, severity, trace)

    def crash(self, message: str, error: BaseException, traceback: str, *, trace: str | None = None) -> None:
        """An error whose traceback is dropped from the JSON and follows as text lines without a severity."""
        problem = {"type": type(error).__name__, "value": str(error), "traceback": None}
        labels = {"function": "callHandlers", "line": "1706", "module": "logging"}
        self._write("stderr", {"message": message, "timestamp": self._now(), "labels": labels, "error": problem}, "ERROR", trace)
        self._write("stderr", traceback, None, trace)

    def text(self, line: str) -> None:
        """A plain line of the process manager, whose severity stands only in the text."""
        self._write("stderr", line, None, None)

    def _write(self, stream: str, payload: dict[str, Any] | str, severity: str | None, trace: str | None) -> None:
        self.journal.write(f"run.googleapis.com%2F{stream}", payload, severity=severity, trace=trace, revision=self.revision)
