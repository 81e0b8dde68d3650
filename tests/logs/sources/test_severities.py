"""Levels in every spelling, and lines that have none."""

from __future__ import annotations

import pytest

from lib.logs.sources.severities import severity_of, severity_of_status


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        ("warn", None, "WARNING"), ("ERR", None, "ERROR"), ("Fatal", None, "CRITICAL"), ("[error]", None, "ERROR"),
        ("LogLevel.Error", None, "ERROR"),
        (50, None, "ERROR"), ("50", "pino", "ERROR"), (40, "python", "ERROR"), (40, "pino", "WARNING"), (3, "syslog",
            "ERROR"), (6, "syslog", "INFO"),
        (17, "otlp", "ERROR"), (500, None, "ERROR"), (400, "cloud", "WARNING"), ("SEVERITY_NUMBER_ERROR", None, None),
        (True, None, None),
        (1e300, None, None), (float("nan"), None, None), ("ok", None, None), (None, None, None),
    ],
)  # fmt: skip
def test_levels_are_read_as_their_loggers_mean_them(value: object, scale: str | None, expected: str | None) -> None:
    """Words in any case, numbers on the scale of who wrote them; what is no level is none."""
    assert severity_of(value, scale) == expected


def test_a_status_tells_how_grave_a_request_was() -> None:
    """5xx is an error, 4xx a warning; what is no status tells nothing."""
    assert [severity_of_status(status) for status in (200, 403, 503, None, "x")] == ["INFO", "WARNING", "ERROR", None, None]
