"""Open sessions: frames in order and with their moments, closing from both sides, bounds."""

from __future__ import annotations

import asyncio
import json
from time import perf_counter

import pytest
from websockets.asyncio.server import ServerConnection

from lib.clients.websocket import Session, SessionClosed, WebSockets
from lib.clients.websocket_session import MAX_KEPT_FRAMES
from lib.facts import UNANSWERED, Request
from lib.sessions.scripts import script_of
from tests.raw_servers import accepting, echo, raw, serving, then

CANARY = "canary-7f3a90e1b2c4d5"


async def opened(authority: str, **request: object) -> Session:
    """An open session."""
    session = await WebSockets().open(Request(url=f"ws://{authority}/ws", timeout_s=1, **request))
    assert isinstance(session, Session)
    return session


async def test_a_session_sends_receives_and_stamps():
    """Messages come back in order; each knows when it arrived and how long after the last send."""
    async with serving(echo) as server:
        session = await opened(server)
        sent_s = await session.send({"type": "ping"})
        frame = await session.receive(timeout_s=1)
        await session.send("plain")
        text = await session.receive(timeout_s=1)
        await session.close()
    assert (frame.json, text.text, text.json) == ({"type": "ping"}, "plain", None)
    assert sent_s < frame.at_s
    assert frame.elapsed_ms == pytest.approx((frame.at_s - sent_s) * 1000)


async def test_receive_until_gives_all_frames_up_to_the_one_wanted():
    """The frames before the wanted one are not lost."""

    async def events(connection: ServerConnection) -> None:
        for name in ("started", "thinking", "completed", "after"):
            await connection.send(json.dumps({"type": name}))
        await connection.wait_closed()

    async with serving(events) as server:
        session = await opened(server)
        frames = await session.receive_until(lambda frame: frame.json["type"] == "completed", timeout_s=1)
        await session.close()
    assert [frame.json["type"] for frame in frames] == ["started", "thinking", "completed"]


async def test_waiting_for_a_frame_ends_with_the_timeout():
    """A silent server raises TimeoutError, and the session is still usable."""
    async with serving(echo) as server:
        session = await opened(server)
        with pytest.raises(TimeoutError):
            await session.receive(timeout_s=0.05)
        with pytest.raises(TimeoutError):
            await session.receive_until(lambda frame: False, timeout_s=0.05)
        await session.send("still here")
        assert (await session.receive(timeout_s=1)).text == "still here"
        await session.close()


async def test_a_closed_session_says_who_closed_it_and_why():
    """Frames that arrived before the close are still delivered; then the close code is raised and recorded."""

    async def leave(connection: ServerConnection) -> None:
        await connection.send("last words")
        await connection.close(4001, "session expired")

    async with serving(leave) as server:
        session = await opened(server)
        assert (await session.receive(timeout_s=1)).text == "last words"
        with pytest.raises(SessionClosed, match=r"closed the session with 4001 \(session expired\)"):
            await session.receive(timeout_s=1)
        with pytest.raises(SessionClosed):
            await session.send("anyone there?")
        await session.close()
    assert (session.exchange.close_code, session.exchange.close_reason) == (4001, "session expired")


async def test_a_session_that_we_close_has_no_close_code():
    """Closing politely reaches the server as 1000 and leaves the exchange accepted."""
    codes: list[int | None] = []

    async def wait(connection: ServerConnection) -> None:
        await connection.wait_closed()
        codes.append(connection.close_code)

    async with serving(wait) as server:
        session = await opened(server)
        await session.close()
        await session.close()
        await asyncio.sleep(0.05)
    assert codes == [1000]
    assert (session.exchange.close_code, session.exchange.accepted) == (None, True)


async def test_a_server_that_never_answers_the_close_does_not_hold_us():
    """Closing is bounded in time."""
    async with raw(accepting()) as server:
        session = await opened(server)
        start = perf_counter()
        await session.close()
    assert perf_counter() - start < 1


async def test_pings_are_answered_while_nobody_waits():
    """The server's keep-alive gets its pong from a session that nobody reads."""
    latencies: list[float] = []

    async def ping(connection: ServerConnection) -> None:
        latencies.append(await asyncio.wait_for(await connection.ping(), 1))

    async with serving(ping) as server:
        session = await opened(server)
        await asyncio.sleep(0.1)
        await session.close()
    assert len(latencies) == 1


async def test_a_flood_of_frames_is_held_back_and_none_is_lost():
    """Unread frames are bounded by pausing the connection; all arrive in order when they are read."""

    async def flood(connection: ServerConnection) -> None:
        for number in range(6000):
            await connection.send(f"{number:01000d}")
        await connection.wait_closed()

    async with serving(flood) as server:
        session = await opened(server)
        await asyncio.sleep(0.5)
        assert session.frames_in < 3000
        numbers = [int((await session.receive(timeout_s=2)).text) for _ in range(6000)]
        await session.close()
    assert numbers == list(range(6000))


