"""Of many differences to a handshake that works exactly those that matter are found and proved, in few handshakes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from websockets.sync.server import serve

from lib import tokens
from tests.captures.test_conversion import run

MANY = {f"X-Of-The-App-{number:02d}": f"value-{number}" for number in range(56)}


@contextmanager
def server(**demanded: str) -> Iterator[tuple[str, list[int]]]:
    """A server that opens only where these headers (`query`: that query) have these values; and how many handshakes it saw."""
    seen: list[int] = []

    def decide(connection: Any, request: Any) -> Any:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return connection.respond(HTTPStatus.OK, "plain")
        seen.append(1)
        given = {name.lower(): value for name, value in request.headers.raw_items()}
        given["query"] = request.path.partition("?")[2]
        for pair in given.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            given[f"cookie-{name}"] = value
        missing = [name for name, value in demanded.items() if given.get(name.lower()) != value]
        return connection.respond(HTTPStatus.FORBIDDEN, "") if missing else None

    def idle(socket: Any) -> None:
        for _ in socket:
            pass

    with serve(idle, "127.0.0.1", 0, process_request=decide) as listening:
        Thread(target=listening.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{listening.socket.getsockname()[1]}", seen
        listening.shutdown()


def curl(
    authority: str, *, path: str = "/ws?v=2", cookies: str = "session=s3ss10n-0123456789abcdef; theme=dark", **headers: str
) -> str:
    """A copied command with these headers and cookies."""
    options = " ".join(f"-H '{name}: {value}'" for name, value in headers.items())
    return f"curl 'ws://{authority}{path}' {options}" + (f" -b '{cookies}'" if cookies else "")


@pytest.mark.parametrize(
    "matter", [("X-Of-The-App-17",), ("X-Of-The-App-04", "cookie-session"), ("X-Of-The-App-02", "X-Of-The-App-33", "query")]
)
def test_of_sixty_differences_exactly_those_that_matter(matter: tuple[str, ...], tmp_path: Path, capsys: Any) -> None:
    """One, two or three of sixty: the minimal pair names them, within forty handshakes for two, and no secret is shown."""
    wanted = MANY | {"query": "v=2", "cookie-session": "s3ss10n-0123456789abcdef"}
    with server(**{name: wanted[name] for name in matter}) as (authority, seen):
        (tmp_path / "works").write_text(curl(authority, Origin="https://app.example", **MANY))
        command = ["whys", f"ws://{authority}/ws", "--working", str(tmp_path / "works"), "-p", "target.rest_url", "null"]
        status, out, error = run(*command, "--json", "-")
    found = json.loads(out)
    names = {"query": "query.v", "cookie-session": "cookies.session"}
    assert (found["verdict"] in {"proved", "narrowed"}, status) == (True, 1), out
    assert set(found["minimal_pair"]["difference"]) | set(found["works_with"]["changes"]) == {
        names.get(name, f"headers.{name}") for name in matter
    }
    spent = found["spent"]
    with capsys.disabled():
        print(f"\n{len(matter)} of 60 matter: {spent['handshakes']} handshakes, {spent['seconds']} s, {found['verdict']}")
    assert spent["handshakes"] <= (40 if len(matter) < 3 else 60)
    assert "s3ss10n-0123456789abcdef" not in out + error
    assert len(seen) >= spent["handshakes"]


KEY = "k" * 40


def answering(decides: Callable[[Any], bool], sent: set[str] | None = None, at: tuple[str, int] = ("127.0.0.1", 0)) -> Any:
    """A server that opens where `decides` says so; `sent`: the credentials that it was shown."""

    def decide(connection: Any, request: Any) -> Any:
        if sent is not None:
            sent.add(request.headers.get("Authorization", ""))
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return connection.respond(HTTPStatus.OK, "plain")
        return None if decides(request) else connection.respond(HTTPStatus.FORBIDDEN, "")

    def idle(socket: Any) -> None:
        for _ in socket:
            pass

    listening = serve(idle, *at, process_request=decide)
    Thread(target=listening.serve_forever, daemon=True).start()
    return listening


def beside(authority: str, works: str, folder: Path, *arguments: str) -> dict[str, Any]:
    """The diagnosis of an address beside a copied command."""
    (folder / "works").write_text(works)
    quick = ["-p", "target.rest_url", "null", "-p", "target.timeout_s", "3", "--json", "-"]
    _, out, error = run("whys", f"ws://{authority}/ws", "--working", str(folder / "works"), *arguments, *quick)
    assert "t0ken" not in out + error
    return json.loads(out)


def test_the_place_of_one_subprotocol_is_found(tmp_path: Path) -> None:
    """A server that looks at the first offer alone: that the second is moved there is the difference that matters."""
    listening = answering(lambda request: request.headers.get("Sec-WebSocket-Protocol", "").startswith("v2"))
    with listening:
        authority = f"127.0.0.1:{listening.socket.getsockname()[1]}"
        works = f"curl 'ws://{authority}/ws' -H 'Sec-WebSocket-Protocol: v2, v1, extra' -H 'X-A: 1'"
        found = beside(authority, works, tmp_path, "-p", "target.subprotocols", "[v1, v2]")
        listening.shutdown()
    assert found["works_with"]["changes"] in ({"subprotocols.v2": 1}, {"subprotocols.v1": 2})


def test_a_secret_beside_the_token_in_the_query_is_found_and_shown_by_reference(tmp_path: Path) -> None:
    """Of two secrets and a version, the second is what the server wants: its reference is named, its value nowhere."""
    listening = answering(lambda request: "sig=t0ken-0123456789abcdef" in request.path)
    with listening:
        authority = f"127.0.0.1:{listening.socket.getsockname()[1]}"
        works = f"websocat 'ws://{authority}/ws?v=2&access_token=0paque0123456789abc&sig=t0ken-0123456789abcdef'"
        found = beside(authority, works, tmp_path, "--token", "file:" + str(tmp_path / "works"), "-p", "token.carrier", "query")
        listening.shutdown()
    assert found["works_with"]["changes"] == {"query.sig": "env:WORKING_QUERY_SIG"}


def test_of_a_minted_token_the_claims_that_matter_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole token opens; made like it claim by claim, ours opens with two of its claims, and those are named."""
    monkeypatch.setenv("KEY", KEY)

    def decides(request: Any) -> bool:
        claims = tokens.decode(request.headers.get("Authorization", "").removeprefix("Bearer ")).claims
        return claims.get("aud") == "api" and claims.get("tenant") == "t7"

    now = int(time.time())
    claims = {"aud": "api", "tenant": "t7", "iss": "other", "sub": "ada", "iat": now, "exp": now + 600}
    theirs = tokens.mint(claims, key="another" * 8, algorithm="HS256")
    listening = answering(decides)
    with listening:
        authority = f"127.0.0.1:{listening.socket.getsockname()[1]}"
        works = f"curl 'ws://{authority}/ws' -H 'Authorization: Bearer {theirs}' -H 'X-A: 1'"
        found = beside(authority, works, tmp_path, "-p", "token.secret", "env:KEY", "-p", "token.claims", "{aud: web}")
        listening.shutdown()
    assert found["works_with"]["changes"] == {"claims.aud": "api", "claims.tenant": "t7"}, found["works_with"]
    assert theirs not in json.dumps(found)


def test_no_credential_goes_to_the_other_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The host is tried with its own credentials alone; the configured token stays here, theirs stays there."""
    monkeypatch.setenv("OURS", "t0ken-ours-0123456789")
    here: set[str] = set()
    there: set[str] = set()
    refusing = answering(lambda request: False, here)
    with refusing, answering(lambda request: True, there, ("127.0.0.2", refusing.socket.getsockname()[1])) as accepting:
        port = refusing.socket.getsockname()[1]
        works = f"curl 'ws://127.0.0.2:{port}/ws' -H 'Authorization: Bearer t0ken-theirs-0123456789' -H 'X-A: 1'"
        found = beside(f"127.0.0.1:{port}", works, tmp_path, "--token", "env:OURS")
        refusing.shutdown()
        accepting.shutdown()
    assert found["works_with"]["changes"] == {"host": "127.0.0.2", "token": "env:WORKING_TOKEN"}
    assert {"Bearer t0ken-ours-0123456789"} <= here
    assert [sent for sent in here if "theirs" in sent] == []
    assert there - {""} == {"Bearer t0ken-theirs-0123456789"}
