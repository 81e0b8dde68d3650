"""Log lines that carry no trace and that no pattern explains, near refusals of a diagnosis."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from lib.environment.investigation import Investigation
from lib.facts import rfc3339, utc_now
from lib.whys import Diagnosis
from tests.whys.foreign import KEY, settings

WORDS = "tenant header missing for service client"


def begun(path: Path) -> Path:
    """A log into which nothing was written yet."""
    path.touch()
    return path


async def diagnosed(path: Path, words: str, *, ahead: timedelta = timedelta(), seconds: int = 20) -> Diagnosis:
    """The diagnosis of a server whose clock is so far ahead, that refuses without a word and writes these words each time."""

    def refuse(connection: ServerConnection, request: Request) -> Response:
        now, asked = utc_now() + ahead, request.path == "/live"
        line = json.dumps({"timestamp": rfc3339(now), "severity": "WARNING", "message": words}) + "\n"
        with path.open("a") as file:
            file.write(line if asked else "")
        response = connection.respond(200 if request.path == "/up" else 403 if asked else 404, "")
        del response.headers["Date"]
        response.headers["Date"] = format_datetime(now, usegmt=True)
        return response

    async def never(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        given = settings(port, logs={"source": "file", "path": str(begun(path))}, budget={"seconds": seconds})
        return await Investigation(parameters=given).whys()


async def test_what_stands_near_each_refusal_is_quoted_and_names_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines without a trace id, written at each refusal, are a lead with no cause, with how many and how near."""
    monkeypatch.setenv("KEY", KEY)
    found = await diagnosed(tmp_path / "app.jsonl", WORDS)
    lead = next(lead for lead in found.leads if lead.id is None)
    assert (found.verdict, found.causes) == ("ambiguous", ())
    assert re.fullmatch(rf"\d\d × {WORDS}, within \d+ ms of .*", lead.because)
    assert [seen.body_excerpt for seen in found.observations if seen.id in lead.evidence] == [WORDS]


async def test_the_servers_clock_is_allowed_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is 90 s ahead, as its Date headers say, writes its lines at its own time: they stand near all the same."""
    monkeypatch.setenv("KEY", KEY)
    found = await diagnosed(tmp_path / "app.jsonl", WORDS, ahead=timedelta(seconds=90), seconds=12)
    assert any(lead.id is None and WORDS in lead.because for lead in found.leads)


async def test_what_a_pattern_explains_is_not_quoted_as_unexplained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that names a cause in known words is no line that nothing explains."""
    monkeypatch.setenv("KEY", KEY)
    found = await diagnosed(tmp_path / "app.jsonl", "Too many open connections")
    assert not [lead for lead in found.leads if lead.id is None]
