"""What is gathered before the target is asked, and what is said of what could not be."""

from __future__ import annotations

from lib.clients.rest import Rest
from lib.configuration.shape import Configuration, Source
from lib.environment.evidence import gathered
from lib.handshake import Handshake
from lib.parameters import loading as params

HANDSHAKE = Handshake(url="ws://a.example/ws", rest_url="http://a.example", key="k" * 32, user="user-1")


async def test_nothing_is_gathered_where_nothing_is_named() -> None:
    """No evidence, and no complaint."""
    found = await gathered(params.load("staging"), HANDSHAKE, Rest(), Configuration())
    assert (found.found, found.not_read) == ([], {})


async def test_what_cannot_be_read_is_told_and_left_out() -> None:
    """The parameter and the reason, in the answer and as a line of progress."""
    told: list[str] = []
    given = {"evidence.users": {"path": "no/such/users.json"}}
    found = await gathered(params.load("staging", given), HANDSHAKE, Rest(), Configuration(), told.append)
    assert (found.found, found.not_read) == ([], {"evidence.users": "the file cannot be read (FileNotFoundError)"})
    assert told == [
        "evidence.users: the diagnosis goes on without what could not be read: the file cannot be read (FileNotFoundError)"
    ]


async def test_a_configuration_that_is_none_is_told() -> None:
    """What a file holds no configuration of is left out by name; what was read beside it predicts."""
    told: list[str] = []
    read = Configuration(sources=(Source("nginx.conf", "nginx"),), refused=("notes.txt holds none",))
    found = await gathered(params.load("staging"), HANDSHAKE, Rest(), read, told.append)
    assert [one.words for one in found.found] == ["read: nginx.conf (nginx): nothing that takes requests"]
    assert found.not_read == {"evidence.configuration": "notes.txt holds none"}
    assert told == ["evidence.configuration: the diagnosis goes on without what could not be read: notes.txt holds none"]
