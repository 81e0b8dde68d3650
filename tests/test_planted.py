"""Made-up credentials of sixty kinds in every spelling, planted wherever a round reads: none is found in what it leaves."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet
import pytest

from lib.parameters.loading import ROOT
from tests.redaction.canaries import BY_NAME, SPELLINGS, made

PARAMETERS = """
environment: planted
target: {{rest_url: 'http://{at}', ws_url: 'ws://{at}/ws', timeout_s: 3}}
token: {{secret: env:PLANTED_KEY, user: someone, claims: {{note: '{claim}'}}}}
headers: {{X-Note: '{header}'}}
alternatives: {{paths: ['/ws?session={path}'], secrets: [env:PLANTED_OTHER]}}
budget: {{seconds: 8, handshakes: 40}}
logs: {{source: file, path: '{logs}', filter: 'textPayload:"{filter}"'}}
suite: {{path: '{suite}', env: {{NOTE: '{env}', TARGET: 'http://{at}'}}, timeout_s: 60, sabotage: false}}
performance: {{samples: 3, warmup: 0}}
"""
SUITE = """
import json, os, pathlib, urllib.request
import pytest
PLANTED = json.loads(pathlib.Path(__file__).with_name("planted.json").read_text())

@pytest.mark.parametrize("text", PLANTED)
def test_told(text):
    print("trying", text)
    urllib.request.urlopen(urllib.request.Request(os.environ["TARGET"] + "/api/health", headers={"X-Note": "n"}), timeout=5)
    raise AssertionError(f"no answer to {text}")
"""
KNOWN = {"PLANTED_KEY": "pl4nted-key-5e9b3c7d1a2f", "PLANTED_OTHER": "pl4nted-other-9c1d7e3a5b"}

pytestmark = [pytest.mark.xdist_group("rounds"), pytest.mark.timeout(600)]


def planted() -> dict[str, str]:
    """Each credential in each spelling, by kind and spelling; the known values too."""
    everything = {**made(), **{f"known {name}": value for name, value in KNOWN.items()}}
    # The middle of a text is looked for, which in a named pair is the name.
    everything |= {
        f"named {name}": text.format("k7" + hashlib.sha256(name.encode()).hexdigest()[:18])
        for name, text in BY_NAME.items()
        if name != "named pair"
    }
    return {f"{kind}, {spelling}": spell(text) for kind, text in everything.items() for spelling, spell in SPELLINGS.items()}


class Planting(socketserver.StreamRequestHandler):
    """Answers each request with the next few texts in headers and body, and some handshakes by closing with a reason."""

    texts: list[str]
    log: Path
    turn = 0

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and len(head) < 65_536 and (line := self.rfile.readline()):
            head += line
        cls = type(self)
        cls.turn += 1
        mine = [self.texts[(cls.turn * 7 + n) % len(self.texts)].replace("\n", " ") for n in range(7)]
        trace = head.decode("latin-1").partition("traceparent: ")[2].split("-")[1:2]
        key = next((line.split(b": ")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")), None)
        if key and cls.turn % 3 == 0:
            accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()  # noqa: S324
            self.wfile.write(
                f"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n".encode()
            )
            frame = json.dumps({"m": mine[0]}).encode()[:120]
            reason = mine[1].encode()[:120]
            self.wfile.write(
                bytes([0x81, len(frame)]) + frame + bytes([0x88, 2 + len(reason)]) + (1008).to_bytes(2, "big") + reason
            )
        else:
            body = json.dumps({"status": "healthy", "detail": mine[2], "more": mine[3:]})[:4000].encode()
            status = "403 Forbidden" if key else "200 OK"
            extra = f"X-Note: {mine[4]}\r\nLocation: /next?x={mine[5]}\r\n".encode("latin-1", "ignore")
            self.wfile.write(
                f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n".encode() + extra + b"\r\n" + body
            )
        entry = {"insertId": f"i{cls.turn}", "severity": "ERROR", "timestamp": datetime.now(UTC).isoformat()}
        told = f"Traceback (most recent call last):\n  verify({mine[6]!r})\nInvalidTokenError: {mine[6]}"
        with self.log.open("a") as log:
            log.write(json.dumps({**entry, "textPayload": told, "trace": f"projects/p/traces/{(trace or ['0'])[0]}"}) + "\n")


@pytest.fixture
def target(tmp_path: Path) -> Iterator[str]:
    """The authority of a server that plants; its log begins with an entry for each text."""
    texts, log = list(planted().values()), tmp_path / "entries.jsonl"
    with log.open("w") as stream:
        for n, text in enumerate(texts):
            entry = {"insertId": f"a{n}", "severity": "WARNING", "timestamp": datetime.now(UTC).isoformat()}
            payload = (
                {"textPayload": f"seen {text} here"} if n % 2 else {"jsonPayload": {"message": "m", "context": {"note": [text]}}}
            )
            stream.write(json.dumps({**entry, **payload}) + "\n")
    handler = type("Handler", (Planting,), {"texts": texts, "log": log})
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def decoded(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of a record as its reader would decode it, and once more with JSON's escapes undone."""
    for path in filter(Path.is_file, folder.rglob("*")):
        packed = path.suffix == ".parquet"
        text = (
            json.dumps(pyarrow.parquet.read_table(path).to_pylist(), default=str, ensure_ascii=False)
            if packed
            else path.read_text()
        )
        yield path.name, text
        if packed or path.suffix in {".json", ".ipynb"}:
            yield f"{path.name}, decoded", "\n".join(_strings(json.loads(text)))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (str(key), *_strings(item))
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def test_nothing_that_was_planted_is_found(target: str, tmp_path: Path) -> None:
    """In bodies, headers, redirects, frames, close reasons, logs, payloads, assertions, output, case names and parameters."""
    texts = planted()
    (tmp_path / "suite").mkdir()
    (tmp_path / "suite" / "test_loud.py").write_text(SUITE)
    (tmp_path / "suite" / "planted.json").write_text(json.dumps([text for n, text in enumerate(texts.values()) if n % 9 == 0]))
    shapes = made(7)
    given = {
        name: shapes[kind]
        for name, kind in zip(
            ("claim", "header", "path", "filter", "env"),
            ("npm", "stripe live", "gitlab personal", "google api", "slack bot"),
            strict=True,
        )
    }
    file = tmp_path / "planted.yaml"
    file.write_text(PARAMETERS.format(at=target, logs=tmp_path / "entries.jsonl", suite=tmp_path / "suite", **given))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "lib", "round", "-f", str(file), "--out", str(tmp_path / "outputs"), "--json", "-"],
        cwd=ROOT, env=os.environ | KNOWN | {"TMPDIR": str(temporary)}, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr[-3000:]
    found = [("the terminal", done.stdout + done.stderr), *decoded(tmp_path / "outputs"), *decoded(temporary)]
    middles = {name: text[len(text) // 2 :][: max(10, len(text) // 4)] for name, text in {**texts, **given}.items()}
    left = [
        (name, file, text[max(0, text.index(middle) - 60) :][:140])
        for file, text in found
        for name, middle in middles.items()
        if middle in text
    ]
    print(f"{len(texts)} planted, {len(left)} found")
    assert left == []
