"""Django Channels on daphne: refusals before the accept are 403, an unknown route a 500 of the router, the Origin a wrapper's
affair."""

from __future__ import annotations

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started

AT_SLASH = {"token": {"carrier": "query"}}


def test_the_origin_validator(start: Started, ask: Ask) -> None:
    """AllowedHostsOriginValidator refuses an Origin that is not among the allowed hosts."""
    server = start.python(
        "channels",
        route=r"^ws$",
        demands={"key": KEY, "carriers": ["query"]},
        validate_origin=True,
        allowed_hosts=["app.example", "127.0.0.1"],
    )
    answer = ask(
        server,
        truth=("origin-refused",),
        target={"origin": "https://evil.example"},
        alternatives={"origins": ["https://app.example"], "claims": {"aud": ["api"]}},
        **AT_SLASH,
    )
    answer.proves("origin-refused")


def test_the_token_is_read_from_the_query(start: Started, ask: Ask) -> None:
    """The usual JWT middleware of Channels reads the query: a header is the wrong carrier, or was eaten on the way."""
    server = start.python("channels", route=r"^ws$", demands={"key": KEY, "carriers": ["query"]})
    answer = ask(server, truth=("credential-carrier",), alternatives={"carriers": ["cookie", "query"]})
    assert {*answer.causes_by_strength, *answer.candidates} <= {"credential-carrier", "edge-strips-credential"}, answer


def test_a_route_that_is_not_there(start: Started, ask: Ask) -> None:
    """A 500 for the configured path and for one that cannot exist alike: the route is among what is open."""
    server = start.python("channels", route=r"^chat/$", demands={"key": KEY})
    answer = ask(server, truth=("route-missing", "server-error"), budget={"seconds": 5})
    assert "route-missing" in {*answer.causes_by_strength, *answer.candidates}, answer


def test_slash_and_audience_together(start: Started, ask: Ask) -> None:
    """Django's routes end in a slash; without it the router raises, and hides a wrong audience: both changes are proved, and
    what a router that raises means is left open."""
    server = start.python("channels", demands={"key": KEY, "audience": "backend"})
    answer = ask(
        server, truth=("route-missing", "audience-mismatch"), alternatives={"paths": ["/ws/"], "claims": {"aud": ["backend"]}}
    )
    answer.narrows_to("route-missing", "audience-mismatch", "server-error")


def test_healthy(start: Started, ask: Ask) -> None:
    """Path, Origin and token as the application wants them."""
    server = start.python(
        "channels",
        route=r"^ws$",
        demands={"key": KEY, "carriers": ["query"]},
        validate_origin=True,
        allowed_hosts=["app.example", "127.0.0.1"],
    )
    ask(server, truth=(), target={"origin": "https://app.example"}, **AT_SLASH).is_healthy()


def test_a_django_host_that_is_not_allowed_answers_rest_only(start: Started, ask: Ask) -> None:
    """REST answers 400 to every request (ALLOWED_HOSTS), the WebSocket is fine: healthy is what the handshake says."""
    server = start.python("channels", route=r"^ws$", demands={"key": KEY}, allowed_hosts=["only.example"])
    ask(server, truth=()).is_healthy()
