"""A session that is written down says the same messages again, and judges as the command does."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from lib.captures.session_writing import judging_parts
from lib.captures.writing import Source, regression_test, written
from lib.facts import Request
from lib.sessions.matching import matches
from lib.sessions.scripts import script_of
from tests.raw_servers import serving

NOW = datetime(2026, 11, 24, 3, 20, tzinfo=UTC)
TOKEN = "opaque-token-0123456789"
SOURCE = Source(issued="env:PASTED", headers={"s3cr3t-of-a-payload": "env:API_KEY"})
ENVIRON = {**os.environ, "PASTED": TOKEN, "API_KEY": "s3cr3t-of-a-payload"}
FREE = {"send": ['{"type":"auth","token":"{token}"}'], "expect": {"type": "ok"}, "timeout_s": 1}
CABLE = {"protocol": "actioncable", "channel": "Chat", "payload": {"token": "{token}"}, "timeout_s": 1}
SOCKET_IO = {"protocol": "socket.io", "payload": {"token": "{token}", "key": "s3cr3t-of-a-payload"}, "timeout_s": 1}


def asking(authority: str, settings: dict[str, Any], token: str = TOKEN) -> Request:
    return Request(url=f"ws://{authority}/", use_environment_proxy=False, session=script_of(settings, token))


async def free(connection: ServerConnection) -> None:
    said = json.loads(await connection.recv())
    await connection.send(json.dumps({"type": "ok" if said["token"] == TOKEN else "auth_error"}))
    await connection.wait_closed()


async def cable(connection: ServerConnection) -> None:
    await connection.send('{"type":"welcome"}')
    identifier = json.loads(await connection.recv())["identifier"]
    kind = "confirm_subscription" if json.loads(identifier)["token"] == TOKEN else "reject_subscription"
    await connection.send(json.dumps({"identifier": identifier, "type": kind}))
    await connection.wait_closed()


async def engine(connection: ServerConnection) -> None:
    await connection.send('0{"sid":"a"}')
    said = json.loads(str(await connection.recv())[2:])
    await connection.send('40{"sid":"b"}' if said == {"token": TOKEN, "key": "s3cr3t-of-a-payload"} else '44{"message":"no"}')
    await connection.wait_closed()


async def run(*command: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, command, env=ENVIRON, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.parametrize(("serve", "settings", "grant"), [(cable, CABLE, "confirm_"), (engine, SOCKET_IO, "40{")])
async def test_what_is_written_is_granted_again(tmp_path: Path, serve, settings, grant) -> None:
    """The Python lines see the frame that grants; the test is green while the right token is granted and another is not."""
    async with serving(serve) as authority:
        request, wrong = asking(authority, settings), asking(authority, settings, "another-token-012345")
        lines = written(request, TOKEN, SOURCE, now=NOW)
        file = tmp_path / "test_it.py"
        file.write_text(regression_test(request, wrong, TOKEN, SOURCE, now=NOW))
        shown = await run("bash", "-c", "\n".join([*lines.before, "export TOKEN", f"{sys.executable} -c {quoted(lines.python)}"]))
        tested = await run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(file))
    assert grant in shown.stdout, shown
    assert "2 passed" in tested.stdout, tested.stdout
    written_down = "\n".join([lines.shell, lines.websocat, lines.python, file.read_text()])
    assert not [secret for secret in (TOKEN, "s3cr3t-of-a-payload") if secret in written_down]


async def test_a_refused_session_turns_the_test_red(tmp_path: Path) -> None:
    """What is configured is refused by a frame: red, and the control beside it green."""
    async with serving(free) as authority:
        wrong = asking(authority, FREE, "another-token-012345")
        file = tmp_path / "test_it.py"
        file.write_text(regression_test(wrong, wrong, None, Source(), now=NOW))
        tested = await run(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(file))
    assert "1 failed, 1 passed" in tested.stdout, tested.stdout


async def pinging(connection: ServerConnection) -> None:
    await connection.recv()
    await connection.send('{"type":"ping"}')
    await connection.send('{"type":"connection_ack"}' if json.loads(await connection.recv()) == {"type": "pong"} else "{}")
    await connection.wait_closed()


def ending(code: int) -> Callable[[ServerConnection], Awaitable[None]]:
    async def serve(connection: ServerConnection) -> None:
        await connection.recv()
        await asyncio.sleep(0.8)
        await connection.close(code)

    return serve


GRAPHQL = {"protocol": "graphql-transport-ws", "payload": None, "timeout_s": 2}
CLOSING = {"send": ["hello"], "refuse": {"close": [4401]}, "timeout_s": 2}


@pytest.mark.parametrize(
    ("serve", "settings", "outcome"),
    [(pinging, GRAPHQL, "accepted"), (ending(4401), CLOSING, "closed: "), (ending(4000), CLOSING, "accepted")],
)
async def test_a_written_test_answers_pings_and_knows_the_codes_that_refuse(serve: Any, settings: Any, outcome: str) -> None:
    """A ping gets its reply; a session that nothing has to grant is refused by the codes of refuse.close alone."""
    async with serving(serve) as authority:
        text = regression_test(asking(authority, settings), asking(authority, settings), None, Source(), now=NOW)
        names: dict[str, Any] = {}
        exec(text, names)  # noqa: S102  our own lines, as a file holds them
        connecting = re.search(r"outcome\(lambda: (.*), lambda: (\[.*\])\) == ", text)
        assert connecting is not None
        found = await asyncio.to_thread(eval, f"outcome(lambda: {connecting[1]}, lambda: {connecting[2]})", names)
    assert found.startswith(outcome), found


async def test_websocat_gets_the_messages_on_its_input() -> None:
    """Each message is a line, with the token from its variable; the input stays open for the answers."""
    request = asking("127.0.0.1:1", {**FREE, "timeout_s": 0.1})
    lines = written(request, TOKEN, SOURCE, now=NOW)
    done = await run("bash", "-c", "\n".join([*lines.before, "websocat() { cat; }", lines.websocat]))
    assert done.stdout == f'{{"type":"auth","token":"{TOKEN}"}}\n'


@pytest.mark.parametrize(
    "frame", ['{"roles":["a","b"]}', '{"ok":1}', '{"ok":true}', 'hello {"ok":true}', '42/chat,{"ok":true}', "[]", "hi"]
)
@pytest.mark.parametrize("wanted", [{"roles": ["a"]}, {"roles": ["b"]}, {"ok": True}, {"ok": 1}])
def test_a_written_test_reads_a_frame_as_the_command_does(frame: str, wanted: dict[str, Any]) -> None:
    """Lists by their beginning, true apart from 1, what a packet protocol writes before its JSON left out."""
    script = script_of({"send": ["x"], "expect": wanted}, None)
    names: dict[str, Any] = {"json": json, "re": re, "time": time, "OPEN_FOR_S": 0.5}
    exec(judging_parts(script, None, repr)["judging"], names)  # noqa: S102  our own lines, as a file holds them
    assert names["known"](names["GRANTING"], frame) is any(matches(sign, frame) for sign in script.granting)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
