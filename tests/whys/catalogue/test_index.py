"""The catalogue: complete, in the contract's order, and its log signatures recognise what libraries really write."""

from __future__ import annotations

import re

import pytest

from lib.whys.catalogue.cause import LogPattern
from lib.whys.catalogue.index import AREAS, CATALOGUE, TWINS
from lib.whys.evidence.words import named_in

LINES = [(cause.id, pattern) for cause in CATALOGUE.values() for pattern in cause.log_patterns]


def test_it_has_the_causes_of_the_contract() -> None:
    """Each cause has a layer, an area, a why, a remedy and what would split it."""
    assert all(cause.area in AREAS and cause.layer for cause in CATALOGUE.values())
    assert all(cause.why and cause.remedy and cause.set_to_split and cause.means for cause in CATALOGUE.values())


def test_twins_are_computed_and_have_an_advice() -> None:
    """Causes that no change of the client splits say what would."""
    assert frozenset({"user-unknown", "user-inactive"}) in TWINS
    assert all(TWINS.values())


@pytest.mark.parametrize(("cause", "pattern"), LINES, ids=lambda value: getattr(value, "example", value))
def test_a_pattern_recognises_the_line_that_it_was_written_for(cause: str, pattern: LogPattern) -> None:
    """The line matches this very pattern, and no other cause's."""
    assert re.search(pattern.regex, pattern.example, re.IGNORECASE)
    assert named_in(pattern.example) == (cause,)


FURTHER = {
    "TokenExpiredError: jwt expired": "token-expired",
    "jwt audience invalid. expected: live": "audience-mismatch",
    "NotBeforeError: jwt not active": "clock-skew",
    "Unexpected signing method: HS256": "algorithm-mismatch",
    "limiting requests: rate limit exceeded for 10.0.0.1": "rate-limited",
    "auth service at http://auth:8081 unreachable: connection refused": "auth-service-down",
}
"""Lines of libraries and proxies beside those that the patterns were written for."""


@pytest.mark.parametrize("line", FURTHER)
def test_a_line_names_its_cause_and_no_other(line: str) -> None:
    """What a library writes is recognised, and by one cause only."""
    assert named_in(line) == (FURTHER[line],)


GENERAL = """Token validation successful
connection open
GET /ws 403
authentication failed
closing with 1008
Token invalid or expired
Missing or malformed token
Handshake failed: signature, issuer or audience not valid
Authentication required
Missing X-Request-ID header, generated one
rate limit ok: remaining 99
No route to host 10.0.0.1
circuit breaker half-open"""


@pytest.mark.parametrize("line", GENERAL.splitlines())
def test_a_general_line_names_nothing(line: str) -> None:
    """Lines that every service writes name no cause."""
    assert not named_in(line)
