"""Envoy's own file as evidence: what it says comes true in the Envoy that runs it, and what is not so names nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.findings import UPGRADES
from tests.foreign.systems import Started, System
from tests.foreign.test_configured import predictions_in

IDLE_S = 2


def fronted(start: Started, **said: str) -> tuple[System, dict[str, Any]]:
    """Envoy before an application, and the file as evidence."""
    application = start.python("starlette", demands={"key": KEY})
    edge = start.envoy(application.authority, **said)
    return edge, {"configuration": [{"path": str(edge.seen_path.with_suffix(".yaml"))}]}


def test_what_envoy_itself_answers_agrees_with_the_file(start: Started, ask: Ask) -> None:
    """Nobody knows a way past Envoy: its own empty 403 beside a plain GET that it passes on bears the file out."""
    edge, evidence = fronted(start)
    answer = ask(edge, truth=("edge-blocks-upgrade",), evidence=evidence, budget={"seconds": 8})
    assert answer.causes_by_strength == {"edge-blocks-upgrade": "stated"}, answer
    without = ask(edge, truth=("edge-blocks-upgrade",), budget={"seconds": 8})
    assert (without.causes_by_strength, without.document["leads"][0]["id"]) == ({}, "edge-blocks-upgrade"), without


def test_a_quiet_session_is_ended_as_the_file_says(start: Started, ask: Ask) -> None:
    """The route's idle_timeout ends a session that is left quiet for longer."""
    edge, evidence = fronted(start, manager=UPGRADES, route=f"idle_timeout: {IDLE_S}s")
    target = {"idle_s": IDLE_S + 1, "watch_s": 1}
    answer = ask(edge, truth=("idle-closed",), evidence=evidence, target=target)
    assert predictions_in(answer) == [["idle-closed"]]
    assert list(answer.causes_by_strength) == ["idle-closed"], answer


def test_another_file_than_the_one_that_is_deployed(start: Started, ask: Ask, tmp_path: Path) -> None:
    """A healthy Envoy beside a file without upgrades is healthy, and asks whether the file is what runs."""
    edge, evidence = fronted(start, manager=UPGRADES)
    stale = tmp_path / "stale.yaml"
    stale.write_text(Path(evidence["configuration"][0]["path"]).read_text().replace(UPGRADES, ""))
    answer = ask(edge, truth=(), evidence={"configuration": [{"path": str(stale)}]}, target={"watch_s": 1})
    answer.is_healthy()
    assert any("is this the deployed revision?" in lead["because"] for lead in answer.leads), answer.leads
