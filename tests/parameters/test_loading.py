"""Parameters are read from YAML, refused clearly when wrong, and keep secrets as references."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lib.parameters import loading as params
from lib.parameters.loading import ROOT, BadInput, read_yaml

MINIMAL = {
    "environment": "elsewhere",
    "target": read_yaml(ROOT / "params" / "base.yaml")["target"] | {"ws_url": "ws://a.example/"},
}


def test_a_log_window_that_ends_before_it_begins_is_refused() -> None:
    """Nothing would be read from it, and nothing is no quiet log."""
    with pytest.raises(BadInput, match=r"logs\.to.*before logs\.from"):
        params.load("staging", {"logs.from": "2026-03-01T12:00:00Z", "logs.to": "2026-03-01T11:00:00Z"})


@pytest.mark.parametrize("name", ["embedded", "staging"])
def test_every_committed_environment_loads(name: str) -> None:
    """The parameter files that the project ships are accepted, and survive being handed on as JSON."""
    loaded = params.load(name)
    assert loaded.environment == name
    assert params.validated(loaded.model_dump(mode="json", by_alias=True), name) == loaded


def test_a_default_comes_from_base_yaml() -> None:
    """A key that a file leaves out has the value that params/base.yaml gives it."""
    base = yaml.safe_load((params.ROOT / "params" / "base.yaml").read_text())
    assert params.load("staging").budget.model_dump() == base["budget"]


def test_the_defaults_hold_nothing_of_one_company() -> None:
    """An address alone is enough: no claims, no user, no suite, and no objective of an agent come with it."""
    loaded = params.load("staging", {"environment": "elsewhere"})
    base = params.validated(read_yaml(ROOT / "params" / "base.yaml") | MINIMAL, "base.yaml")
    assert (base.token.claims, base.token.user, base.suite.path, base.notebooks) == ({}, None, None, [])
    assert set(base.objectives) == {"api_response_ms", "websocket_latency_ms"} < set(loaded.objectives)
    assert "netra" not in (ROOT / "params" / "base.yaml").read_text()


def test_the_websocket_address_alone_is_required() -> None:
    """Without `target.rest_url` nothing is asked over REST; without `target.ws_url` there is nothing to investigate."""
    assert params.load("staging", {"target.rest_url": None}).own_hosts() == {"api.staging.netrasystems.ai"}
    with pytest.raises(BadInput, match=r"target\.ws_url"):
        params.load("staging", {"target.ws_url": None})
    with pytest.raises(BadInput, match=r"target\.rest_url.*performance\.load"):
        params.load("staging", {"target.rest_url": None, "performance.load.users": 5})


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("target.heath_path", "/health", "target.heath_path"),
        ("budgt", {}, "budgt"),
        ("budget.handshakes", "120", "budget.handshakes"),
        ("budget.handshakes", True, "budget.handshakes"),
        ("token.lifetime_s", 1.5, "token.lifetime_s"),
        ("target.timeout_s", 0, "target.timeout_s"),
        ("target.rest_url", "ftp://api.example", "target.rest_url"),
        ("target.rest_url", "https://user:pass@api.staging.netrasystems.ai", "target.rest_url"),
        ("target.origin", "https://a.example\r\nX: y", "target.origin"),
        ("token.secret", "not-a-reference", "token.secret"),
        ("token.carrier", "pigeon", "token.carrier"),
        ("headers", {"Authorization": "Bearer x"}, "headers"),
        ("headers", {"X-Api-Key": "x"}, "headers"),
        ("headers", {"sec-websocket-extensions": "permessage-deflate"}, "headers"),
        ("objectives", {"api_response_ms": {"p42": 1}}, "objectives.api_response_ms.p42 "),
        ("objectives", {"api_response_ms": {"p95": "x"}}, "objectives.api_response_ms.p95 "),
        ("objectives", {"api_response_ms": -4}, "objectives.api_response_ms "),
        ("objectives", {"api_response_ms": {}}, "objectives.api_response_ms "),
        ("objectives", {"api_response_ms": {"optional": True}}, "objectives.api_response_ms "),
        ("objectives", {"api_response_ms": {"p95": 9, "optional": 1}}, "objectives.api_response_ms "),
        ("objectives", {"dreams_ms": 3}, "objectives.dreams_ms "),
        ("logs.from", "yesterday", "logs.from"),
        ("logs.source", "file", "logs.path"),
        ("performance.load.userz", 5, "performance.load"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(key: str, value: object, named: str) -> None:
    """A misspelt key, a wrong type or an impossible value is refused, with the key's path and what would be accepted."""
    with pytest.raises(BadInput) as refusal:
        params.load("staging", {key: value})
    assert refusal.value.where.startswith(named)
    assert refusal.value.accepted


