"""lib/environment/investigation.py: what an opened investigation makes of what a round has left."""

from __future__ import annotations

import gc

import pytest

from lib.environment.investigation import Investigation
from lib.environment.results import FindingsLeft, Results
from lib.logs import SourceRefused
from lib.parameters import loading as params
from lib.records.rounds_on_disk import Record
from lib.whys.sentences import unread
from tests import sample_round as sample
from tests.performance.conftest import served
from tests.raw_servers import answering, raw

MS = [4.0, 4.1, 4.2, 4.3, 4.5]
FIGURE = {"n": 5, "p50_ms": 4.2, "interval_ms": {"p50": [4.0, 4.5], "p95": None}}


def left(folder, *, samples=MS, **changes):
    """A round's folder in which one figure is stated, and its investigation."""
    record = Record(folder)
    document = sample.performance(api_response_ms="met")
    document["figures"][0] |= FIGURE | changes
    record.write_json("performance", document)
    if samples:
        record.write_frame(
            "latency", [{"figure": "api_response_ms", "ms": ms, "loop": "closed", "warmup": False} for ms in samples]
        )
    return Investigation(parameters=params.load("embedded"), results=Results(record=record))


def test_a_report_carries_the_ledger_of_its_figures(tmp_path):
    """A figure that its raw file gives again is measured, and the report names the file."""
    found = left(tmp_path / "round-01").report()["performance"]
    assert [(entry["label"], entry["raw"]) for entry in found["ledger"]] == [("measured", "data/latency.parquet")]
    assert found["figures"][0]["verdict"] == "met"


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"samples": []}, "there is no raw file"),
        ({"p50_ms": 2.0}, "give other digits"),
        ({"n": 50}, "holds 5 samples of it, not 50"),
    ],
)
def test_a_report_states_no_number_that_was_asserted(tmp_path, given, because):
    """Digits without samples behind them are in no figure and no claim of the report, only in its ledger."""
    report = left(tmp_path / "round-01", **given).report()
    (figure,) = report["performance"]["figures"]
    assert (figure["n"], figure["p50_ms"], figure["verdict"]) == (0, None, "not-measured")
    assert because in figure["because"]
    assert report["performance"]["ledger"][0]["label"] == "not a measurement"
    assert next(claim for claim in report["claims"] if claim["claim"] == "all objectives are met")["holds"] is False


def test_a_round_with_the_digits_of_another_was_not_measured(tmp_path):
    """The digits of any other round in the same place count, and a damaged neighbour does not matter."""
    left(tmp_path / "round-01")
    (tmp_path / "round-02" / "data").mkdir(parents=True)
    (tmp_path / "round-02" / "data" / "performance.json").write_text("{")
    (entry,) = left(tmp_path / "round-03").report()["performance"]["ledger"]
    assert entry["label"] == "not a measurement"
    assert "the same digits as in round-01" in entry["because"]


def test_a_log_source_that_refuses_costs_the_round_its_log_entries_and_no_more(tmp_path):
    """With nobody at the endpoint the verb fails, and in a round what could not be read is said instead."""
    logs = {"source": "cloud", "project": "p", "endpoint": "http://127.0.0.1:9"}
    given = {"environment": "x", "target": {"rest_url": None, "ws_url": "wss://api.example/ws"}, "logs": logs}
    alone = Investigation(parameters=params.completed(given, "x"))
    with pytest.raises(SourceRefused):
        alone.logs([])
    assert alone.logs_for(["a" * 32]) == []
    assert alone.logs_refused
    round_ = alone.recording(Record(tmp_path / "round-01"))
    report = round_.logs([])
    assert report.as_json()["unread"][0]["what"].startswith("the log source refused:")
    assert not report.reading.complete


class Closing:
    """A server that lets every socket in and closes it as unauthorized; over REST it is content."""

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"{}"})
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4401, "reason": "unauthorized"})


async def test_a_measurement_whose_sessions_were_all_refused_is_a_finding(monkeypatch):
    """Where no objective wants the session, closing each of them is found all the same, and ends a notebook that is to fail."""
    monkeypatch.setenv("CLOSING_TOKEN", "an.opaque.token")
    with served(Closing()) as host:
        given = {"environment": "closing", "target.rest_url": f"http://{host}", "target.ws_url": f"ws://{host}/ws"}
        given |= {"token.issued": "env:CLOSING_TOKEN", "performance.samples": 5, "fail_on_findings": True}
        given |= {"objectives": {"api_response_ms": 60000, "websocket_latency_ms": {"p50": 60000, "optional": True}}}
        here = Investigation(parameters=params.load("base", given))
        await here.performance()
    assert here.closed == here.found
    assert "the server closed" in here.closed[0]
    assert "(4401)" in here.closed[0]
    with pytest.raises(FindingsLeft, match="4401"):
        here.conclude()


REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
UNREADABLE = {
    "nobody at the endpoint": ({"source": "cloud", "project": "p", "endpoint": "http://127.0.0.1:9"}, "UNAVAILABLE"),
    "a file of something else": ({"source": "file", "path": "other.log"}, "the file is not text"),
    "a command that fails": ({"source": "command", "command": ["sh", "-c", "echo not logged in >&2; exit 7"]}, "not logged in"),
    "a command of something else": ({"source": "command", "command": ["sh", "-c", r"printf '\000\001'"]}, "it is not text"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_logs_that_cannot_be_read_cost_a_diagnosis_nothing_but_them(name, tmp_path):
    """It goes on, and says which source did not help, and why, among what it answers first."""
    (tmp_path / "other.log").write_bytes(b"\x00\x01" * 100)
    logs, why = UNREADABLE[name]
    logs = logs | ({"path": str(tmp_path / logs["path"])} if "path" in logs else {})
    async with raw(answering(REFUSED)) as target:
        given = {"environment": "x", "target": {"rest_url": None, "ws_url": f"ws://{target}/ws"}, "logs": logs}
        given["budget"] = {"handshakes": 4, "seconds": 20}
        document = (await Investigation(parameters=params.completed(given, "x")).whys()).as_json()
    assert document["symptom"]["status"] == 403
    assert [why in said for said in unread(document)] == [True]


@pytest.mark.parametrize(
    "logs", [{"source": "file", "path": "/no/such.log"}, {"source": "command", "command": ["no-such-program"]}]
)
async def test_a_log_source_that_is_not_there_is_refused_before_anything_is_sent(logs):
    """A path or a program that does not exist is bad input, and no handshake is spent on it."""
    given = {"environment": "x", "target": {"rest_url": None, "ws_url": "ws://127.0.0.1:9/ws"}, "logs": logs}
    here = Investigation(parameters=params.completed(given, "x"))
    with pytest.raises(params.BadInput, match=r"logs\.(path|command)"):
        await here.whys()
    assert here.exchanges == []


async def test_a_diagnosis_leaves_no_objects_behind(monkeypatch):
    """What many diagnoses in one process cost is the last one: each makes thousands of objects, and none of them stays."""
    monkeypatch.setenv("ONE_SECRET", "a-secret-of-one-test")

    async def objects_after(count, target):
        for _ in range(count):
            addresses = {"target.rest_url": f"http://{target}", "target.ws_url": f"ws://{target}/ws", "logs.source": "none"}
            given = {**addresses, "budget.handshakes": 3, "token.secret": "env:ONE_SECRET"}
            await Investigation(parameters=params.load("embedded", given)).whys()
        gc.collect()
        return len(gc.get_objects())

    async with raw(answering(REFUSED)) as target:
        first, last = await objects_after(4, target), await objects_after(12, target)
    assert last - first < 12 * 50
