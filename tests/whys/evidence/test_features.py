"""What shows that a path is known, and what does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lib.facts import Observation
from lib.whys.catalogue.index import CATALOGUE
from lib.whys.evidence.features import learned
from lib.whys.evidence.observations import ObservationLog
from lib.whys.evidence.refusal import Refusal
from tests.whys.world import BEGAN, context

PAGE = "<h1>404 Not Found</h1>"
JSON = '{"detail":"Not Found"}'
"""What an edge and an application say of a path that they do not know."""


def answer(name: str, status: int, body: str = "", **factors: Any) -> Observation:
    """A handshake (h) or a plain GET (r), as it was answered."""
    kind = "handshake" if name[0] == "h" else "rest"
    asked = factors if kind == "handshake" else {"request": "plain", **factors}
    rung = "upgrade" if kind == "handshake" else "http"
    return Observation(id=name, kind=kind, factors=asked, rung=rung, status=status, body_excerpt=body, at=BEGAN)


CASES = {
    "a route that asks a plain GET for an upgrade": (401, (404, JSON), (426, ""), (404, JSON), True),
    "the same in words": (401, (404, JSON), (400, 'Can "Upgrade" only to "WebSocket".'), (404, JSON), True),
    "one application that knows no GET at either": (403, (400, "no"), (404, JSON), (404, JSON), True),
    "an application behind an edge that has no such route": (403, (404, PAGE), (404, JSON), (404, PAGE), False),
    "a route for HTTP alone behind such an edge": (403, (404, PAGE), (200, "hello"), (404, PAGE), False),
    "an edge that passes no upgrade on at other paths": (403, (404, JSON), (404, JSON), (404, JSON), False),
    "no plain GET at the other path": (403, (400, "no"), (404, JSON), None, False),
}
"""What the handshake gets; that at an impossible path; a plain GET here and there; and whether the path is known by it."""


@pytest.mark.parametrize("case", CASES)
def test_a_path_is_known_only_by_who_answers_both(case: str) -> None:
    """An edge that sends each path to another server lets an impossible path be answered otherwise, known or not."""
    status, there, plain, plain_there, known = CASES[case]
    given = replace(context(), has_logs=False)
    log, path = ObservationLog(given), given.impossible_path
    log.add([answer("h1", status), answer("h2", *there, path=path), answer("r1", *plain)])
    log.add([answer("r2", *plain_there, path=path)] if plain_there else [])
    assert ("path-known" in learned(Refusal(log))) is known
    assert "path-known" in CATALOGUE["route-missing"].refuted_by
