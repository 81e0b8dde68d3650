"""A handshake that was not sent for want of a token, as a document."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lib.cli.text import diagnosis_text
from lib.clients.credentials.got import NoToken
from lib.facts import Exchange
from lib.figures import whys as show
from lib.figures.display.table import text_of
from lib.reports.answer import badge
from lib.reports.report import verdict_in_words
from lib.whys.unasked import unasked

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOGIN = Exchange(
    id="1", of="probe", kind="rest", label="token.oauth2", method="POST", url="https://login.example/token", rung="http",
    status=401, headers=(("x-a", "1"), ("x-a", "2")), body_excerpt='{"error": "invalid_client"}', elapsed_ms=3, at=NOW,
)  # fmt: skip


def test_a_refused_login_is_a_finding_in_its_own_words() -> None:
    """It is no stage of the handshake; the request for the token is what was observed, and it names no cause."""
    error = NoToken("token.oauth2", "refused with 401: invalid_client", refused=True, exchange=LOGIN, advice="client_id")
    document = unasked(error, environment="staging", at=NOW, until=NOW).as_json()
    assert (document["verdict"], document["symptom"]["rung"], document["symptom"]["status"]) == ("ambiguous", None, 401)
    assert "invalid_client; to look at: client_id" in document["symptom"]["description"]
    (seen,) = document["observations"]
    assert (seen["kind"], seen["rung"], seen["headers"], seen["factors"]) == (
        "rest",
        "http",
        {"x-a": "1, 2"},
        {"request": "login"},
    )
    assert document["whys"][0]["evidence"] == [seen["id"]]
    assert (document["causes"], document["candidates"], document["excluded"]) == ([], [], [])


@pytest.mark.parametrize("refused", [True, False])
def test_everybody_is_told_the_same(refused: bool) -> None:
    """Terminal, notebook, report: the handshake was not sent, and why; nobody speaks of causes that are left open."""
    error = NoToken("token.login", "POST /login refused with 401", refused=refused)
    document = unasked(error, environment="staging", at=NOW, until=NOW).as_json()
    shown = [diagnosis_text(document), verdict_in_words(document), str(show.answer(document)._repr_markdown_())]
    shown.append(str(show.symptom(document)._repr_markdown_()))
    assert ["token" in one and "causes open" not in one for one in shown] == [True] * len(shown)
    assert ["refused with 401" in one for one in (shown[0], shown[1], shown[3])] == [True] * 3
    assert badge(document) == "not asked: no token"
    assert document["verdict"] == ("ambiguous" if refused else "unreachable")
    assert text_of(document["spent"])
