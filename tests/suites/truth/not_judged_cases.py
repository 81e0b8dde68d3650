# ruff: noqa: S113 - cases as people write them
"""Neither passed nor worth anything: failing, broken, skipped."""

from __future__ import annotations

import pytest
import requests


def test_fails(rest):
    assert requests.get(f"{rest}/me").status_code == 200


def test_fixture_breaks(a_fixture_that_is_not_there):
    pass


@pytest.mark.skip(reason="no key")
def test_skipped(rest):
    assert requests.get(f"{rest}/health").ok


@pytest.mark.xfail(reason="known")
def test_expected_failure(rest):
    assert requests.get(f"{rest}/health").status_code == 500