async def test_sessions_that_are_left_open_are_closed_with_the_door():
    """Closing the door leaves no connection behind."""
    async with serving(echo) as server:
        door = WebSockets()
        session = await door.open(Request(url=f"ws://{server}/ws"))
        await door.close()
        assert not session.is_open


async def test_no_secret_is_in_frames_and_close_reasons():
    """First frame, close reason and the representation of frames are redacted; what the caller reads is not."""

    async def parrot(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"token": CANARY}))
        await connection.close(4001, f"bad {CANARY}")

    async with serving(parrot) as server:
        session = await opened(server, secrets=(CANARY,))
        frame = await session.receive(timeout_s=1)
        with pytest.raises(SessionClosed) as closed:
            await session.receive(timeout_s=1)
        await session.close()
    assert frame.json == {"token": CANARY}
    assert CANARY not in repr(frame) + repr(session.exchange) + str(closed.value) + repr(closed.value)


async def test_a_flood_ends_with_the_timeout_and_what_is_kept_is_bounded():
    """Frames that never stop fill no memory, and do not hold the wait for the one that is wanted."""
    seen = 0

    def never(_: object) -> bool:
        nonlocal seen
        seen += 1
        return False

    async def flood(connection: ServerConnection) -> None:
        while True:
            await connection.send("x" * 60)
            await asyncio.sleep(0)

    async with serving(flood, compression=None) as server:
        session = await opened(server)
        start = perf_counter()
        with pytest.raises(TimeoutError):
            await session.receive_until(never, timeout_s=0.5)
        await session.close()
    assert perf_counter() - start < 2.5
    assert seen > 10


async def test_of_many_frames_the_last_are_kept():
    """A conversation longer than the bound gives its end, the wanted frame last."""

    async def many(connection: ServerConnection) -> None:
        for number in range(MAX_KEPT_FRAMES + 50):
            await connection.send(str(number))
        await connection.wait_closed()

    async with serving(many, compression=None) as server:
        session = await opened(server)
        last = str(MAX_KEPT_FRAMES + 49)
        frames = await session.receive_until(lambda frame: frame.text == last, timeout_s=30)
        await session.close()
    assert (len(frames), frames[0].text, frames[-1].text) == (MAX_KEPT_FRAMES, "50", last)


VIOLATIONS = {
    "RSV1 without compression": b"\xc1\x01x",
    "close 999": b"\x88\x02\x03\xe7",
    "close 1006": b"\x88\x02\x03\xee",
    "close reason that is no UTF-8": b"\x88\x03\x03\xe8\xff",
    "no frame at all": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "a masked frame": b"\x81\x81\x00\x00\x00\x00x",
    "text that is no UTF-8": b"\x81\x01\xff",
}


@pytest.mark.parametrize("after", VIOLATIONS.values(), ids=VIOLATIONS.keys())
async def test_a_violation_of_the_protocol_is_told_as_one(after: bytes):
    """Not as a drop, and not with a code that the server may not send."""
    async with raw(accepting(after=after)) as server:
        exchange = await WebSockets().knock(Request(url=f"ws://{server}/ws", timeout_s=1))
    assert (exchange.rung, exchange.close_code) == ("session", None)
    assert "the server broke the WebSocket protocol" in (exchange.error or "")


AUTH = {"send": ['{"type":"auth","token":"{token}"}'], "expect": {"type": "auth_ok"}, "timeout_s": 5}
BRIEFLY = {**AUTH, "timeout_s": 0.4}


def asking(authority: str, settings: dict[str, object], token: str = CANARY) -> Request:
    """A handshake with a session."""
    return Request(url=f"ws://{authority}/", timeout_s=2, secrets=(token,), session=script_of(settings, token))


def answering_auth(*answers: str, code: int | None = None, reason: str = ""):
    """A server that answers the first message with these frames, and then closes with a code, or stays."""

    async def serve(connection: ServerConnection) -> None:
        await connection.recv()
        for answer in answers:
            await connection.send(answer)
        if code is not None:
            await connection.close(code, reason)
        await connection.wait_closed()

    return serve


async def test_a_granted_session_is_open_and_tells_what_was_said():
    """It is open once the expected frame is there; the record has both frames, the token as a pseudonym."""
    async with serving(answering_auth('{"type":"auth_ok"}')) as server:
        session = await WebSockets().open(asking(server, AUTH))
        assert isinstance(session, Session)
        assert (await session.receive(timeout_s=1)).json == {"type": "auth_ok"}
        exchange = session.exchange
        await session.close()
    assert (exchange.granted, exchange.accepted, exchange.body_excerpt) == (True, True, "")
    assert exchange.phases.granted_ms is not None
    assert [frame[0] for frame in exchange.frames] == ["→", "←"]
    assert CANARY not in repr(exchange)


