"""nginx in front of Starlette: what a proxy adds, removes and refuses, and what can be known of that from outside."""

from __future__ import annotations

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, System, passing
from tests.ports import free_port

STRIP = "proxy_set_header Authorization $authorization_unless_upgrade;"


def fronted(start: Started, server: str, **config: object) -> tuple[System, System]:
    """nginx with these directives (PASS and %TO% filled in) before an application."""
    application = start.python("starlette", **{"demands": {"key": KEY}, **config})
    return start.nginx(server.replace("PASS", passing(application.authority)).replace("%TO%", application.authority)), application


def test_healthy_through_the_proxy(start: Started, ask: Ask) -> None:
    """A proxy that does its work is no finding."""
    edge, _ = fronted(start, "location / { PASS }")
    ask(edge, truth=()).is_healthy()


def test_the_upgrade_is_not_passed_on(start: Started, ask: Ask) -> None:
    """Without the Upgrade header the application sees a plain GET: 404, and the application itself is fine."""
    edge, application = fronted(start, "location / { proxy_pass http://%TO%; }")
    answer = ask(
        edge, truth=("edge-blocks-upgrade",), alternatives={"hosts": [application.authority], "claims": {"aud": ["api"]}}
    )
    assert "edge-blocks-upgrade" in {*answer.causes_by_strength, *answer.candidates}, answer
    assert not {"secret-mismatch", "audience-mismatch", "user-unknown"} & {*answer.candidates}, answer


def test_the_upgrade_is_not_passed_on_and_nothing_to_try(start: Started, ask: Ask) -> None:
    """The same without another way in: a set that holds it."""
    edge, _ = fronted(start, "location / { proxy_pass http://%TO%; }")
    ask(edge, truth=("edge-blocks-upgrade",), budget={"seconds": 8}).leaves_open_at_least("edge-blocks-upgrade")


def test_deny(start: Started, ask: Ask) -> None:
    """nginx refuses the location itself, with its own page: going past it lifts that, and no token cause is named."""
    edge, application = fronted(start, "location / { PASS } location /ws { deny all; }")
    answer = ask(
        edge, truth=("edge-policy",), alternatives={"hosts": [application.authority], "secrets": ["env:FOREIGN_OTHER_KEY"]}
    )
    assert "edge-policy" in {*answer.causes_by_strength, *answer.candidates}, answer
    assert not {"secret-mismatch", "user-unknown", "token-expired"} & {*answer.candidates}, answer


def test_deny_and_nothing_to_try(start: Started, ask: Ask) -> None:
    """The same without another way in."""
    edge, _ = fronted(start, "location / { PASS } location /ws { deny all; }")
    ask(edge, truth=("edge-policy",), budget={"seconds": 8}).leaves_open_at_least("edge-policy", without=["server-error"])


def test_the_credential_is_stripped(start: Started, ask: Ask) -> None:
    """Past the proxy the header arrives, and through it the query does: both together say that the proxy removes the header."""
    demands = {"key": KEY, "carriers": ["authorization", "query"]}
    edge, application = fronted(start, f"location / {{ PASS {STRIP} }}", demands=demands)
    answer = ask(
        edge,
        truth=("edge-strips-credential",),
        alternatives={"carriers": ["query"], "hosts": [application.authority], "claims": {"aud": ["api"]}},
    )
    answer.proves("edge-strips-credential")


def test_stripped_or_another_carrier(start: Started, ask: Ask) -> None:
    """With the query alone nobody outside can tell a proxy that eats the header from an application that never reads it."""
    demands = {"key": KEY, "carriers": ["authorization", "query"]}
    edge, _ = fronted(start, f"location / {{ PASS {STRIP} }}", demands=demands)
    ask(edge, truth=("edge-strips-credential",), alternatives={"carriers": ["query"]}).narrows_to(
        "edge-strips-credential", "credential-carrier"
    )


def test_stripped_and_another_audience(start: Started, ask: Ask) -> None:
    """Two layers at once: the proxy eats the header and the application wants another audience."""
    demands = {"key": KEY, "carriers": ["authorization", "query"], "audience": "backend"}
    edge, _ = fronted(start, f"location / {{ PASS {STRIP} }}", demands=demands)
    answer = ask(
        edge,
        truth=("edge-strips-credential", "audience-mismatch"),
        alternatives={"carriers": ["query"], "claims": {"aud": ["api", "backend"]}},
    )
    assert {*answer.causes_by_strength, *answer.candidates} == {
        "edge-strips-credential",
        "credential-carrier",
        "audience-mismatch",
    }, answer


def test_stripped_and_another_audience_with_a_way_past(start: Started, ask: Ask) -> None:
    """The same with the application's own address: both are proved."""
    demands = {"key": KEY, "carriers": ["authorization", "query"], "audience": "backend"}
    edge, application = fronted(start, f"location / {{ PASS {STRIP} }}", demands=demands)
    answer = ask(
        edge,
        truth=("edge-strips-credential", "audience-mismatch"),
        alternatives={"carriers": ["query"], "hosts": [application.authority], "claims": {"aud": ["api", "backend"]}},
    )
    answer.proves("edge-strips-credential", "audience-mismatch")


