"""Moments in every spelling."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.logs.sources.moments import Unreadable, is_without_zone, moment

THEN = datetime(2026, 2, 19, 21, 33, 24, tzinfo=UTC)
SECONDS = int(THEN.timestamp())


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-19T21:33:24Z", "2026-02-19 21:33:24,000", "2026-02-19T22:33:24+01:00", "2026-02-19 21:33:24 UTC",
        "2026-02-19T21:33:24.000000000Z",
        SECONDS, SECONDS * 1000, SECONDS * 10**6, SECONDS * 10**9, str(SECONDS), str(SECONDS * 1000), str(SECONDS *
        10**9), float(SECONDS),
        "19/Feb/2026:21:33:24 +0000", "Thu Feb 19 21:33:24.000000 2026", "Thu, 19 Feb 2026 21:33:24 GMT",
            "19-Feb-2026 21:33:24", "2026/02/19 21:33:24",
        "02/19/2026, 9:33:24 PM", "Feb 19 21:33:24", "0219 21:33:24.000000", "19 Feb 2026 21:33:24.000",
            {"seconds": SECONDS, "nanos": 0},
        "260219 213324", "260219 21:33:24", "20260219-21:33:24:000", "20260219T213324Z", "2026-02-19-21.33.24.000000",
        "26/02/19 21:33:24",
        "02/19/26 21:33:24", "19/02/26 21:33:24", "19.02.2026 21:33:24", "2026.02.19 21:33:24",
        "02.19 21:33:24", "19.02 21:33:24",
        {"epochSecond": SECONDS, "nanoOfSecond": 0}, {"$date": "2026-02-19T21:33:24Z"},
    ],
)  # fmt: skip
def test_one_moment_in_every_usual_spelling(value: object) -> None:
    """Text, epoch numbers of any unit, and objects say the same moment; a year that is not told is the last that fits."""
    assert moment(value, near=datetime(2026, 3, 1, tzinfo=UTC)) == THEN


def test_a_year_that_is_not_told_does_not_lie_in_the_future() -> None:
    """December's lines in a file of January are of last year; a clock alone is of that day."""
    near = datetime(2026, 1, 2, 12, tzinfo=UTC)
    assert moment("Dec 31 23:59:59", near=near).year == 2025
    assert moment("11:00:00.5", near=near) == datetime(2026, 1, 2, 11, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "99/99/99 21:33:24",
        "99.99 21:33:24",
        " ago",
        "never",
        "x" * 500,
        -1,
        0,
        float("nan"),
        float("inf"),
        10**30,
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        {},
        [],
        True,
    ],
)
def test_what_is_no_moment_is_unreadable(value: object) -> None:
    """It raises one error, whatever it is."""
    with pytest.raises(Unreadable):
        moment(value)


def test_an_assumed_zone_is_known() -> None:
    """A text without a zone is taken as UTC, and that can be said; a number needs none."""
    assert [is_without_zone(text) for text in ("2026-02-19 21:33:24", "2026-02-19 21:33:24Z", "1771536804")] == [
        True,
        False,
        False,
    ]


def test_an_age_is_counted_back() -> None:
    """What is said to be so long ago was so long before the file was written, and no zone is missing."""
    near = datetime(2026, 2, 20, 12, tzinfo=UTC)
    assert moment("1d2h3m4s ago", near=near) == datetime(2026, 2, 19, 9, 56, 56, tzinfo=UTC)
    assert moment("60m ago", near=near).hour == 11
    assert not is_without_zone("5m ago")


def test_a_date_of_two_digits_is_the_last_one_that_can_be() -> None:
    """Where year, month and day cannot be told apart, the latest that is not in the future."""
    assert moment("17/06/09 20:10:40", near=datetime(2017, 6, 10, tzinfo=UTC)).date().isoformat() == "2017-06-09"
    assert moment("03/04/26 20:10:40", near=datetime(2026, 3, 10, tzinfo=UTC)).date().isoformat() == "2026-03-04"
    assert moment("03.02.2026 20:10:40", near=datetime(2026, 3, 10, tzinfo=UTC)).date().isoformat() == "2026-02-03"
