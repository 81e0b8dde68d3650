"""The built-in staging system as a child process: it comes up, refuses what it cannot do, and never outlives us."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from lib.environment import embedded
from lib.parameters.loading import ROOT, BadInput


def answers(url: str) -> bool:
    """Whether something listens there."""
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=2).close()
    except OSError:
        return False
    return True


def test_it_listens_until_it_is_stopped() -> None:
    """Its addresses answer from `start` to `stop`, and no longer."""
    system = embedded.start([])
    url = system.addresses["rest_url"]
    assert system.alive
    assert answers(url)
    system.stop()
    assert not system.alive
    assert not answers(url)


def test_its_keys_are_in_the_environment_and_nowhere_else() -> None:
    """Clients find the keys under the variables of `KEYS`; the addresses do not hold them."""
    system = embedded.start([])
    system.stop()
    keys = [os.environ[variable] for variable in embedded.KEYS.values()]
    assert all(len(key) >= 32 for key in keys)
    assert not any(key in str(system.addresses) for key in keys)


def test_a_port_in_use_is_bad_input() -> None:
    """A port that something else has is refused with a sentence."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BadInput):
            embedded.start([], port=taken.getsockname()[1])


def test_it_ends_when_its_starter_is_killed() -> None:
    """After kill -9 of whoever started it, nothing listens any more."""
    code = (
        "import time; from lib.environment import embedded; print(embedded.start([]).addresses['rest_url'], "
        "flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    url = starter.stdout.readline().strip()
    assert answers(url)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    deadline = time.monotonic() + 10
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(url)
