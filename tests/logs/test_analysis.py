"""The logs' part of an investigation, as the contract has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lib.facts import Exchange, LogEntry
from lib.logs import LogReport, entries_rows, investigate_logs, reading_from_rows, repeat_logs, report_on
from lib.logs.analysis import is_failing, window
from lib.logs.sources.opening import NoSource, open_source
from lib.logs.sources.reading import Asked, Reading, in_order
from tests.logs.conftest import EXPORT
from tests.logs.logging_server import LoggingServer, source_of, wire
from tests.logs.made_up import NOON, at, entry, exchange, request_entry
from tests.logs.sources.test_opening import settings

NOW = at(600)


def from_export(**given: Any) -> LogReport:
    """The report on the real export."""
    logs = settings(source="file", path=str(EXPORT), limit=100_000, **given)
    return investigate_logs(logs, open_source(logs, project_root=Path()), [], now=NOW)


def round_of_two() -> tuple[list[Exchange], Reading]:
    """A control that passed, and a handshake that the application refused."""
    control, refused = exchange(0, path="/api/health", status=200, of="control"), exchange(1)
    entries = [
        request_entry(0.002, path="/api/health", status=200, trace_id=control.trace_id),
        entry(0.003, "health asked", severity="INFO", trace_id=control.trace_id),
        request_entry(1.002, trace_id=refused.trace_id),
        entry(1.003, "User staging-e2e-user-001 not found", severity="WARNING", trace_id=refused.trace_id),
    ]
    return [control, refused], Reading(
        source="cloud", asked=Asked(start=at(-60), end=at(61), limit=99), entries=in_order(entries)
    )


def test_the_document_is_the_contracts() -> None:
    """Its keys, and the keys of its parts, in the contract's order."""
    document = from_export().as_json()
    assert list(document) == [
        "schema",
        "source",
        "engine",
        "asked",
        "seen",
        "incidents",
        "deployments",
        "unread",
        "pairs",
        "skew_ms",
        "contrasts",
    ]
    assert list(document["asked"]) == ["from", "to", "filter", "limit"]
    assert list(document["seen"]) == [
        "entries", "first_at", "last_at", "limit_hit", "payload_missing", "without_severity", "revisions", "instances",
    ]  # fmt: skip
    assert (document["schema"], document["source"], document["engine"], document["pairs"], document["skew_ms"]) == (
        1,
        "file",
        "duckdb",
        [],
        None,
    )


def test_what_was_seen_stands_beside_what_was_asked() -> None:
    """An hour was asked for; 50 s of errors came, and the limit is noticed."""
    report = from_export(**{"from": "2025-09-15T19:05:00Z", "to": "2025-09-15T20:05:00Z"})
    document = report.as_json()
    assert (document["asked"]["from"], document["asked"]["to"]) == ("2025-09-15T19:05:00.000000Z", "2025-09-15T20:05:00.000000Z")
    assert (document["seen"]["first_at"], document["seen"]["limit_hit"]) == ("2025-09-15T19:57:22.824650Z", True)
    assert (document["seen"]["last_at"], document["seen"]["entries"]) == ("2025-09-15T20:03:08.710120Z", 100)


def test_exchanges_incidents_and_contrasts_come_together() -> None:
    """The refused handshake is joined with the application's reason, which is the incident and the contrast."""
    exchanges, reading = round_of_two()
    report = report_on(reading, exchanges)
    refused = report.pairs[1]
    assert (refused.how, len(refused.insert_ids), dict(refused.seen_by)) == (
        "trace",
        2,
        {"edge": None, "platform": True, "application": True},
    )
    assert [(one.title, one.entries, one.noise) for one in report.incidents] == [
        ("User staging-e2e-user-001 not found", 2, False)
    ]
    assert {one.template for one in report.contrasts if one.log_odds > 0} == {
        "User staging-e2e-user-<*> not found",
        "GET /ws HTTP 403",
    }
    assert report.skew is not None
    assert report.failing == {exchanges[1].id}


def test_a_notebook_repeats_the_report_without_the_source() -> None:
    """The entries that a round keeps give the same document again."""
    exchanges, reading = round_of_two()
    assert report_on(reading_from_rows(entries_rows(reading)), exchanges).as_json() == report_on(reading, exchanges).as_json()


def test_kept_entries_stand_in_for_the_source_where_they_cover_what_would_be_asked() -> None:
    """The same document; a later exchange, another limit and another source want another reading."""
    exchanges, reading = round_of_two()
    logs = settings(source="cloud", project="p", limit=reading.asked.limit)
    start, end = window(logs, exchanges, now=NOW)
    kept = replace(reading, source="cloud", asked=replace(reading.asked, start=start, end=end), read_at=at(20))
    kept = reading_from_rows(entries_rows(kept))
    again = repeat_logs(logs, kept, exchanges)
    assert again is not None
    assert again.as_json() == report_on(kept, exchanges).as_json()
    assert again.reading.notes[-1].endswith("the source was not asked again")
    later = [*exchanges, exchange(21, path="/api/health", status=200)]
    assert repeat_logs(logs, kept, later) is None
    assert repeat_logs(logs.model_copy(update={"limit": 7}), kept, exchanges) is None
    assert repeat_logs(settings(), kept, exchanges, anyway=True) is None
    anyway = repeat_logs(logs, kept, later, anyway=True)
    assert anyway is not None
    assert (set(anyway.pairs[-1].seen_by.values()), anyway.pairs[-1].why_not) == (
        {None},
        "the entries were read before it was over",
    )


