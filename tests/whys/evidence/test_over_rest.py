"""What plain HTTP tells beside the handshake."""

from __future__ import annotations

from typing import Any

import pytest

from lib.facts import Observation
from lib.whys.evidence.leads import leads
from tests.whys.evidence.test_stated import log_of, refusal


def rest(number: int, request: str, status: int, *, headers: Any = None, **factors: Any) -> Observation:
    """An answer over REST."""
    asked = {"request": request, **factors}
    return Observation(id=f"r{number}", kind="rest", factors=asked, rung="http", status=status, headers=headers or {})


HEALTHY = rest(1, "health", 200)
LISTED = {"access-control-allow-origin": "https://app.elsewhere.example", "vary": "Origin"}


@pytest.mark.parametrize(
    ("cause", "answers"),
    [
        ("auth-service-down", [rest(2, "protected", 503), rest(3, "protected", 401, credential="none")]),
        ("service-identity", [rest(2, "protected", 401)]),
        ("secret-mismatch", [rest(2, "protected", 403)]),
        ("route-missing", [rest(2, "plain", 404)]),
        ("origin-refused", [rest(2, "plain", 426, headers=LISTED)]),
        ("origin-refused", [rest(2, "plain", 426, headers={"vary": "Accept, Origin"})]),
    ],
)
def test_what_http_answers_leads(cause: str, answers: list[Observation]) -> None:
    """An answer over plain HTTP that fits a cause is a lead to it, in words and with its observation."""
    found = leads(log_of(refusal(1, ""), HEALTHY, *answers, origin="https://app.example"), (cause,))
    assert [lead.id for lead in found] == [cause]
    assert "r2" in found[0].evidence
    assert " " in found[0].because


@pytest.mark.parametrize(
    ("cause", "answers"),
    [
        ("auth-service-down", [rest(2, "protected", 503), rest(3, "protected", 503, credential="none")]),
        ("secret-mismatch", [rest(2, "protected", 200)]),
        ("route-missing", [rest(2, "plain", 426)]),
        ("origin-refused", [rest(2, "plain", 426, headers={"access-control-allow-origin": "https://app.example"})]),
        ("origin-refused", [rest(2, "plain", 426, headers={"access-control-allow-origin": "*"})]),
        ("origin-refused", [rest(2, "plain", 426)]),
    ],
)
def test_what_http_answers_to_everybody_leads_nowhere(cause: str, answers: list[Observation]) -> None:
    """What is answered without the credential too, or says nothing of origins, speaks for nothing."""
    assert leads(log_of(refusal(1, ""), HEALTHY, *answers, origin="https://app.example"), (cause,)) == ()
