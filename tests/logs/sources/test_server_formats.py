"""Each format reads the line that it was made for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.logs.sources.line_formats import LineFormat
from lib.logs.sources.moments import moment
from lib.logs.sources.recognise import of_line
from lib.logs.sources.server_formats import SERVER_FORMATS

DATED = [one for one in SERVER_FORMATS if "time>" in one.pattern or "time}" in one.pattern or "{clock}" in one.pattern]


@pytest.mark.parametrize("one", SERVER_FORMATS, ids=lambda one: one.name)
def test_a_line_is_recognised_by_its_own_format(one: LineFormat) -> None:
    """No description that is tried before takes it, and nothing of it is lost."""
    told = of_line(one.sample)
    assert told.format == one.name or "{rest}" in one.pattern
    assert told.text or told.request
    assert told.severity is not None or one.name == "jul"


@pytest.mark.parametrize("one", DATED, ids=lambda one: one.name)
def test_its_moment_is_read(one: LineFormat) -> None:
    """Every spelling of the same evening is that evening; what names no day is of the day before."""
    told = of_line(one.sample)
    if told.time is not None:
        assert moment(told.time, near=datetime(2026, 2, 20, tzinfo=UTC)).strftime("%m-%d %H:%M:%S") in {
            "02-19 21:33:24",
            "02-20 21:33:24",
        }


@pytest.mark.parametrize("status", [403, 503])
def test_a_refused_request_is_as_grave_as_its_status(status: int) -> None:
    """A request that failed is told by whichever server logs it."""
    lines = [one.sample.replace(" 503 ", f" {status} ") for one in SERVER_FORMATS if " 503 " in one.sample]
    assert {of_line(line).severity for line in lines} == {"ERROR" if status == 503 else "WARNING"}


@pytest.mark.parametrize(("name", "reason"), [("heroku-router", "H12 Request timeout"), ("haproxy", "SC"), ("iis", None)])
def test_a_request_keeps_the_reason_that_its_server_gives(name: str, reason: str | None) -> None:
    """Beside its status, method and path; of none where the server gives none."""
    request = of_line(next(one.sample for one in SERVER_FORMATS if one.name == name)).request
    assert request is not None
    assert (request.get("reason"), request["status"], request["url"]) == (reason, 503, "/ws")