def test_another_location(start: Started, ask: Ask) -> None:
    """The proxy publishes the socket elsewhere: the right path proves it."""
    edge, _ = fronted(
        start,
        "location /realtime/ { rewrite ^/realtime(/.*) $1 break; PASS } location /api { PASS }",
    )
    ask(edge, truth=("route-missing",), alternatives={"paths": ["/socket", "/realtime/ws"]}).proves("route-missing")


def test_a_host_that_it_does_not_know(start: Started, ask: Ask) -> None:
    """A virtual host by name: another Host header on the same connection proves it."""
    edge, _ = fronted(start, 'location / { if ($host != "app.example") { return 421; } PASS }')
    answer = ask(
        edge,
        truth=("host-refused",),
        alternatives={"host_headers": ["old.example", "app.example"], "secrets": ["env:FOREIGN_OTHER_KEY"]},
    )
    answer.proves("host-refused")


def test_an_origin_list_at_the_edge(start: Started, ask: Ask) -> None:
    """The Origin is refused by the proxy, not by the application: the cause is the same."""
    edge, _ = fronted(
        start, 'location /ws { if ($http_origin != "https://app.example") { return 403; } PASS } location / { PASS }'
    )
    answer = ask(
        edge,
        truth=("origin-refused", "edge-policy"),
        target={"origin": "https://evil.example"},
        alternatives={"origins": ["https://app.example"]},
    )
    answer.proves("origin-refused")


def test_a_header_that_opens_the_edge(start: Started, ask: Ask) -> None:
    """Behind an allow-list with a bypass header: the header proves that it is needed."""
    edge, _ = fronted(start, 'location / { if ($http_x_bypass_key != "open sesame") { return 403; } PASS }')
    answer = ask(
        edge,
        truth=("bypass-key",),
        secrets={"FOREIGN_BYPASS": "open sesame"},
        alternatives={"headers": [{"X-Bypass-Key": "env:FOREIGN_BYPASS"}]},
    )
    answer.proves("bypass-key")


def test_a_firewall_that_wants_a_browser(start: Started, ask: Ask) -> None:
    """A name that every client gives is no key: a rule in front of the application, or a header that it needs."""
    edge, _ = fronted(start, 'location /api { PASS } location /ws { if ($http_user_agent !~ "Mozilla") { return 403; } PASS }')
    answer = ask(edge, truth=("edge-policy",), alternatives={"headers": [{"User-Agent": "Mozilla/5.0"}]})
    answer.narrows_to("edge-policy", "bypass-key")


def test_a_rate_limit(start: Started, ask: Ask) -> None:
    """Two a second and 429 beyond: the first handshake passes, and pace alone decides."""
    edge, _ = fronted(start, "location /api { PASS } location /ws { limit_req zone=knocks; limit_req_status 429; PASS }")
    ask(edge, truth=("rate-limited",), budget={"seconds": 60}).proves("rate-limited")


def test_nobody_behind_the_edge(start: Started, ask: Ask) -> None:
    """502 from the proxy while REST answers: a set in which no cause of the token stands alone."""
    edge, _ = fronted(start, "location /api { PASS } location /ws { proxy_pass http://127.0.0.1:9; }")
    answer = ask(edge, truth=("server-error", "startup-race", "edge-blocks-upgrade"), budget={"seconds": 8})
    answer.leaves_open_at_least(without=["secret-mismatch", "audience-mismatch", "origin-refused", "credential-absent"])


SUBREQUEST = "location /ws { auth_request /_auth; PASS } location = /_auth { internal; proxy_pass http://%AUTH%; }"


def test_an_auth_subrequest_that_gets_no_answer(start: Started, ask: Ask) -> None:
    """nginx answers 500 with a page of its own, whatever the token: what validates it leads, and nothing is named."""
    edge, _ = fronted(start, "location / { PASS } " + SUBREQUEST.replace("%AUTH%", f"127.0.0.1:{free_port()}"))
    answer = ask(edge, truth=("auth-service-down",), budget={"seconds": 8})
    assert (answer.verdict, answer.leads[0]["id"]) == ("ambiguous", "auth-service-down"), answer


def test_an_auth_subrequest_that_wants_another_key(start: Started, ask: Ask) -> None:
    """The service behind the subrequest and the socket verify with one key, and the token is signed with another."""
    edge, _ = fronted(start, "location / { PASS } " + SUBREQUEST.replace("%AUTH%", "%TO%/api/auth/me"))
    token = {"secret": "env:FOREIGN_OTHER_KEY"}
    ask(edge, truth=("secret-mismatch",), token=token, alternatives={"secrets": ["env:FOREIGN_KEY"]}).proves("secret-mismatch")
