"""What is written down to be repeated by hand is the same handshake again, with variables where its secrets were."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from urllib.parse import unquote

import jwt
import pytest

from lib.captures.reading import read
from lib.captures.writing import Source, regression_test, written
from lib.facts import Request

NOW = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)
KEY = "a-key-that-signs-0123456789-0123456789"
CLAIMS = {"sub": "it's ada", "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 900, "jti": "0" * 32, "roles": ["a b"]}
TOKEN = jwt.encode(CLAIMS, KEY, "HS256")
REQUEST = Request(
    url=f"wss://api.example/ws?q=a%20b&token={TOKEN}",
    headers=(("Authorization", f"Bearer {TOKEN}"), ("X-Api-Key", "s3cr3t-of-a-header"), ("X-Note", "it's $5 `x`")),
    subprotocols=("chat.v1",),
    origin="https://app.example",
)
SOURCE = Source(key="env:SIGNING_KEY", headers={"s3cr3t-of-a-header": "env:API_KEY"})


def test_what_is_written_is_read_as_the_same_handshake() -> None:
    """The curl and websocat lines, read again, have the headers and subprotocols of the request, secrets as their variables."""
    lines = written(REQUEST, TOKEN, SOURCE, now=NOW)
    for line in (lines.curl, lines.websocat):
        again = read(line)
        headers = dict(again.headers)
        assert headers["Authorization"] == "Bearer \ue000TOKEN\ue001"
        assert headers["X-Api-Key"] == "\ue000API_KEY\ue001"
        assert (headers["X-Note"], headers["Origin"]) == ("it's $5 `x`", "https://app.example")
        assert headers["Sec-WebSocket-Protocol"] == "chat.v1"
        assert again.url.endswith("://api.example/ws?q=a%20b&token=\ue000TOKEN\ue001")


def test_no_secret_is_written() -> None:
    """Neither the token nor a part of it, nor a key, nor a header's secret stands in any of the notations."""
    lines = written(REQUEST, TOKEN, SOURCE, now=NOW)
    text = "\n".join([lines.shell, lines.websocat, lines.python, regression_test(REQUEST, REQUEST, TOKEN, SOURCE, now=NOW)])
    assert [secret for secret in (*TOKEN.split(".")[1:], KEY, "s3cr3t-of-a-header") if secret in text] == []


def test_the_token_is_made_anew() -> None:
    """The lines before, run by a shell, give a token with the same claims whose times are those of now."""
    script = "\n".join(written(REQUEST, TOKEN, SOURCE, now=NOW).before) + '\nprintf %s "$TOKEN"'
    done = subprocess.run(
        ["bash", "-c", script], env={"SIGNING_KEY": KEY, "PATH": "/usr/bin"}, capture_output=True, text=True, timeout=60
    )
    claims = jwt.decode(done.stdout, KEY, ["HS256"])
    assert (claims["sub"], claims["roles"], claims["exp"] - claims["iat"]) == ("it's ada", ["a b"], 900)
    assert claims["iat"] > NOW.timestamp()


@pytest.mark.parametrize(("reference", "line"), [("env:PASTED", 'TOKEN="$PASTED"'), ("file:a b/t", "TOKEN=$(cat 'a b/t')")])
def test_an_issued_token_comes_from_where_its_reference_says(reference: str, line: str) -> None:
    """Nothing is minted: the variable, or the file."""
    assert written(REQUEST, TOKEN, Source(issued=reference), now=NOW).before == (line, "export TOKEN")


def test_no_secret_stands_in_an_address_as_a_query_writes_it() -> None:
    """Reserved characters are percent-encoded there; the variable that is written instead gives the same token to a shell."""
    token, url = "0pa/que+t0ken==0123456789", "ws://api.example/ws?token=0pa%2Fque%2Bt0ken%3D%3D0123456789"
    request, source = Request(url=url), Source(issued="env:PASTED")
    lines = written(request, token, source, now=NOW)
    text = "\n".join([lines.shell, lines.websocat, lines.python, regression_test(request, request, token, source, now=NOW)])
    assert "0pa" not in text
    script = "\n".join([*lines.before, 'websocat() { printf %s "${@: -1}"; }', lines.websocat])
    done = subprocess.run(
        ["bash", "-c", script], env={"PASTED": token, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60
    )
    assert unquote(done.stdout) == f"ws://api.example/ws?token={token}", done.stderr
