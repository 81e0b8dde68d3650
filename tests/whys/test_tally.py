"""What is told of the same handshake where it did not always go the same way, and of what a healthy end must not hide."""

from __future__ import annotations

from typing import Any

import pytest

from lib.cli.text import diagnosis_text, headline
from lib.whys.tally import but, inconstant, remarks
from tests.whys.world import World, context, diagnosed

PASSED, REFUSED, NAMED = ("session", 101, ""), ("upgrade", 403, ""), ("upgrade", 401, '{"detail": "wrong audience"}')


def handshakes(*outcomes: tuple[str, int | None, str], **factors: Any) -> list[dict[str, Any]]:
    """Handshakes as a document has them, h1 first, each with the same factors."""
    common = {"kind": "handshake", "factors": factors, "close_code": None, "headers": {}, "elapsed_ms": 1.0}
    return [
        {**common, "id": f"h{number}", "rung": rung, "status": status, "body_excerpt": body}
        for number, (rung, status, body) in enumerate(outcomes, 1)
    ]


def document(*observations: dict[str, Any], verdict: str = "ambiguous") -> dict[str, Any]:
    """A diagnosis with these observations."""
    return {
        "verdict": verdict,
        "symptom": {"status": 403, "description": "HTTP 403"},
        "observations": list(observations),
        "candidates": [],
        "causes": [],
    }


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ((PASSED, REFUSED, PASSED), "the same handshake is now accepted, now refused (accepted 2 of 3 times)"),
        ((PASSED, PASSED, REFUSED), "the same handshake was accepted at first (2 times) and refused since (once)"),
        ((REFUSED, PASSED, PASSED), "the same handshake was refused at first (once) and accepted since (2 times)"),
        ((REFUSED, NAMED), None),
        ((PASSED, PASSED), None),
    ],
)
def test_acceptances_beside_refusals_are_counted(outcomes: tuple[Any, ...], said: str | None) -> None:
    """And told in the order in which they came."""
    assert inconstant(document(*handshakes(*outcomes))) == said


def test_a_refusal_that_changes_its_face_is_told_with_its_words() -> None:
    """What a deployment says half-way through stands beside the symptom, which is the first refusal."""
    ((said, by),) = remarks(document(*handshakes(REFUSED, REFUSED, NAMED)))
    assert said.startswith("the refusal changed while it was looked at: HTTP 403 (2 times, first h1), then HTTP 401 saying")
    assert ("wrong audience" in said, by) == (True, ("h1", "h3"))
    ((said, _),) = remarks(document(*handshakes(REFUSED, NAMED, REFUSED)))
    assert said.startswith("refused in 2 ways, in turn")


def test_an_acceptance_that_proves_nothing_yet_is_told() -> None:
    """A change that helped now and then is no cause, and no secret either."""
    helped = handshakes(PASSED, REFUSED, key="env:OTHER")
    found = [said for said, _ in remarks(document(*handshakes(REFUSED, REFUSED), *helped))]
    assert found == ["with signing key: env:OTHER accepted 1 of 2 times, as configured 0 of 2 times; that is no proof yet"]
    assert remarks(document(*handshakes(REFUSED, PASSED), *helped)) == []


def test_our_own_pace_is_told_with_the_pause_that_the_server_asks_for() -> None:
    """Where 429 came between, what those handshakes were to show is not known."""
    (turned,) = handshakes(("upgrade", 429, ""), origin="https://a.example")
    turned["headers"] = {"retry-after": "30"}
    ((said, _),) = remarks(document(*handshakes(REFUSED), turned))
    assert said == (
        "1 of 2 handshakes were answered 429, which asks to be left alone (Retry-After: 30); what these were to show is not known"
    )


def test_healthy_does_not_hide_a_dead_address_or_a_health_route_that_fails() -> None:
    """Both stand in the headline."""
    health = {"id": "r1", "kind": "rest", "factors": {"request": "health"}, "rung": "http", "status": 503}
    asked = handshakes(("tcp", None, ""), address="::1")
    found = document(*handshakes(PASSED), *asked, health, verdict="healthy")
    assert but(found) == ", but no connection is made at ::1, one of the name's addresses and the health route answered 503"
    assert headline(found) == f"healthy: the configured handshake is accepted{but(found)}"
    assert but(document(*handshakes(PASSED), {**health, "status": 204}, verdict="healthy")) == ""


@pytest.mark.parametrize(("status", "said"), [(404, ""), (426, ""), (None, ""), (503, ", but the health route answered 503")])
def test_a_health_route_that_was_only_guessed_need_not_be_there(status: int | None, said: str) -> None:
    """What has none is as healthy; where it fails, somebody is there who fails."""
    health = {"id": "r1", "kind": "rest", "factors": {"request": "health"}, "rung": "http", "status": status}
    found = document(*handshakes(PASSED), health, verdict="healthy")
    assert but({**found, "guessed": {"health_path": "/api/health"}}) == said
    assert "the health route" in but(found)


def test_the_first_line_tells_that_it_is_now_accepted_now_refused() -> None:
    """Whoever reads one line alone does not look for a cause that would always refuse."""
    found = diagnosed(World([], seed=5, refuses=0.3), context()).as_json()
    assert found["verdict"] == "ambiguous"
    assert diagnosis_text(found).startswith("ambiguous: the same handshake is now accepted, now refused (accepted ")
