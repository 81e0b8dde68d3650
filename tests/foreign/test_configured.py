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
