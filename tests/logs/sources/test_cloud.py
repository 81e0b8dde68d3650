"""Reading the Logging API through the real client, whatever happens on the way."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from grpc import StatusCode

from lib.facts import LogEntry
from lib.logs.sources.cloud import CALL_TIMEOUT_S
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.opening import CloudSource, _client
from lib.logs.sources.reading import SourceRefused
from lib.parameters.loading import ROOT, BadInput
from tests.logs.logging_server import LoggingServer, source_of, wire
from tests.logs.made_up import at

Serve = Callable[[list[dict[str, object]]], LoggingServer]
MANY = [wire(number) for number in range(2_500)]


def read_ids(source: CloudSource, **bounds: object) -> list[str]:
    """The insert ids of a reading from noon on."""
    return [entry.insert_id for entry in source.read(**{"start": at(0), "end": None, "limit": 10_000, **bounds}).entries]


WANTED = [entry["insertId"] for entry in MANY]


def test_pages_of_a_thousand(serve: Serve) -> None:
    """2,500 entries take three requests, the oldest first, with a time bound of ours in each."""
    server = serve(MANY)
    assert read_ids(source_of(server, filter="severity>=INFO OR severity=DEFAULT")) == WANTED
    assert [(asked.page_size, asked.order_by) for asked in server.asked] == [(1000, "timestamp asc")] * 3
    assert server.asked[0].filter == '(severity>=INFO OR severity=DEFAULT) AND timestamp>="2026-03-01T12:00:00.000000Z"'


def test_a_time_bound_is_sent_even_when_none_was_asked_for(serve: Serve) -> None:
    """Otherwise the client would quietly ask for the last 24 hours."""
    server = serve(MANY[:3])
    source_of(server).read(start=None, end=at(9), limit=10)
    assert server.asked[0].filter == 'timestamp>="1970-01-01T00:00:00.000000Z" AND timestamp<="2026-03-01T12:00:09.000000Z"'


def test_a_quota_error_in_the_middle_is_waited_for(serve: Serve) -> None:
    """The reading goes on from the page that it had reached: nothing is lost and nothing doubled."""
    server, slept = serve(MANY), []
    server.script = {2: StatusCode.RESOURCE_EXHAUSTED, 3: StatusCode.RESOURCE_EXHAUSTED, 5: StatusCode.UNAVAILABLE}
    assert read_ids(source_of(server, slept=slept)) == WANTED
    assert slept == [1.0, 2.0, 1.0]
    assert [asked.page_token for asked in server.asked] == ["", "1000", "1000", "1000", "2000", "2000"]


def test_the_next_page_comes_while_the_last_one_is_read(serve: Serve) -> None:
    """Otherwise each page would cost its way there and back; the last page within the limit is not followed by another
    request."""
    server, met = serve(MANY), []

    class Patient(Shaper):
        def entry_of_parts(self, **parts: Any) -> LogEntry:
            give_up = time.monotonic() + 5
            while not met and len(server.asked) < 2 and time.monotonic() < give_up:
                time.sleep(0.01)
            met.append(len(server.asked))
            return super().entry_of_parts(**parts)

    source = CloudSource("cloud", lambda: _client(server.endpoint), place="here", project="p", filter=None, shaper=Patient())
    assert read_ids(source, limit=2_000) == WANTED[:2_000]
    assert met[0] == 2
    assert [asked.page_token for asked in server.asked] == ["", "1000", "2000"]


def test_an_expired_credential_is_renewed(serve: Serve) -> None:
    """The client is opened anew once, and the page asked for again."""
    server = serve(MANY)
    server.script = {2: StatusCode.UNAUTHENTICATED}
    assert read_ids(source_of(server)) == WANTED


@pytest.mark.parametrize("call", [1, 2])
def test_a_repeated_page_token_loses_and_doubles_nothing(serve: Serve, call: int) -> None:
    """A server that hands out the same token again would be read for ever; reading goes on from the last entry's time."""
    server = serve(MANY)
    server.script = {1: "1000", 2: "1000"} if call == 2 else {1: "0", 2: "0"}
    reading = source_of(server).read(start=at(0), end=None, limit=10_000)
    assert [entry.insert_id for entry in reading.entries] == WANTED
    assert reading.complete
    assert len(reading.notes) == 1


def test_a_token_repeated_for_ever_ends_the_reading_and_is_said(serve: Serve) -> None:
    """What was not read stands in the reading."""
    server = serve([wire(number, seconds=0.0) for number in range(2_500)])
    server.script = dict.fromkeys(range(1, 50), "0")
    reading = source_of(server).read(start=at(0), end=None, limit=10_000)
    assert len(reading.entries) == 1000
    assert not reading.complete
    assert "repeated a page token; entries after 2026-03-01T12:00:00.000000Z were not read" in reading.missing[0]


