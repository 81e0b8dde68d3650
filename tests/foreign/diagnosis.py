"""Runs the command on a foreign system as anybody would, and holds every answer to what the contract promises of all of them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from lib.__main__ import main
from lib.whys.catalogue.index import CATALOGUE

KEY = "the-key-that-the-service-verifies-with-0123456789"
OTHER_KEY = "another-key-that-nobody-verifies-with-9876543210"
OF_A_USER = ("user-unknown", "user-inactive", "permission-missing", "connection-limit")
"""What may be wrong with one subject only, when another is accepted."""
DECIDED = {"proved", "logged", "stated", "inferred"}
OPEN = {"narrowed", "ambiguous"}
STATUS = {"healthy": 0, "unreachable": 3}


class Answer:
    """What the command said of a system."""

    def __init__(self, out: str, error: str, status: int, took_s: float, parameters: Mapping[str, Any]):
        assert out, error
        self.document: dict[str, Any] = json.loads(out)
        self.status, self.text, self.took_s, self.parameters = status, out + error, took_s, parameters

    def __getattr__(self, name: str) -> Any:
        return self.document[name]

    def __repr__(self) -> str:
        said = (
            f"{self.verdict} causes={self.causes_by_strength} candidates={self.candidates} spent={self.spent} "
            f"symptom={self.symptom}"
        )
        return "\n".join([said, *(f"  {name}: {item['id']} {item['because']}" for name, item in self.by_id.items())])

    @property
    def by_id(self) -> dict[str, dict[str, Any]]:
        return {cause["id"]: cause for cause in self.causes}

    @property
    def causes_by_strength(self) -> dict[str, str]:
        return {cause["id"]: cause["strength"] for cause in self.causes}

    @property
    def excluded_ids(self) -> set[str]:
        return {item["id"] for item in self.excluded}

    def proves(self, *ids: str) -> None:
        """Exactly these causes, each proved."""
        assert self.causes_by_strength == dict.fromkeys(ids, "proved"), self
        assert self.verdict == "proved", self
        assert self.minimal_pair is not None, self

    def narrows_to(self, *ids: str) -> None:
        """The change is proved, and exactly these causes explain it."""
        assert self.verdict == "narrowed", self
        assert set(self.candidates) == set(ids), self
        assert self.minimal_pair is not None, self
        assert self.works_with["accepted"] > 0, self

    def leaves_open(self, *ids: str) -> None:
        """Exactly these candidates."""
        assert self.verdict == "ambiguous", self
        assert set(self.candidates) == set(ids), self

    def leaves_open_at_least(self, *ids: str, without: Iterable[str] = (), at_most: int = 33) -> None:
        """A set that holds these candidates, not those, and no more than so many."""
        assert self.verdict in OPEN, self
        assert set(ids) <= set(self.candidates), (set(ids) - set(self.candidates), self)
        assert not set(without) & set(self.candidates), self
        assert len(self.candidates) <= at_most, self

    def is_healthy(self) -> None:
        """Nothing found."""
        assert (self.verdict, self.causes, self.candidates, self.symptom) == ("healthy", [], [], None), self


def parameters_for(authority: str, *, rest: str | None = None, **groups: Any) -> dict[str, Any]:
    """Parameters for a system at this authority; each group is laid over what all tests share."""
    document: dict[str, Any] = {
        "environment": "foreign",
        "target": {"rest_url": f"http://{rest or authority}", "ws_url": f"ws://{authority}/ws", "timeout_s": 3},
        "token": {
            "secret": "env:FOREIGN_KEY",
            "claims": {"iss": "login", "aud": "sockets", "permissions": ["websocket"]},
            "user": "ada",
        },
        "budget": {"handshakes": 120, "seconds": 24},
    }
    for name, group in groups.items():
        document[name] = {**document.get(name, {}), **group} if isinstance(group, dict) else group
    return document


def diagnose(
    parameters: Mapping[str, Any], folder: Path, *, truth: Iterable[str], secrets: Mapping[str, str] | None = None
) -> Answer:
    """The command's answer, held to what is true of every answer.

    `truth`: the causes that may be named of the system; empty where none may be.
    """
    file = folder / "params.yaml"
    file.write_text(yaml.safe_dump(dict(parameters)))
    keys = {"FOREIGN_KEY": KEY, "FOREIGN_OTHER_KEY": OTHER_KEY, **(secrets or {})}
    answer = _run(["whys", "-f", str(file), "--json", "-"], keys, parameters)
    _is_honest(answer, set(truth))
    _is_consistent(answer)
    for name, value in keys.items():
        assert len(value) < 6 or value not in answer.text, f"the value of {name} is in the output"
    assert not re.search(r"eyJ[\w-]{26}", answer.text), "a token is in the output"
    return answer


def _run(command: list[str], variables: Mapping[str, str], parameters: Mapping[str, Any]) -> Answer:
    """The command in this process, which spares a hundred starts of the interpreter, in an environment of its own."""
    before = dict(os.environ)
    out, error, began_s = io.StringIO(), io.StringIO(), time.monotonic()
    for name in [name for name in before if "proxy" in name.lower()]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            status = main(command)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return Answer(out.getvalue(), error.getvalue(), status, time.monotonic() - began_s, parameters)


def _is_honest(answer: Answer, truth: set[str]) -> None:
    truth = truth & CATALOGUE.keys()  # what no cause of the catalogue is cannot be named, and nothing else may be
    if not truth:
        assert answer.verdict in {"healthy", "unreachable", *OPEN}, answer
        return
    assert answer.verdict in DECIDED | OPEN, answer
    assert set(answer.causes_by_strength) <= truth, f"wrong causes: {answer}"
    assert not truth <= answer.excluded_ids, f"the truth is excluded: {answer}"
    if answer.verdict in OPEN:
        assert truth & set(answer.candidates), f"the truth is not among the candidates: {answer}"


def _is_consistent(answer: Answer) -> None:
    """What section 3 of the contract says of each document."""
    assert answer.status == STATUS.get(answer.verdict, 1), answer
    assert bool(answer.causes) == (answer.verdict in DECIDED), answer
    assert bool(answer.candidates) <= (answer.verdict in OPEN), answer
    known = {seen["id"] for seen in answer.observations}
    cited = [name for cause in answer.causes for name in cause["evidence"]]
    cited += [name for item in answer.excluded for name in item["by"]] + [name for why in answer.whys for name in why["evidence"]]
    assert set(cited) <= known, set(cited) - known
    assert len(answer.whys) <= 5, answer
    budget = answer.parameters["budget"]
    assert answer.spent["handshakes"] <= budget["handshakes"], answer
    assert answer.spent["rest_requests"] <= budget["handshakes"], answer
    assert answer.spent["seconds"] <= budget["seconds"] + 3, answer  # a slow machine writes down what it has just seen
    assert answer.took_s <= budget["seconds"] + 15, answer
    if answer.minimal_pair:
        pair = {seen["id"]: seen for seen in answer.observations}
        refused, accepted = pair[answer.minimal_pair["refused"]], pair[answer.minimal_pair["accepted"]]
        assert accepted["status"] == 101, answer
        assert refused["id"] != accepted["id"], answer
        assert answer.minimal_pair["difference"], answer
