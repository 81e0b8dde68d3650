"""Apache's httpd in front of an application: what its defaults, its rules and its limits do to a handshake."""

from __future__ import annotations

from tests.foreign.conftest import Ask
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, System

LONG = {"claims": {"iss": "login", "groups": [f"group-{number:03d}" for number in range(60)]}}


def fronted(start: Started, directives: str = "", *, upgrade: str = " upgrade=websocket") -> tuple[System, System]:
    """httpd that passes everything on, upgrades too unless told otherwise, and the application behind it."""
    application = start.python("starlette", demands={"key": KEY})
    passing = f"ProxyPass / http://{application.authority}/{upgrade}"
    return start.apache(f"{passing}\n{directives}"), application


def test_one_that_passes_upgrades_on_is_healthy(start: Started, ask: Ask) -> None:
    """With `upgrade=websocket` the handshake passes."""
    edge, _ = fronted(start)
    ask(edge, truth=(), target={"watch_s": 1}).is_healthy()


def test_its_default_passes_no_upgrade_on(start: Started, ask: Ask) -> None:
    """Without it the application sees a plain GET, and past the proxy it does not."""
    edge, application = fronted(start, upgrade="")
    ask(edge, truth=("edge-blocks-upgrade",), alternatives={"hosts": [application.authority]}).proves("edge-blocks-upgrade")


def test_a_rule_against_upgrades(start: Started, ask: Ask) -> None:
    """Its own 403 says nothing of why: a rule, an upgrade that is not enabled, and what is taken ill behind it look the same."""
    rule = """<If "%{HTTP:Upgrade} == 'websocket'">\nRequire all denied\n</If>"""
    edge, application = fronted(start, rule)
    answer = ask(edge, truth=("edge-policy",), alternatives={"hosts": [application.authority]})
    answer.narrows_to("edge-policy", "edge-blocks-upgrade", "forwarded-refused")


def test_the_credential_is_taken_from_upgrades(start: Started, ask: Ask) -> None:
    """The Authorization header reaches REST and not the WebSocket."""
    edge, application = fronted(start, """RequestHeader unset Authorization "expr=-n %{HTTP:Upgrade}\"""")
    answer = ask(edge, truth=("edge-strips-credential",), alternatives={"hosts": [application.authority], "carriers": ["query"]})
    assert "edge-strips-credential" in {*answer.causes_by_strength, *answer.candidates}, answer


def test_a_header_that_is_longer_than_it_takes(start: Started, ask: Ask) -> None:
    """The page of its limit says so itself."""
    edge, application = fronted(start, "LimitRequestFieldSize 600")
    answer = ask(edge, truth=("request-too-large",), token=LONG, alternatives={"hosts": [application.authority]})
    assert list(answer.causes_by_strength) == ["request-too-large"], answer
