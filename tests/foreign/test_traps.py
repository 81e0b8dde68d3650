"""Alternatives that lift a refusal for another reason than the obvious one: nothing may be proved by them."""

from __future__ import annotations

import pytest

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, passing

OTHER = {"secret": "env:FOREIGN_OTHER_KEY"}


def test_a_path_that_lets_everybody_in(start: Started, ask: Ask) -> None:
    """A public socket beside the one that is meant says nothing of why that one refuses."""
    server = start.python("starlette", demands={"key": KEY})
    answer = ask(server, truth=("secret-mismatch",), token=OTHER, alternatives={"paths": ["/public"]}, budget={"seconds": 7})
    assert answer.verdict == "ambiguous", answer


def test_a_path_that_lets_everybody_in_where_404_means_no(start: Started, ask: Ask) -> None:
    """The same with a service that hides behind 404 from whoever has no right to it."""
    hidden, public = start.python("raw", refusal="404 Not Found", demands={"key": KEY}), start.python("raw", demands={})
    open_ = f"location /open {{ rewrite ^ /ws break; {passing(public.authority)} }}"
    edge = start.nginx(f"location / {{ {passing(hidden.authority)} }} {open_}")
    answer = ask(edge, truth=("secret-mismatch",), token=OTHER, alternatives={"paths": ["/open"]}, budget={"seconds": 7})
    assert answer.verdict == "ambiguous", answer


def test_another_system_with_the_route(start: Started, ask: Ask) -> None:
    """REST and WebSocket live on two hosts, and the WebSocket's address is the wrong one: no edge blocks anything."""
    server, neighbour = (
        start.python("aiohttp", demands={"key": KEY}, path="/elsewhere"),
        start.python("aiohttp", demands={"key": KEY}),
    )
    answer = ask(server, truth=("route-missing",), alternatives={"hosts": [neighbour.authority]}, budget={"seconds": 7})
    assert "route-missing" in {*answer.causes_by_strength, *answer.candidates}, answer


def test_a_service_whose_clock_is_ahead(start: Started, ask: Ask) -> None:
    """For a service three hours ahead each token has expired."""
    server = start.python("starlette", demands={"key": KEY, "clock_s": 3 * 3600})
    answer = ask(server, truth=("token-expired",), budget={"seconds": 7})
    assert "token-expired" in {*answer.causes_by_strength, *answer.candidates}, answer


@pytest.mark.parametrize("window_s", [0.2, 0.3])
def test_a_server_that_changes_its_mind_by_the_clock(start: Started, ask: Ask, window_s: float) -> None:
    """Open and closed in turn, by time: never a proof of what was changed meanwhile."""
    server = start.python("raw", behaviour="windows", window_s=window_s, demands={"key": KEY})
    alternatives = {"secrets": ["env:FOREIGN_OTHER_KEY"], "claims": {"aud": ["api", "backend"]}, "paths": ["/ws/"]}
    ask(server, truth=("mixed-revisions", "startup-race", "rate-limited", "connection-limit"), alternatives=alternatives)


def test_a_header_that_switches_the_check_off(start: Started, ask: Ask) -> None:
    """A test header that lets anybody in lifts a wrong key as well: it was not missing."""
    application = start.python("starlette", demands={"key": KEY})
    pass_on = passing(application.authority)
    edge = start.nginx(
        f"location / {{ {pass_on} }} location /ws {{ if ($http_x_test_mode) {{ rewrite ^ /public break; }} {pass_on} }}"
    )
    answer = ask(
        edge, truth=("secret-mismatch",), token=OTHER, alternatives={"headers": [{"X-Test-Mode": "1"}]}, budget={"seconds": 7}
    )
    assert answer.verdict == "ambiguous", answer


def test_such_a_header_beside_the_right_key(start: Started, ask: Ask) -> None:
    """The same with the right key on offer: the key is proved, not the header."""
    application = start.python("starlette", demands={"key": KEY})
    pass_on = passing(application.authority)
    edge = start.nginx(
        f"location / {{ {pass_on} }} location /ws {{ if ($http_x_test_mode) {{ rewrite ^ /public break; }} {pass_on} }}"
    )
    alternatives = {"headers": [{"X-Test-Mode": "1"}], "secrets": ["env:FOREIGN_KEY"]}
    ask(edge, truth=("secret-mismatch",), token=OTHER, alternatives=alternatives).proves("secret-mismatch")


def test_a_refusal_of_the_whole_client(start: Started, ask: Ask) -> None:
    """A proxy of the environment answers in the server's place: without it the handshake passes."""
    server = start.python("starlette", demands={"key": KEY})
    proxy = start.python("raw", path="/nowhere", no_route="403 Forbidden")
    variables = dict.fromkeys(["http_proxy", "https_proxy", "all_proxy"], f"http://{proxy.authority}") | {"no_proxy": ""}
    answer = ask(server, truth=("client-proxy",), secrets=variables)
    assert "client-proxy" in {*answer.causes_by_strength, *answer.candidates}, answer


def test_a_proxy_that_nobody_runs(start: Started, ask: Ask) -> None:
    """The way past a dead proxy of the environment is tried, and proves that it was the proxy."""
    server = start.python("starlette", demands={})
    variables = dict.fromkeys(["http_proxy", "https_proxy", "all_proxy"], "http://127.0.0.1:9") | {"no_proxy": ""}
    ask(server, truth=("client-proxy",), secrets=variables).proves("client-proxy")
