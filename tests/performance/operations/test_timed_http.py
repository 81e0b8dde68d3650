"""lib/performance/operations/timed_http.py, against servers that do as servers do."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from lib.facts import Request
from lib.performance.operations.timed_http import Broken, TimedHttp, prepared

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


@contextlib.asynccontextmanager
async def answering(*answers, delay_s=0.0):
    """A server that gives these answers to the requests of each connection, then closes it; its URL and its connections'
    requests."""
    seen = []

    async def serve(reader, writer):
        mine = []
        seen.append(mine)
        for answer in answers:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                mine.append(await reader.readuntil(b"\r\n\r\n"))
                await asyncio.sleep(delay_s)
                writer.write(answer)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x?y=1", seen


async def ask(client, url, timeout_s=2.0):
    """One request of this client."""
    return await client.ask(Request(url=url, timeout_s=timeout_s), trace=TRACE)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


async def test_a_connection_is_kept_between_requests():
    """Three requests, answered in the forms that servers use, travel over one connection; a second one follows `Connection:
    close`."""
    client = TimedHttp()
    async with answering(OK, CHUNKED, LAST) as (url, seen):
        statuses = [(await ask(client, url))[0].status for _ in range(4)]
    assert statuses == [200, 200, 404, 200]
    assert [len(requests) for requests in seen] == [3, 1]
    client.close()


async def test_the_time_is_that_of_the_answer():
    """A server that takes 80 ms is measured as 80 ms and what a loopback needs."""
    async with answering(OK, delay_s=0.08) as (url, _):
        _, elapsed_ms = await ask(TimedHttp(), url)
    assert 79 < elapsed_ms < 140


async def test_a_connection_that_the_server_closed_meanwhile_is_no_failure():
    """The kept connection is gone when the next request is due: it goes over a new one."""
    client = TimedHttp()
    async with answering(OK) as (url, seen):
        await ask(client, url)
        await asyncio.sleep(0.05)
        assert (await ask(client, url))[0].status == 200
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not HTTP: it begins with the greeting of an SSH server"),
        (b"", "no answer within 0.3 s"),
        (b"HTTP/1.1 200 OK\r\n", "no answer within 0.3 s"),
    ],
)
async def test_what_is_no_answer_is_told_in_a_sentence(answer, told):
    """Garbage, silence and half a head end within the timeout, each with its words."""
    async with answering(answer, OK) as (url, _):
        with pytest.raises(Broken, match=told):
            await ask(TimedHttp(), url, timeout_s=0.3)


async def test_nobody_listens(unused_tcp_port):
    """A refused connection is told as such."""
    with pytest.raises(Broken, match="no TCP connection"):
        await ask(TimedHttp(), f"http://127.0.0.1:{unused_tcp_port}/")


def test_a_request_is_written_as_the_doors_write_it():
    """Path and query, a Host header of one's own, the trace; headers that are given win."""
    request = Request(
        url="http://h:1/a?b=c", host_header="other", headers=(("Accept", "text/html"), ("Authorization", "Bearer t"))
    )
    lines = prepared(request, TRACE).decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert {"Host: other", "Accept: text/html", "Authorization: Bearer t", f"traceparent: {TRACE}"} <= set(lines)
    assert lines[-2:] == ["", ""]
