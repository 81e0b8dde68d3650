"""A line within a line: what stands before another program's line, and which of the two is believed."""

from __future__ import annotations

from lib.logs.sources.recognise import of_line, of_object, severity_of_text


def test_the_inner_lines_level_is_believed_where_it_states_one() -> None:
    """What only comes through stderr is INFO if it says so; what says nothing takes the outer level."""
    assert of_line("<3>INFO: ready").severity == "INFO"
    assert of_line("<3>ready").severity == "ERROR"


def test_the_outer_lines_instance_and_time_are_kept() -> None:
    """Who wrote a line and when stands in the head that another program put before it."""
    told = of_line("[pod/api-1/api] 2026-02-19T21:33:24Z ERROR no tenant")
    assert (told.instance, told.service, told.time, told.severity) == ("api-1", "api", "2026-02-19T21:33:24Z", "ERROR")
    assert told.text == "no tenant"


def test_an_object_whose_field_is_a_line_is_read_as_both() -> None:
    """Docker's own object holds the program's line."""
    told = of_object({"log": "ERROR: boom\n", "stream": "stderr", "time": "2026-02-19T21:33:24Z"})
    assert (told.text, told.severity, told.time) == ("boom", "ERROR", "2026-02-19T21:33:24Z")


def test_an_object_without_a_level_is_told_by_its_words_or_its_exception() -> None:
    """A stack beside a harmless message is an error."""
    assert of_object({"message": "connection refused", "ts": 1}).severity == "ERROR"
    assert of_object({"message": "x", "ts": 1, "stack_trace": "java.lang.X: y"}).severity == "ERROR"


def test_only_the_first_line_of_a_message_states_its_level() -> None:
    """An ERROR that is quoted further down does not make the message one."""
    assert severity_of_text("INFO: a report follows\nERROR 5") == "INFO"