def test_a_reading_knows_when_it_was_made() -> None:
    """What comes later is not in it, and its silence about that is no evidence."""
    assert investigate_logs(settings(), NoSource(), [], now=NOW).reading.read_at == NOW


def test_without_a_source_nothing_is_claimed() -> None:
    """Every pair is none, and every layer's silence unknown."""
    report = investigate_logs(settings(), NoSource(), round_of_two()[0], now=NOW)
    document = report.as_json()
    assert document["seen"]["limit_hit"] is None
    assert {pair["how"] for pair in document["pairs"]} == {"none"}
    assert {seen for pair in document["pairs"] for seen in pair["seen_by"].values()} == {None}


def test_rows_for_the_table_hold_one_exchange_each() -> None:
    """With what the notebook shows beyond the contract: confidence and reasons."""
    exchanges, reading = round_of_two()
    rows = report_on(reading, exchanges).rows()
    assert [row["exchange"] for row in rows] == [one.id for one in exchanges]
    assert (rows[1]["seen_by_application"], rows[1]["confidence"], rows[1]["why_not"]) == (True, 1.0, None)


@pytest.mark.parametrize(
    ("given", "sent", "expected"),
    [
        ({"source": "cloud", "project": "p"}, [exchange(0, elapsed_ms=1000), exchange(30, elapsed_ms=2000)], (at(-60), at(92))),
        ({"source": "cloud", "project": "p"}, [], (NOW - timedelta(hours=1), NOW)),
        ({"source": "cloud", "project": "p", "from": NOON}, [exchange(30)], (NOON, at(90.01))),
        ({"source": "file", "path": "x"}, [exchange(0)], (None, None)),
    ],
)
def test_the_window_is_what_the_contract_says(
    given: dict[str, Any], sent: list[Exchange], expected: tuple[datetime, datetime]
) -> None:
    """As set, else the exchanges and a minute around, else the last hour, and of a file all."""
    assert window(settings(**given), sent, now=NOW) == expected


def test_late_entries_are_waited_for_before_silence_counts(serve: Callable[..., LoggingServer]) -> None:
    """The last exchange's entry arrives a moment after it: the reading has it."""
    now = datetime.now(UTC)
    sent = exchange((now - NOON).total_seconds(), trace_id="a" * 32)
    server = serve([])
    late = serve([wire(1, seconds=(now - NOON).total_seconds(), trace="projects/p/traces/" + "a" * 32)])
    source = source_of(server)
    source._sleep = lambda _: server.entries.extend(late.entries if not server.entries else [])
    report = investigate_logs(settings(source="cloud", project="p"), source, [sent], now=now)
    assert [pair.how for pair in report.pairs] == ["trace"]


def test_an_exchange_long_ago_is_not_waited_for() -> None:
    """What was to arrive has arrived."""

    class Old(NoSource):
        is_live = True

        def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
            raise AssertionError("it waited")

    assert investigate_logs(settings(), Old(), [exchange(0)], now=NOW).pairs[0].how == "none"


def test_cuts_are_told_while_reading(tmp_path: Path) -> None:
    """What a source could not give is said at once, beside standing in the reading."""
    (tmp_path / "x.json").write_text('[{"insertId": "a", "timestamp": "2026-03-01T12:00:00Z"}, {"insertId": ')
    logs, said = settings(source="file", path=str(tmp_path / "x.json")), []
    report = investigate_logs(logs, open_source(logs, project_root=tmp_path), [], now=NOW, on_progress=said.append)
    assert len(report.reading.entries) == 1
    assert said == list(report.reading.missing)
    assert "cut off" in said[0]


@pytest.mark.parametrize(
    ("sent", "fails"),
    [
        (exchange(0), True),
        (exchange(0, status=101, rung="session"), False),
        (exchange(0, status=101, rung="session", close_code=1008), True),
        (exchange(0, path="/x", status=200), False),
        (exchange(0, path="/x", status=401), True),
        (exchange(0, path="/x", status=None), True),
    ],
)
def test_what_counts_as_failing(sent: Exchange, fails: bool) -> None:
    """A handshake that was not accepted, a REST answer of 400 or more, or none."""
    assert is_failing(sent) is fails


@pytest.mark.parametrize(("hours", "is_said"), [(0, False), (200, True)])
def test_logs_of_another_time_than_the_exchanges_are_named(hours: int, is_said: bool) -> None:
    """Once, however often they are told; nothing is said of logs that cover the exchanges."""
    logged = entry(3600 * hours, "boom")
    reading = Reading(source="file", asked=Asked(), entries=in_order([logged]))
    again = report_on(report_on(reading, [exchange(0)]).reading, [exchange(0)]).reading
    assert sum("no entry is of the exchanges' time" in note for note in again.notes) == is_said
    assert report_on(reading, []).reading.notes == ()
