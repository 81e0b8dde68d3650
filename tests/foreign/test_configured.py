"""nginx's own file as evidence: what it says comes true in the nginx that runs it, and what is not so names nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
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


@pytest.mark.parametrize(
    ("server", "cause"),
    [
        ("location / { PASS } location /ws { proxy_pass http://%TO%; proxy_set_header Host $host; }", "edge-blocks-upgrade"),
        ("location / { PASS } location /ws { deny all; }", "edge-policy"),
        ('location / { PASS proxy_set_header Authorization ""; }', "edge-strips-credential"),
        ("location / { PASS } location /ws { return 403; }", "edge-policy"),
    ],
)
def test_the_file_that_is_deployed(start: Started, ask: Ask, server: str, cause: str) -> None:
    """What a file says of a handshake is what the handshakes show, so that one cause is named where several explained it."""
    edge, application, file = fronted(start, server, carriers=["authorization", "query"])
    evidence = {"configuration": [{"path": str(file)}]}
    answer = ask(edge, truth=(cause,), evidence=evidence, alternatives={"hosts": [application.authority]})
    assert predictions_in(answer) == [[cause]]
    assert list(answer.causes_by_strength) == [cause], answer
    assert f"{file.name}:" in repr(answer.document)


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


SERVICE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: NAME, annotations: {run.googleapis.com/ingress: INGRESS, run.googleapis.com/iap-enabled: 'IAP'}}
spec:
  template:
    spec:
      containers:
      - ports: [{name: http1, containerPort: 8080}]
        env: [{name: JWT_SECRET, valueFrom: {secretKeyRef: {name: SECRET, key: '1'}}}]
"""
AT = "status: {url: 'https://HOST'}\n"
INVOKERS = '{"bindings": [{"role": "roles/run.invoker", "members": ["MEMBER"]}], "etag": "x", "version": 1}'


def written(folder: Path, **changed: str) -> dict[str, Any]:
    """Cloud Run's own files of a REST and a WebSocket service, the latter with these words changed."""
    folder.mkdir()
    usual = {"INGRESS": "all", "IAP": "false", "SECRET": "jwt", "MEMBER": "allUsers"}
    for name, words in (("backend", usual), ("websocket", {**usual, **changed})):
        text, policy = SERVICE + (AT if "HOST" in words else ""), INVOKERS
        for word, value in {**words, "NAME": name}.items():
            text, policy = text.replace(word, value), policy.replace(word, value)
        (folder / f"{name}.yaml").write_text(text)
        (folder / f"{name}-policy.json").write_text(policy)
    return {"configuration": [{"path": str(folder)}]}


PLATFORM = {
    "ingress": {"INGRESS": "internal", "HOST": "127.0.0.1"},
    "invoker": {"MEMBER": "group:staff@example.com"},
    "iap": {"IAP": "true"},
}


@pytest.mark.parametrize("kind", PLATFORM)
def test_what_the_platform_refuses_before_the_service(start: Started, ask: Ask, tmp_path: Path, kind: str) -> None:
    """Ingress, invoker and identity proxy: the platform's page is what the file predicts, and past it nothing is refused."""
    application = start.python("raw", demands={"key": KEY}, platform=kind)
    answer = ask(application, truth=("edge-policy",), evidence=written(tmp_path / "run", **PLATFORM[kind]))
    assert predictions_in(answer) == [["edge-policy"]]
    assert list(answer.causes_by_strength) == ["edge-policy"], answer


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
    answer = ask(application, truth=("route-missing",), evidence=written(tmp_path / "run", **changed), budget={"seconds": 8})
    assert answer.causes_by_strength == {}, answer
    assert {"edge-policy", "route-missing"} <= set(answer.document["candidates"])


@pytest.mark.parametrize("kind", PLATFORM)
def test_what_the_platform_no_longer_refuses(start: Started, ask: Ask, tmp_path: Path, kind: str) -> None:
    """The same file beside a service that has been opened since is asked about; the file of the opened one says nothing."""
    application = start.python("raw", demands={"key": KEY})
    stale = ask(application, truth=(), evidence=written(tmp_path / "stale", **PLATFORM[kind]), target={"watch_s": 1})
    stale.is_healthy()
    assert any("is this the deployed revision?" in lead["because"] for lead in stale.leads), stale.leads


SPLIT = {"answers": {"no token": "401 Unauthorized", "DecodeError": "401 Unauthorized"}, "rest_demands": {"key": KEY}}


def test_another_secret_that_the_file_tells_and_the_token_shows(start: Started, ask: Ask, tmp_path: Path) -> None:
    """REST takes the token, the handshake refuses it as one with an invented signature: the file names the cause."""
    application = start.python("raw", demands={"key": "quite-another-key-0123456789-0123456789"}, **SPLIT)
    answer = ask(application, truth=("secret-mismatch",), evidence=written(tmp_path / "run", SECRET="jwt-ws"))
    assert answer.causes_by_strength == {"secret-mismatch": "stated"}, answer


@pytest.mark.parametrize("demands", [{"origins": ["https://app.example"]}, {"users": {}}, {"permission": "admin"}])
def test_another_secret_that_the_file_tells_and_nothing_shows(
    start: Started, ask: Ask, tmp_path: Path, demands: dict[str, Any]
) -> None:
    """What is refused whatever the token, or with its signature accepted, is not blamed on the key by a stale file."""
    refusals = {"answers": {**SPLIT["answers"], "InvalidSignatureError": "401 Unauthorized"}, "rest_demands": {"key": KEY}}
    application = start.python("raw", demands={"key": KEY, **demands}, **refusals)
    truth = {"origins": "origin-refused", "users": "user-unknown", "permission": "permission-missing"}[next(iter(demands))]
    ask(application, truth=(truth,), evidence=written(tmp_path / "run", SECRET="jwt-ws"), budget={"seconds": 8})


@pytest.mark.parametrize("repaired", [False, True])
def test_a_prefix_that_one_of_two_routes_keeps(start: Started, ask: Ask, repaired: bool) -> None:
    """REST's prefix is taken off and the WebSocket's is not: the path that the file proposes proves it."""
    kept = "" if not repaired else "rewrite ^/app(/.*) $1 break; "
    rest = "location / { PASS } location /app/ { proxy_pass http://%TO%/; proxy_set_header Host $host; }"
    server = f"{rest} location /app/ws {{ {kept}PASS }}"
    edge, _, file = fronted(start, server)
    target = {"ws_url": f"ws://{edge.authority}/app/ws", "health_path": "/app/api/health", "protected_path": "/app/api/auth/me"}
    evidence = {"configuration": [{"path": str(file)}]}
    truth = () if repaired else ("route-missing",)
    answer = ask(edge, truth=truth, target={**target, "watch_s": 1}, evidence=evidence, budget={"seconds": 8})
    assert predictions_in(answer) == ([] if repaired else [["route-missing"]])
    assert answer.verdict == ("healthy" if repaired else "proved"), answer
    assert set(answer.causes_by_strength) == set(truth), answer
