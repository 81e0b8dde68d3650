"""haproxy in front: rules on Host, Origin and pace, and two applications that do not agree."""

from __future__ import annotations

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, System


def fronted(start: Started, *rules: str, keys: tuple[str, ...] = (KEY,), framework: str = "aiohttp", **demands: object) -> System:
    """haproxy with these frontend rules before one application a key, asked in turn."""
    applications = [start.python(framework, demands={"key": key, **demands}, rest_demands={"key": KEY}) for key in keys]
    servers = "\n".join(f"    server s{number} {application.authority}" for number, application in enumerate(applications))
    return start.haproxy("\n".join(f"    {rule}" for rule in rules), f"backend application\n    balance roundrobin\n{servers}")


def test_healthy(start: Started, ask: Ask) -> None:
    """A proxy that does its work is no finding."""
    ask(fronted(start), truth=()).is_healthy()


def test_a_rule_on_the_origin(start: Started, ask: Ask) -> None:
    """An Origin list in the proxy, for upgrades only."""
    edge = fronted(start, "http-request deny if upgrade !{ req.hdr(origin) https://app.example }")
    answer = ask(edge, truth=("origin-refused",), alternatives={"origins": ["https://app.example"], "claims": {"aud": ["api"]}})
    answer.proves("origin-refused")


def test_denied_by_address(start: Started, ask: Ask) -> None:
    """Whoever comes from here is refused upgrades: no change helps, and the edge's own page says that a rule did it."""
    edge = fronted(start, "http-request deny if upgrade { src 127.0.0.0/8 }")
    answer = ask(
        edge,
        truth=("edge-policy", "edge-blocks-upgrade"),
        budget={"seconds": 8},
        alternatives={"secrets": ["env:FOREIGN_OTHER_KEY"]},
    )
    assert answer.causes_by_strength == {"edge-policy": "stated"}, answer


def test_a_rate_limit_does_not_hide_a_wrong_key(start: Started, ask: Ask) -> None:
    """A limit that our own probing meets is not the cause that is looked for; with pauses the key is."""
    edge = fronted(
        start,
        "stick-table type ip size 1k expire 1s store http_req_rate(1s)",
        "http-request track-sc0 src if upgrade",
        "http-request deny deny_status 429 if upgrade { sc_http_req_rate(0) gt 3 }",
    )
    answer = ask(
        edge,
        truth=("secret-mismatch", "rate-limited"),
        token={"secret": "env:FOREIGN_OTHER_KEY"},
        alternatives={"secrets": ["env:FOREIGN_KEY"]},
        budget={"spacing_ms": 400, "seconds": 30},
    )
    answer.proves("secret-mismatch")


def test_the_credential_is_taken_from_upgrades(start: Started, ask: Ask) -> None:
    """The proxy deletes the header from upgrades alone; a cookie comes through."""
    edge = fronted(start, "http-request del-header Authorization if upgrade", carriers=["authorization", "cookie"])
    ask(edge, truth=("edge-strips-credential",), alternatives={"carriers": ["query", "cookie"]}).narrows_to(
        "edge-strips-credential", "credential-carrier"
    )
