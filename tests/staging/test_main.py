"""The child process: how it begins, what it refuses, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.ports import free_port

ROOT = Path(__file__).parents[2]
GOOD = {"keys": {"jwt": "a" * 40, "jwt_websocket": "b" * 40, "bypass": "c" * 20, "service": "d" * 20}}


def refused(line: str) -> tuple[int, str]:
    """Exit status and standard error of a start with this first line."""
    command = [sys.executable, "-m", "lib.staging"]
    ended = subprocess.run(command, cwd=ROOT, input=line, capture_output=True, text=True, timeout=60, check=False)
    assert ended.stdout == ""
    return ended.returncode, ended.stderr


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({}, "keys.bypass"),
        ({"keys": {**GOOD["keys"], "jwt": "short"}}, "keys.jwt"),
        ({**GOOD, "faults": ["moon-phase"]}, "moon-phase"),
        ({**GOOD, "fault": []}, "configuration.fault"),
        ({**GOOD, "port": -1}, "port"),
        ({**GOOD, "options": {"startup": 1}}, "options.startup"),
        ({**GOOD, "options": {"rate_limit": "4"}}, "options.rate_limit"),
        ({**GOOD, "delays_ms": {"pong": -1}}, "delays_ms.pong"),
        ([], "configuration"),
    ],
)
def test_bad_configuration_is_one_sentence(config, where):
    """Exit status 2, one line that names the place, and no key in it."""
    status, told = refused(json.dumps(config) + "\n")
    assert (status, told.count("\n")) == (2, 1)
    assert where in told
    assert "a" * 40 not in told


@pytest.mark.parametrize("line", ["", "{not json}\n"])
def test_missing_configuration_is_one_sentence(line):
    """No line, or one that is not JSON, is refused in the same way."""
    status, told = refused(line)
    assert (status, told.count("\n"), told[:14]) == (2, 1, "standard input")


def test_taken_port_is_one_sentence():
    """A port where somebody listens already is refused by its number."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, told = refused(json.dumps({**GOOD, "port": port}) + "\n")
    assert (status, told.count("\n")) == (2, 1)
    assert str(port) in told


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_cleanly(start, number):
    """With a session open it ends at once, with status 0 and nothing on standard error."""
    staging = start()
    with staging.session():
        began = time.monotonic()
        os.kill(staging.pid, number)
        assert staging.process.wait(timeout=5) == 0
    assert time.monotonic() - began < 4.0
    assert staging.process.stderr.read() == ""


def test_end_of_input_ends_it_even_under_load(start):
    """When its parent is gone it goes too, agents at work or not."""
    staging = start(delays_ms={"agent_completed": 60_000})
    with staging.session() as ws:
        ws.send('{"type": "user_message", "content": "work for long"}')
        time.sleep(0.2)
        began = time.monotonic()
        staging.process.stdin.close()
        assert staging.process.wait(timeout=5) == 0
    assert time.monotonic() - began < 4.0
    assert staging.process.stderr.read() == ""


def test_end_of_input_ends_it_while_it_still_imports(tmp_path):
    """Whoever is killed right after the start leaves nothing behind, however long the imports take."""
    (tmp_path / "uvicorn.py").write_text("import time; time.sleep(60)")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    code = (
        "import subprocess, sys; "
        "child = subprocess.Popen([sys.executable, '-m', 'lib.staging'], stdin=subprocess.PIPE); "
        "child.stdin.write(sys.stdin.buffer.readline()); child.stdin.flush(); print(child.pid, flush=True); sys.stdin.read(1)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    starter.stdin.write(json.dumps(GOOD) + "\n")
    starter.stdin.flush()
    child = psutil.Process(int(starter.stdout.readline()))
    starter.kill()
    starter.communicate()
    child.wait(30)


def test_port_is_the_one_that_was_asked_for(start):
    """A given port is used, and is free again right after the end."""
    port = free_port()
    for _ in range(2):
        staging = start(port=port)
        assert staging.rest_url == f"http://127.0.0.1:{port}"
        staging.process.stdin.close()
        staging.process.wait(timeout=5)


def test_package_stands_alone():
    """It imports nothing of the rest of the library."""
    foreign = "[name for name in sys.modules if name.startswith('lib.') and not name.startswith('lib.staging')]"
    command = [sys.executable, "-c", f"import sys, lib.staging.__main__, lib.staging.system; print({foreign})"]
    assert subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=True).stdout.strip() == "[]"
