"""A suite is run once: whatever becomes of it, it ends, and what could be said is said."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from lib.parameters import loading as params
from lib.parameters.loading import BadInput
from lib.suite.pytest_run import SuiteFailed, run_once

ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_a_suite_that_never_ends_is_ended(run):
    """After its time the case that hangs is an error, those behind it are untested, and those before it keep their outcome."""
    started = time.monotonic()
    once = run("import time\ndef test_a(): pass\ndef test_b(): time.sleep(600)\ndef test_c(): pass", timeout_s=8.0)
    assert [case.outcome for case in once.cases.values()] == ["passed", "error", "untested"]
    assert once.timed_out
    assert time.monotonic() - started < 20


def test_a_file_that_hangs_on_import_is_named(run):
    """Time that is up before a case was collected is told with the file in which it went."""
    with pytest.raises(SuiteFailed, match=r"no case was collected in 6 s, and \S*test_it\.py was being imported"):
        run("import time; time.sleep(600)", timeout_s=6.0, env=ALONE)


def test_a_process_that_dies_takes_one_case_with_it(run):
    """The case during which the process ended is an error; the rest is untested."""
    once = run("import os\ndef test_a(): pass\ndef test_b(): os._exit(7)\ndef test_c(): pass")
    assert [case.outcome for case in once.cases.values()] == ["passed", "error", "untested"]
    assert "status 7" in (list(once.cases.values())[1].message or "")


@pytest.mark.parametrize("ends", ["pytest.exit('enough', 0)", "os.kill(os.getpid(), signal.SIGINT)"], ids=["exit", "interrupt"])
def test_a_case_that_breaks_the_run_off_is_no_skipped_one(run, ends):
    """What pytest takes for a wish to stop is told as a case that broke and others that never came to run."""
    once = run(f"import os, pytest, signal\ndef test_a(): pass\ndef test_b(): {ends}\ndef test_c(): pass", env=ALONE)
    assert [case.outcome for case in once.cases.values()] == ["passed", "error", "untested"]
    assert "broken off during this case" in (list(once.cases.values())[1].message or "")


def test_a_module_that_cannot_be_imported_is_an_error_beside_the_others(run, tmp_path):
    """The broken file is a case of its own with outcome error; the other files still run."""
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "test_broken.py").write_text("import there_is_no_such_module\n")
    once = run("def test_a(): pass")
    assert {(case.module, case.name): case.outcome for case in once.cases.values()} == {
        ("test_broken", "test_broken.py"): "error",
        ("test_it", "test_a"): "passed",
    }


def test_a_conftest_that_cannot_be_loaded_is_named(run, tmp_path):
    """Not the arguments are at fault then, but the suite, and the message says which file and why."""
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "conftest.py").write_text("raise RuntimeError('no key')\n")
    with pytest.raises(BadInput, match=r"suite\.path.*conftest\.py: RuntimeError: no key"):
        run("def test_a(): pass")


def test_a_file_that_exits_on_import_is_an_error_beside_the_others(run, tmp_path):
    """`sys.exit` at the top of a file, or of a conftest below, is told of that file alone; the others run."""
    for name in ("test_exits.py", "below/conftest.py"):
        (tmp_path / "it" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "it" / name).write_text("import sys\nsys.exit('no key')\n")
    once = run("def test_a(): pass", env=ALONE)
    assert {case.name: case.outcome for case in once.cases.values()} == {
        "test_exits.py": "error",
        "below": "error",
        "test_a": "passed",
    }
    assert "test_exits.py ends the interpreter" in (once.cases["test_exits.py"].message or "")
    assert once.cases["test_exits.py"].signature == "SystemExit: no key"


@pytest.mark.parametrize(
    ("file", "code", "refused", "told"),
    [
        ("test_exits.py", "import os; os._exit(7)", BadInput, r"test_exits\.py ends Python when it is imported \(status 7\)"),
        ("conftest.py", "import sys; sys.exit(3)", BadInput, r"conftest\.py: SystemExit: 3"),
        ("test_exits.py", "import os; os._exit(0)", BadInput, r"test_exits\.py ends Python when it is imported \(status 0\)"),
        ("conftest.py", "import os; os._exit(0)", SuiteFailed, r"ended \(status 0\) before pytest had collected a case"),
        ("test_exits.py", "import os; os.kill(os.getpid(), 11)", SuiteFailed, r"\(signal 11, SIGSEGV\) while test_exits\.py was"),
    ],
    ids=["os._exit", "conftest", "as if well", "conftest, as if well", "crash"],
)
def test_a_file_that_ends_the_process_on_import_is_named(run, tmp_path, file, code, refused, told):
    """A suite that nobody can collect is refused by the file at fault; a crash of its process is no bad input."""
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / file).write_text(code)
    with pytest.raises(refused, match=told):
        run("def test_a(): pass", env=ALONE)


@pytest.mark.parametrize("args", [[], ["-n", "2"]], ids=["in one process", "distributed"])
def test_a_module_that_skips_itself_is_shown_as_skipped(run, tmp_path, args):
    """A file whose cases nobody could collect does not vanish."""
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "test_absent.py").write_text("import pytest\npytest.importorskip('there_is_no_such_module')\n")
    once = run("def test_a(): pass", args=args)
    assert {case.name: case.outcome for case in once.cases.values()} == {"test_absent.py": "skipped", "test_a": "passed"}
    assert "there_is_no_such_module" in (once.cases["test_absent.py"].message or "")


def test_a_suite_that_skips_all_of_itself_is_bad_input(run):
    """Zero cases are no result, whatever the reason, and the reason is told."""
    with pytest.raises(BadInput, match="not today"):
        run("import pytest\npytest.skip('not today', allow_module_level=True)")


@pytest.mark.parametrize(
    "start",
    [
        "subprocess.run([sys.executable, '-c', ''], check=True)",
        "os.system('true')",
        "multiprocessing.get_context('fork').Process(target=print).start()",
        "multiprocessing.get_context('spawn').Process(target=print).start()",
        "os.waitpid(os.posix_spawn(sys.executable, [sys.executable, '-c', ''], os.environ), 0)",
    ],
    ids=["subprocess", "shell", "fork", "spawn", "posix_spawn"],
)
def test_child_processes_are_counted_however_they_are_started(run, start):
    """What a child sends is not seen, but that there was one is."""
    once = run(f"import multiprocessing, os, subprocess, sys\ndef test_a(): {start}\ndef test_b(): pass")
    assert {nodeid.partition("::")[2] for nodeid, asked in once.asked.items() if asked.programs} == {"test_a"}


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"path": "no/such/folder"}, "suite.path"),
        ({"python": "no-such-python"}, "suite.python"),
        ({"args": ["--no-such-option"]}, "suite.args"),
        ({"args": ["-k", "nothing_has_this_name"]}, "suite.path"),
        ({"env": {"KEY": "env:THIS_IS_NOT_SET"}}, "suite.env.KEY"),
    ],
)
def test_what_cannot_be_run_is_refused(run, changes, where):
    """One sentence names the parameter; zero cases are no result."""
    with pytest.raises(BadInput) as refused:
        run("def test_a(): pass", **changes)
    assert refused.value.where == where


@pytest.mark.parametrize("name", ["a.zip", "notes.bin", "we[i]rd.py", "test_it.py::nothing", "::nothing"])
def test_what_pytest_takes_for_no_suite_is_refused(run, settings, name):
    """A file of another kind, and a node id that leads to nothing, are bad input, not a failure of ours."""
    folder = settings("").path
    path = f"{folder}{name}" if name.startswith("::") else f"{folder}/{name}"
    if "::" not in name:
        Path(path).write_bytes(b"PK\3\4\0\xff")
    with pytest.raises(BadInput, match=r"suite\.path: pytest takes .* for no suite: .*accepted: a file or folder"):
        run("def test_a(): pass", path=path)


def test_an_empty_folder_is_no_suite(run, tmp_path):
    """A path without a single test is bad input, not a green run."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no case"):
        run("", path=str(tmp_path / "empty"))


