"""What is written down for other programs opens the same door: each runs against a server that wants a client certificate."""

from __future__ import annotations

import asyncio
import os
import shlex
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from websockets.asyncio.server import Server, serve

from lib.captures.trust import Trust
from lib.captures.writing import Source, Written, regression_test, written
from lib.facts import Request, Tls
from tests.pki import Pki
from tests.raw_servers import echo

NOW = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def request_of_a_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Request]:
    """A handshake with a server of a private authority that takes certificates of it alone."""
    pki = Pki(tmp_path_factory.mktemp("with a blank"))
    own, client, context = pki.server(), pki.client(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.chain, own.key)
    context.load_verify_locations(pki.root.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def begin() -> Server:
        return await serve(echo, "127.0.0.1", 0, ssl=context)

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
    tls = Tls(ca=str(pki.root.certificate), certificate=str(client.certificate), key=str(client.key))
    port = next(iter(server.sockets)).getsockname()[1]
    yield Request(url=f"wss://127.0.0.1:{port}/", tls=tls, use_environment_proxy=False)
    loop.call_soon_threadsafe(loop.stop)


def lines_of(request: Request) -> Written:
    return written(request, None, Source(), now=NOW)


def ran(command: list[str]) -> str:
    """The last word that it printed; nothing of this environment's authorities helps it."""
    environ = {name: value for name, value in os.environ.items() if name not in ("SSL_CERT_FILE", "CURL_CA_BUNDLE")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    return (done.stdout.split() or [done.stderr])[-1]


def test_curl_and_python_are_let_in(request_of_a_client: Request) -> None:
    """Each line, run as it stands, gets the 101."""
    lines = lines_of(request_of_a_client)
    assert ran(["bash", "-c", f"{lines.curl} --max-time 1"]) == "101"
    assert ran([sys.executable, "-c", lines.python]) == "101"


def test_without_the_files_they_are_not(request_of_a_client: Request) -> None:
    """The lines without what is trusted and presented fail: it is this that opens the door."""
    bare = Request(url=request_of_a_client.url, use_environment_proxy=False)
    assert ran(["bash", "-c", f"{lines_of(bare).curl} --max-time 1"]) == "000"
    assert "101" not in ran([sys.executable, "-c", lines_of(bare).python])


def test_the_regression_test_trusts_and_presents_too(request_of_a_client: Request, tmp_path: Path) -> None:
    """Its handshake is accepted."""
    file = tmp_path / "test_handshake.py"
    file.write_text(regression_test(request_of_a_client, request_of_a_client, None, Source(), now=NOW), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
        f"{file}::test_the_handshake_is_accepted",
    ]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False).stdout
    assert "PASSED test_handshake.py::test_the_handshake_is_accepted" in said, said


def test_each_program_is_told_in_its_own_words() -> None:
    """websocat finds authorities in a variable and a certificate as PKCS #12; where nothing is looked at, each says so."""
    trust, blind = Trust(Tls(ca="/a b/ca.pem", certificate="/c.pem", key="/c.key")), Trust(Tls(ca="/ca.pem", verify=False))
    assert trust.before_websocat == ["SSL_CERT_FILE='/a b/ca.pem'"]
    assert trust.websocat == ["--client-pkcs12-der client.p12"]
    assert shlex.split(" ".join(trust.curl)) == ["--cacert", "/a b/ca.pem", "--cert", "/c.pem", "--key", "/c.key"]
    assert (blind.curl, blind.websocat, blind.before_websocat) == (["--insecure"], ["-k"], [])
    assert blind.python[-1] == "context.verify_mode = ssl.CERT_NONE"
    assert (Trust(Tls()).curl, Trust(Tls()).python) == ([], [])
