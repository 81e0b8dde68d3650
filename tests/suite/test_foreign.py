"""Public suites, from their source archives: outcomes as with pytest alone, worths as read by hand, no file of theirs changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lib.parameters import loading as params
from lib.suite.run import run_suite
from tests.suite.conftest import investigation_for
from tests.suite.target_server import target_server
from tests.suite.test_run import classified

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "websocket-investigation", "archives")
NEEDS = ("trustme==1.2.1", "chardet==5.2.0")
"""What the tests of httpx import beside httpx and what is installed here anyway."""
PLUGINS = (
    *("allure-pytest==2.16.2", "allure-python-commons==2.16.2", "pytest-bdd==9.0.1", "pytest-check==3.0.3", "pytest-cov==7.1.0"),
    *("pytest-randomly==5.1.0", "pytest-repeat==0.9.4"),
    *("coverage==7.17.5", "gherkin-official==42.0.1", "Mako==1.4.3", "parse==1.22.4", "parse-type==0.6.6"),
)
"""Plug-ins that people use, beside those that our own tests use, and what they import."""
KINDS = {"failure": "failed", "error": "error", "skipped": "skipped"}


@dataclass(frozen=True)
class Public:
    """A suite, the part of it that is run, and what some of its cases are worth: by file and name, for all parameters."""

    archive: str
    sha256: str
    paths: tuple[str, ...]
    worths: dict[str, str]
    arguments: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)


WEBSOCKET_CLIENT = Public(
    "websocket-client==1.9.2",
    "0fcb57545848be86992e128218fd96dd87a6769ffdb1a968dff79632b85604d0",
    ("websocket/tests/test_websocket.py", "websocket/tests/test_app.py"),
    {
        "positive": "test_websocket test_ping_pong test_websocket_with_custom_header test_after_close test_sockopt "
        "test_run_forever_teardown_clean_exit test_callback_function_exception test_callback_method_exception test_reconnect",
        "any-answer": "test_keep_running",
        "no-traffic": "test_utf8_validator test_dispatcher_selection_default test_dispatcher_selection_custom",
    },
    environ={"LOCAL_WS_SERVER_PORT": "{port}"},
)
"""Asks an echo server, the target: a client whose loop tells a refusal only to a callback cannot be red for it."""
HTTPX = Public(
    "httpx==0.28.1",
    "75e98c5f16b0f35b567856f597f06ff2270a374470a5c2392242528e3e3e42fc",
    ("tests/client", *(f"tests/test_{name}.py" for name in ("api", "timeouts", "exceptions", "main", "asgi"))),
    {
        "in-process": "test_api.py::test_get test_api.py::test_post test_api.py::test_stream test_read_timeout "
        "test_pool_timeout test_httpcore_exception_mapping test_asgi_transport test_asgi test_asgi_raw_path",
        "no-traffic": "test_get_invalid_url test_httpcore_all_exceptions_mapped test_request_attribute",
        "replayed": "test_set_cookie test_set_per_request_cookie_is_deprecated test_set_cookie_with_cookiejar",
    },
    ("-p", "no:asyncio", "-p", "no:randomly"),
)
"""A server in a thread, applications without one, and a transport that makes answers up."""
HTTPX_WS = Public(
    "httpx-ws==0.9.0",
    "797373326f70eec1ae96f6e43ae9f12002fd7d73aee139a4985eaab964338a08",
    ("tests",),
    {
        "in-process": "TestSend::test_send test_send_text test_send_bytes test_send_json test_api.py::TestReceive::test_receive "
        "test_receive_text test_receive_bytes test_http test_transport.py::TestASGIWebSocketTransport::test_websocket",
        "no-traffic": "test_send_error test_async_send_error test_receive_error test_receive_closed_socket",
        "replayed": "test_upgrade_error",
    },
    ("-o", "addopts=", "-p", "no:asyncio", "-k", "not trio"),
)
"""A server at a socket in the file system, and streams that are made up without a library for it."""
PYTEST_HTTPSERVER = Public(
    "pytest_httpserver==1.2.0",
    "d07744ce2efaafa0575ed3081d416b999c773b09e84aa95065138bedc3e12352",
    tuple(
        f"tests/test_{name}.py"
        for name in ("permanent", "json_matcher", "parse_qs", "headers", "matcher", "port_changing", "querymatcher")
    ),
    {
        "replayed": "test_expected_request_json test_unexpected_request test_no_handler_status_code test_request_any_method "
        "test_json_matcher test_custom_headers test_header_one_key_multiple_values test_expect_method",
        "no-traffic": "test_server_cleared_for_each_test test_request_handler_repr test_data_and_json_mutually_exclusive "
        "test_qsl test_get_httpserver_listen_address_with_env test_qm_string",
    },
    ("-p", "pytest_httpserver.pytest_plugin"),
)
"""Stubs that answer over real sockets."""
SUITE_OF_PLUGINS = params.ROOT / "tests" / "suites" / "plugins"
SUITES = {one.archive.partition("=")[0]: one for one in (WEBSOCKET_CLIENT, HTTPX, HTTPX_WS, PYTEST_HTTPSERVER)}


def pip(*arguments: str) -> None:
    """Runs pip; skips the test with the last line of its complaint where it does not succeed."""
    done = subprocess.run([sys.executable, "-m", "pip", "-q", *arguments], capture_output=True, text=True, timeout=180)
    if done.returncode:
        complaint = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
        pytest.skip(f"no package index answers: {complaint}")


def fetched(public: Public) -> Path:
    """The archive, from the cache where it lies there whole."""
    CACHE.mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{public.sha256}.tar.gz"
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != public.sha256:
        wanted = CACHE / f"{public.sha256}.txt"
        wanted.write_text(f"{public.archive} --hash=sha256:{public.sha256}\n")
        folder = CACHE / public.sha256
        pip("download", "--no-deps", "--no-binary", ":all:", "--require-hashes", "-d", str(folder), "-r", str(wanted))
        next(folder.glob("*.tar.gz")).replace(path)
    return path


def installed(folder: Path, *what: str) -> Path:
    """The folder, with these packages in it."""
    pip("install", "--no-deps", "--target", str(folder), *what)
    return folder


@pytest.fixture(scope="module")
def needs(tmp_path_factory):
    """A folder with what the suites import beside what is installed."""
    return installed(tmp_path_factory.mktemp("needs"), *NEEDS)


def state(folder: Path) -> str:
    """One hash of all files' names and contents."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = (f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n" for path in files)
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def plain_outcomes(public: Public, source: Path, environ: dict[str, str], report: Path) -> tuple[dict[str, str], float]:
    """What pytest alone says of each case, by its JUnit name, and the seconds that it took."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *public.arguments]
    started = time.monotonic()
    everything = {**os.environ, **environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([*command, *public.paths], cwd=source, env=everything, capture_output=True, timeout=240)
    seconds, found = time.monotonic() - started, {}
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        name = f"{case.get('classname')}.{case.get('name')}"
        found[name] = next((KINDS[child.tag] for child in case if child.tag in KINDS), "passed")
    return found, seconds


def judged(public: Public, source: Path, environ: dict[str, str], target):
    """The suite's run as `suite` makes it, with sabotage where it asks the target."""
    others = [str(source / path) for path in public.paths[1:]]
    changes = {"path": str(source / public.paths[0]), "args": [*public.arguments, *others], "env": environ, "timeout_s": 240.0}
    return run_suite(params.load("embedded").suite.model_copy(update=changes), investigation=investigation_for(target))


