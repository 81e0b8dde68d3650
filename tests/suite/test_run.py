"""Suites whose truth is known are judged right; repeated, read and foreign ones come to the same kind of run."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from lib.parameters import loading as params
from lib.suite.run import run_suite, run_suite_beside
from tests.suite.conftest import investigation_for

TRUTH = {
    "positive_cases": "positive",
    "any_answer_cases": "any-answer",
    "rejection_cases": "rejection",
    "no_traffic_cases": "no-traffic",
    "in_process_cases": "in-process",
    "replayed_cases": "replayed",
    "unseen_cases": "passed",
}


@pytest.mark.parametrize("args", [[], ["-n", "2"]], ids=["in one process", "distributed"])
def test_every_case_of_the_known_suites_is_classified_right(target, args, capsys):
    """The confusion matrix has nothing beside its diagonal, and each class at least six cases."""
    addresses = {"TRUTH_REST": target.rest, "TRUTH_WS": target.ws}
    default = params.load("embedded").suite
    settings = default.model_copy(update={"path": "tests/suites/truth", "env": addresses, "args": args})
    run = run_suite(settings, investigation=investigation_for(target))
    matrix = Counter((TRUTH[case.module], case.worth or case.outcome) for case in run.cases if case.module in TRUTH)
    with capsys.disabled():
        print(f"\n{'is':>12} {'judged':>12} {'cases':>6}")
        print("\n".join(f"{truth:>12} {judged:>12} {number:>6}" for (truth, judged), number in sorted(matrix.items())))
    assert set(matrix) == {(worth, worth) for worth in TRUTH.values()}
    assert min(matrix.values()) >= 6
    others = {case.name: (case.outcome, case.worth) for case in run.cases if case.module == "not_judged_cases"}
    assert set(others.values()) == {("failed", None), ("error", None), ("skipped", None)}


def test_a_repeated_suite_shows_what_is_flaky(settings, tmp_path):
    """Three runs: a case that failed in one of them failed, is flaky, and carries its three outcomes."""
    source = f"""
        from pathlib import Path
        def test_now_and_then():
            note = Path({str(tmp_path / "note")!r})
            note.write_text(note.read_text() + 'x' if note.exists() else 'x')
            assert len(note.read_text()) != 2
        def test_steady(): pass
    """
    run = run_suite(settings(source, repeat=3), investigation={})
    cases = {case["name"]: case for case in run.as_json("x")["cases"]}
    assert cases["test_now_and_then"]["runs"] == ["passed", "failed", "passed"]
    assert cases["test_now_and_then"]["outcome"] == "failed"
    assert run.flaky == ("test_it.py::test_now_and_then",)
    assert run.collected == 2


def test_another_runners_results_are_read_instead(settings, tmp_path):
    """With `suite.junit` nothing is run, and no pass is judged."""
    path = tmp_path / "junit.xml"
    path.write_text('<testsuite name="a"><testcase classname="tests.test_a" name="test_b" time="1.5"/></testsuite>')
    run = run_suite(settings("raise SystemExit", junit=str(path)), investigation={})
    assert run.as_json("x")["modules"] == [{"module": "test_a", "passed": 1, "failed": 0, "channels": []}]
    assert (run.cases[0].worth, run.seconds, run.collected) == (None, 1.5, 1)


def test_the_document_has_the_contracts_keys(judged):
    """Exactly the keys of the contract, with counts as numbers and statuses in order."""
    source = "import os, requests\ndef test_a():\n    for path in ('/health', '/me'): requests.get(os.environ['REST'] + path)\n"
    document = judged(source, sabotage=False).as_json("somewhere")
    case = document["cases"][0]
    assert list(document) == ["schema", "environment", "cases", "modules", "seconds", "collected", "notes"]
    assert list(case) == [
        "module",
        "name",
        "outcome",
        "worth",
        "because",
        "doubts",
        "nodeid",
        "statuses",
        "signature",
        "seconds",
        "traffic",
    ]
    assert (case["statuses"], case["traffic"]["rest_requests"]) == ([200, 401], 2)
    assert list(case["traffic"]) == ["connections", "rest_requests", "handshakes", "frames", "bytes_out", "bytes_in"]


def test_features_without_their_modules_are_named(settings):
    """A feature that is to be shown by a module which the suite lacks is a note."""
    run = run_suite(settings("def test_a(): pass"), investigation={}, features={"chat": ["test_it", "test_chat"]})
    assert run.notes == ("feature chat: the suite has no module test_chat",)


def test_progress_is_told_case_by_case(settings):
    """Each case is told as it ends."""
    told = []
    run_suite(settings("def test_a(): pass\ndef test_b(): pass"), investigation={}, on_progress=told.append)
    assert told == ["case 1 of 2: test_it::test_a passed", "case 2 of 2: test_it::test_b passed"]


def test_an_interruption_ends_everything_at_once(settings):
    """A suite that would take a minute is ended with what it started within two seconds, and nothing of it goes on."""
    started = time.monotonic()

    async def interrupted():
        suite = asyncio.create_task(run_suite_beside(settings("import time\ndef test_a(): time.sleep(60)"), investigation={}))
        await asyncio.sleep(3)
        suite.cancel()
        await asyncio.wait([suite])
        return suite.cancelled(), time.monotonic()

    was_cancelled, cancelled_at = asyncio.run(interrupted())
    assert was_cancelled
    assert time.monotonic() - cancelled_at < 5
    assert time.monotonic() - started < 20
