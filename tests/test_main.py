"""The command line: what each exit status means, and that standard output holds nothing but what was asked for."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lib import tokens
from lib.facts import utc_now
from lib.parameters.loading import ROOT
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started
from tests.ports import closed_port

TIMEOUT_S = 90


def lib(*arguments: str, cwd: Path = ROOT, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs `python -m lib …` as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "lib", *arguments],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@contextmanager
def healthy_system(folder: Path) -> Iterator[tuple[str, str]]:
    """A foreign server and a token that it accepts, which nobody here can mint."""
    started = Started(folder)
    try:
        server = started.python("starlette", demands={"key": KEY})
        claims = tokens.claims_for({}, user="ada", lifetime_s=300, now=utc_now())
        yield f"ws://{server.authority}/ws", tokens.mint(claims, key=KEY, algorithm="HS256")
    finally:
        started.stop()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["whys", "-p", "budget.handshake", "3"], "budget.handshake"),
        (["whys", "--for", "soon"], "--for"),
        (["whys", "-f", "params/nowhere.yaml"], "params/nowhere.yaml"),
        (["whys", "-f", "params/staging.yaml", "-p", "token.secret", "env:SURELY_UNSET"], "SURELY_UNSET"),
        (["whys", "-p", "embedded.faults", "[no-such-cause]"], "no-such-cause"),
        (["whys", "--json", "/nowhere/at/all.json"], "/nowhere/at/all.json"),
        (["round", "--number", "0"], "--number"),
        (["round", "--only", "99"], "--only"),
        (["round", "--skip", "99"], "--skip"),
        (["round", "--only", "2", "--skip", "2"], "--skip"),
        (["round", "-p", "notebooks", "[examples/none.ipynb]"], "notebooks.0"),
        (["round", "-p", "notebooks", "[notebooks/04-performance.ipynb]"], "notebooks.0"),
        (["suite", "-p", "suite.path", "null"], "suite.path"),
        (["round", "--out", "gs://bucket/rounds"], "--out gs://bucket/rounds"),
        (["round", "--number", "9998", "--until", "healthy"], "--number"),
        (["performance", "-p", "objectives", "{}"], "objectives"),
        (["whys", "api.staging.example/ws"], "URL"),
        (["whys", "wss://api.staging.example/ws", "--token", "hunter2-hunter2"], "token.issued"),
        (["whys", "wss://api.staging.example/ws", "--token", "env:SURELY_UNSET"], "SURELY_UNSET"),
        (["whys", "wss://api.prod.example/ws"], "production"),
        (["verify", "/nowhere"], "/nowhere"),
        (["compare", "/nowhere", "1"], "nowhere"),
        (["suite", "-p", "suite.path", "no/such/suite"], "suite.path"),
        (["suite", "-p", "suite.path", "/dev/zero"], "no regular file"),
        (["suite", "-p", "suite.junit", "/dev/zero"], "no regular file"),
        (["suite", "-p", "suite.junit", "~nouser/x.xml"], "suite.junit"),
        (["suite", "-p", "suite.path", "~nouser/x"], "suite.path"),
        (["suite", "-p", "suite.python", "~nouser/x"], "suite.python"),
        (["logs", "-p", "logs", "{source: file, path: ~nouser/x}"], "logs.path"),
        (["suite", "-p", "suite.junit", "/proc/kmsg"], "suite.junit"),  # it calls itself a file, and waits
    ],
)
def test_bad_input_is_one_sentence_and_status_2(arguments: list[str], named: str) -> None:
    """What cannot be used is named in one line on standard error; nothing is printed to standard output."""
    done = lib(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    *guessed, refusal = done.stderr.strip().splitlines()
    assert refusal.startswith("bad input: ")
    assert all(line.startswith("guessed ") for line in guessed)
    assert "hunter2" not in done.stderr


def test_an_unknown_verb_is_status_2() -> None:
    """A misspelt verb lists the verbs there are."""
    done = lib("why")
    assert done.returncode == 2
    assert "performance" in done.stderr


def test_the_diagnosis_of_two_faults_is_one_json_document_and_status_1() -> None:
    """`whys --json -` prints the contract's document and nothing else; both injected causes are in it."""
    done = lib("whys", "--json", "-")
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert {cause["id"] for cause in document["causes"]} == {"secret-mismatch", "user-unknown"}


