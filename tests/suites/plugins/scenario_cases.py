"""pytest-bdd: scenarios of a feature file, by their own names and by functions that are bound to them."""

from __future__ import annotations

import pytest
import requests
from pytest_bdd import given, parsers, scenario, scenarios, then, when


@scenario("asking.feature", "Someone asks for health")
def test_positive_bound_to_a_scenario():
    pass


scenarios("asking.feature")


@pytest.fixture
def seen():
    return {}


@given("a target")
def target(rest):
    assert rest


@when(parsers.parse("I ask for {path}"))
def asking(rest, seen, path):
    seen["answer"] = requests.get(rest + path, timeout=4)


@then(parsers.parse("the status is {status:d}"))
def status_is(seen, status):
    assert seen["answer"].status_code == status


@then("it is refused")
def refused(seen):
    assert seen["answer"].status_code in (401, 403)


@then("there is an answer")
def answered(seen):
    assert seen["answer"] is not None
