"""Each kind of finding: the file that holds it, beside a system that commits it, predicts what then comes true."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest

from lib import handshake as hs
from lib.configuration.findings.all import findings
from lib.configuration.prediction import Kind
from lib.environment.configured import asked_of, configuration_of
from lib.facts import utc_now
from lib.parameters import loading as params
from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, Answer
from tests.foreign.findings import ROWS, Row, written
from tests.foreign.systems import Started, System, passing
from tests.pki import Pki


def test_each_kind_has_a_file_and_a_system() -> None:
    """Whatever a configuration can be found to do stands in the table, in a format and in a system that does it."""
    assert {row.kind for row in ROWS.values()} == set(get_args(Kind))
    assert [name for name, row in ROWS.items() if not (row.nginx or row.envoy or row.run)] == []


@pytest.mark.parametrize("name", ROWS)
def test_the_prediction_comes_true(start: Started, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The file is found to hold it, and its cause is named, or where it says what may be, led to among several."""
    row = ROWS[name]
    edge, groups = committed(row, start, tmp_path)
    with held_open(edge, is_wanted=row.kind == "connections-bound"):
        answer = ask(edge, truth=(row.cause,), **groups)
    assert row.kind in kinds(tmp_path / "params.yaml", monkeypatch), answer
    if row.becomes == "led":
        assert leads_to(row.cause, answer), answer
    else:
        assert answer.causes_by_strength == {row.cause: row.becomes}, answer


def committed(row: Row, start: Started, folder: Path) -> tuple[System, dict[str, Any]]:
    """The system that a row tells of, and the parameters that ask it with its file beside."""
    demands = {"key": KEY, **row.demands}
    behaviour = {name: {"key": KEY} if value == "KEY" else value for name, value in row.behaviour.items()}
    application = start.python(row.application, demands=demands, **behaviour)
    edge, file = application, None
    target: dict[str, Any] = {"watch_s": 1, **{name: value for name, value in row.target.items() if name != "ws_path"}}
    if row.nginx:
        text, tls = secured(row.nginx, folder)
        edge = start.nginx(text.replace("PASS", passing(application.authority)).replace("%TO%", application.authority))
        file, target = edge.seen_path.with_suffix(".conf"), {**target, **(tls and addressed(edge, tls))}
    elif row.envoy:
        edge, file = before(start, application, row)
    if row.run:
        file = written(folder / "run", is_split=row.is_split, **row.run)
    if "ws_path" in row.target:
        target["ws_url"] = f"ws://{edge.authority}{row.target['ws_path']}"
    beside = {"hosts": [application.authority]} if row.passes_by else {}
    groups: dict[str, Any] = {
        "target": target,
        "alternatives": {**beside, **row.alternatives},
        "budget": {"seconds": row.seconds},
    }
    claims = {"iss": "login", "aud": "sockets", "permissions": ["websocket"], **row.claims}
    return edge, {**groups, "token": {"claims": claims}, "evidence": {"configuration": [{"path": str(file)}]}}


def secured(server: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """The directives with a certificate where TLS is wanted, and what a client needs for it."""
    upgrades = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"
    server = server.replace("UPGRADES", upgrades)
    if "TLS " not in server:
        return server, {}
    pki = Pki(folder)
    own = pki.server()
    lines = f"listen 127.0.0.1:%PORT2% ssl; ssl_certificate {own.chain}; ssl_certificate_key {own.key};"
    return server.replace("TLS ", f"{lines} ssl_client_certificate {pki.root.certificate}; "), {
        "tls": {"ca": f"file:{pki.root.certificate}"}
    }


def addressed(edge: System, tls: dict[str, Any]) -> dict[str, Any]:
    """The same system by its port of TLS."""
    secure = f"127.0.0.1:{edge.secure_port}"
    return {"rest_url": f"https://{secure}", "ws_url": f"wss://{secure}/ws", "timeout_s": 5, **tls}


def before(start: Started, application: System, row: Row) -> tuple[System, Path]:
    """Envoy before an application, of WebSockets before HTTP/2 in the clear where it speaks that, and its file."""
    to = f"location / {{ proxy_pass http://{application.authority}; proxy_http_version 1.1; }}"
    sockets = f":{start.nginx(f'listen %PORT2% http2; {to}').secure_port}" if "cluster" in row.envoy else None
    edge = start.envoy(application.authority, sockets=sockets, **row.envoy)
    return edge, edge.seen_path.with_suffix(".yaml")


@contextmanager
def held_open(edge: System, *, is_wanted: bool) -> Iterator[None]:
    """A request that stays open at the WebSocket's path meanwhile: it is one of the connections that a bound counts."""
    if not is_wanted:
        yield
        return
    with socket.create_connection(("127.0.0.1", edge.port)) as connection:
        connection.sendall(b"GET /ws HTTP/1.1\r\nHost: edge\r\n")
        yield


def kinds(file: Path, monkeypatch: pytest.MonkeyPatch) -> set[Kind]:
    """What kinds of findings the configuration holds that these parameters name."""
    monkeypatch.setenv("FOREIGN_KEY", KEY)
    parameters = params.load(str(file), {})
    asked = asked_of(parameters, hs.configured(parameters), now=utc_now())
    return {one.kind for one in findings(configuration_of(parameters, {}), asked)}


def leads_to(cause: str, answer: Answer) -> bool:
    """Whether a cause stays open, with the file's own words as a lead."""
    told = {seen["id"] for seen in answer.observations if seen["kind"] == "config"}
    return cause in answer.document["candidates"] and any(
        lead["id"] == cause and told & set(lead["evidence"]) for lead in answer.leads
    )