def test_an_address_and_a_token_are_enough_for_the_first_answer(tmp_path: Path) -> None:
    """`whys URL --token REF` needs no file, starts no built-in system, sends that token, and says which addresses it guessed."""
    with healthy_system(tmp_path) as (ws_url, token):
        done = lib("whys", ws_url, "--token", "env:PASTED", "--json", "-", PASTED=token)
    document = json.loads(done.stdout)
    assert (done.returncode, document["verdict"], document["environment"]) == (0, "healthy", "127.0.0.1"), done.stderr
    assert "guessed from the address: target.rest_url http://127.0.0.1:" in done.stderr
    assert document["guessed"].keys() == {"target.rest_url", "target.health_path", "target.protected_path"}
    assert done.stderr.count("as nobody gave them: target.rest_url http://127.0.0.1:") == 1
    assert token not in done.stdout + done.stderr


def test_the_console_script_is_the_command() -> None:
    """`websocket-investigation` is installed beside python, and tells the version and what the shell completes."""
    script = str(Path(sys.executable).with_name("websocket-investigation"))
    said = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", said)
    line = "websocket-investigation whys -p target.ws"
    completing = {
        "_ARGCOMPLETE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_STDOUT_FILENAME": "/dev/stdout",
    }
    asked = subprocess.run(
        [script], env={**os.environ, **completing}, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert asked.stdout.strip() == "target.ws_url"


def test_a_healthy_target_is_status_0() -> None:
    """Without a fault the diagnosis finds nothing and says so by its exit status."""
    done = lib("whys", "-p", "embedded.faults", "[]", "--json", "-")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "healthy")


