"""Suites whose truth is known are judged right; repeated, read and foreign ones come to the same kind of run."""

from __future__ import annotations

import asyncio
import importlib.metadata
import time
import venv
from collections import Counter

import pytest

from lib.parameters import loading as params
from lib.suite.run import run_suite, run_suite_beside
from tests.suite.conftest import investigation_for
from tests.suite.target_server import Addresses

TRUTH = {
    "positive_cases": "positive",
    "any_answer_cases": "any-answer",
    "rejection_cases": "rejection",
    "no_traffic_cases": "no-traffic",
    "in_process_cases": "in-process",
    "replayed_cases": "replayed",
    "unseen_cases": "unknown",
}
WORTHS = ("positive", "rejection", "any-answer", "no-traffic", "in-process", "replayed", "unknown")
NOBODY = Addresses("http://127.0.0.1:1", "ws://127.0.0.1:1")


def truth_of(case):
    """What a case of the known suites is worth: its module says so, else its name does; None where none is to be told."""
    told = (worth for worth in WORTHS if case.name.startswith(f"test_{worth.replace('-', '_')}"))
    return TRUTH.get(case.module) or next(told, None)


def classified(folder, target, capsys, args=()):
    """The known suite in this folder, judged; its matrix is printed and holds nothing beside its diagonal."""
    changes = {"path": f"tests/suites/{folder}", "args": list(args), "timeout_s": 600.0}
    changes["env"] = {"TRUTH_REST": target.rest, "TRUTH_WS": target.ws}
    run = run_suite(params.load("embedded").suite.model_copy(update=changes), investigation=investigation_for(target))
    judged = {
        nodeid: (case.module, truth, case.worth or {"passed": "unknown"}.get(case.outcome, case.outcome))
        for nodeid, case in zip(run.nodeids, run.cases, strict=True)
        if (truth := truth_of(case))
    }
    with capsys.disabled():
        print(f"\n{folder:>24} {'is':>12} {'judged':>12} {'cases':>6}")
        for (module, truth, worth), number in sorted(Counter(judged.values()).items()):
            print(f"{module:>24} {truth:>12} {worth:>12} {number:>6}")
    assert {nodeid: told for nodeid, told in judged.items() if told[1] != told[2]} == {}
    assert min(Counter(module for module, _, _ in judged.values()).values()) >= 6
    return run, judged


def test_every_case_of_the_suites_known_by_worth_is_classified_right(target, capsys):
    """One module a worth; what did not pass is worth nothing."""
    run, judged = classified("truth", target, capsys)
    assert len(judged) == 68
    others = {case.name: (case.outcome, case.worth) for case in run.cases if case.module == "not_judged_cases"}
    assert set(others.values()) == {("failed", None), ("error", None), ("skipped", None)}


def test_every_case_of_the_suites_known_by_kind_is_classified_right(target, capsys):
    """Seventeen manners in which people write suites, each with passes of several worths."""
    _, judged = classified("kinds", target, capsys)
    assert len({module for module, _, _ in judged.values()}) >= 17
    assert len(judged) >= 265


def test_servers_that_the_suite_starts_need_no_target(capsys):
    """It runs though nobody listens where the target should be, says who was asked, and sabotages nothing."""
    run, _ = classified("servers", NOBODY, capsys)
    assert {case.outcome for case in run.cases} == {"passed"}
    child = next(nodeid for nodeid in run.nodeids if nodeid.endswith("test_unknown_by_a_child"))
    assert run.judgements[child].because.startswith("nothing asked the target: it asked 127.0.0.1:")


def test_distributed_cases_are_classified_as_in_one_process(target, capsys):
    """Under xdist every case is worth the same."""
    classified("truth", target, capsys, ["-n", "2"])


def python_with_pytest_alone(folder):
    """An interpreter of its own that has what is installed here of pytest, and nothing else."""
    venv.create(folder, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"))
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        distribution = importlib.metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files if file.parts[0] != ".."} - {"__pycache__"}:
            site.joinpath(top).symlink_to(distribution.locate_file(top))
    return str(folder / "bin" / "python")


@pytest.mark.parametrize("interpreter", ["ours", "its own"])
def test_a_suite_whose_packages_are_named_as_ours_is_judged(target, tmp_path, interpreter):
    """Its `lib`, `tests` and `conftest` at the top stay its own, in our interpreter and in one that has pytest alone."""
    root = tmp_path / "project"
    files = {
        "lib/__init__.py": "",
        "lib/asking.py": "import urllib.request\ndef status(url): return urllib.request.urlopen(url, timeout=5).status\n",
        "conftest.py": "import os, pytest\nfrom lib.asking import status\n"
        "@pytest.fixture\ndef rest(): return os.environ['REST']\n",
        "tests/__init__.py": "PATH = '/health'\n",
        "tests/test_it.py": "import conftest\nfrom lib.asking import status\nfrom tests import PATH\n"
        "def test_health(rest): assert status(rest + PATH) == 200\ndef test_nothing(): assert conftest.status is status\n",
    }
    for name, text in files.items():
        root.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        root.joinpath(name).write_text(text)
    python = None if interpreter == "ours" else python_with_pytest_alone(tmp_path / "venv")
    changes = {"path": str(root), "python": python, "env": {"REST": target.rest}, "timeout_s": 90.0}
    run = run_suite(params.load("embedded").suite.model_copy(update=changes), investigation=investigation_for(target))
    assert {case.name: case.worth for case in run.cases} == {"test_health": "positive", "test_nothing": "no-traffic"}


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
    assert list(document) == ["schema", "environment", "cases", "modules", "seconds", "collected", "notes", "sources"]
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


def test_a_credential_among_the_parameters_of_a_case_is_in_no_name(settings):
    """Names and node ids are redacted where they are made, so that a notebook run alone shows none either."""
    source = (
        "import pytest\n@pytest.mark.parametrize('key', ['npm_MieaT4mzCBHrUjR5rRJ9Qz8ztrjjX9eXe4rq'])\ndef test_a(key): pass\n"
    )
    told = []
    run = run_suite(settings(source), investigation={}, on_progress=told.append)
    assert run.rows()[0]["worth"] == "no-traffic"
    assert "[secret:" in run.nodeids[0]
    assert "npm_" not in f"{run}{run.rows()}{told}"


def test_progress_is_told_case_by_case(settings):
    """Each case is told as it ends."""
    told = []
    run_suite(settings("def test_a(): pass\ndef test_b(): pass"), investigation={}, on_progress=told.append)
    assert told == ["case 1 of 2: test_it::test_a passed", "case 2 of 2: test_it::test_b passed"]


def test_a_run_that_ended_early_says_so(settings):
    """Cases that never came to run are no silence, also where no case failed: how many, and in pytest's own words why."""
    hook = "import pytest\n@pytest.fixture\ndef f(request):\n    yield\n    request.session.shouldstop = 'enough of it'\n"
    run = run_suite(settings(f"{hook}def test_a(f): pass\ndef test_b(): pass"), investigation={})
    assert ([case.outcome for case in run.cases], run.healthy) == (["passed", "untested"], False)
    assert run.notes[0].startswith("the suite ended early: 1 cases did not come to run (")
    assert "enough of it" in run.notes[0]


def test_a_case_that_forks_is_one_case(settings):
    """What the copy of pytest in a forked process makes of the rest of the suite is told of no case."""
    told = []
    forks = "import os\ndef test_a():\n    if not os.fork(): raise RuntimeError\n    os.wait()\ndef test_b(): pass"
    run_suite(settings(forks), investigation={}, on_progress=told.append)
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
