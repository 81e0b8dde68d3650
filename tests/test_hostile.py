"""Small inputs that once broke something, one kind each, as the verbs meet them: each ends as its kind is to end."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lib.parameters.loading import ROOT, BadInput, load
from lib.records import rounds_on_disk
from tests.raw_servers import endless, raw

TIMEOUT_S = 150
GOOD = '\n{"timestamp":"2026-01-01T00:00:02Z","severity":"ERROR","textPayload":"good failed"}'
AT = '"timestamp":"2026-01-01T00:00:0{}Z"'
REQUEST = f'{{{AT.format(1)},"httpRequest":{{"requestMethod":"GET","requestUrl":"/x",%s}},"textPayload":"good failed"}}'
LOGS = {
    "surrogate.jsonl": f'{{{AT.format(1)},"severity":"ERROR","textPayload":"\\ud800 boom failed"}}',
    "last-year.jsonl": '{"timestamp":"9999-12-31T23:59:59-14:00","severity":"ERROR","textPayload":"x failed"}' + GOOD,
    "first-year.jsonl": '{"timestamp":"0001-01-01T00:00:00+14:00","severity":"ERROR","textPayload":"early failed"}' + GOOD,
    "latency.jsonl": REQUEST % '"status":500,"latency":"nan"',
    "seconds.jsonl": REQUEST % '"status":500,"latency":{"seconds":1e999}',
    "status.jsonl": REQUEST % '"status":1e300',
    "digits.json": f'[{{{AT.format(1)},"jsonPayload":{{"message":"digits failed","a":{"9" * 5000}}}}},\n'
    f'{{{AT.format(2)},"severity":"ERROR","textPayload":"good failed"}}]',
    "escapes.jsonl": f'{{{AT.format(3)},"severity":"ERROR","textPayload":"ok \\u001b[2J\\u0007 failed\\u202e evil"}}',
}
READ, UNREAD = 8, 3
TARGET = 'environment: h\ntarget: {rest_url: "http://127.0.0.1:9", ws_url: "ws://127.0.0.1:9/ws", timeout_s: 1}\n'
TIMES_TEN = [f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]" for before, name in zip("abcdefg", "bcdefgh", strict=True)]
CLAIMS = {
    "aliases of aliases": f"{{a: &a [x,x,x,x,x,x,x,x,x,x], {', '.join(TIMES_TEN)}}}",
    "claims in themselves": "&c {a: *c}",
    "a moment without end": "{exp: .inf}",
}
SUITE = """import urllib.request
def test_urllib():
    urllib.request.urlopen('http://TARGET', timeout=1).read()
def test_httpx():
    import httpx
    httpx.get('http://TARGET', timeout=1)
"""


def lib(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a verb as a user would."""
    command = [sys.executable, "-m", "lib", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def test_an_odd_entry_costs_the_others_nothing(tmp_path: Path) -> None:
    """What can be read of eight files is read, what cannot is counted, and no control character reaches a terminal."""
    folder, params = tmp_path / "logs", tmp_path / "h.yaml"
    folder.mkdir()
    for name, text in LOGS.items():
        (folder / name).write_text(text + "\n")
    params.write_text(f"{TARGET}logs: {{source: file, path: '{folder}'}}\n")
    done = lib("logs", "-f", str(params), "--json", "-")
    document = json.loads(done.stdout)
    assert (document["seen"]["entries"], sum(one["count"] for one in document["unread"])) == (READ, UNREAD), done.stderr
    assert done.returncode == 0
    assert not [character for character in done.stdout + done.stderr if character in "\x1b\x07\u202e\ud800"]


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_parameters_that_are_no_values_are_refused_at_once(claims: str, tmp_path: Path) -> None:
    """One sentence says what it is, before anything grows or is sent."""
    path = tmp_path / "h.yaml"
    path.write_text(f"{TARGET}token: {{claims: {claims}, secret: env:HIDDEN}}\n")
    with pytest.raises(BadInput) as refusal:
        load(path)
    assert "\n" not in str(refusal.value)


def test_results_that_are_no_xml_are_bad_input(tmp_path: Path) -> None:
    """A prefix that nobody declared is told as the file's fault."""
    results, params = tmp_path / "j.xml", tmp_path / "h.yaml"
    results.write_text('<testsuites><testsuite name="a"><testcase x:y="1" name="b"/></testsuite></testsuites>')
    params.write_text(f"{TARGET}suite: {{junit: '{results}'}}\n")
    done = lib("suite", "-f", str(params))
    assert (done.returncode, done.stdout, done.stderr.startswith("bad input: suite.junit: ")) == (2, "", True)


def test_a_manifest_of_another_shape_does_not_verify(tmp_path: Path) -> None:
    """That is an answer about the record."""
    (tmp_path / "manifest.json").write_text('{"files":{},"previous":{"manifest_sha256":[1]}}')
    assert not rounds_on_disk.verify(tmp_path)["ok"]


async def test_a_suite_ends_at_an_endless_answer_as_plain_pytest_does(tmp_path: Path) -> None:
    """A chunk of negative size, then silence: each client gives up for the reason and about the time that it has of its own."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nunked\r\n\r\n-1\r\nabc"
    cases, params, report = tmp_path / "test_own.py", tmp_path / "h.yaml", tmp_path / "s.json"
    async with raw(endless(head, b"", 0.2)) as authority:
        cases.write_text(SUITE.replace("TARGET", authority))
        params.write_text(TARGET.replace("127.0.0.1:9", authority) + f"suite: {{path: '{cases}', sabotage: false}}\n")
        plain = await _ended(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(cases))
        watched = await _ended(sys.executable, "-m", "lib", "suite", "-q", "-f", str(params), "--json", str(report))
    assert watched[0] == plain[0] == 1, watched[1]
    for case in json.loads(report.read_text())["cases"]:
        assert case["signature"].partition(":")[0].rpartition(".")[2] in plain[1]


async def _ended(*command: str) -> tuple[int, str]:
    given = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=given, stdout=-1, stderr=-2)
    said, _ = await asyncio.wait_for(process.communicate(), TIMEOUT_S)
    assert process.returncode is not None
    return process.returncode, said.decode()
