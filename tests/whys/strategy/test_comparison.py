"""Of many differences to a handshake that works exactly those that matter are found and proved, in few handshakes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from websockets.sync.server import serve

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
