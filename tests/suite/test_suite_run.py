"""A run as rows, modules and health."""

from __future__ import annotations

from lib.facts import CaseResult
from lib.suite.suite_run import SuiteRun
from lib.suite.worth import Judgement

CASES = (
    CaseResult(module="m", name="a", outcome="passed", seconds=1.0, worth="positive", channels=("rest",)),
    CaseResult(module="m", name="b", outcome="error", seconds=1.0, channels=("websocket", "rest")),
    CaseResult(module="n", name="c", outcome="skipped", seconds=0.0),
)


def run(cases=CASES, **more):
    return SuiteRun(
        cases=cases, nodeids=tuple(f"{case.module}.py::{case.name}" for case in cases), seconds=2.0, collected=len(cases), **more
    )


def test_modules_count_errors_as_failed_and_join_channels():
    """One row a module in the order of the run."""
    assert run().modules == (
        {"module": "m", "passed": 1, "failed": 1, "channels": ["rest", "websocket"]},
        {"module": "n", "passed": 0, "failed": 0, "channels": []},
    )


def test_health_needs_every_case_to_have_run():
    """Errors and untested cases are not health; a skip does not hurt it."""
    untested = CaseResult(module="m", name="d", outcome="untested", seconds=0.0)
    assert not run().healthy
    assert run((CASES[0], CASES[2])).healthy
    assert not run((CASES[0], untested)).healthy


def test_rows_say_why_a_pass_is_worth_what_it_is():
    """A flat row a case, with the judgement's sentence and doubts."""
    rows = run(judgements={"m.py::a": Judgement(worth="positive", because="why", doubts=("but",))}).rows()
    assert [(row["because"], row["doubts"]) for row in rows] == [("why", ["but"]), (None, []), (None, [])]
    assert len({tuple(row) for row in rows}) == 1


def test_every_case_carries_its_node_id():
    """Two classes of a module may have a case of one name; what another runner told twice is one case."""
    cases = tuple(CaseResult(module="m", name=name, outcome="passed", seconds=0.0) for name in "xxyy")
    shown = SuiteRun(cases=cases, nodeids=("m.py::A::x", "m.py::B::x", "m::y", "m::y#2"), seconds=0.0, collected=4).as_json("e")[
        "cases"
    ]
    assert [case["nodeid"] for case in shown] == ["m.py::A::x", "m.py::B::x", "m::y", "m::y"]


def test_the_document_says_why():
    """The judgement's sentence and doubts with the case, notes on the whole run beside the cases."""
    document = run(judgements={"m.py::a": Judgement(worth="positive", because="why", doubts=("but",))}, notes=("late",)).as_json(
        "e"
    )
    assert [(case["because"], case["doubts"]) for case in document["cases"]] == [("why", ["but"]), (None, []), (None, [])]
    assert document["notes"] == ["late"]