def test_a_refusal_never_shows_what_stood_in_place_of_a_reference() -> None:
    """Whoever puts a secret where a reference belongs does not find it in the error message."""
    with pytest.raises(BadInput) as refusal:
        params.load("staging", {"token.secret": "hunter2-hunter2", "headers": {"Authorization": "hunter2-hunter2"}})
    assert "hunter2" not in str(refusal.value)


def test_a_host_outside_allow_hosts_is_refused() -> None:
    """An address or alternative host that allow_hosts does not name is refused before anything is sent."""
    for changes in (
        *({"alternatives.hosts": [one]} for one in ("elsewhere.example", "wss://elsewhere.example:1")),
        {"target.allow_hosts": ["other.example"]},
    ):
        with pytest.raises(BadInput, match="allow_hosts"):
            params.load("staging", changes)


def test_production_is_investigated_only_when_allow_hosts_names_it() -> None:
    """A production host is refused as target unless allow_hosts names it."""
    addresses = {"target.rest_url": "https://api.prod.example", "target.ws_url": "wss://api.prod.example/ws"}
    with pytest.raises(BadInput, match="production"):
        params.load("staging", addresses)
    assert params.load("staging", addresses | {"target.allow_hosts": ["api.prod.example"]})


def test_a_dotted_key_creates_a_group_that_is_null() -> None:
    """`-p performance.load.users 5` works although performance.load is null by default."""
    load = params.load("staging", {"performance.load.users": 5}).performance.load
    assert load is not None
    assert load.users == 5


def test_an_unset_variable_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reference to a variable that is not set names the variable."""
    monkeypatch.delenv("SURELY_UNSET", raising=False)
    with pytest.raises(BadInput, match="SURELY_UNSET"):
        params.resolve("env:SURELY_UNSET", where="token.secret")


def test_a_file_reference_keeps_all_but_the_last_line_break(tmp_path: Path) -> None:
    """A secret file's closing line break is the editor's; blanks before it belong to the secret."""
    secret = tmp_path / "key"
    secret.write_text("s3cret \n")
    assert params.resolve(f"file:{secret}", where="x") == "s3cret "


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [", "environment: !!python/object:os.system {}\n", "\x00"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    """YAML that is broken, a list, or wants to construct objects is bad input, not a crash."""
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(BadInput, match=re.escape(str(path))):
        params.load(path)


def test_an_unknown_environment_lists_the_known_ones() -> None:
    """A name without a file names the environments there are."""
    with pytest.raises(BadInput, match="embedded, staging"):
        params.load("stagign")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"token.command": ["a"]}, r"token\.command.*beside token\.secret.*at most one"),
        ({"token.secret": None, "token.oauth2": {"client_id": "a"}}, r"token\.oauth2\.url.*not set"),
        ({"token.secret": None, "token.oauth2": "a-secret-1"}, r"token\.oauth2 .*found a text; accepted: one of url, client_id"),
        ({"token.secret": None, "token.oauth2.url": "https://u:p@h/"}, r"token\.oauth2\.url.*without user or password"),
        ({"token.secret": None, "token.login": {"request": "LOGIN /", "token": "t"}}, r"token\.login\.request.*POST /login"),
        ({"token.secret": None, "token.login": {"request": "POST /", "token": "a b"}}, r"token\.login\.token.*cookie:NAME"),
        ({"token.secret": None, "token.command": []}, r"token\.command"),
    ],
)
def test_where_a_token_comes_from_is_said_in_one_way(given: dict[str, object], named: str) -> None:
    """Two ways at once and halves of one are refused, with what would be accepted; never with a value."""
    with pytest.raises(BadInput, match=named) as refused:
        params.load("staging", given)
    assert "a-secret-1" not in str(refused.value)


def test_what_a_login_sends_that_is_secret_is_a_reference() -> None:
    """A password in the JSON of a login stands behind a reference, at any depth, and its value is known for redaction."""
    login = {"request": "POST https://login.example/in", "json": {"user": {"mail": "a@b.example", "password": "env:PW"}}}
    loaded = params.load("staging", {"token.secret": None, "token.login": {**login, "token": "data[0].token"}})
    assert "correct-horse" in params.known_secrets(loaded, {"PW": "correct-horse"})
    for plain in ("correct-horse", 1234):
        given = {**login, "json": {"user": [{"password": plain}]}, "token": "t"}
        with pytest.raises(BadInput, match=r"token\.login\.json.*for password a reference"):
            params.load("staging", {"token.secret": None, "token.login": given})


@pytest.mark.parametrize("key", ["", ".", "token.", ".token", "token..claims", "token.claims."])
def test_a_key_with_an_empty_part_is_refused(key: str) -> None:
    """Also where names are free: a claim without a name is a slip of the pen."""
    with pytest.raises(BadInput, match="a part of the key is empty"):
        params.load("embedded", {key: 1})
