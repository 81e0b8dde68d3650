"""nginx's own file as evidence: what it says comes true in the nginx that runs it, and what is not so names nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.findings import written
from tests.foreign.systems import Started, System, passing


def fronted(start: Started, server: str, **demands: Any) -> tuple[System, System, Path]:
    """nginx with these directives before an application, and the file that it runs."""
    application = start.python("starlette", demands={"key": KEY, **demands})
    edge = start.nginx(server.replace("PASS", passing(application.authority)).replace("%TO%", application.authority))
    return edge, application, edge.seen_path.with_suffix(".conf")


def predictions_in(answer: Any) -> list[list[str]]:
    """What the file speaks for."""
    return [
        seen["factors"]["speaks for"]
        for seen in answer.observations
        if seen["kind"] == "config" and "speaks for" in seen["factors"]
    ]


def test_another_file_than_the_one_that_is_deployed(start: Started, ask: Ask, tmp_path: Path) -> None:
    """A healthy edge beside a file that denies everybody is healthy, and asks whether the file is what runs."""
    edge, _, file = fronted(start, "location / { PASS }")
    stale = tmp_path / "stale.conf"
    stale.write_text(file.read_text().replace("location / {", "location / { deny all; "))
    answer = ask(edge, truth=(), evidence={"configuration": [{"path": str(stale)}]}, target={"watch_s": 1})
    answer.is_healthy()
    assert any("is this the deployed revision?" in lead["because"] for lead in answer.leads), answer.leads


def test_what_may_keep_a_handshake_out_and_does_not(start: Started, ask: Ask) -> None:
    """A server that upgrades HTTP/1.0 is healthy behind an nginx that speaks it, and the file is not called another's."""
    edge, _, file = fronted(start, "location / { PASS proxy_http_version 1.0; }")
    answer = ask(edge, truth=(), evidence={"configuration": [{"path": str(file)}]}, target={"watch_s": 1})
    answer.is_healthy()
    assert predictions_in(answer) == [["edge-blocks-upgrade"]]
    assert not any("deployed revision" in lead["because"] for lead in answer.leads), answer.leads


def test_a_wrong_file_beside_a_real_fault(start: Started, ask: Ask, tmp_path: Path) -> None:
    """A file that blames the edge names nothing where the key is what is wrong."""
    edge, _, file = fronted(start, "location / { PASS }", key="quite-another-key-0123456789-0123456789")
    stale = tmp_path / "stale.conf"
    stale.write_text(file.read_text().replace("proxy_set_header Upgrade $http_upgrade;", ""))
    secrets = {"FOREIGN_RIGHT": "quite-another-key-0123456789-0123456789"}
    evidence = {"configuration": [{"path": str(stale)}]}
    answer = ask(
        edge, truth=("secret-mismatch",), secrets=secrets, evidence=evidence, alternatives={"secrets": ["env:FOREIGN_RIGHT"]}
    )
    answer.proves("secret-mismatch")


def test_a_rewritten_host_beside_another_fault_of_the_edge(start: Started, ask: Ask, tmp_path: Path) -> None:
    """Upgrades are dropped, and the file tells of a Host instead: past the edge it is refused in other words, and not named."""
    server = "location / { PASS } location /ws { proxy_pass http://%TO%; proxy_set_header Host $host; }"
    edge, application, file = fronted(start, server, hosts=["127.0.0.1"])
    stale = tmp_path / "stale.conf"
    sent = passing(application.authority).partition(";")[2].replace("$host", "inside.example")
    stale.write_text(file.read_text().replace("; proxy_set_header Host $host; }", f"; {sent} }}"))
    evidence, hosts = {"configuration": [{"path": str(stale)}]}, {"hosts": [application.authority]}
    answer = ask(edge, truth=("edge-blocks-upgrade",), evidence=evidence, alternatives=hosts)
    assert predictions_in(answer) == [["forwarded-refused"]]
    assert any(seen["factors"].get("host_header") == "inside.example" for seen in answer.observations)


