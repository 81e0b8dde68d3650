"""What is gathered before the target is asked, and what is said of what could not be."""

from __future__ import annotations

from lib.clients.rest import Rest
from lib.environment.evidence import gathered
from lib.handshake import Handshake
from lib.parameters import loading as params

HANDSHAKE = Handshake(url="ws://a.example/ws", rest_url="http://a.example", key="k" * 32, user="user-1")


async def test_nothing_is_gathered_where_nothing_is_named() -> None:
    """No evidence, and no complaint."""
    found = await gathered(params.load("staging"), HANDSHAKE, Rest())
    assert (found.found, found.not_read) == ([], {})


async def test_what_cannot_be_read_is_told_and_left_out() -> None:
    """The parameter and the reason, in the answer and as a line of progress."""
    told: list[str] = []
    given = {"evidence.users": {"path": "no/such/users.json"}}
    found = await gathered(params.load("staging", given), HANDSHAKE, Rest(), told.append)
    assert (found.found, found.not_read) == ([], {"evidence.users": "the file cannot be read (FileNotFoundError)"})
    assert told == [
        "evidence.users could not be read, and the diagnosis goes on without it: the file cannot be read (FileNotFoundError)"
    ]