REFUSALS = [
    (answering_auth('{"type":"error","message":"token expired"}'), '{"type":"error","message":"token expired"}', None),
    (answering_auth('{"type":"error","message":"no"}', code=4401, reason="gone"), '{"type":"error","message":"no"}', 4401),
    (answering_auth(code=4403, reason="Forbidden"), "", 4403),
    (answering_auth('{"type":"hello"}'), "", None),
    (answering_auth('{"type":"auth_ok"}', '{"type":"x"}', code=4401), "", 4401),
]


@pytest.mark.parametrize(("server", "words", "code"), REFUSALS)
async def test_a_refused_session_says_how(server, words, code):
    """A complaint, a close with its code, silence, and a close right after the grant: each is no acceptance."""
    async with serving(server) as authority:
        exchange = await WebSockets().knock(asking(authority, BRIEFLY if words == "" else AUTH))
    assert (exchange.rung, exchange.status, exchange.granted, exchange.accepted) == ("session", 101, False, False)
    assert (exchange.body_excerpt, exchange.close_code) == (words, code)
    assert (exchange.error is not None) == (words == "" and code is None)


async def test_what_only_time_grants_takes_its_time():
    """Without an expected frame a session that stays silent is granted after its time, and one that is closed is not."""
    settings = {"send": ["hello {token}"], "timeout_s": 0.3}
    async with serving(answering_auth()) as quiet, serving(answering_auth(code=4001)) as closing:
        granted, refused = [await WebSockets().knock(asking(authority, settings), stay_s=0.1) for authority in (quiet, closing)]
    assert (granted.granted, refused.granted) == (True, False)


async def test_pings_of_a_protocol_are_answered_and_its_turn_is_waited_for():
    """Socket.IO's connect goes out after the open packet, a ping gets its pong, also when nobody reads frames."""
    heard: list[str] = []

    async def engine(connection: ServerConnection) -> None:
        await connection.send('0{"sid":"a"}')
        heard.append(str(await connection.recv()))
        await connection.send('40{"sid":"b"}')
        await connection.send("2")
        heard.append(str(await connection.recv()))
        await connection.wait_closed()

    async with serving(engine) as server:
        exchange = await WebSockets().knock(
            asking(server, {"protocol": "socket.io", "payload": {"token": "{token}"}}), stay_s=0.2
        )
    assert heard == [f'40{{"token":"{CANARY}"}}', "3"]
    assert exchange.accepted


async def test_hostile_first_frames_are_harmless():
    """Floods, deep JSON, bytes that are no text and our own token thrown back: bounded, redacted, and no grant."""
    deep, bytes_, back = "[" * 50_000, b"\xff\xfe\x00" * 100, f'{{"type":"error","message":"bad token {CANARY}"}}'

    async def hostile(connection: ServerConnection) -> None:
        for _ in range(200):
            await connection.send(deep)
            await connection.send(bytes_)
        await connection.send(back)
        await connection.wait_closed()

    async with serving(hostile) as server:
        exchange = await WebSockets().knock(asking(server, BRIEFLY), stay_s=0.1)
    assert exchange.granted is False
    assert len(exchange.frames) <= 8
    assert max(map(len, exchange.frames)) <= 502
    assert CANARY not in repr(exchange)


@pytest.mark.parametrize("piece", [b"\x89\x00" * 1000, (b"\x81\x7e\x10\x00" + b"x" * 4096) * 8])
async def test_a_flood_from_a_server_that_does_not_listen_is_open_and_not_known_to_work(piece: bytes):
    """Time goes on beside it, and the exchange says that a ping was not answered."""
    async with raw(then(piece)) as server:
        async with asyncio.timeout(20):
            exchange = await WebSockets().knock(Request(url=f"ws://{server}/ws", timeout_s=1))
    assert exchange.accepted
    assert (exchange.error or "").startswith(UNANSWERED)


async def test_a_feed_that_is_busy_and_listens_is_accepted():
    """Thousands of frames that nobody reads hide neither the pong nor, later, the close."""

    async def feed(connection: ServerConnection) -> None:
        for number in range(6000):
            await connection.send(f"tick {number}")
        await asyncio.sleep(1)
        await connection.close(4000, "the market is closed")

    async with serving(feed) as server:
        short, long = [await WebSockets().knock(Request(url=f"ws://{server}/ws", timeout_s=5), stay_s=s) for s in (0.5, 20)]
    assert (short.accepted, short.error, long.close_code) == (True, None, 4000)


async def test_a_message_that_is_too_long_does_not_end_the_session():
    """What comes behind it is received."""

    async def snapshot(connection: ServerConnection) -> None:
        await connection.send("x" * 3_000_000)
        await connection.send("small")
        await connection.wait_closed()

    async with serving(snapshot) as server:
        session = await opened(server)
        frames = [(await session.receive(timeout_s=5)).excerpt for _ in range(2)]
        await session.close()
    assert frames == ["(a message of more than 1 MiB)", "small"]
