"""The WebSocket door against servers that accept, refuse and misbehave: each outcome is a value with its rung."""

from __future__ import annotations

import asyncio
import base64
import json
from time import perf_counter

import pytest
from websockets.asyncio.server import ServerConnection

from lib.clients.websocket import WebSockets
from lib.facts import Exchange, Request, plain
from tests.raw_servers import Handler, accepting, answering, echo, endless, raw, reset, serving

CANARY = "canary-7f3a90e1b2c4d5"


async def knock(authority: str, *, stay_s: float = 0.1, **request: object) -> Exchange:
    """One handshake with a short timeout."""
    return await WebSockets().knock(Request(**{"url": f"ws://{authority}/ws", "timeout_s": 1.0, **request}), stay_s=stay_s)


async def test_an_accepted_handshake_is_a_session_that_stays_open():
    """A server that accepts and stays gives rung session, 101, no close code, and its first frame."""

    async def welcome(connection: ServerConnection) -> None:
        await connection.send('{"type": "welcome"}')
        await connection.wait_closed()

    async with serving(welcome) as server:
        exchange = await knock(server)
    assert (exchange.rung, exchange.status, exchange.close_code, exchange.accepted) == ("session", 101, None, True)
    assert exchange.first_frame == '{"type": "welcome"}'
    assert exchange.phases.upgrade_ms > 0
    assert exchange.phases.connect_ms > 0


