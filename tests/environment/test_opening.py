"""Opening an environment: alone it starts its own system and writes nothing; inside a round it joins the round's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lib.environment import opening
from lib.environment.investigation import Investigation
from lib.environment.opening import open_environment
from lib.environment.results import Results
from lib.parameters import loading as params
from lib.parameters.loading import BadInput
from lib.records.rounds_on_disk import Record


def test_alone_it_starts_the_built_in_system_and_has_no_record() -> None:
    """The parameters then hold the addresses that the system printed."""
    here = open_environment("embedded", 1, {"embedded.faults": []})
    assert here.parameters.target.rest_url == here.addresses["rest_url"]
    assert here.record is None
    assert opening.embedded_alive(here)
    opening.close_all()
    assert opening.embedded_alive(here)  # none is left that could be dead


def test_inside_a_round_it_joins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the round handed on wins over the arguments, and nothing is started."""
    here = open_environment("embedded", 3, {"embedded.faults": []})
    monkeypatch.setenv("INVESTIGATION", json.dumps(json.loads(here.handed_on()) | {"record": str(tmp_path)}))
    joined = open_environment("staging", 1)
    assert joined.parameters == here.parameters
    assert joined.round_number == 3
    assert joined.record is not None
    opening.close_all()


def test_what_is_handed_on_holds_references_and_no_secrets() -> None:
    """The variable that kernels inherit names the keys' variables, never the keys."""
    here = open_environment()
    text = here.handed_on()
    opening.close_all()
    assert "env:EMBEDDED_JWT_SECRET" in text
    assert not any(secret in text for secret in params.known_secrets(here.parameters))


def test_an_address_of_one_s_own_joins_that_system(tmp_path: Path) -> None:
    """`environment: embedded` with addresses starts nothing."""
    path = tmp_path / "joined.yaml"
    path.write_text("environment: embedded\ntarget: {rest_url: 'http://127.0.0.1:1', ws_url: 'ws://127.0.0.1:1/ws'}\n")
    here = open_environment(path)
    assert here.addresses == {}
    assert here.handshake.url == "ws://127.0.0.1:1/ws"


@pytest.mark.parametrize("number", [0, -1, "2", True, 10_000])
def test_a_round_number_that_is_none_is_refused(number: object) -> None:
    """Rounds are numbered from 1 to 9999."""
    with pytest.raises(BadInput, match="round_number"):
        open_environment("embedded", number)  # type: ignore[arg-type]


def test_a_round_s_logs_are_told_again_without_the_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What notebook 03 read stays in the record, so that it re-executes when the log source is gone."""
    export = tmp_path / "export.json"
    export.write_text('[{"insertId": "a", "timestamp": "2026-03-01T12:00:00Z", "severity": "ERROR", "textPayload": "it broke"}]')
    parameters = params.load("staging", {"logs.source": "file", "logs.path": str(export), "token.secret": None})

    def told() -> dict:
        here = Investigation(parameters=parameters, results=Results(record=Record(tmp_path / "round-01")))
        return here.logs([]).as_json()

    first = told()
    export.unlink()
    assert told() == first
    assert first["incidents"][0]["title"] == "it broke"


@pytest.mark.parametrize("source", ['# Parameters\nenviroment = "staging"\n', "# Parameters\nround_number = 2\nround = 3\n"])
def test_a_misspelt_notebook_parameter_is_refused(source: str) -> None:
    """papermill only warns of a name that no notebook has, and the embedded system would be diagnosed instead."""
    with pytest.raises(BadInput, match=r"the notebook parameter (enviroment|round)"):
        opening.check_injected(["environment = 1", source])


def test_what_papermill_puts_in_by_the_right_names_is_accepted() -> None:
    """The three parameters, and whatever people's own cells assign."""
    opening.check_injected(["mine = 1", "# Parameters\nenvironment = 'staging'\nround_number = 2\noverrides = {}\n"])
