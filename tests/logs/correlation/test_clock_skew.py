"""The servers' clock against ours, with bounds."""

from __future__ import annotations

import random

import pytest

from lib.logs.correlation.clock_skew import from_pairs, from_windows
from lib.logs.correlation.requests import Key, Span

KEY: Key = ("GET", "/ws", 403, None)


def pairs(skew_ms: float, *, n: int, seed: int = 1) -> list[tuple[Span, Span]]:
    """Exchanges of about 10 ms and their entries of about 4 ms on a clock that is off."""
    chance, found, now = random.Random(seed), [], 1_000_000_000
    for _ in range(n):
        now += int(chance.uniform(50_000, 900_000))
        there, took, back = (int(chance.uniform(500, 4_000)) for _ in range(3))
        start = now + there + int(skew_ms * 1000)
        found.append((Span(now, now + there + took + back), Span(start, start + took)))
    return found


def told(skew_ms: float, *, n: int) -> list[tuple[Span, list[Span]]]:
    """The same, as entries that are certainly the exchange's own."""
    return [(exchange, [entry]) for exchange, entry in pairs(skew_ms, n=n)]


@pytest.mark.parametrize("skew_ms", [0, 3_000, -40_000, 119.5])
def test_pairs_bound_the_difference(skew_ms: float) -> None:
    """The true difference lies between bounds that more pairs make narrower."""
    few, many = from_pairs(told(skew_ms, n=2)), from_pairs(told(skew_ms, n=50))
    assert few is not None
    assert many is not None
    assert many.low_ms <= skew_ms <= many.high_ms
    assert (many.n, many.is_ambiguous) == (50, False)
    assert many.high_ms - many.low_ms <= few.high_ms - few.low_ms < 15


def test_a_stamp_that_contradicts_the_others_is_outvoted() -> None:
    """One exchange that was measured wrongly does not move the estimate."""
    wrong = (Span(0, 1_000), [Span(900_000, 901_000)])
    skew = from_pairs([*told(3_000, n=20), wrong])
    assert skew is not None
    assert (skew.n, skew.low_ms <= 3_000 <= skew.high_ms) == (20, True)


def test_an_exchange_that_two_layers_tell_of_counts_once() -> None:
    """`n` is how many exchanges agree; the layer that bounds the difference more narrowly decides."""
    both = [(exchange, [entry, Span(entry.start_us - 100, entry.end_us + 100)]) for exchange, entry in pairs(3_000, n=9)]
    skew, narrow = from_pairs(both), from_pairs([(exchange, entries[1:]) for exchange, entries in both])
    assert skew is not None
    assert skew == narrow
    assert skew.n == 9


@pytest.mark.parametrize("late_us", [2_500, 6_000])
def test_stamps_that_a_busy_machine_took_late_do_not_push_the_truth_out_of_the_bounds(late_us: int) -> None:
    """One client in twelve looked at its clock after the server had, and nearly all others would allow the truth."""
    stamped = told(0, n=60)
    for number in range(0, 60, 12):
        exchange, entries = stamped[number]
        stamped[number] = (Span(entries[0].start_us + late_us, exchange.end_us + late_us), entries)
    skew = from_pairs(stamped)
    assert skew is not None
    assert skew.low_ms <= 0 <= skew.high_ms


@pytest.mark.parametrize("skew_ms", [0, 3_000, -40_000])
def test_requests_that_look_alike_find_the_difference_without_trace_ids(skew_ms: float) -> None:
    """Only the true difference explains all exchanges, whatever else goes on."""
    own, other = pairs(skew_ms, n=30), pairs(0, n=60, seed=9)
    skew = from_windows([(KEY, exchange) for exchange, _ in own], [(KEY, entry) for _, entry in own + other])
    assert skew is not None
    assert skew.low_ms <= skew_ms <= skew.high_ms
    assert (skew.n, skew.is_ambiguous) == (30, False)


def test_a_regular_beat_is_ambiguous() -> None:
    """Requests every second fit a shift by a second nearly as well, and that is said."""
    beat = [(Span(i * 1_000_000, i * 1_000_000 + 9_000), Span(i * 1_000_000 + 3_000, i * 1_000_000 + 5_000)) for i in range(20)]
    skew = from_windows([(KEY, exchange) for exchange, _ in beat], [(KEY, entry) for _, entry in beat])
    assert skew is not None
    assert skew.is_ambiguous
    assert abs(skew.estimate_ms) < 10


def test_nothing_alike_gives_no_estimate() -> None:
    """No pair, no difference."""
    assert from_pairs([]) is None
    assert from_windows([(KEY, Span(0, 9))], [(("GET", "/other", 403, None), Span(0, 5))]) is None


def test_the_contract_gets_estimate_bounds_and_number() -> None:
    """In milliseconds."""
    skew = from_pairs(told(3_000, n=9))
    assert skew is not None
    assert list(skew.as_json()) == ["estimate", "low", "high", "n"]


def test_a_client_that_gave_up_first_bounds_nothing() -> None:
    """Entries that outlast their exchange cannot lie within it: they have no voice, and alone give no estimate."""
    outlasted = [(Span(at, at + 1_000), [Span(at, at + 900_000)]) for at in (0, 5_000_000)]
    assert from_pairs(outlasted) is None
    assert from_pairs([*told(0, n=20), *outlasted]) == from_pairs(told(0, n=20))
