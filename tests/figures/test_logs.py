"""Notebook 03's tables and charts: joined with how and how surely, silence only where a control appeared."""

from __future__ import annotations

import pytest

from lib.facts import LogEntry
from lib.figures import logs as show
from lib.logs.analysis import LogReport, report_on
from lib.logs.sources.reading import Asked, Reading

STEPS = [show.answer, show.seen, show.absence, show.unjoined, show.incidents, show.contrasts, show.changes, show.severities]
TRACE, OTHER = "a" * 32, "b" * 32


def exchanges(samples) -> list:
    """A control that was answered and a handshake that was refused."""
    control = samples.exchange(
        "c1", of="control", kind="rest", url="http://127.0.0.1:8000/api/health", status=200, rung="http", trace_id=OTHER
    )
    return [control, samples.exchange("h1", trace_id=TRACE, at=samples.later(1), elapsed_ms=8.0)]


def entry(samples, identifier: str, layer: str, trace_id: str, seconds: float, **fields) -> LogEntry:
    """A request entry of a layer for one of the two exchanges."""
    path, status = ("/api/health", 200) if trace_id == OTHER else ("/ws", 403)
    request = {"method": "GET", "url": path, "status": status, "latency_s": 0.004}
    given = {"severity": "INFO", "request": request, "log_name": layer, "text": f"GET {path}"} | fields
    return LogEntry(insert_id=identifier, timestamp=samples.later(seconds), trace_id=trace_id, layer=layer, **given)


@pytest.fixture
def report(samples) -> LogReport:
    """The edge saw both, the application saw the control alone."""
    entries = (
        entry(samples, "e1", "edge", OTHER, 0.002),
        entry(samples, "a1", "application", OTHER, 0.003),
        entry(samples, "e2", "edge", TRACE, 1.001, severity="WARNING"),
    )
    asked = Asked(start=samples.later(-60), end=samples.later(60), filter="f", limit=1000)
    return report_on(Reading(source="file", asked=asked, entries=entries), exchanges(samples))


@pytest.fixture
def nothing() -> LogReport:
    """No source, no exchange."""
    return report_on(Reading(source="none", asked=Asked()), [])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
def test_every_step_shows_any_report(report, nothing, step):
    """A finding never raises, and no entries are a finding."""
    assert repr(step(report))
    assert repr(step(nothing))


def test_without_a_source_nothing_is_claimed(nothing):
    """No log is not a quiet log."""
    assert "absence proves nothing" in repr(show.answer(nothing))


def test_the_answer_says_where_the_refusal_happened(report):
    """Seen at the edge, not by the application, and the control was: answered in front of it."""
    text = repr(show.answer(report))
    assert "2 joined by trace id" in text
    assert "Refused: 1 of them. Seen by the edge and not by the application: answered in front of it." in text


def test_refused_pairs_come_first_with_how_sure_they_are(report, samples):
    """Joined by trace, certainty 1, who saw it, and an entry by insert id."""
    first, second = show.pairs(report, exchanges(samples)).rows
    assert (first["asked"], first["refused"], second["refused"]) == ("handshake /ws: 403", True, False)
    assert (first["how"], first["sure"], first["insert_ids"]) == ("trace", 1.0, "e2")
    assert (first["edge"], first["application"]) == ("yes", "no")


def test_like_exchanges_are_one_row(samples):
    """Three refused handshakes without entries count together."""
    asked = [samples.exchange(f"h{number}", at=samples.later(number)) for number in range(3)]
    (row,) = show.pairs(report_on(Reading(source="file", asked=Asked()), asked), asked).rows
    assert (row["n"], row["how"], row["sure"]) == (3, "none", 0.0)


def test_what_was_asked_stands_beside_what_was_seen(report):
    """The true first and last entry, not the window that was asked for."""
    rows = {row[0]: row[1:] for row in show.seen(report).rows}
    assert rows["from"] == ("2026-11-24T03:19:45.500000Z", "2026-11-24T03:20:45.502000Z")