async def test_one_address_of_a_name_is_reached_by_itself():
    """A name that does not resolve is not asked for where an address is given; an address is its own only one."""
    async with raw(answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as server:
        host, port = server.split(":")
        exchange = await knock(f"no-such-name.invalid:{port}", address=host)
        found = await WebSockets().addresses(f"ws://{server}/ws", within_s=1.0)
    assert (exchange.status, exchange.peer, found) == (403, server, (host,))
    assert await WebSockets().addresses("no url", within_s=1.0) == ()


async def test_a_session_that_the_server_closes_within_the_stay_is_not_accepted():
    """Accept, then 1008: the close code and reason are told, and it counts as refused."""

    async def refuse(connection: ServerConnection) -> None:
        await connection.send("hello")
        await asyncio.sleep(0.05)
        await connection.close(1008, "user unknown")

    async with serving(refuse) as server:
        exchange = await knock(server, stay_s=0.5)
    assert (exchange.rung, exchange.close_code, exchange.close_reason, exchange.accepted) == (
        "session",
        1008,
        "user unknown",
        False,
    )
    assert exchange.first_frame == "hello"
    assert exchange.elapsed_ms < 400


async def test_a_connection_dropped_after_the_101_has_close_code_1006():
    """No close frame, just the end of TCP: 1006."""
    async with raw(accepting()) as server:
        exchange = await knock(server)
    assert (exchange.rung, exchange.status, exchange.close_code, exchange.accepted) == ("session", 101, 1006, False)


async def test_frames_that_come_in_the_same_packet_as_the_101_are_taken():
    """The welcome frame may follow the head without a pause."""
    async with raw(accepting(after=b"\x81\x02hi\x88\x06\x0f\xa3nope")) as server:
        exchange = await knock(server)
    assert (exchange.first_frame, exchange.close_code, exchange.close_reason) == ("hi", 4003, "nope")


BREACHES = {
    b"\x83\x00": "opcode 3",
    b"\x80\x01a": "none has begun",
    b"\xc1\x01a": "its first frame has RSV1 set",
    b"\x81\x01a\xb1\x01a": "its frame 2 has RSV2 and RSV3 set",
    b"\x81\x85\x00\x00\x00\x00hello": "masked",
    b"\x81\x02hi\x81\x85\x00\x00\x00\x00hello": "its frame 2 is masked",
    b"HTTP/1.1 200 OK\r\n\r\n": "its 101 is no frame: it begins with 'HTTP/1.1 200 OK",
    b"\x81\x02hiHTTP/1.1 200 OK\r\n\r\n": "what follows its frame 1 is no frame",
    b"\x81\x02hi\x09\x01a": "is a control frame in fragments",
    b"\x89\x7e\x00\x7e" + b"x" * 126: "is a control frame of more than 125 bytes",
    b"\x01\x01a\x81\x01b": "its frame 2 begins a message inside one that has not ended",
    b"\x81\x7f" + (1 << 63).to_bytes(8, "big"): "more bytes than a frame can have",
    b"\x88\x01\x03": "its close frame holds one byte",
    b"\x88\x02\x03\xee": "its close frame has the code 1006, which must not be sent",
    b"\x81\x02hi\x88\x02\x13\x88": "the code 5000, which must not be sent",
    b"\x88\x04\x03\xf0\xff\xfe": "the reason in its close frame is no UTF-8",
    b"\x81\x02\xc3\x28": "a text message of it is no UTF-8",
    b"\x81\x02hi\x01\x01\xc3\x80\x01a": "a text message of it is no UTF-8",
}


@pytest.mark.parametrize("frames", BREACHES)
async def test_a_server_that_breaks_the_protocol_after_the_101_is_not_accepted(frames: bytes):
    """A sentence says what it did, and no close code of the server stands in for it."""
    async with raw(accepting(after=frames)) as server:
        exchange = await knock(server)
    assert (exchange.rung, exchange.accepted, exchange.close_code) == ("session", False, None)
    assert exchange.error.startswith("the server broke the WebSocket protocol: ")
    assert BREACHES[frames] in exchange.error


async def test_an_oversize_first_message_does_not_make_the_handshake_refused():
    """It is we who leave when a message exceeds the bound; the server accepted."""

    async def flood(connection: ServerConnection) -> None:
        await connection.send("x" * 3_000_000)
        await connection.wait_closed()

    async with serving(flood) as server:
        exchange = await knock(server)
    assert (exchange.accepted, exchange.first_frame) == (True, "(a message of more than 1 MiB)")


REFUSALS = {
    "plain": (answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-By: edge\r\n\r\nno"), 403, "no"),
    "chunked": (
        answering(b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", stay_s=1),
        403,
        "no",
    ),
    "HTTP/1.0": (answering(b"HTTP/1.0 401 Unauthorized\r\n\r\nno"), 401, "no"),
    "lower case, bare LF": (answering(b"http/1.1 403 forbidden\ncontent-length: 2\n\nno", stay_s=1), 403, "no"),
    "no reason phrase": (answering(b"HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", stay_s=1), 503, ""),
    "folded and broken headers": (answering(b"HTTP/1.1 403 F\r\nX-A: 1\r\n 2\r\nnonsense\r\n: x\r\n\r\nno"), 403, "no"),
    "after early hints": (answering(b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 403 F\r\n\r\nno", pause_s=0.02), 403, "no"),
    "redirect": (
        answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/login\r\nContent-Length: 0\r\n\r\n", stay_s=1),
        302,
        "",
    ),
    "200": (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", stay_s=1), 200, "no"),
    "byte by byte": (
        answering(*(bytes([byte]) for byte in b"HTTP/1.1 403 F\r\nContent-Length: 2\r\n\r\nno"), pause_s=0.001),
        403,
        "no",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_an_answer_without_101_has_rung_upgrade_and_keeps_its_status(case: str):
    """However the answer is written, its status and body are told and nothing is followed."""
    handler, status, body = REFUSALS[case]
    async with raw(handler) as server:
        exchange = await knock(server)
    assert (exchange.rung, exchange.status, exchange.body_excerpt, exchange.error) == ("upgrade", status, body, None)


async def test_headers_of_a_refusal_are_told_in_order_with_lower_case_names():
    """A folded value is joined, repeated headers stay apart."""
    async with raw(answering(b"HTTP/1.1 403 F\r\nX-B: 1\r\n 2\r\nX-A: x\r\nX-B: 3\r\nContent-Length: 0\r\n\r\n")) as server:
        exchange = await knock(server)
    assert exchange.headers == (("x-b", "1 2"), ("x-a", "x"), ("x-b", "3"), ("content-length", "0"))


@pytest.mark.parametrize(
    "handler",
    [
        endless(b"HTTP/1.1 403 F\r\n\r\n", b"x" * 65536),
        endless(b"HTTP/1.1 403 F\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.01),
        endless(b"HTTP/1.1 403 F\r\nContent-Length: 99999\r\n\r\n", b"x", 0.01),
    ],
    ids=["fast", "slow chunks", "slow bytes"],
)
async def test_an_endless_body_costs_neither_the_status_nor_the_time(handler: Handler):
    """The status of a refusal is known before its body, which is bounded."""
    start = perf_counter()
    async with raw(handler) as server:
        exchange = await knock(server)
    assert (exchange.rung, exchange.status, exchange.error) == ("upgrade", 403, None)
    assert 0 < len(exchange.body_excerpt) <= 2000
    assert perf_counter() - start < 1.5


UNUSABLE: dict[str, tuple[Handler, str]] = {
    "garbage": (answering(b"\x00\x01\x02 not http at all\r\n\r\n", stay_s=2), "not HTTP"),
    "another protocol": (answering(b"SSH-2.0-OpenSSH_9.2\r\n", stay_s=2), "not HTTP"),
    "TLS on a plain port": (answering(b"\x15\x03\x01\x00\x02\x02\x28", stay_s=2), "wants TLS"),
    "nonsense status": (answering(b"HTTP/1.1 abc\r\n\r\n", stay_s=2), "first line"),
    "closed without an answer": (answering(), "closed by the other side"),
    "closed in the middle": (answering(b"HTTP/1.1 403 Forb"), "in the middle of it"),
    "silence": (answering(stay_s=5), "no answer within"),
    "endless headers": (endless(b"HTTP/1.1 403 F\r\n", b"X-A: " + b"y" * 1000 + b"\r\n"), "do not end within"),
    "slow endless headers": (endless(b"HTTP/1.1 403 F\r\n", b"X-A: y\r\n", 0.05), "no answer within"),
}


@pytest.mark.parametrize("case", UNUSABLE)
async def test_what_is_no_http_answer_has_rung_http_and_a_sentence(case: str):
    """Garbage, silence, resets and endless headers end within the timeout, in one sentence."""
    handler, told = UNUSABLE[case]
    start = perf_counter()
    async with raw(handler) as server:
        exchange = await knock(server)
    assert perf_counter() - start < 2.5
    assert (exchange.rung, exchange.status) == ("http", None)
    assert told in exchange.error


async def test_a_reset_has_rung_http():
    """A connection reset instead of an answer is told as such."""

    async with raw(reset) as server:
        exchange = await knock(server)
    assert exchange.rung == "http"
    assert "reset by the other side" in exchange.error


LEADING_NOWHERE = [
    "ws://no-such-host.invalid/",
    "ws://[::1",
    "http://127.0.0.1/",
    "ws:///x",
    "ws://127.0.0.1:99999/",
    "ws://a..b/",
]


@pytest.mark.parametrize("url", LEADING_NOWHERE)
async def test_an_address_that_leads_nowhere_has_rung_dns(url: str):
    """Names that do not resolve and addresses that are none end before TCP, without raising."""
    exchange = await knock("", url=url)
    assert (exchange.rung, exchange.status) == ("dns", None)
    assert exchange.error


WRONG_101 = {
    "wrong accept": (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm9wZQ==\r\n", "not that of this"),
    "no accept": (b"Upgrade: websocket\r\nConnection: Upgrade\r\n", "Sec-WebSocket-Accept"),
    "no upgrade": (b"Connection: Upgrade\r\n", "Upgrade"),
    "nonsense": (b"Upgrade: ,,\r\nConnection: ;;\r\n", "not valid"),
}


@pytest.mark.parametrize("case", WRONG_101)
async def test_an_invalid_101_has_rung_upgrade(case: str):
    """A 101 that does not answer this handshake is an answer, and no session."""
    headers, told = WRONG_101[case]
    async with raw(answering(b"HTTP/1.1 101 Switching Protocols\r\n" + headers + b"\r\n", stay_s=1)) as server:
        exchange = await knock(server)
    assert (exchange.rung, exchange.status, exchange.accepted) == ("upgrade", 101, False)
    assert told in exchange.error


async def test_a_subprotocol_that_was_not_offered_is_named():
    """The server chose what nobody offered: rung upgrade, status 101, and the sentence says which."""
    async with raw(accepting(headers=b"Sec-WebSocket-Protocol: chat.v2\r\n")) as server:
        exchange = await knock(server, subprotocols=("chat.v1",))
        unasked = await knock(server)
    assert (exchange.rung, exchange.status, exchange.header("sec-websocket-protocol")) == ("upgrade", 101, "chat.v2")
    assert "'chat.v2', which was not offered (offered: chat.v1)" in exchange.error
    assert "(offered: none)" in unasked.error


async def test_an_extension_that_was_not_offered_is_named():
    """The server chose compression, which nobody asked for: the 101 is not valid."""
    async with raw(accepting(headers=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")) as server:
        exchange = await knock(server)
    assert (exchange.rung, exchange.accepted) == ("upgrade", False)
    assert "not valid: it chose the extension 'permessage-deflate', which this client does not speak" in exchange.error


async def test_the_chosen_subprotocol_is_told():
    """A subprotocol that was offered and chosen belongs to the session."""
    async with serving(echo, subprotocols=["chat.v1"]) as server:
        exchange = await knock(server, subprotocols=("chat.v0", "chat.v1"))
    assert (exchange.accepted, exchange.subprotocol) == (True, "chat.v1")


async def test_the_handshake_carries_exactly_the_given_headers_each_once():
    """Host, Origin, Authorization and the rest are sent as given; none of the protocol's is sent twice."""
    seen: list[list[str]] = []

    async def note(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(head.decode().split("\r\n"))
        writer.write(b"HTTP/1.1 403 F\r\nContent-Length: 0\r\n\r\n")

    headers = (("Authorization", "Bearer x"), ("User-Agent", "mine"), ("X-Same", "1"), ("X-Same", "2"))
    async with raw(note) as server:
        url = f"ws://{server}/a b/ü?q=1#fragment"
        await knock(server, url=url, headers=headers, host_header="api.example", origin="https://app", subprotocols=("a", "b"))
        await knock(server)
    names = [line.split(":")[0].lower() for line in seen[0][1:] if line]
    assert seen[0][0] == "GET /a%20b/%C3%BC?q=1 HTTP/1.1"
    assert {"Host: api.example", "Origin: https://app", "User-Agent: mine", "Sec-WebSocket-Protocol: a, b", "X-Same: 2"} <= set(
        seen[0]
    )
    assert [name for name in names if names.count(name) > 1] == ["x-same", "x-same"]
    assert f"Host: {server}" in seen[1]
    assert not [line for line in seen[1] if line.lower().startswith("origin")]


async def test_each_exchange_has_a_trace_id_of_its_own_which_it_sends():
    """The traceparent that goes out is the one in the record."""
    async with raw(answering(b"HTTP/1.1 403 F\r\nContent-Length: 0\r\n\r\n")) as server:
        first, second = await knock(server), await knock(server)
    sent = dict(first.request_headers)["traceparent"]
    assert sent.split("-")[1] == first.trace_id
    assert first.trace_id != second.trace_id


async def test_a_header_with_a_line_break_is_not_sent():
    """Nothing is injected into the request; the exchange says why nothing went out."""
    exchange = await knock("127.0.0.1:1", headers=(("X-Key", "a\r\nX-Evil: 1"),))
    assert (exchange.rung, exchange.error) == ("dns", "the header 'X-Key' holds a line break; nothing was sent")


async def test_no_secret_is_in_what_the_door_returns():
    """A server that echoes credentials in every place and encoding does not get them into the exchange."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0." + CANARY

    async def parrot(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encoded = base64.b64encode(f"user:{CANARY}".encode()).decode()
        body = json.dumps({"detail": f"bad token {token}", "key": CANARY, "basic": encoded, "upper": CANARY.upper()})
        headers = f"X-Echo: {CANARY}\r\nSet-Cookie: sid={CANARY}\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"HTTP/1.1 403 {CANARY}\r\n{headers}\r\n{body}".encode())
        await writer.drain()

    headers = (("Authorization", f"Bearer {token}"), ("Cookie", f"sid={CANARY}"), ("X-Bypass-Key", CANARY))
    async with raw(parrot) as server:
        url, secrets = f"ws://{server}/ws?token={token}", (token, CANARY)
        exchange = await knock(server, url=url, headers=headers, subprotocols=(f"jwt.{token}",), secrets=secrets)
    told = (repr(exchange) + json.dumps(plain(exchange))).lower()
    assert exchange.status == 403
    assert CANARY not in told
    assert base64.b64encode(CANARY.encode()).decode()[:16].lower() not in told