def told(folder: Path, **changed: str) -> dict[str, Any]:
    """Cloud Run's own files of two services, as the evidence."""
    return {"configuration": [{"path": str(written(folder, **changed))}]}


PLATFORM = {
    "ingress": {"INGRESS": "internal", "HOST": "127.0.0.1"},
    "invoker": {"MEMBER": "group:staff@example.com"},
    "iap": {"IAP": "true"},
}


MIXED_UP = {
    "gone": ("ingress", {"INGRESS": "internal", "HOST": "another.example"}),
    "no invoker beside a page that is not there": ("ingress", PLATFORM["invoker"]),
    "a proxy beside a page that is not there": ("ingress", PLATFORM["iap"]),
}
"""What answers, and what the file says: of a host that is not served at all, or of another rule than the one that refuses."""


@pytest.mark.parametrize("kind", MIXED_UP)
def test_the_platforms_page_of_another_rule(start: Started, ask: Ask, tmp_path: Path, kind: str) -> None:
    """That nothing is found at a host bears out neither who may invoke a service nor a proxy, nor the ingress of another host."""
    answers, changed = MIXED_UP[kind]
    application = start.python("raw", demands={"key": KEY}, platform=answers)
    answer = ask(application, truth=("route-missing",), evidence=told(tmp_path / "run", **changed), budget={"seconds": 8})
    assert answer.causes_by_strength == {}, answer
    assert {"edge-policy", "route-missing"} <= set(answer.document["candidates"])


@pytest.mark.parametrize("kind", PLATFORM)
def test_what_the_platform_no_longer_refuses(start: Started, ask: Ask, tmp_path: Path, kind: str) -> None:
    """The same file beside a service that has been opened since is asked about; the file of the opened one says nothing."""
    application = start.python("raw", demands={"key": KEY})
    stale = ask(application, truth=(), evidence=told(tmp_path / "stale", **PLATFORM[kind]), target={"watch_s": 1})
    stale.is_healthy()
    assert any("is this the deployed revision?" in lead["because"] for lead in stale.leads), stale.leads


SPLIT = {"answers": {"no token": "401 Unauthorized", "DecodeError": "401 Unauthorized"}, "rest_demands": {"key": KEY}}


@pytest.mark.parametrize("demands", [{"origins": ["https://app.example"]}, {"users": {}}, {"permission": "admin"}])
def test_another_secret_that_the_file_tells_and_nothing_shows(
    start: Started, ask: Ask, tmp_path: Path, demands: dict[str, Any]
) -> None:
    """What is refused whatever the token, or with its signature accepted, is not blamed on the key by a stale file."""
    refusals = {"answers": {**SPLIT["answers"], "InvalidSignatureError": "401 Unauthorized"}, "rest_demands": {"key": KEY}}
    application = start.python("raw", demands={"key": KEY, **demands}, **refusals)
    truth = {"origins": "origin-refused", "users": "user-unknown", "permission": "permission-missing"}[next(iter(demands))]
    ask(application, truth=(truth,), evidence=told(tmp_path / "run", KEPT="jwt-ws"), budget={"seconds": 8})


def test_a_prefix_that_both_routes_take_off(start: Started, ask: Ask) -> None:
    """REST's prefix is taken off, and the WebSocket's by a rewrite: the file predicts nothing, and the handshake is accepted."""
    rest = "location / { PASS } location /app/ { proxy_pass http://%TO%/; proxy_set_header Host $host; }"
    edge, _, file = fronted(start, f"{rest} location /app/ws {{ rewrite ^/app(/.*) $1 break; PASS }}")
    target = {"ws_url": f"ws://{edge.authority}/app/ws", "health_path": "/app/api/health", "protected_path": "/app/api/auth/me"}
    answer = ask(edge, truth=(), target={**target, "watch_s": 1}, evidence={"configuration": [{"path": str(file)}]})
    assert predictions_in(answer) == []
    answer.is_healthy()