def test_pytest_breaking_off_is_its_own_error(run, tmp_path):
    """An internal error of pytest or a plug-in is neither a finding nor bad input."""
    (tmp_path / "it").mkdir()
    (tmp_path / "it" / "conftest.py").write_text(
        "def pytest_collection_modifyitems(items): raise RuntimeError('broken plug-in')\n"
    )
    with pytest.raises(SuiteFailed, match="internal error"):
        run("def test_a(): pass")


def test_the_suites_own_lib_stays_its_own(run, tmp_path):
    """A suite that has a package named lib imports that one, plug-in or not."""
    package = tmp_path / "it" / "lib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("OWNER = 'the suite'\n")
    once = run("import lib\ndef test_a(): assert lib.OWNER == 'the suite'")
    assert [case.outcome for case in once.cases.values()] == ["passed"]


def test_references_reach_the_suite_and_nobody_else(run, monkeypatch):
    """`suite.env` by reference: the suite has the value, what it prints when it fails has a pseudonym."""
    monkeypatch.setenv("THE_KEY", "a-very-secret-canary-value")
    once = run("import os\ndef test_a(): assert os.environ['KEY'] == 'other', os.environ['KEY']", env={"KEY": "env:THE_KEY"})
    case = next(iter(once.cases.values()))
    assert case.outcome == "failed"
    assert "canary" not in str(once)


