"""Changes that bring more along than their name says, and changes that several causes explain: real proxies in between."""

from __future__ import annotations

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY, Answer
from tests.foreign.systems import Started, System, passing

LONG = {"seconds": 60}
MANY = [f"group-{number:04d}-of-the-company" for number in range(400)]


def fronted(start: Started, server: str, **config: object) -> tuple[System, System]:
    """nginx with these directives (PASS filled in) before an application."""
    application = start.python("starlette", **{"demands": {"key": KEY}, **config})
    return start.nginx(server.replace("PASS", passing(application.authority))), application


def explains(answer: Answer, factor: str, *causes: str) -> None:
    """Exactly these causes explain this part of the proved change."""
    assert set(answer.works_with["explained_by"][factor]) == set(causes), answer


def test_a_101_whose_upgrade_header_is_taken_away(start: Started, ask: Ask) -> None:
    """The edge passes the handshake on and damages the answer: no rule of the edge refused anything."""
    edge, application = fronted(start, "location / { PASS proxy_hide_header Upgrade; }")
    answer = ask(edge, truth=("upgrade-damaged",), alternatives={"hosts": [application.authority]})
    assert {"edge-policy", "edge-blocks-upgrade", "host-refused"} <= answer.excluded_ids, answer


def test_a_101_whose_accept_header_is_taken_away(start: Started, ask: Ask) -> None:
    """The same with the header that answers the client's key."""
    edge, application = fronted(start, "location / { PASS proxy_hide_header Sec-WebSocket-Accept; }")
    answer = ask(edge, truth=("upgrade-damaged",), alternatives={"hosts": [application.authority]})
    assert {"edge-policy", "edge-blocks-upgrade", "host-refused"} <= answer.excluded_ids, answer


def test_a_token_in_a_subprotocol_that_is_too_long_for_the_proxy(start: Started, ask: Ask) -> None:
    """Fewer groups help because they are shorter: at its full length the same token is refused."""
    edge, _ = fronted(start, "location / { PASS }", demands={"key": KEY, "carriers": ["subprotocol"]})
    token = {"claims": {"iss": "login", "groups": MANY}, "carrier": "subprotocol"}
    answer = ask(edge, truth=("request-too-large",), token=token, alternatives={"claims": {"groups": [["a"]]}}, budget=LONG)
    assert "permission-missing" in answer.excluded_ids, answer
    assert answer.works_with["placebo"] is not None, answer


def test_a_token_in_a_header_that_is_too_long_for_the_proxy(start: Started, ask: Ask) -> None:
    """The same with the Authorization header and another name for what the subject may do."""
    edge, _ = fronted(start, "location / { PASS }")
    token = {"claims": {"iss": "login", "roles": MANY}}
    answer = ask(edge, truth=("request-too-large",), token=token, alternatives={"claims": {"roles": [["reader"]]}}, budget=LONG)
    assert "permission-missing" in answer.excluded_ids, answer


def test_an_edge_in_which_upgrades_are_not_enabled(start: Started, ask: Ask) -> None:
    """403 to upgrades alone: from outside a rule, and what the application takes ill of the proxy, look the same."""
    edge, application = fronted(start, "location / { if ($http_upgrade) { return 403; } PASS }")
    answer = ask(edge, truth=("edge-blocks-upgrade",), alternatives={"hosts": [application.authority]})
    answer.narrows_to("edge-blocks-upgrade", "edge-policy", "forwarded-refused")


def test_haproxy_that_denies_upgrades(start: Started, ask: Ask) -> None:
    """The same rule in another proxy, whose own page says that a rule did it."""
    application = start.python("aiohttp", demands={"key": KEY})
    edge = start.haproxy("    http-request deny if upgrade", f"backend application\n    server one {application.authority}")
    answer = ask(edge, truth=("edge-policy",), alternatives={"hosts": [application.authority]})
    assert answer.causes_by_strength == {"edge-policy": "stated"}, answer
    assert set(answer.works_with["changes"]) == {"host"}, answer


