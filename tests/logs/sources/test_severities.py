"""Levels in every spelling, and lines that have none."""

from __future__ import annotations

import pytest

from lib.logs.sources.severities import severity_in_words, severity_of, severity_of_status


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


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("could not connect to db", "ERROR"), ("bash: gunicorn: command not found", "ERROR"), ("Killed", "ERROR"),
        ("Segmentation fault (core dumped)", "CRITICAL"), ("exit status 2", "ERROR"), ("0 errors, 0 warnings", None),
        ("Server listening on 8080", None), ("DeprecationWarning: x", "WARNING"), ("retrying in 5 s", "WARNING"),
        ("error=null", None),
        ("getaddrinfo ENOTFOUND db", "ERROR"), ("upstream prematurely closed connection: connection reset by peer", "ERROR"),
    ],
)  # fmt: skip
def test_a_line_without_a_level_is_read(line: str, expected: str | None) -> None:
    """What failed is said in few words, and so is that nothing did."""
    assert severity_in_words(line) == expected


def test_a_status_tells_how_grave_a_request_was() -> None:
    """5xx is an error, 4xx a warning; what is no status tells nothing."""
    assert [severity_of_status(status) for status in (200, 403, 503, None, "x")] == ["INFO", "WARNING", "ERROR", None, None]
