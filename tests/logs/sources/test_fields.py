"""Objects of described formats: where their time, level, message and request stand."""

from __future__ import annotations

import pytest

from lib.logs.sources.fields import brief_of, is_entry, level_of, plan_of, value_at


@pytest.mark.parametrize(
    ("raw", "name"),
    [({"a.b": 1}, "a.b"), ({"a": {"b": 1}}, "a.b"), ({"a": {"b.c": 1}}, "a.b.c"), ({"x": {"a.b": 1}}, "x.a.b")],
)
def test_a_name_with_dots_leads_into_objects_or_is_the_name(raw: dict[str, object], name: str) -> None:
    """Some exporters flatten what others nest."""
    assert value_at(raw, name) == 1


@pytest.mark.parametrize(
    ("value", "name", "scale", "severity"),
    [(50, "level", "pino", "ERROR"), (3, "PRIORITY", None, "ERROR"), (40, "levelno", None, "ERROR"),
     ("E", "s", "letter", "ERROR"),
     (17, "severityNumber", None, "ERROR"), ({"name": "error"}, "level", None, "ERROR"), (200, "status", None, None)],
)  # fmt: skip
def test_a_level_is_read_on_the_scale_of_its_field(value: object, name: str, scale: str | None, severity: str | None) -> None:
    """The same number means different things under different names; a status is no level."""
    assert level_of(value, name, scale) == severity


def test_a_format_is_recognised_by_its_fields() -> None:
    """The most particular description that fits is taken."""
    assert plan_of(("level", "time", "pid", "hostname", "msg"), ()).format.name == "pino"
    assert plan_of(("time", "level", "message"), ()).format.name == "zerolog"


def test_an_entry_has_a_time_or_level_and_says_something() -> None:
    """A time beside nothing is no entry; a time with a message is one."""
    assert is_entry({"ts": 1_771_536_804, "msg": "boom"})
    assert not is_entry({"ts": 1_771_536_804})


def test_in_brief_a_level_is_told_without_reading_the_rest() -> None:
    """What is sifted needs its level, where its time stands, and whether a request may stand in it."""
    entry = {"level": 50, "time": 1_771_536_804_000, "msg": "x", "hostname": "api-1"}
    brief = brief_of(entry)
    assert brief
    assert (brief.level(entry), brief.may_tell_more, brief.time[0], brief.instance[0]) == ("ERROR", False, "time", "hostname")


def test_what_google_wrote_or_holds_a_line_is_no_brief_matter() -> None:
    """The severity of an entry of Cloud Logging, and of a line inside an object, is not told by one field."""
    assert brief_of({"severity": "INFO", "timestamp": "2026-02-19T21:33:24Z", "textPayload": "x"}) is None
    assert brief_of({"log": "ERROR x", "stream": "stdout", "time": "2026-02-19T21:33:24Z"}) is None
