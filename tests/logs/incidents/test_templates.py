"""Messages without what varies, and what differs between failing and passing exchanges."""

from __future__ import annotations

import pytest

from lib.logs.correlation.correlate import Pair
from lib.logs.incidents.templates import changes_since, contrasts_between, message_of, mine, template
from tests.logs.made_up import entry, request_entry

TRICKY = [
    "User 17 not found after 0.25 s",
    "user-001 from 10.1.2.3:55012 at 2026-03-01T12:00:00.123Z",
    "request 0af7651916cd43dd8448eb211c80319c took 3 ms",
    "id 123e4567-e89b-12d3-a456-426614174000 is gone",
    "upstream answered HTTP 502 in 31 ms, status=404 code: 500",
    "  Zeile mit Umlauten äöü 5  \nsecond line 6",
    "jwt:3f2a91c0 sub=x refused, secret:deadbeef",
    "worker3 of staging-e2e-7 and run_12 used 31ms of h2o",
    "GET /api/threads/thread_c42845e3981c474d/events by nobody-4c5f4a36 (run_0188c2a57af24c3c) and run_c0ffee",
    "0x7ffee4 dead beefcafebabe99",
    "",
]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (TRICKY[0], "User <*> not found after <*> s"),
        (TRICKY[1], "user-<*> from <*> at <*>"),
        (TRICKY[2], "request <*> took <*> ms"),
        (TRICKY[3], "id <*> is gone"),
        (TRICKY[4], "upstream answered HTTP 502 in <*> ms, status=404 code: 500"),
        (TRICKY[5], "Zeile mit Umlauten äöü <*>"),
        (TRICKY[6], "<*> sub=x refused, <*>"),
        (TRICKY[7], "worker<*> of staging-e2e-<*> and run_<*> used <*>ms of h2o"),
        (TRICKY[8], "GET /api/threads/thread_<*>/events by nobody-<*> (run_<*>) and run_c0ffee"),
    ],
)
def test_what_varies_is_masked_and_statuses_are_kept(message: str, expected: str) -> None:
    """Numbers, ids, addresses and times are no part of what is said; an HTTP status is."""
    assert template(message) == expected


def test_sql_and_python_find_the_same_templates() -> None:
    """The one alternation means the same in both; each distinct message is there once."""
    assert mine([*TRICKY, *TRICKY]) == {message: template(message) for message in TRICKY}


def joined(exchange: str, *insert_ids: str) -> Pair:
    """An exchange with these entries."""
    how = "trace" if insert_ids else "none"
    return Pair(exchange=exchange, of="probe", trace_id=None, how=how, insert_ids=insert_ids, seen_by={}, confidence=1.0)


def test_what_stands_beside_failures_only_comes_first() -> None:
    """With counts of exchanges, not lines, and with examples."""
    failing = [entry(i, f"JWT {i} rejected", insert_id=f"f{i}") for i in range(4)]
    passing = [entry(i, f"user {i} admitted", insert_id=f"p{i}") for i in range(8)]
    both = [entry(i, f"connection {i} from 10.0.0.1", insert_id=f"c{i}") for i in range(12)]
    pairs = [joined(f"x{i}", f"f{i}", f"c{i}") for i in range(4)] + [joined(f"y{i}", f"p{i}", f"c{i + 4}") for i in range(8)]
    first, last = contrasts_between(failing + passing + both, pairs, frozenset(f"x{i}" for i in range(4)))
    assert (first.template, first.in_failing, first.in_passing, first.insert_ids[0]) == ("JWT <*> rejected", 4, 0, "f0")
    assert first.log_odds == pytest.approx(5.03, abs=0.01)
    assert (last.template, last.in_failing, last.in_passing, last.log_odds < 0) == ("user <*> admitted", 0, 8, True)
    assert list(first.as_json()) == ["template", "in_failing", "in_passing", "log_odds"]


def test_without_both_kinds_there_is_nothing_to_compare() -> None:
    """Only failures, or only passes, give no contrast."""
    line = entry(0, "x", insert_id="a")
    assert contrasts_between([line], [joined("x", "a")], frozenset(["x"])) == ()
    assert contrasts_between([line], [joined("x", "a"), joined("y")], frozenset(["x"])) == ()


def test_templates_that_appeared_or_vanished_since_the_last_round() -> None:
    """With examples from the round that has them."""
    before = [entry(i, f"old {i}", insert_id=f"o{i}") for i in range(3)] + [entry(9, "same 1")]
    after = [entry(i, f"new {i}", insert_id=f"n{i}") for i in range(7)] + [entry(9, "same 2")]
    assert [(one.change, one.template, one.entries, one.insert_ids[0]) for one in changes_since(before, after)] == [
        ("appeared", "new <*>", 7, "n0"), ("vanished", "old <*>", 3, "o0"),
    ]  # fmt: skip


def test_a_request_entry_without_words_speaks_by_its_request() -> None:
    """Method, path and status."""
    assert message_of(request_entry(0)) == "GET /ws HTTP 403"
    assert message_of(entry(0, "")) == ""