def test_a_source_that_stays_unwilling_keeps_what_was_read(serve: Serve) -> None:
    """After the patience for a quota the entries so far are given, and what is missing is said."""
    server, slept = serve(MANY), []
    server.script = dict.fromkeys(range(2, 50), StatusCode.RESOURCE_EXHAUSTED)
    reading = source_of(server, slept=slept).read(start=at(0), end=None, limit=10_000)
    assert (len(reading.entries), reading.limit_hit, reading.complete) == (1000, True, False)
    assert "RESOURCE_EXHAUSTED" in reading.missing[0]
    assert 60 < sum(slept) < 180


@pytest.mark.parametrize(
    "code", [StatusCode.PERMISSION_DENIED, StatusCode.UNAUTHENTICATED, StatusCode.INVALID_ARGUMENT, StatusCode.UNAVAILABLE]
)
def test_a_source_that_gives_nothing_has_refused(serve: Serve, code: StatusCode) -> None:
    """The refusal names the place and the reason."""
    server = serve(MANY)
    server.always = code
    with pytest.raises(SourceRefused) as refusal:
        source_of(server).read(start=at(0), end=None, limit=10)
    assert (refusal.value.where, refusal.value.why) == (server.endpoint, f"{code.name}: {code.name.lower()} on purpose")


LEAVING = """
import sys, threading
from lib.logs.sources.cloud import CloudSource
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.opening import _client
source = CloudSource("cloud", lambda: _client(sys.argv[1]), place="", project="p", filter=None, shaper=Shaper(), is_remote=True)
seen = threading.Event()
read = lambda: source.read(start=None, end=None, limit=9000, on_progress=lambda _: seen.set())
threading.Thread(target=read, daemon=True).start()
assert seen.wait(20)
"""


def test_whoever_ends_waits_for_no_page_that_never_comes(serve: Serve) -> None:
    """The next page is asked for beside what is done with the last; a diagnosis whose time is over leaves it behind."""
    server, silence = serve(MANY[:1_500]), threading.Event()
    server.script = {2: silence}
    began_s = time.monotonic()
    done = subprocess.run([sys.executable, "-c", LEAVING, server.endpoint], cwd=ROOT, timeout=90, check=False)
    took_s = time.monotonic() - began_s
    silence.set()
    assert (done.returncode, took_s < CALL_TIMEOUT_S) == (0, True)


def test_empty_pages_without_end_end_the_reading(serve: Serve) -> None:
    """Each has the token of another; that nothing new came is said."""
    server = serve(MANY[:1])
    server.is_endless = True
    source = source_of(server)
    source._call_s = 0.3
    reading = source.read(start=at(0), end=None, limit=10)
    assert "no new entry came for" in reading.missing[0]
    assert len(source.for_traces(["c" * 32], since=at(0), wait_s=0.2)) == 1


@pytest.mark.parametrize(("limit", "stopped"), [(1500, True), (2499, True), (2500, False)])
def test_the_limit_ends_the_reading_and_is_noticed(serve: Serve, limit: int, stopped: bool) -> None:
    """Exactly as many entries as the limit is no cut unless there was one more."""
    reading = source_of(serve(MANY)).read(start=at(0), end=None, limit=limit)
    assert (len(reading.entries), reading.stopped) == (min(limit, 2500), stopped)


def test_a_query_that_is_too_long_is_bad_input(serve: Serve) -> None:
    """The API takes 20,000 characters."""
    with pytest.raises(BadInput, match=r"logs\.filter"):
        source_of(serve([]), filter="a" * 19_990).read(start=at(0), end=None, limit=1)


def test_entries_of_traces_are_waited_for(serve: Serve) -> None:
    """An entry that is flushed late is still found; those of other traces are not asked for."""
    server, late = (
        serve([wire(1, trace="projects/p/traces/" + "a" * 32)]),
        serve([wire(2, trace="projects/p/traces/" + "b" * 32)]),
    )
    source = source_of(server)
    source._sleep = lambda _: server.entries.extend(late.entries[len(server.entries) - 1 :])
    found = source.for_traces(["a" * 32, "b" * 32], since=at(0), wait_s=2.0)
    assert [entry.insert_id for entry in found] == ["w00001", "w00002"]
    assert f'(trace="projects/p/traces/{"a" * 32}" OR trace="projects/p/traces/{"b" * 32}")' in server.asked[0].filter


def test_waiting_for_a_trace_ends(serve: Serve) -> None:
    """A trace that no entry has is given up after the time allowed."""
    server = serve([])
    assert source_of(server).for_traces(["c" * 32], since=at(0), wait_s=0.2) == []
    assert source_of(server).for_traces([], since=at(0)) == []
