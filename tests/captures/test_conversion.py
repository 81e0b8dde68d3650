"""Whatever an engineer can copy becomes a handshake that works where it was copied from, and nowhere shows its credentials."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import yaml

from lib.__main__ import main
from lib.captures.conversion import converted
from lib.captures.reading import read
from lib.facts import utc_now
from lib.handshake import configured, websocket_request
from lib.parameters.loading import BadInput, completed
from tests.captures.record import COOKIES, RECORDINGS
from tests.foreign.diagnosis import KEY
from tests.foreign.systems import Started, System

FORMS = sorted(RECORDINGS.iterdir())
WITHOUT_COOKIES = {"chromium-fetch.txt", "chromium-powershell.txt", "chromium-har-sanitized.har"}
"""What the browser itself leaves the cookies out of."""
WITHOUT_ORIGIN = {"chromium-fetch.txt", "chromium-fetch-node.txt"}
COOKIE = "; ".join(f"{name}={value}" for name, value in COOKIES.items())
NEVER_SHOWN = [*COOKIES.values(), COOKIES["token"].split(".")[1], COOKIES["token"].split(".")[2], "n0t-in-any-record"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A server that wants the recorded cookie."""
    started = Started(tmp_path_factory.mktemp("server"))
    yield started.python("starlette", demands={"key": KEY, "carriers": ["cookie"], "longest_s": 10**10})
    started.stop()


def run(*arguments: str) -> tuple[int, str, str]:
    """The command in this process: its status, and what it printed."""
    out, error, before = io.StringIO(), io.StringIO(), dict(os.environ)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
            status = main(list(arguments))
    finally:
        os.environ.clear()
        os.environ.update(before)
    return status, out.getvalue(), error.getvalue()