def test_three_headers_that_are_needed_together(start: Started, ask: Ask) -> None:
    """A cookie, a browser's name and an Origin: each is found to be needed, and none is called the missing credential."""
    needed = {"$http_cookie !~ session=": 403, "$http_user_agent !~ Mozilla": 403, '$http_origin != "https://app.example"': 403}
    rules = " ".join(f"if ({rule}) {{ return {status}; }}" for rule, status in needed.items())
    edge, _ = fronted(start, f"location /api {{ PASS }} location /ws {{ {rules} PASS }}")
    answer = ask(
        edge,
        truth=("origin-refused", "bypass-key", "edge-policy"),
        secrets={"FOREIGN_COOKIE": "session=0123456789"},
        alternatives={
            "headers": [{"Cookie": "env:FOREIGN_COOKIE", "User-Agent": "Mozilla/5.0", "X-Idle": "1"}],
            "origins": ["https://app.example"],
        },
    )
    assert answer.verdict == "narrowed", answer
    assert set(answer.works_with["changes"]) == {"headers.Cookie", "headers.User-Agent", "origin"}, answer
    explains(answer, "origin", "origin-refused")
    explains(answer, "headers.User-Agent", "edge-policy", "bypass-key")
    assert "credential-absent" in answer.excluded_ids, answer


def test_basic_for_the_edge_and_the_token_in_the_query(start: Started, ask: Ask) -> None:
    """The edge wants the Authorization header for itself: no cause of the token is listed, for the token was never changed."""
    rule = 'if ($http_authorization !~ "^Basic dTpw") { return 401; }'
    demands = {"key": KEY, "carriers": ["authorization", "query"]}
    edge, _ = fronted(start, f"location /api {{ PASS }} location /ws {{ {rule} PASS }}", demands=demands)
    answer = ask(
        edge,
        truth=("bypass-key", "credential-carrier"),
        secrets={"FOREIGN_BASIC": "Basic dTpw"},
        alternatives={"headers": [{"Authorization": "env:FOREIGN_BASIC"}], "carriers": ["query"], "claims": {"aud": ["api"]}},
    )
    assert answer.verdict == "narrowed", answer
    assert set(answer.works_with["changes"]) == {"headers.Authorization", "carrier"}, answer
    explains(answer, "headers.Authorization", "bypass-key")
    assert not {"secret-mismatch", "audience-mismatch", "user-unknown", "token-expired"} & set(answer.candidates), answer


def test_a_parameter_of_the_query_is_no_route(start: Started, ask: Ask) -> None:
    """What a path with a query changes is the query alone, and that is not proved to be a missing route."""
    edge, _ = fronted(start, 'location /api { PASS } location /ws { if ($arg_v != "3") { return 404; } PASS }')
    answer = ask(edge, truth=("route-missing", "protocol-version"), alternatives={"paths": ["/ws?v=3&trace=1"]})
    assert answer.verdict == "narrowed", answer
    assert answer.works_with["changes"] == {"query.v": "3"}, answer
    assert answer.causes == [], answer


def test_of_a_list_of_subprotocols_the_needed_one_is_named(start: Started, ask: Ask) -> None:
    """Two are offered together, one of them decides."""
    edge, _ = fronted(
        start, 'location /api { PASS } location /ws { if ($http_sec_websocket_protocol !~ "chat.v2") { return 400; } PASS }'
    )
    answer = ask(edge, truth=("subprotocol-refused",), alternatives={"subprotocols": [["chat.v1", "chat.v2"]]})
    answer.proves("subprotocol-refused")
    assert answer.works_with["changes"] == {"subprotocols": ["chat.v2"]}, answer


def test_of_a_map_of_headers_the_needed_one_is_named(start: Started, ask: Ask) -> None:
    """A tenant beside a header that nobody reads: one factor, and its placebo does not help."""
    edge, _ = fronted(start, 'location /api { PASS } location /ws { if ($http_x_tenant != "acme") { return 403; } PASS }')
    answer = ask(edge, truth=("bypass-key",), alternatives={"headers": [{"X-Tenant": "acme", "X-Region": "eu"}]})
    assert answer.works_with["changes"] == {"headers.X-Tenant": "acme"}, answer
    assert answer.works_with["placebo"] is not None, answer
