"""What the terminal and notebook 03 say alike."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lib.figures import logs_words as words
from lib.logs.incidents.incidents import find_incidents
from lib.logs.sources.reading import in_order
from tests.logs.made_up import entry, request_entry


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "an instant"), (0.25, "250 ms"), (12.3, "12.3 s"), (135, "2 min 15 s"), (7260, "2 h 1 min"), (200_000, "2 days 7 h")],
)
def test_a_span_is_told_as_people_say_it(seconds: float, said: str) -> None:
    """Not 7260 s."""
    assert words.duration(timedelta(seconds=seconds)) == said


def test_whose_limit_was_hit_is_said() -> None:
    """Ours can be raised; the exporter's cannot from here."""
    seen = {"limit_hit": True, "entries": 100, "without_severity": 0}
    assert words.limit(seen, {"limit": 100}).startswith("our own limit was hit")
    assert words.limit(seen, {"limit": 100_000}).startswith("a limit of whoever exported was hit")


@pytest.mark.parametrize(
    ("source", "formats", "begins"),
    [
        ("cloud", (), "gcloud logging read "),
        ("file", ("loki",), '{app="api"} |= "boom'),
        ("command", (), "kubectl logs one "),
        ("file", (), "grep -nF 'boom at' x.log"),
    ],
)
def test_a_query_leads_to_where_the_entries_came_from(source: str, formats: tuple[str, ...], begins: str) -> None:
    """It is ready to be run, and quotes what it must."""
    (incident,) = find_incidents(
        in_order([entry(0, "boom at", log_name="projects/p/logs/x" if source == "cloud" else "x.log", service="api")])
    )
    assert words.query(incident, source=source, formats=formats).startswith(begins)


def test_a_query_asks_for_what_stands_there_and_not_for_what_was_masked() -> None:
    """An address stands in the file as it was; the query has the words beside it."""
    (incident,) = find_incidents(in_order([entry(0, "dial ip:cd48f1b0:80: connection refused", log_name="x.log")]))
    assert words.query(incident, source="file") == "grep -nF ':80: connection refused' x.log"


def test_a_query_for_requests_asks_for_their_path_and_their_status() -> None:
    """No server writes a request as its incident is titled: both stand in its line, in whatever order."""
    edge = [request_entry(0, status=502, log_name="x.log"), request_entry(9, status=502, log_name="x.log")]
    (incident,) = find_incidents(in_order(edge))
    assert words.query(incident, source="file") == "grep -nF /ws x.log | grep -w 502"
    assert 'httpRequest.requestUrl:"/ws" AND httpRequest.status=502' in words.query(incident, source="cloud", project="p")
    assert words.query(incident, source="file", formats=["loki"]).endswith('|= "/ws" |= "502"')
