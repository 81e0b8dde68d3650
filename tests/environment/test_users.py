"""Reading the users' records: whom they are asked for, files of any shape, and what is not read."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from lib.clients.database import NotRead
from lib.clients.rest import Rest
from lib.environment import users
from lib.facts import Prediction
from lib.handshake import Handshake
from lib.parameters import loading as params
from lib.tokens import mint
from tests.raw_servers import raw

LISTED = [{"id": "user-1", "active": False, "phone": "CANARY"}, {"id": "user-2", "active": True, "phone": "CANARY"}]
JSON = json.dumps(LISTED)
SAID = [("user-1", ("user-inactive",)), ("user-2", ())]


def written(path: Path, text: str) -> Path:
    if text:
        path.write_text(text)
    return path


async def read(path: Path, handshake: Handshake | None = None, **more: Any) -> list[Prediction]:
    given = {"evidence.users": {"path": str(path), **more}, "alternatives.users": ["user-2"]}
    asked = handshake or Handshake(url="ws://a.example/ws", rest_url="http://a.example", key="k" * 32, user="user-1")
    return await users.read(params.load("staging", given), asked, Rest(), within_s=30)


@pytest.mark.parametrize(("name", "text", "more"), [
    ("a.json", JSON, {}),
    ("a.json", json.dumps({"users": LISTED, "total": 2}), {}),
    ("a.json", json.dumps({one["id"]: {"active": one["active"]} for one in LISTED}), {}),
    ("a.json", json.dumps([{"sub": one["id"], "state": {"on": one["active"]}} for one in LISTED]), {"active": "state.on"}),
    ("a.jsonl", "\n".join(map(json.dumps, LISTED)), {}),
    ("a.yaml", "users:\n  user-1: {active: no}\n  user-2: {active: yes}\n", {}),
    ("a.yml", "- {key: user-1, is_active: false}\n- {key: user-2, is_active: true}\n", {"id": "key", "active": "is_active"}),
    ("a.csv", "id,active,phone\nuser-1,f,CANARY\nuser-2,t,CANARY\n", {}),
    ("a.csv", "\ufeffuser_id;status\nuser-1;disabled\nuser-2;active\n", {"active": "status"}),
])  # fmt: skip
async def test_a_file_of_users_is_read_in_any_usual_shape(tmp_path: Path, name: str, text: str, more: dict[str, Any]) -> None:
    """A list, a list under a name, a map by user, lines, tables; nothing of a record but what is mapped is kept."""
    found = await read(written(tmp_path / name, text), **more)
    assert [(one.user, one.speaks_for) for one in found] == SAID
    assert "CANARY" not in repr(found)
    assert found[0].as_of is not None


@pytest.mark.parametrize(("name", "text", "more"), [
    ("a.json", "{", {}), ("a.json", "[]", {}), ("a.json", "5", {}), ("a.json", '[{"CANARY": 1}]', {}),
    ("a.json", JSON, {"id": "nope"}), ("a.json", json.dumps([*LISTED, LISTED[0]]), {}), ("a.yaml", "a: &a [*a]", {}),
    ("a.csv", "CANARY\n1\n", {}), ("none.json", "", {}),
])  # fmt: skip
async def test_what_holds_no_users_is_refused_without_its_words(
    tmp_path: Path, name: str, text: str, more: dict[str, Any]
) -> None:
    """Broken files, records that do not say whose they are, and two of one user."""
    with pytest.raises(NotRead) as refused:
        await read(written(tmp_path / name, text), **more)
    assert "CANARY" not in str(refused.value)


async def test_an_address_that_cannot_be_resolved_is_no_evidence() -> None:
    """The variable is named, nothing is asked."""
    query = {"url": "env:NO_SUCH_DATABASE", "query": "SELECT active FROM users WHERE id = :user"}
    handshake = Handshake(url="ws://a.example/ws", rest_url="http://a.example", key="k" * 32, user="user-1")
    with pytest.raises(NotRead, match="NO_SUCH_DATABASE is not set"):
        await users.read(params.load("staging", {"evidence.users": query}), handshake, Rest(), within_s=30)


async def test_a_token_that_is_sent_as_it_stands_names_the_user(tmp_path: Path) -> None:
    """Its subject is whom the records are asked for, and nobody else is tried."""
    token = mint({"sub": "user-2"}, key="k" * 32, algorithm="HS256")
    handshake = Handshake(url="ws://a.example/ws", rest_url="http://a.example", token=token)
    found = await read(written(tmp_path / "a.json", JSON), handshake)
    assert [(one.user, one.speaks_for) for one in found] == SAID[1:]


async def test_the_age_of_a_file_is_told(tmp_path: Path) -> None:
    """What it says was true when it was written."""
    os.utime(written(tmp_path / "a.json", JSON), (0, 0))
    assert {one.as_of.year for one in await read(tmp_path / "a.json") if one.as_of} == {1970}


class Admin:
    """An admin route: what it answers by user, and what it was sent."""

    def __init__(self, answers: dict[str, tuple[int, str]]):
        self.answers, self.heads = answers, list[str]()

    async def __call__(self, head: bytes, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(head.decode())
        user = head.split()[1].decode().rpartition("/")[2]
        status, body = self.answers.get(user, (404, '{"detail": "CANARY"}'))
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        await writer.drain()


async def ask_route(admin: Admin, monkeypatch: pytest.MonkeyPatch, *, elsewhere: bool = True) -> list[Prediction]:
    monkeypatch.setenv("ADMIN_TOKEN", "CANARY-ADMIN-TOKEN")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with raw(admin) as server:
        place = f"http://{server}/admin/users/{{user}}" if elsewhere else "/admin/users/{user}"
        given = {
            "evidence.users": {"request": f"GET {place}", "headers": {"Authorization": "env:ADMIN_TOKEN"}, "active": "data.on"},
            "alternatives.users": ["user 2"],
            **({} if elsewhere else {"target.rest_url": f"http://{server}", "target.ws_url": f"ws://{server}/ws"}),
        }
        handshake = Handshake(
            url="ws://a.example/ws", rest_url="http://a.example", key="k" * 32, user="user-1", headers=(("X-Other", "CANARY"),)
        )
        door = Rest()
        try:
            return await users.read(params.load("staging", given), handshake, door, within_s=30)
        finally:
            await door.close()


@pytest.mark.parametrize("elsewhere", [True, False])
async def test_an_admin_route_is_asked_with_its_own_headers_alone(monkeypatch: pytest.MonkeyPatch, elsewhere: bool) -> None:
    """404 is no such user; the handshake's headers stay away, what is not mapped is dropped."""
    admin = Admin({"user-1": (200, '{"data": {"on": false}, "email": "CANARY"}')})
    found = await ask_route(admin, monkeypatch, elsewhere=elsewhere)
    assert [(one.user, one.speaks_for) for one in found] == [("user-1", ("user-inactive",)), ("user 2", ("user-unknown",))]
    assert "CANARY" not in repr(found)
    assert [head.split()[1] for head in admin.heads] == ["/admin/users/user-1", "/admin/users/user%202"]
    assert all("Authorization: CANARY-ADMIN-TOKEN" in head for head in admin.heads)
    assert not any("X-Other" in head for head in admin.heads)


@pytest.mark.parametrize("answer", [
    (401, "CANARY"), (500, "CANARY"), (302, ""), (200, "CANARY"), (200, "[1, 2]"), (200, '{"error": "CANARY"}'), (204, ""),
])  # fmt: skip
async def test_an_answer_that_is_no_record_is_refused_without_its_words(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str]
) -> None:
    """Neither a user nor that there is none can be told from it."""
    with pytest.raises(NotRead) as refused:
        await ask_route(Admin({"user-1": answer}), monkeypatch)
    assert "CANARY" not in str(refused.value)


@pytest.mark.parametrize("body", ["[]", "null", "{}"])
async def test_an_empty_answer_is_no_such_user(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """A route that searches answers 200 with nothing found."""
    found = await ask_route(Admin({"user-1": (200, body)}), monkeypatch)
    assert found[0].speaks_for == ("user-unknown",)
