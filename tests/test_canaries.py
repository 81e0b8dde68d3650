"""Nothing that must stay secret reaches a record, however loudly the target, its logs, a suite and its exceptions repeat it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow.parquet
import pytest

from lib.parameters.loading import ROOT

KEY, HEADER, OTHER, SUITE = (f"canary-{name}-7d1a2f5e9b3c4680a1b2c3d4e5f60718" for name in ("key", "header", "other", "suite"))
ENVIRON = {"CANARY_KEY": KEY, "CANARY_HEADER": HEADER, "CANARY_OTHER": OTHER, "CANARY_SUITE": SUITE}
PARAMETERS = """
environment: leaking
target: {{rest_url: 'http://{authority}', ws_url: 'ws://{authority}/ws', timeout_s: 3}}
token: {{secret: env:CANARY_KEY, user: someone}}
headers: {{X-Api-Key: env:CANARY_HEADER}}
alternatives: {{secrets: [env:CANARY_OTHER], headers: [{{X-Bypass-Key: env:CANARY_OTHER}}], carriers: [query, cookie]}}
budget: {{seconds: 6, handshakes: 30}}
logs: {{source: file, path: '{logs}'}}
suite: {{path: '{suite}', env: {{CANARY_SUITE: env:CANARY_SUITE, TARGET: 'http://{authority}'}}, timeout_s: 60}}
performance: {{samples: 3, warmup: 0}}
"""
SUITE_SOURCE = """
import os, urllib.request

def test_that_tells_all():
    secret = os.environ["CANARY_SUITE"]
    print("signing with", secret)
    request = urllib.request.Request(os.environ["TARGET"] + "/api/health", headers={"Authorization": "Bearer " + secret})
    body = urllib.request.urlopen(request, timeout=5).read().decode()
    raise ValueError(f"{secret} was answered with {body}")
"""

pytestmark = [pytest.mark.xdist_group("rounds"), pytest.mark.timeout(300)]


class Echoing(BaseHTTPRequestHandler):
    """Says everything it hears again: in headers, in cookies, in bodies, and in a log with a traceback that knows the key."""

    log: Path

    def do_GET(self) -> None:
        heard = [f"{name}: {value}" for name, value in self.headers.items()] + [f"path: {self.path}"]
        body = json.dumps({"status": "healthy", "heard": heard, "expected_key": KEY}).encode()
        self.send_response(403 if "Upgrade" in self.headers else 200)
        for name, value in (
            ("X-Heard", self.headers.get("Authorization", "-")),
            ("Set-Cookie", f"session={HEADER}"),
            ("X-Key", KEY),
        ):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        trace = self.headers.get("traceparent", "--").split("-")[1]
        text = f"Traceback (most recent call last):\n  verify(token, {KEY!r})\nInvalidSignatureError: {' '.join(heard)}"
        entry = {"insertId": trace[:12] + str(id(self)), "severity": "ERROR", "timestamp": datetime.now(UTC).isoformat()}
        with self.log.open("a") as log:
            log.write(json.dumps({**entry, "textPayload": text, "trace": f"projects/p/traces/{trace}"}) + "\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def target(tmp_path: Path) -> Iterator[str]:
    """The authority of the target."""
    handler = type("Handler", (Echoing,), {"log": tmp_path / "entries.jsonl"})
    handler.log.touch()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of a record as text: Parquet as its rows, which are compressed in the file."""
    for path in filter(Path.is_file, folder.rglob("*")):
        packed = path.suffix == ".parquet"
        yield str(path), json.dumps(pyarrow.parquet.read_table(path).to_pylist(), default=str) if packed else path.read_text()


def test_no_canary_is_found_in_a_record(target: str, tmp_path: Path) -> None:
    """They were in headers, bodies, cookies, logs, exceptions, a suite's output and parameters; no file and no terminal shows
    one."""
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "test_loud.py").write_text(SUITE_SOURCE)
    path = tmp_path / "leaking.yaml"
    path.write_text(PARAMETERS.format(authority=target, logs=tmp_path / "entries.jsonl", suite=tmp_path / "suite"))
    command = [sys.executable, "-m", "lib", "round", "-f", str(path), "--out", str(tmp_path / "outputs"), "--json", "-"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | ENVIRON, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 1, done.stderr[-2000:]
    assert KEY in (tmp_path / "entries.jsonl").read_text()
    found = [("the terminal", done.stdout + done.stderr), *texts(tmp_path / "outputs")]
    assert len(found) > 12
    leaks = [
        (name, hit[0]) for name, text in found if (hit := re.search(r".{40}(?:canary-\w+-7d1a|eyJ[\w-]{8,}\.eyJ).{40}", text))
    ]
    assert leaks == []
    diagnosis = json.loads((tmp_path / "outputs" / "round-01" / "data" / "diagnosis.json").read_text())
    assert "secret:" in json.dumps(diagnosis["observations"])