def test_one_exchange_s_life_has_a_lane_for_each_writer(report, samples):
    """Client and edge have marks, the application's silence is said, and the clock's band is drawn."""
    chart = show.life(report, exchanges(samples))
    assert {lane for series in chart.series for lane in series.y} == {"client", "edge"}
    assert "silent although a control appeared there: application" in chart.note
    assert len(chart.bands) == 1


def test_an_unknown_exchange_is_no_error(report, samples):
    """Asking for one that is not there is answered in words."""
    assert "none to draw" in repr(show.life(report, exchanges(samples), "no-such-id"))


def test_severities_are_lanes_with_their_counts(report, samples):
    """Each severity says its n; the round's own exchanges are drawn behind."""
    chart = show.severities(report, exchanges(samples))
    assert [series.name for series in chart.series] == ["WARNING (n = 1)", "INFO (n = 2)"]
    assert chart.bands[0].text == "this round's exchanges"


@pytest.mark.parametrize(
    ("pattern", "words"),
    [((True, True, True), "its own answer"), ((True, None, False), "in front of it"), ((False, False, False), "by no server")]
    + [((None, None, None), "cannot be told"), ((None, None, False), "cannot be told")],
)
def test_each_pattern_of_silence_has_its_meaning(pattern, words):
    """What is unknown is never read as absence."""
    assert words in show.meaning(pattern)


def test_an_application_that_is_silent_on_what_it_served_has_not_refused():
    """The same pattern names the layer that refused only where something was refused."""
    assert "in front of it" not in show.meaning((True, True, False), refused=False)
    assert "served" in show.meaning((True, True, False), refused=False)
    assert "its own answer" in show.meaning((True, True, True), refused=False)


def test_a_limit_shows_in_the_window_of_its_severity(samples):
    """Fifty errors within a second beside one warning: the table says what each severity covers, and what only a limit
    explains."""
    entries = [entry(samples, f"e{n}", "edge", OTHER, n / 50, severity="ERROR") for n in range(50)]
    entries.append(entry(samples, "w", "edge", OTHER, 30, severity="WARNING"))
    asked = Asked(start=samples.later(-3600), end=samples.later(0), limit=1000)
    rows = show.seen(report_on(Reading(source="file", asked=asked, entries=tuple(entries)), [])).rows
    said = {row[0]: row[2] for row in rows}
    assert said["ERROR entries"].startswith("50 within 980 ms, ")
    assert said["cut short"].endswith("they cover 1 s of the 3600 s asked")


def test_deployments_revisions_and_exits_are_drawn_across(samples):
    """What changed on the servers stands on the axis of the severities."""
    entries = (
        entry(samples, "a", "application", OTHER, 0, revision="r1"),
        entry(samples, "d", "audit", OTHER, 1, text="Services.ReplaceService"),
        entry(samples, "b", "application", OTHER, 2, revision="r2"),
        entry(samples, "q", "platform", OTHER, 3, text="Container called exit(3)."),
    )
    chart = show.severities(report_on(Reading(source="file", asked=Asked(), entries=entries), []))
    assert [(rule.at, rule.text) for rule in chart.rules] == [
        (1.0, "deployment: ReplaceService done"),
        (2.0, "r2 appears"),
        (3.0, "Container called exit(3)."),
    ]


def test_what_is_new_since_the_last_round_has_an_example(samples):
    """A template of this round that the last one had not, by the insert id of one of its entries."""
    last = Reading(source="file", asked=Asked(), entries=(entry(samples, "a", "application", OTHER, 0, text="as ever"),))
    this = Reading(
        source="file", asked=Asked(), entries=(*last.entries, entry(samples, "n", "application", OTHER, 1, text="new here"))
    )
    (row,) = show.changes(report_on(this, [], before=last)).rows
    assert list(row.values()) == ["appeared", "new here", 1, "n"]
