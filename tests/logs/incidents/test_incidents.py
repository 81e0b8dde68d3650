"""One cause in one window is one incident."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from lib.facts import LogEntry
from lib.logs.incidents.incidents import Incident, find_incidents
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.reading import in_order
from tests.logs.incidents.test_events import DURING, INNER, OUTER
from tests.logs.made_up import entry, request_entry


def found(*entries: LogEntry, **fields: frozenset[str]) -> list[Incident]:
    """The incidents of these entries."""
    return list(find_incidents(in_order(entries), **fields))


def crash(seconds: float, instance: str) -> list[LogEntry]:
    """One crash as a real worker tells it: chained tracebacks, the process manager, the platform."""
    return [
        entry(seconds, INNER, instance=instance),
        entry(seconds + 0.01, DURING, severity=None, instance=instance),
        entry(seconds + 0.02, OUTER, instance=instance),
        entry(seconds + 0.2, "CRITICAL: Failed to set up the middleware: No module named 'monitoring'", instance=instance),
        entry(
            seconds + 0.3,
            "[2026-03-01 12:00:00 +0000] [1] [ERROR] Worker (pid:14) exited with code 3",
            severity=None,
            instance=instance,
        ),
        entry(
            seconds + 0.4,
            "[2026-03-01 12:00:00 +0000] [1] [ERROR] Reason: Worker failed to boot.",
            severity=None,
            instance=instance,
        ),
        entry(seconds + 0.5, "Container called exit(3).", severity="WARNING", instance=instance, layer="platform"),
    ]


def test_the_real_export_has_one_incident_for_its_38_requests(export: str) -> None:
    """They all end within 6 ms, when one instance gave up on its database: one event, told 48 times, that struck twice."""
    entries = in_order(Shaper().entry(raw) for raw in json.loads(export))
    requests = {one.insert_id for one in entries if one.request}
    incidents = find_incidents(entries)
    touching = [one for one in incidents if requests & set(one.insert_ids)]
    assert len(requests) == 38
    (first,) = touching
    assert incidents[0] is first
    assert first.title.startswith("DeterministicStartupError: Database initialization timeout after 25.0s")
    assert (first.severity, first.occurrences, first.entries, len(first.insert_ids), first.noise) == ("ERROR", 2, 48, 20, False)
    assert [one.severity for one in incidents if not one.noise] == ["ERROR", "ERROR", "WARNING"]
    assert first.requests == 38
    assert incidents[2].title == "Container called exit(3)."


def test_a_crash_every_few_seconds_is_one_incident_with_n_occurrences() -> None:
    """Fifteen crashes on fifteen instances, seven entries each, are not 105 errors."""
    (one,) = found(*(line for cycle in range(15) for line in crash(cycle * 7, f"instance-{cycle}")))
    assert (one.title, one.occurrences, one.entries) == ("ModuleNotFoundError: No module named 'monitoring'", 15, 105)


def test_a_crash_loop_in_one_place_counts_its_cycles() -> None:
    """Also where the instance keeps its name."""
    (one,) = found(*(line for cycle in range(6) for line in crash(cycle * 3, "same")))
    assert (one.occurrences, one.entries) == (6, 42)


def test_two_causes_at_the_same_time_and_place_are_two_incidents() -> None:
    """Interleaved in the log, they keep their own words; what ends the container belongs to the later one."""
    both = [entry(i, "Redis connection refused") for i in range(5)] + [
        entry(i + 0.1, "Disk quota exceeded on /data") for i in range(3)
    ]
    assert {(one.title, one.occurrences) for one in found(*both)} == {
        ("Redis connection refused", 5),
        ("Disk quota exceeded on /data", 3),
    }


def test_modules_that_are_missing_are_told_apart() -> None:
    """The same exception with other words is another cause."""
    other = [entry(1, "Traceback (most recent call last):\n  x\nModuleNotFoundError: No module named 'auth_service'")]
    assert {one.title for one in found(entry(0, INNER), *other)} == {
        "ModuleNotFoundError: No module named 'monitoring'", "ModuleNotFoundError: No module named 'auth_service'",
    }  # fmt: skip


def test_numbers_and_ids_do_not_tell_causes_apart_but_statuses_do() -> None:
    """What varies from request to request is no other cause."""
    users = [entry(i, f"User staging-e2e-user-{i:03} not found") for i in range(4)]
    statuses = [entry(9, "upstream answered HTTP 502 in 31 ms"), entry(10, "upstream answered HTTP 504 in 29 ms")]
    assert sorted(one.occurrences for one in found(*users, *statuses)) == [1, 1, 4]


def test_a_trace_joins_a_refusal_with_its_reason() -> None:
    """The platform's 403 and the application's words are one incident, named by the words."""
    trace = "a" * 32
    (one,) = found(
        request_entry(0, trace_id=trace),
        entry(0.002, "JWT validation failed: Signature verification failed", severity="WARNING", trace_id=trace),
    )
    assert (one.title, one.occurrences, one.entries) == ("JWT validation failed: Signature verification failed", 1, 2)


def test_requests_that_end_together_without_a_known_cause_are_one_occurrence() -> None:
    """What ended them was one thing, even if the log does not say what."""
    together = [
        request_entry(i, path="/health", status=503, latency_s=60 - i, text="The request failed because x") for i in range(38)
    ]
    later = [request_entry(300, path="/health", status=503, latency_s=1, text="The request failed because x")]
    (one,) = found(*together, *later)
    assert (one.title, one.occurrences, one.entries) == ("GET /health HTTP 503", 2, 39)


def test_noise_comes_last() -> None:
    """Harmless warnings and scanners' requests do not stand before a failure; a refusal's warning is no noise."""
    incidents = found(
        *(entry(i, "Sentry SDK not available - install sentry-sdk to enable error tracking",
        severity="WARNING") for i in range(11)),
        request_entry(1, path="/wp-login.php", status=404), entry(2, "WebSocket origin DENIED: http://x", severity="WARNING"),
    )  # fmt: skip
    assert [(one.noise, one.entries) for one in incidents] == [(False, 1), (True, 11), (True, 1)]


def test_what_our_own_exchanges_caused_is_no_noise() -> None:
    """A warning in the trace of an exchange belongs to the investigation, however harmless its words."""
    told = entry(0, "deprecated header", severity="WARNING", trace_id="b" * 32)
    assert found(told)[0].noise
    assert not found(told, traces_of_interest=frozenset(["b" * 32]))[0].noise


def test_info_lines_and_audit_entries_are_no_incidents() -> None:
    """A log in which nothing went wrong has none."""
    assert (
        found(
            entry(0, "started", severity="INFO"),
            entry(1, "deploy", severity="NOTICE", layer="audit"),
            entry(2, "x", severity=None),
        )
        == []
    )


def test_an_incident_serialises_as_the_contract_says() -> None:
    """Exactly the fields of the contract."""
    document = found(entry(0, "boom"))[0].as_json()
    assert list(document) == [
        "title", "severity", "occurrences", "entries", "first_at", "last_at", "insert_ids", "noise", "lines", "where",
            "revisions",
        "instances", "hit",
    ]  # fmt: skip
    assert re.fullmatch(r"2026-03-01T12:00:00\.000000Z", document["first_at"])


def test_a_request_of_which_two_logs_tell_is_one() -> None:
    """The proxy's and the application's line of the same request count once; two requests of one log count twice."""
    edge = [request_entry(i, status=502, layer="edge", instance="proxy") for i in (0, 0.1)]
    own = [request_entry(i, status=502, layer="application") for i in (0, 0.1)]
    assert [one.requests for one in find_incidents([*edge, entry(0.1, "no tenant"), *own])] == [2]


def test_a_refused_socket_belongs_to_the_words_of_its_refusal() -> None:
    """And to no other warning that stands beside it."""
    refusal = entry(0.1, "REFUSED CONNECTION TO App.UserSocket", severity="WARNING")
    (found,) = find_incidents([request_entry(0, status=403), refusal])
    assert (found.title, found.websockets) == ("REFUSED CONNECTION TO App.UserSocket", 1)
    assert (
        len(find_incidents([request_entry(0, status=403), entry(0.1, "disk is almost full, write failed", severity="WARNING")]))
        == 2
    )


def test_ids_in_a_path_make_no_incidents_of_their_own() -> None:
    """What fails for each of many customers is one incident."""
    assert len(find_incidents([request_entry(i * 20, path=f"/users/{i}/socket", status=500) for i in range(4)])) == 1


def test_what_a_client_repeats_of_its_servers_words_is_one_incident() -> None:
    """At once, and whichever of the two has the words in its exception; an hour later it is another."""
    words = 'password authentication failed for user "api"'
    server = entry(0, f"2026-03-01 12:00:00 UTC [7] FATAL:  {words}\n2026-03-01 12:00:00 UTC [7] DETAIL:  no role", instance="db")
    client = f"Traceback (most recent call last):\npsycopg2.OperationalError: FATAL:  {words}"
    assert len(find_incidents([server, entry(0.2, client, instance="api")])) == 1


def test_what_a_router_refuses_after_a_crash_belongs_to_the_crash() -> None:
    """However long it takes until the next start."""
    crash = [entry(0, "Error: Cannot find module 'x'"), entry(1, "Process exited with status 1")]
    router = request_entry(60, status=503, layer="edge", instance="router")
    refused = replace(router, request={**(router.request or {}), "reason": "H10 App crashed"})
    (found,) = find_incidents([*crash, refused])
    assert (found.title, found.websockets) == ("Error: Cannot find module 'x'", 1)