def test_a_node_id_chooses_one_case(run, settings):
    """`suite.path` may be a node id."""
    once = run("def test_a(): pass\ndef test_b(): pass", path=settings("").path + "/test_it.py::test_b")
    assert [case.name for case in once.cases.values()] == ["test_b"]


def test_nothing_that_a_suite_started_survives_it(run, tmp_path):
    """A process that left the suite's session is ended with it."""
    note = tmp_path / "pid"
    run(f"""
        import subprocess, sys
        def test_a():
            child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'], start_new_session=True)
            open({str(note)!r}, 'w').write(str(child.pid))
        """)
    pid = int(note.read_text())
    with pytest.raises(ProcessLookupError):
        __import__("os").kill(pid, 0)


@pytest.mark.parametrize("folder", ["", "tests"])
def test_a_suite_with_a_lib_of_its_own_finds_it(tmp_path, folder):
    """Whether it is started at its top or at its tests, `lib` is the suite's, also in our interpreter."""
    for name in ("lib", "tests"):
        tmp_path.joinpath(name).mkdir()
    tmp_path.joinpath("lib/__init__.py").touch()
    tmp_path.joinpath("lib/adding.py").write_text("def add(a, b): return a + b\n")
    tmp_path.joinpath("tests/conftest.py").write_text("from lib.adding import add\n")
    tmp_path.joinpath("tests/test_it.py").write_text("from lib.adding import add\ndef test_a(): assert add(1, 2) == 3\n")
    settings = params.load("embedded").suite.model_copy(update={"path": str(tmp_path / folder), "timeout_s": 60.0})
    assert [case.outcome for case in run_once(settings, investigation={}).cases.values()] == ["passed"]


FORGED = (
    {"event": "case"},
    {"event": "case", "nodeid": [], "outcome": "passed"},
    {"event": "case", "nodeid": "x", "outcome": "fine"},
    {"event": "case", "nodeid": "y", "outcome": "passed", "traffic": {"connections": "many"}},
    {"event": "collected", "nodeids": 5},
    {"event": "finished", "apart": [1]},
    {"event": 1},
    [],
)


def test_forged_and_malformed_events_end_nothing(run):
    """A case that writes into our pipe is counted, and the others are told as they were."""
    lines = "\n".join(["", *map(json.dumps, FORGED), "{", ""]).encode()
    source = f"""
        import os
        def test_forges():
            for number in range(3, 1024):
                try:
                    if os.readlink(f'/proc/self/fd/{{number}}').startswith('pipe:'): os.write(number, {lines!r})
                except OSError: pass
        def test_after(): pass
    """
    once = run(source)
    assert {case.name: case.outcome for case in once.cases.values()} == {"test_forges": "passed", "test_after": "passed"}
    assert once.unread >= 4
