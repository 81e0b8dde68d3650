"""What mutated inputs once broke is read or refused now, and a few more break nothing; the long series is `make fuzz`."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from lib.parameters.errors import BadInput
from tests.fuzz import fuzzed
from tests.readers import READERS

ENTRY = b'{"timestamp": "2026-02-19T21:33:24Z", "severity": "ERROR", "textPayload": "no", "logName": "l"'
SERVICE = b"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\nspec:\n"
FINDINGS = {
    "a label that is an object": ("logs", ENTRY + b', "labels": {"instanceId": {"a": 1}}, "spanId": [1]}'),
    "a service that is an object": ("logs", ENTRY + b', "resource": {"type": "x", "labels": {"service_name": {}}}}'),
    "a request of objects": ("logs", ENTRY + b', "httpRequest": {"requestUrl": {}, "requestMethod": [], "userAgent": {}}}'),
    "rows that are numbers": ("logs", b'{"tables": [{"columns": [{"name": "TimeGenerated"}, 1], "rows": [1, ["x"]]}]}'),
    "a tag that lies": ("captures", b'fetch("https://a.example/ws", {!!int origin})'),
    "an alias bomb in a call": ("captures", b"fetch(&a [x,x,x,x,x,x,x,x,x], " + b"[*a,*a,*a,*a,*a,*a,*a]," * 3000 + b")"),
    "a tag without a value": ("users", b"!!int "),
    "a line that is no header": ("captures", b"GET /ws HTTP/1.1\r\nHost: a.example\r\nOrigin: x\x0cy\r\n"),
    "an address that is none": ("configuration", b"server { location / { proxy_pass http://[; proxy_set_header Host $host; } }"),
    "a kind that is a list": ("configuration", b"apiVersion: v1\nkind: [Service]\nspec: {ports: [{port: 80}]}\n"),
    "a share of 400 digits": ("configuration", SERVICE + b"  traffic: [{revisionName: a, percent: " + b"9" * 400 + b"}]\n"),
    "a time of too many digits": ("logs", ENTRY.replace(b"2026-02-19T21:33:24Z", b"10:" + b"9" * 400 + b".1 am") + b"}"),
    "figures without numbers": (
        "compare",
        b'{"report": {"performance": {"figures": [{}]}}, "performance": {"figures": [{"name": []}]}}',
    ),
    "observations that are texts": ("compare", b'{"diagnosis": {"observations": ["x"], "excluded": [[]]}}'),
    "a case that nobody collected, without an outcome": ("cases", b'{"event": "not collected", "nodeid": []}\n'),
    "a line of brackets among those of a suite": ("cases", b"[" * 100_000 + b'\n{"event": "internal error"}\n'),
    "a report that is cut off": ("compare", b'{"inputs": '),
    "another round's report of brackets": ("overview", b"[" * 100_000),
    "another round's report of lists": ("overview", b'{"report": {"badge": [], "counts": [], "verdict": {}, "answer": 7}}'),
    "another round's intervals": (
        "overview",
        b'{"performance": {"figures": [{"name": "api_response_ms", "interval_ms": true}]}}',
    ),
}


@pytest.mark.parametrize("name", FINDINGS)
def test_what_broke_a_reader_once_does_so_no_more(name: str, tmp_path: Path) -> None:
    """It is read, or refused in words."""
    reader, data = FINDINGS[name]
    with contextlib.suppress(BadInput):
        READERS[reader].call(data, tmp_path)


FEW = {"words": 10, "parameters": 15, "cases": 15}
"""Of readers that do much with one input so many."""


@pytest.mark.parametrize("name", READERS)
def test_a_few_mutated_inputs_break_no_reader(name: str) -> None:
    """Each is read or refused, in bounded time, and some are read."""
    most = FEW.get(name, 30)
    found = fuzzed(READERS[name], seconds=250, seed=4, most=most, within_s=30)
    assert found.crashes == {}
    assert (found.read + found.refused, found.read > 0) == (most, True)
