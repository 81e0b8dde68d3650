"""Systems rebuilt from public reports: gateways that judge by a name, frameworks that throw, limits that forget late."""

from __future__ import annotations

import time

import jwt
import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, OTHER_KEY
from tests.foreign.systems import Started

DEMANDS = {"key": KEY}
FEW, AMPLE = {"seconds": 8}, {"seconds": 60}


def test_a_login_page_wants_a_cookie(start: Started, ask: Ask) -> None:
    """oauth2-proxy sends whoever has no session to a login on another host; the token as a cookie is one."""
    server = start.python("public", habit="login-page", demands={**DEMANDS, "carriers": ["cookie"]})
    answer = ask(server, truth=("credential-carrier",), alternatives={"carriers": ["query", "cookie"]}, budget=AMPLE)
    answer.narrows_to("credential-carrier", "edge-strips-credential")
    assert answer.works_with["changes"] == {"carrier": "cookie"}


def test_a_login_page_without_anything_to_try(start: Started, ask: Ask) -> None:
    """The same redirect is no redirect to TLS, nor a missing route."""
    server = start.python("public", habit="login-page", demands={**DEMANDS, "carriers": ["cookie"]})
    ask(server, truth=("credential-carrier", "edge-policy"), budget=FEW).leaves_open("credential-carrier", "edge-policy")


def test_an_origin_that_is_answered_with_a_404(start: Started, ask: Ask) -> None:
    """Rails answers an Origin that it does not know as a page that is not there: nothing says that the route is missing."""
    server = start.python("public", habit="action-cable", demands=DEMANDS)
    answer = ask(server, truth=("origin-refused",), budget=FEW)
    assert "origin-refused" in answer.candidates, answer
    offered = {"origins": ["https://app.example"], "paths": ["/cable"]}
    ask(server, truth=("origin-refused",), alternatives=offered, budget=AMPLE).proves("origin-refused")


def test_a_check_that_throws(start: Started, ask: Ask) -> None:
    """What a middleware throws is a 500 whatever the token is: the check is what it says, and no crash."""
    server = start.python("public", habit="cors-middleware", demands=DEMANDS)
    answer = ask(server, truth=("origin-refused",), budget=FEW)
    assert answer.causes_by_strength == {"origin-refused": "stated"}, answer


def test_a_session_of_another_process(start: Started, ask: Ask) -> None:
    """A balancer without affinity is no cause that is known: nothing is named."""
    ask(start.python("public", habit="sticky"), truth=(), budget=FEW)


def test_an_auth_service_that_sees_headers_alone(start: Started, ask: Ask) -> None:
    """A token in the query is none for Traefik's auth service, and one in a header is."""
    server = start.python("public", habit="forward-auth", demands=DEMANDS)
    answer = ask(
        server,
        truth=("credential-carrier",),
        token={"carrier": "query"},
        alternatives={"carriers": ["authorization", "cookie"]},
        budget=AMPLE,
    )
    assert answer.works_with["changes"] == {"carrier": "authorization"}, answer


def test_a_ticket_that_opens_one_session(start: Started, ask: Ask) -> None:
    """A pasted token is accepted once and never again, and the server says so."""
    now = int(time.time())
    ticket = jwt.encode({"sub": "ada", "iat": now, "exp": now + 900}, KEY, "HS256")
    server = start.python("public", habit="one-time-ticket", demands=DEMANDS, told="ticket has already been used")
    token = {"secret": None, "issued": "env:FOREIGN_TICKET", "claims": {}, "user": None}
    answer = ask(server, truth=("token-reuse",), secrets={"FOREIGN_TICKET": ticket}, token=token, budget=FEW)
    assert answer.causes_by_strength == {"token-reuse": "stated"}, answer


def test_a_scheme_in_small_letters(start: Started, ask: Ask) -> None:
    """A parser that wants `bearer` is found by trying it."""
    server = start.python("public", habit="lower-case", demands={**DEMANDS, "scheme": "bearer"})
    answer = ask(server, truth=("credential-malformed",), alternatives={"schemes": ["JWT", "bearer"]}, budget=AMPLE)
    answer.proves("credential-malformed")


def test_a_token_behind_a_name_among_the_subprotocols(start: Started, ask: Ask) -> None:
    """[access_token, TOKEN] as subprotocols, as browsers send it."""
    server = start.python("public", habit="token-as-subprotocol", demands=DEMANDS)
    answer = ask(
        server,
        truth=("credential-carrier",),
        token={"carrier_name": "access_token"},
        alternatives={"carriers": ["query", "subprotocol-list"]},
        budget=AMPLE,
    )
    assert answer.works_with["changes"] == {"carrier": "subprotocol-list"}, answer


def test_a_transport_in_the_query(start: Started, ask: Ask) -> None:
    """Engine.IO needs two parameters together, and says which one is missing."""
    server = start.python("public", habit="engine-io", demands=DEMANDS)
    paths = ["/ws?EIO=4&transport=websocket", "/socket.io/"]
    answer = ask(server, truth=("protocol-version", "bypass-key"), alternatives={"paths": paths}, budget=AMPLE)
    assert set(answer.works_with["changes"]) == {"query.EIO", "query.transport"}, answer


def test_a_limit_that_forgets_late(start: Started, ask: Ask) -> None:
    """Sockets that are counted for two seconds after their end make a limit look like a rate: neither is proved alone."""
    server = start.python("public", habit="slow-cleanup", limit=6, linger_s=2, demands=DEMANDS)
    ask(server, truth=("connection-limit",), budget=AMPLE).narrows_to("connection-limit", "rate-limited")


@pytest.mark.parametrize("tries", [3, 40])
def test_a_lock_out_after_wrong_tokens(start: Started, ask: Ask, tries: int) -> None:
    """Whoever is shut out for trying is not told that the pace was wrong; where nobody is the key is proved."""
    server = start.python("public", habit="lock-out", tries=tries, demands={"key": OTHER_KEY})
    offered = {"secrets": ["env:FOREIGN_OTHER_KEY"], "claims": {"aud": ["api"]}}
    answer = ask(server, truth=("secret-mismatch",), alternatives=offered, budget={"seconds": 20})
    assert answer.verdict == ("ambiguous" if tries == 3 else "proved"), answer


@pytest.mark.parametrize("paths", [[], ["/live", "/socket"]])
def test_a_page_for_every_path(start: Started, ask: Ask, paths: list[str]) -> None:
    """A single-page application answers 200 to whatever it does not know."""
    server = start.python("public", habit="single-page", demands=DEMANDS)
    answer = ask(server, truth=("route-missing",), alternatives={"paths": paths}, budget=AMPLE if paths else FEW)
    assert answer.verdict == ("proved" if paths else "ambiguous"), answer


def test_an_upgrade_that_nobody_listens_to(start: Started, ask: Ask) -> None:
    """A development proxy that passes on plain requests alone drops the connection."""
    answer = ask(start.python("public", habit="dropped-upgrade"), truth=("edge-blocks-upgrade",), budget=FEW)
    assert "edge-blocks-upgrade" in answer.candidates, answer
