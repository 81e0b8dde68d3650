"""What is gathered before the target is asked, and what is said of what could not be."""

from __future__ import annotations

from pathlib import Path

from lib.clients.rest import Rest
from lib.environment.evidence import gathered
from lib.handshake import Handshake
from lib.parameters import loading as params
from tests.configuration.samples import nginx
from tests.raw_servers import answering, raw

HANDSHAKE = Handshake(url="ws://a.example/ws", rest_url="http://a.example", key="k" * 32, user="user-1")


async def test_nothing_is_gathered_where_nothing_is_named() -> None:
    """No evidence, and no complaint."""
    found = await gathered(params.load("staging"), HANDSHAKE, Rest(), {})
    assert (found.found, found.not_read) == ([], {})


async def test_what_cannot_be_read_is_told_and_left_out() -> None:
    """The parameter and the reason, in the answer and as a line of progress."""
    told: list[str] = []
    given = {"evidence.users": {"path": "no/such/users.json"}}
    found = await gathered(params.load("staging", given), HANDSHAKE, Rest(), {}, told.append)
    assert (found.found, found.not_read) == ([], {"evidence.users": "the file cannot be read (no such file or directory)"})
    assert told == [
        "evidence.users: the diagnosis goes on without what could not be read: "
        "the file cannot be read (no such file or directory)"
    ]


async def test_a_configuration_that_is_none_is_told(tmp_path: Path) -> None:
    """What a file holds no configuration of is left out by name; what was read beside it predicts."""
    told: list[str] = []
    (tmp_path / "nginx.conf").write_text(nginx())
    (tmp_path / "notes.txt").write_text("none")
    paths = [{"path": str(tmp_path / name)} for name in ("nginx.conf", "notes.txt")]
    given = {"evidence.configuration": paths, "target.ws_url": "ws://a.example/ws"}
    found = await gathered(params.load("staging", given), HANDSHAKE, Rest(), {}, told.append)
    why = "notes.txt holds no configuration that is understood: a file of no known format"
    assert [one.words.partition(" (")[0] for one in found.found][:1] == ["read: nginx.conf"]
    assert found.not_read == {"evidence.configuration": why}
    assert told == [f"evidence.configuration: the diagnosis goes on without what could not be read: {why}"]


async def test_what_is_silent_ends_within_the_budget() -> None:
    """Each is told, and what is left of the budget is the target's."""
    async with raw(answering(stay_s=600)) as silent:
        service = {"kind": "cloud-run", "project": "p", "region": "r", "service": "s", "endpoint": f"http://{silent}"}
        users = {"request": f"GET http://{silent}/users/{{user}}"}
        given = {"evidence.configuration": [service], "evidence.users": users, "budget.seconds": 2}
        found = await gathered(params.load("staging", given), HANDSHAKE, Rest(), {})
    assert found.not_read == {
        "evidence.configuration": "evidence.configuration.0: no answer within 1 s",
        "evidence.users": "no answer within 0.5 s",
    }