def as_junit_name(nodeid: str) -> str:
    """The name under which pytest's JUnit has a case."""
    file, _, inside = nodeid.partition(".py::")
    name, bracket, parameters = inside.partition("[")
    return f"{file.replace('/', '.')}.{name.replace('::', '.')}{bracket}{parameters}"


def misjudged(public: Public, run) -> dict[str, tuple[str, str | None]]:
    """The cases of the table that passed and are worth something else, with what they are and how they were judged."""
    found, met = {}, set()
    table = {name: worth for worth, names in public.worths.items() for name in names.split()}
    for nodeid, case in zip(run.nodeids, run.cases, strict=True):
        for name, worth in table.items():
            if f"/{nodeid.partition('[')[0]}".endswith((f"::{name}", f"/{name}")) and case.outcome == "passed":
                met.add(name)
                if case.worth != worth:
                    found[nodeid] = (worth, case.worth)
    return found | {name: (table[name], "no such case") for name in table.keys() - met}


@pytest.mark.parametrize("name", SUITES)
def test_a_public_suite_is_judged_right_and_left_as_it_was(name, needs, tmp_path, capsys):
    """Threads, event loops, mocks and real servers: the outcomes of pytest alone, ten and more worths right, each file kept.

    Some outcomes are decided by the pace of a busy machine; what differs because of us differs each time.
    """
    public, differing = SUITES[name], None
    with tarfile.open(fetched(public)) as archive:
        archive.extractall(tmp_path, filter="data")
    source = next(path for path in tmp_path.iterdir() if path.is_dir())
    before = state(source)
    with target_server() as target:
        port = target.ws.rpartition(":")[2]
        environ = {key: value.format(port=port) for key, value in public.environ.items()}
        environ["PYTHONPATH"] = os.pathsep.join([str(source), str(needs)])
        for _ in range(3):
            plain, plain_s = plain_outcomes(public, source, environ, tmp_path / "plain.xml")
            run = judged(public, source, environ, target)
            told = {as_junit_name(nodeid): case.outcome for nodeid, case in zip(run.nodeids, run.cases, strict=True)}
            differ = {one for one in told.keys() | plain.keys() if told.get(one) != plain.get(one)}
            differing = differ if differing is None else differing & differ
            if not differing:
                break
    worths = Counter(str(case.worth) for case in run.cases if case.outcome == "passed")
    with capsys.disabled():
        print(f"\n{name:>20} {len(plain):>4} cases, pytest alone {plain_s:.1f} s, watched {run.seconds:.1f} s, {dict(worths)}")
    assert not differing
    assert misjudged(public, run) == {}
    assert sum(len(names.split()) for names in public.worths.values()) >= 10
    assert state(source) == before


def test_suites_that_use_plug_ins_are_judged_right_and_reported_once(target, tmp_path, monkeypatch, capsys):
    """Loops of pytest-asyncio and anyio, scenarios, soft checks, repetitions and reruns in a random order: each worth right, and
    reports tell of the run against the true target alone."""
    monkeypatch.setenv("PYTHONPATH", str(installed(tmp_path / "plugins", *PLUGINS)))
    monkeypatch.setenv("COVERAGE_FILE", str(tmp_path / "coverage"))
    allure, junit = tmp_path / "allure", tmp_path / "junit.xml"
    arguments = [f"--alluredir={allure}", f"--junitxml={junit}", "--cov=.", f"--cov-report=xml:{tmp_path / 'cov.xml'}"]
    before = state(SUITE_OF_PLUGINS)
    run, judged = classified("plugins", target, capsys, arguments)
    assert len(judged) == 37
    assert run.notes == ()
    told = [json.loads(path.read_text())["status"] for path in allure.glob("*-result.json")]
    assert (told.count("passed"), set(told)) == (37, {"passed", "failed"})
    assert ElementTree.parse(junit).getroot().find("testsuite").get("failures") == "0"  # noqa: S314 - pytest wrote it
    assert state(SUITE_OF_PLUGINS) == before