def decoded(text: str) -> str:
    """A text, with all that looks like base64url in it decoded beside it."""
    parts = re.findall(r"[A-Za-z0-9_-]{20,}", text)
    return text + "".join(base64.urlsafe_b64decode(part[: len(part) // 4 * 4]).decode("latin-1") for part in parts)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_each_form_is_read_alike(path: Path) -> None:
    """Address, Origin and subprotocol are those that the browser sent, whoever wrote the request down."""
    found = converted(read(path.read_text().replace("%AUTHORITY%", "127.0.0.1:4711")))
    target = found.document["target"]
    assert target["ws_url"] == "ws://127.0.0.1:4711/ws?room={7}&q=a%20b"
    assert ("origin" in target) is (path.name not in WITHOUT_ORIGIN)
    assert target.get("subprotocols") == (None if path.name in WITHOUT_ORIGIN else ["chat.v1"])
    assert list(found.secrets.values()) == ([] if path.name in WITHOUT_COOKIES else [COOKIE])
    assert any("ookie" in line for line in found.told)


@pytest.mark.parametrize("path", [path for path in FORMS if path.name not in WITHOUT_COOKIES], ids=lambda path: path.name)
def test_each_form_is_healthy_at_once_and_shows_no_credential(path: Path, server: System, tmp_path: Path) -> None:
    """`whys --request FILE` needs nothing else, and neither document nor terminal holds what the capture held."""
    capture = tmp_path / path.name
    capture.write_text(path.read_text().replace("%AUTHORITY%", server.authority))
    status, out, error = run("whys", "--request", str(capture), "--json", "-", "-p", "target.rest_url", "null", *QUICK)
    assert (status, json.loads(out)["verdict"]) == (0, "healthy"), out + error
    assert [secret for secret in NEVER_SHOWN if secret in decoded(out + error)] == []


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_the_parameters_of_each_form_hold_references_alone(path: Path, tmp_path: Path) -> None:
    """`params --from FILE` prints YAML without a credential; with --store the files are their owner's alone."""
    capture, folder = tmp_path / "capture", tmp_path / "secrets"
    capture.write_text(path.read_text().replace("%AUTHORITY%", "127.0.0.1:4711"))
    for store in ([], ["--store", str(folder)]):
        status, out, error = run("params", "--from", str(capture), *store)
        assert (status, yaml.safe_load(out)["environment"]) == (0, "127.0.0.1")
        assert [secret for secret in NEVER_SHOWN if secret in decoded(out + error)] == []
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} <= {0o600}


def test_what_is_guessed_and_what_is_stored_is_told_as_it_is(tmp_path: Path) -> None:
    """The file itself says that the REST address is a guess; a credential is told under the reference that the file holds."""
    capture, folder = tmp_path / "capture", tmp_path / "secrets"
    capture.write_text((RECORDINGS / "chromium-curl-bash.txt").read_text().replace("%AUTHORITY%", "127.0.0.1:4711"))
    _, out, error = run("params", "--from", str(capture), "--store", str(folder))
    assert out.startswith("# guessed from the address: target.rest_url http://127.0.0.1:4711")
    assert yaml.safe_load(out)["target"]["guessed"].keys() == {"rest_url", "health_path", "protected_path"}
    assert f"file:{folder}" in error
    assert "env:CAPTURED" not in out + error


def test_a_stored_capture_is_a_parameter_file(server: System, tmp_path: Path) -> None:
    """What `params --store` printed is what `whys -f` takes."""
    capture = tmp_path / "capture"
    capture.write_text((RECORDINGS / "chromium-curl-bash.txt").read_text().replace("%AUTHORITY%", server.authority))
    _, out, _ = run("params", "--from", str(capture), "--store", str(tmp_path / "secrets"), "-p", "target.rest_url", "null")
    assert "guessed" not in out
    (tmp_path / "own.yaml").write_text(out)
    assert run("whys", "-f", str(tmp_path / "own.yaml"), *QUICK)[0] == 0


WSCAT = "wscat -c wss://a.example/ws"
CARRIED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("line", "token", "target"),
    [
        (f"curl -H 'Authorization: Bearer {CARRIED}' https://a.example/ws", {"carrier": "authorization"}, {}),
        (f"curl --oauth2-bearer {CARRIED} https://a.example/ws", {"carrier": "authorization"}, {}),
        (f"websocat 'wss://a.example/ws?access_token={CARRIED}&v=2'", {"carrier": "query", "carrier_name": "access_token"}, {}),
        (
            f"{WSCAT} -s chat -s jwt.{CARRIED}",
            {"carrier": "subprotocol", "carrier_name": "jwt."},
            {"subprotocols": ["chat"]},
        ),
        (
            f"{WSCAT} -s bearer -s {CARRIED}",
            {"carrier": "subprotocol-list", "carrier_name": "bearer"},
            {"subprotocols": []},
        ),
        (f"curl -b 'session={CARRIED}' wss://a.example/ws", {"carrier": "cookie", "carrier_name": "session"}, {}),
    ],
)
def test_a_token_is_found_where_it_is_carried(line: str, token: dict[str, str], target: dict[str, object]) -> None:
    """Header, query, subprotocol and cookie become the carrier; the token itself is a reference."""
    found = converted(read(line))
    assert found.secrets == {"CAPTURED_TOKEN": CARRIED}
    assert found.document["token"] | token == found.document["token"]
    assert found.document["target"] | target == found.document["target"]
    assert CARRIED not in json.dumps(found.document)


def test_a_variable_of_the_shell_stays_a_reference() -> None:
    """A line with $TOKEN in it needs no value: the parameters name the same variable."""
    found = converted(read('curl -H "Authorization: Bearer ${TOKEN}" -H "X-Api-Key: $KEY" wss://a.example/ws'))
    assert (found.document["token"]["issued"], found.document["headers"]) == ("env:TOKEN", {"X-Api-Key": "env:KEY"})
    assert found.secrets == {}


def test_what_is_not_carried_over_is_named_without_its_value() -> None:
    """A flag that nobody knows, and one that parameters cannot hold, are told."""
    told = converted(read("curl -I --frobnicate s3cr3t-value --resolve a:1:2 wss://a.example/ws -H 'X-A: 1'")).told
    assert [line for line in told if "carried" in line] == [
        "not carried over: -I",
        "not carried over: --frobnicate",
        "not carried over: --resolve",
    ]


def test_a_token_in_the_path_is_refused() -> None:
    """No reference can stand in a path, so the capture is not turned into one that shows it."""
    with pytest.raises(BadInput, match="path") as refusal:
        converted(read(f"websocat wss://a.example/ws/{CARRIED}"))
    assert CARRIED not in str(refusal.value)


QUICK = ["-p", "budget.seconds", "20"]


@pytest.mark.parametrize(
    ("line", "tls"),
    [
        ("curl --cacert ca.pem --cert c.pem --key c.key", {"ca": "ca.pem", "certificate": "c.pem", "key": "c.key"}),
        ("curl -E c.pem:sesame", {"certificate": "c.pem"}),
        ("wscat --ca ca.pem --cert c.pem --key c.key -c", {"ca": "ca.pem", "certificate": "c.pem", "key": "c.key"}),
        ("curl -sk", {"verify": False}),
        ("websocat -k", {"verify": False}),
        ("wscat -n -c", {"verify": False}),
        ("curl --cacert $HOME/ca.pem", {}),
    ],
)
def test_what_a_command_trusts_and_presents_is_carried_over(line: str, tls: dict[str, object]) -> None:
    """Files from where the command was run, and that nothing is looked at; a passphrase is not, nor a path in a variable."""
    found = converted(read(f"{line} wss://a.example/ws"))
    absolute = {name: f"file:{Path.cwd() / value}" if isinstance(value, str) else value for name, value in tls.items()}
    assert found.document["target"].get("tls", {}) == absolute
    assert any("target.tls.verify is false" in said for said in found.told) == ("verify" in tls)
    assert "sesame" not in json.dumps([found.document, found.told])


@pytest.mark.parametrize(
    ("query", "token"),
    [
        (f"id=AbCdEf0123456789_-xyz&access_token={CARRIED}", "access_token"),
        (f"access_token={CARRIED}&id=AbCdEf0123456789_-xyz", "access_token"),
        ("sid=AbCdEf0123456789xyz&token=0paque0123456789abc", "token"),
        ("v=2&ticket=AbCdEf0123456789xyz", "ticket"),
    ],
)
def test_of_several_secrets_in_a_query_the_token_is_the_credential(query: str, token: str) -> None:
    """An id of a connection beside it is a reference of its own, wherever it stands, and may be left out."""
    found = converted(read(f"websocat 'wss://a.example/ws?{query}'"))
    beside = {name: value for name, value in parse_qsl(query) if name not in (token, "v")}
    assert found.document["token"]["carrier_name"] == token
    referred = found.document["target"].get("query", {})
    assert {name: found.secrets[value.removeprefix("env:")] for name, value in referred.items()} == beside
    assert [line for line in found.told if "null leaves it out" in line and next(iter(beside)) in line] or not beside


def test_each_secret_of_a_query_is_sent_again_under_its_name() -> None:
    """Several, one of them repeated, one with signs that are written otherwise in an address: the same parameters arrive."""
    query = (
        f"v=2&id=AbCdEf0123456789_-xyz&access_token={CARRIED}&sig=a%2Fb%2B1234567890ab&s=Sec1ret234567890ab&s=Sec2ret234567890ab"
    )
    found = converted(read(f"curl 'wss://a.example/ws?{query}'"))
    handshake = configured(completed({**found.document, "environment": "a"}, "test"), environ=found.secrets)
    sent = parse_qsl(urlsplit(websocket_request(handshake, now=utc_now()).url).query)
    assert sorted(sent) == sorted(parse_qsl(query))
    assert urlsplit(found.document["target"]["ws_url"]).query == "v=2"


def test_a_parameter_that_only_sounds_like_a_token_is_none() -> None:
    """The number of an account beside a key, whose value says nothing."""
    found = converted(read("websocat 'wss://a.example/ws?api_key=0paque0123456789abc&authuser=0'"))
    assert found.document["token"]["carrier_name"] == "api_key"
    assert (urlsplit(found.document["target"]["ws_url"]).query, len(found.secrets)) == ("authuser=0", 1)


def test_a_user_in_the_address_gives_way_to_an_authorization_header() -> None:
    """As curl sends it: what is said of itself is said of the request."""
    found = converted(read(f"curl -H 'Authorization: Bearer {CARRIED}' wss://ada:sesame@a.example/ws"))
    assert (found.secrets, found.document.get("headers")) == ({"CAPTURED_TOKEN": CARRIED}, None)


def test_an_address_that_is_written_anew_is_no_guess(tmp_path: Path) -> None:
    """A raw request says no scheme; who edits the address in the file, or names it on the command line, has said it."""
    raw, own = tmp_path / "raw", tmp_path / "own.yaml"
    raw.write_text("GET /ws HTTP/1.1\nHost: 127.0.0.1:9\nUpgrade: websocket\n\n")
    _, out, _ = run("params", "--from", str(raw), "-p", "target.rest_url", "null")
    own.write_text(out)
    quick = ("--json", "-", "-p", "budget.seconds", "2", "-p", "target.rest_url", "null")
    told = [json.loads(run("whys", "-f", str(own), *quick)[1]).get("guessed")]
    own.write_text(out.replace("ws_url: ws://127.0.0.1:9/ws\n", "ws_url: ws://127.0.0.1:9/ws/\n", 1))
    told.append(json.loads(run("whys", "-f", str(own), *quick)[1]).get("guessed"))
    told.append(json.loads(run("whys", "ws://127.0.0.1:9/socket", "--request", str(raw), *quick)[1]).get("guessed"))
    assert told == [{"target.ws_url": "ws://127.0.0.1:9/ws"}, None, None]
