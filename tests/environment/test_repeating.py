"""The deciding handshakes, written down, do what they did: through a shell, and as a test that turns green with the repair."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.environment import embedded
from lib.environment.opening import open_parameters
from lib.environment.repeating import repeated
from lib.facts import utc_now
from lib.handshake import configured
from lib.parameters import loading as params
from lib.parameters.loading import ROOT
from tests.ports import free_port

KEYS = {
    "EMBEDDED_JWT_SECRET": "a-key-of-rest-0123456789-0123456789-0123",
    "EMBEDDED_JWT_SECRET_WEBSOCKET": "a-key-of-sockets-0123456789-0123456789",
    "EMBEDDED_BYPASS_KEY": "a-bypass-0123456789",
}


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that stay the same when the system is repaired."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)


def parameters(system: embedded.Embedded) -> params.Parameters:
    """Those of the built-in system, joined where it runs."""
    addresses = {f"target.{name}": system.addresses[name] for name in ("rest_url", "ws_url")}
    return params.load("embedded", {**addresses, "logs.source": "none", "embedded.faults": []})


def passed(test: Path) -> dict[str, bool]:
    """Which of a file's tests pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-c", "/dev/null", str(test)]
    done = subprocess.run(
        command, cwd=test.parent, env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False
    )
    return {line.split("::")[1].split(" ")[0]: line.startswith("PASSED") for line in done.stdout.splitlines() if "::" in line}


def run(script: str) -> subprocess.CompletedProcess[str]:
    """A shell's answer."""
    return subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


async def test_the_printed_curl_line_gets_the_same_status() -> None:
    """Each of the minimal pair, run by a shell, is answered as the diagnosis says."""
    system = embedded.start(["secret-mismatch"])
    try:
        here = open_parameters(parameters(system))
        diagnosis = await here.whys()
        pair = diagnosis.as_json()["minimal_pair"]
        statuses = {one["id"]: one["status"] for one in diagnosis.as_json()["observations"]}
        for name, written in here.repeat(diagnosis).items():
            done = await asyncio.to_thread(run, written.shell)
            assert int(done.stdout) == statuses[pair[name.split(" ")[0]]], done.stderr
    finally:
        system.stop()


def test_the_regression_test_is_red_before_and_green_after_the_repair(tmp_path: Path) -> None:
    """Against the same address: the fault makes it red, the repaired system green, and its control is green both times."""
    port, file = free_port(), tmp_path / "test_handshake.py"
    seen = []
    for faults in (["secret-mismatch", "user-unknown"], []):
        system = embedded.start(faults, port=port)
        try:
            if not seen:
                file.write_text(open_parameters(parameters(system)).regression_test())
            seen.append(passed(file))
        finally:
            system.stop()
    red, green = seen
    assert red == {"test_the_handshake_is_accepted": False, "test_the_control_is_refused": True}
    assert green == {"test_the_handshake_is_accepted": True, "test_the_control_is_refused": True}


def test_no_credential_of_the_address_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that stands in the query as it is becomes a variable."""
    given = {"environment": "x", "target": {"ws_url": "ws://127.0.0.1:1/ws?v=2&api_key=k3y-0123456789abcdef", "rest_url": None}}
    parameters = params.completed(given, "test")
    diagnosis = {"minimal_pair": None, "observations": [{"id": "h1", "factors": {}}]}
    diagnosis["minimal_pair"] = {"refused": "h1", "accepted": "h1", "difference": []}
    found = repeated(parameters, configured(parameters), diagnosis, now=utc_now())
    text = "\n".join(line for one in found.values() for line in (one.shell, one.websocat, one.python))
    assert ("k3y-0123456789abcdef" in text, "QUERY_api_key" in text, "v=2" in text) == (False, True, True)


def test_no_cookie_of_a_capture_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Cookies of the working handshake and of the configured one are variables or left out, also where one replaces another."""
    secrets = {"CAPTURED_COOKIE": "session=0ld-s3ss10n-0123456; csrf=c5rf-0123456789"}
    monkeypatch.setenv("CAPTURED_COOKIE", secrets["CAPTURED_COOKIE"])
    (tmp_path / "works").write_text("curl ws://127.0.0.1:1/ws -b 'session=n3w-s3ss10n-0123456; csrf=c5rf-0123456789'")
    given = {"environment": "x", "headers": {"Cookie": "env:CAPTURED_COOKIE"}}
    given["target"] = {"ws_url": "ws://127.0.0.1:1/ws", "rest_url": None, "working": f"file:{tmp_path / 'works'}"}
    parameters = params.completed(given, "test")
    seen = [{"id": "h1", "factors": {}}, {"id": "h2", "factors": {"cookies.session": "env:WORKING_COOKIE_session"}}]
    diagnosis = {"minimal_pair": {"refused": "h1", "accepted": "h2", "difference": []}, "observations": seen}
    found = repeated(parameters, configured(parameters), diagnosis, now=utc_now())
    text = "\n".join(line for one in found.values() for line in (one.shell, one.websocat, one.python))
    assert [secret for secret in ("s3ss10n-0123456", "c5rf-0123456789") if secret in text] == []
    assert '"$WORKING_COOKIE_session"' in text
