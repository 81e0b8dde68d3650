"""A case that has had its time is ended, whatever it catches."""

from __future__ import annotations

import contextlib
import sys
import threading
import time

import pytest

from lib.suite.plugin.time_limit import deadline

LIMIT_S = 0.2


def _fail():
    time.sleep(0.001)
    raise ValueError


def _suppressing_exceptions():
    while True:
        with contextlib.suppress(Exception):
            time.sleep(30)


def _bare_except():
    while True:
        try:
            _fail()
        except:  # noqa: E722, S110 - as people write it
            pass


def _in_a_function_of_its_own():
    def worked():
        try:
            _fail()
        except BaseException:
            return False
        return True

    while not worked():
        pass


def _bare_excepts_in_each_other():
    while True:
        try:
            try:
                time.sleep(0.001)
            except:  # noqa: E722, S110 - as people write it
                pass
        except:  # noqa: E722, S110
            pass


CASES = [_suppressing_exceptions, _bare_except, _in_a_function_of_its_own, _bare_excepts_in_each_other]


@pytest.mark.parametrize("case", CASES)
def test_a_case_that_retries_for_ever_fails_whatever_it_catches(case):
    """Its end comes again and again, at last where the case has just caught it."""

    def runtest():
        case()

    tracing, started = sys.gettrace(), time.monotonic()
    with pytest.raises(AssertionError, match="not ended"), deadline(LIMIT_S):
        runtest()
    assert time.monotonic() - started < 20
    assert sys.gettrace() is tracing


def test_what_ends_in_time_is_not_disturbed():
    """No alarm comes later."""
    with deadline(LIMIT_S):
        pass
    time.sleep(2 * LIMIT_S)


def test_other_threads_have_no_deadline():
    """Only the main thread can be told."""
    ended = []

    def work():
        with deadline(0.01):
            time.sleep(0.1)
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended == [True]