@contextmanager
def closing_all(server: socket.socket) -> Iterator[str]:
    """The authority of this server, which answers whatever comes in plain text."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.recv(1000)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)


def test_a_target_where_nothing_listens_is_status_3(tmp_path: Path) -> None:
    """Neither handshake nor health route answers: unreachable, which is no finding."""
    path = tmp_path / "dead.yaml"
    with closed_port() as port:
        path.write_text(
            f"environment: dead\ntarget: "
            f"{{rest_url: 'http://127.0.0.1:{port}', ws_url: 'ws://127.0.0.1:{port}/ws', timeout_s: 2}}\n"
        )
        done = lib("whys", "-f", str(path), "--json", "-")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (3, "unreachable")


def test_a_suite_that_asks_nobody_keeps_its_results_where_the_target_cannot_be_reached(tmp_path: Path) -> None:
    """Status 3 as nothing was asked, and the document holds what the cases came to."""
    suite, path = tmp_path / "test_own.py", tmp_path / "dead.yaml"
    suite.write_text("def test_own():\n    assert 1\n")
    with closed_port() as port:
        target = f"{{rest_url: 'http://127.0.0.1:{port}', ws_url: 'ws://127.0.0.1:{port}/ws', timeout_s: 2}}"
        path.write_text(f"environment: dead\ntarget: {target}\n")
        done = lib("suite", "-f", str(path), "-p", "suite.path", str(suite), "--json", "-")
    assert (done.returncode, [case["outcome"] for case in json.loads(done.stdout)["cases"]]) == (3, ["passed"])
    assert f"http://127.0.0.1:{port} cannot be reached: no connection was made (no TCP connection: connection ref" in done.stderr


def test_a_measurement_says_why_a_target_cannot_be_reached_as_a_diagnosis_does(tmp_path: Path) -> None:
    """In the same words, also where it has no REST address: the port speaks no TLS."""
    path = tmp_path / "plain.yaml"
    with socket.create_server(("127.0.0.1", 0)) as server, closing_all(server) as authority:
        path.write_text(f"environment: plain\ntarget: {{ws_url: 'wss://{authority}/ws', timeout_s: 5}}\n")
        measured, diagnosed = (lib(verb, "-q", "-f", str(path)) for verb in ("performance", "whys"))
    why = "the TLS handshake failed (the server does not speak TLS on this port)"
    assert (measured.returncode, why in measured.stderr + measured.stdout, f"symptom: {why}" in diagnosed.stdout) == (
        3,
        True,
        True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_its_addresses_and_ends_when_interrupted(number: int) -> None:
    """`serve` answers at the address it prints, ends when told, also as a shell's background job, with status 0, and leaves no
    process."""
    command = f"trap '' INT; exec {sys.executable} -m lib serve -p embedded.faults '[]'"
    process = subprocess.Popen(["/bin/sh", "-c", command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = process.stdout.readline().split()[1]
    host, port = address.removeprefix("http://").split(":")
    socket.create_connection((host, int(port)), timeout=5).close()
    process.send_signal(number)
    assert process.wait(timeout=20) == 0
    time.sleep(0.2)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)), timeout=5)


def test_an_interrupted_verb_is_status_130() -> None:
    """Ctrl-C in the middle of a verb ends it with 130 and no traceback."""
    process = subprocess.Popen(
        [sys.executable, "-m", "lib", "suite"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    assert process.stderr.readline()  # it is at work
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_an_interrupted_watch_says_what_it_saw() -> None:
    """Ctrl-C ends `whys --for` with 130 and a whole document of what was seen until then."""
    command = [sys.executable, "-m", "lib", "whys", "--for", "1h", "--json", "-", "-p", "embedded.faults", "[]"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert next(line for line in process.stderr if line.startswith("h1 ")) == "h1 as configured → accepted\n"
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, json.loads(out)["verdict"]) == (130, "healthy")
    assert " handshakes in " in said
    assert "Traceback" not in said


def test_a_working_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    """In our words, as it is no file of ours that is missing."""
    command = f"mkdir gone && cd gone && rmdir ../gone && PYTHONPATH={ROOT} exec {sys.executable} -m lib whys"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stderr) == (3, "could not be done: the working directory is not there any more\n")


ELSEWHERE = {
    "another system": ("-c", "import os, runpy; os.name = 'nt'; runpy.run_module('lib', run_name='__main__')"),
    "a Python without our libraries": (
        *("-I", "-S", "-c"),
        "import sys, runpy; sys.path[:0], sys.argv[1:] = [''], ['verify', '1']; runpy.run_module('lib', run_name='__main__')",
    ),
}


@pytest.mark.parametrize("arguments", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_what_is_needed_and_not_there_is_said_in_a_sentence(arguments: tuple[str, ...]) -> None:
    """Not in a traceback: the system, the version and the libraries."""
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr
    assert done.stderr.startswith("could not be done: ")


@pytest.mark.parametrize("files", [24, 48])
def test_too_few_files_for_a_diagnosis_are_told_before_anything_is_sent(files: int) -> None:
    """Else handshakes would fail for want of them, and the target be blamed."""
    command = f"ulimit -n {files}; exec {sys.executable} -m lib whys ws://127.0.0.1:9/"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"bad input: ulimit -n: {files} files may be open at once; accepted: 56 or more" in done.stderr


def test_files_for_a_load_are_asked_for_where_there_is_one() -> None:
    """A diagnosis measures nothing, and the users of a load are shared out among its processes."""
    whys = "whys ws://127.0.0.1:9/ -q -p performance.load '{users: 500}'"
    target = "target '{ws_url: ws://127.0.0.1:9/, rest_url: http://127.0.0.1:9}'"
    measuring = f"performance -f params/base.yaml -p environment x -p {target} -p performance.load"
    for verb, status in ((whys, 3), (f"{measuring} '{{users: 500, workers: 20}}'", 3), (f"{measuring} '{{users: 500}}'", 2)):
        command = f"ulimit -n 100; exec {sys.executable} -m lib {verb}"
        done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        assert (done.returncode, "ulimit" in done.stderr) == (status, status == 2), (verb, done.stderr)


def test_every_verb_is_run_by_something() -> None:
    """The parser knows no verb that would not run."""
    from lib.__main__ import VERBS
    from lib.cli.verbs import RUN

    assert set(RUN) == set(VERBS)


def broken_record(folder: Path) -> str:
    """A folder whose `verify` is quick, and a finding."""
    (folder / "manifest.json").write_text('{"files":{},"previous":{"manifest_sha256":[1]}}')
    return str(folder)


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`verify` of a broken record with the shell's redirections."""
    line = f"exec {sys.executable} -m lib verify {broken_record(folder)} {command}"
    return subprocess.run(["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


@pytest.mark.parametrize(
    ("redirected", "status", "said"),
    [
        ("--json - > /dev/full", 3, "standard output cannot be written (No space left on device)"),
        ("> /dev/full", 3, "standard output cannot be written (No space left on device)"),
        ("--json - >&-", 3, "standard output cannot be written"),
        ("--json /dev/full", 3, "--json /dev/full cannot be written (No space left on device)"),
        ("--json /dev/null 2> /dev/full", 1, ""),
    ],
)
def test_an_answer_that_cannot_be_written_is_status_3(redirected: str, status: int, said: str, tmp_path: Path) -> None:
    """A full disk, a closed stream and a full device are told in one sentence, and a device stays one."""
    done = shell(redirected, tmp_path)
    assert (done.returncode, said in done.stderr, "Traceback" in done.stderr) == (status, True, False)
    assert not Path("/dev/full").is_file()
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("redirected", ["2>&-", "2> /dev/full"])
def test_standard_output_holds_the_document_alone_also_without_standard_error(redirected: str, tmp_path: Path) -> None:
    """With standard error closed or full, what is meant for people reaches nobody, least of all a parser."""
    done = shell(f"--json - {redirected}", tmp_path)
    assert (done.returncode, json.loads(done.stdout)["ok"]) == (1, False)


@pytest.mark.parametrize("asked", ["whys --help", "--version"])
def test_help_that_cannot_be_written_is_status_3(asked: str) -> None:
    """It is an answer like any other."""
    line = f"exec {sys.executable} -m lib {asked} > /dev/full"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stderr.count("standard output cannot be written")) == (3, 1)


def test_a_letter_that_the_terminal_lacks_is_no_failure(tmp_path: Path) -> None:
    """It is written as its code, and the status is that of what was found."""
    (tmp_path / "→").touch()
    done = lib("verify", broken_record(tmp_path), PYTHONIOENCODING="ascii")
    assert (done.returncode, r"added: \u2192" in done.stdout, done.stderr) == (1, True, "")


def test_a_request_from_a_closed_standard_input_is_bad_input() -> None:
    """Nothing was given, which is no failure of ours."""
    line = f"exec {sys.executable} -m lib params --from - <&-"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, done.stderr.startswith("bad input: the captured request")) == (2, True)


def test_a_document_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    """A write that breaks off keeps the file of before, and no part of the new one."""
    target = tmp_path / "out" / "old.json"
    target.parent.mkdir()
    target.write_text("old")
    line = f"ulimit -f 0; exec {sys.executable} -m lib verify {broken_record(tmp_path)} --json {target}"
    done = subprocess.run(["/bin/sh", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.returncode, "cannot be written" in done.stderr, target.read_text()) == (3, True, "old")
    assert list(target.parent.iterdir()) == [target]
