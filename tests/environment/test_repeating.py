"""The deciding handshakes, written down, do what they did: through a shell, and as a test that turns green with the repair."""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from socket import SHUT_RDWR
from threading import Thread
from typing import Any
from urllib.parse import quote, unquote

import jwt
import pytest
from websockets.sync.server import serve

from lib.captures.conversion import converted
from lib.captures.reading import read_file
from lib.environment import embedded
from lib.environment.opening import open_parameters
from lib.environment.repeating import repeated
from lib.facts import utc_now
from lib.handshake import configured
from lib.parameters import loading as params
from lib.parameters.loading import ROOT
from tests.captures.test_conversion import run as main_of
from tests.ports import free_port

QUICK = ["-p", "target.rest_url", "null", "-p", "target.watch_s", "0.3"]
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


def run(script: str, environ: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A shell's answer; `environ` is what it has besides."""
    command, variables = ["bash", "-c", script], {**os.environ, **(environ or {})}
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60, check=False)


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


SECRET = "0paque/cr3dential+zq7w"
TOKEN = jwt.encode({"sub": "ada"}, "k" * 40, "HS256")
QUOTED = quote(SECRET, safe="")
CARRIED = {
    "header": f"curl 'ws://§/ws' -H 'Authorization: Bearer {TOKEN}'",
    "header of its own": f"curl 'ws://§/ws' -H 'X-Client-Secret: {SECRET}' -H 'Origin: http://a.example'",
    "cookie": f"curl 'ws://§/ws' -b 'token={TOKEN}'",
    "cookies": f"curl 'ws://§/ws' -b 'sid={SECRET}; theme=dark'",
    "query": f"curl 'ws://§/ws?v=2&api_key={QUOTED}'",
    "two in the query": f"curl 'ws://§/ws?id={QUOTED}&authuser=0&access_token={TOKEN}'",
    "JWT in the query": f"curl 'ws://§/ws?access_token={TOKEN}'",
    "subprotocol": f"wscat -c 'ws://§/ws' -s chat -s 'jwt.{TOKEN}'",
    "subprotocol list": f"wscat -c 'ws://§/ws' -s 'bearer' -s {TOKEN}",
}


@pytest.fixture(scope="module")
def wanting() -> Iterator[tuple[str, list[str]]]:
    """A server's authority, and all that one of its requests has to hold to be let in; curl's are ended at once."""
    wanted: list[str] = []

    def decide(connection: Any, request: Any) -> Any:
        heard = unquote(f"{request.path} {list(request.headers.raw_items())}")
        return None if all(one in heard for one in wanted) else connection.respond(HTTPStatus.FORBIDDEN, "")

    def idle(socket: Any) -> None:
        if "curl" in (socket.request.headers.get("User-Agent") or ""):
            socket.socket.shutdown(SHUT_RDWR)
        for _ in socket:
            pass

    def choose(connection: Any, offered: Any) -> Any:
        return offered[0] if offered else None

    with serve(idle, "127.0.0.1", 0, process_request=decide, select_subprotocol=choose) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{listening.socket.getsockname()[1]}", wanted
        listening.shutdown()


@pytest.mark.parametrize("form", CARRIED)
def test_the_printed_line_gets_the_same_status_wherever_the_credential_is(
    form: str, wanting: tuple[str, list[str]], tmp_path: Path
) -> None:
    """What the terminal shows, run by a shell with the credential in its variable, opens; with another one it is refused."""
    authority, wanted = wanting
    wanted[:] = [one for one in (SECRET, TOKEN) if one in unquote(CARRIED[form])]
    (tmp_path / "capture").write_text(CARRIED[form].replace("§", authority))
    secrets = converted(read_file(tmp_path / "capture")).secrets
    status, out, _ = main_of("whys", "--request", str(tmp_path / "capture"), "-v", *QUICK)
    lines = out.partition("by hand, the configured handshake:\n")[2].splitlines()
    curl = next(place for place, line in enumerate(lines) if line.strip().startswith("curl "))
    script = "\n".join(line.strip() for line in lines[: curl + 1])
    assert (status, run(script, secrets).stdout.strip()) == (0, "101"), script
    assert run(script, dict.fromkeys(secrets, "another")).stdout.strip() == "403", script
    in_python = [*(line.strip() for line in lines[:curl]), shlex.join([sys.executable, "-c", lines[curl + 2].strip()])]
    assert run("\n".join(in_python), secrets).stdout.strip() == "101", in_python
