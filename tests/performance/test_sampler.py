"""lib/performance/sampler.py, against the built-in staging system and foreign servers."""

from __future__ import annotations

import asyncio
import time

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute

from tests.performance.conftest import embedded_system, measured, served

NO_TOKEN = {"token__secret": None}


def medians(measurement):
    """The median of each figure, in ms."""
    return {figure.name: figure.summary.quantiles["p50"] for figure in measurement.figures}


@pytest.fixture(scope="module")
def without_delay():
    """The medians of the system as it is."""
    with embedded_system() as system:
        return medians(asyncio.run(measured(system.addresses["rest_url"], system.addresses["ws_url"])))


@pytest.mark.parametrize(
    ("place", "moved"),
    [
        ("GET /api/auth/me", {"api_response_ms"}),
        ("pong", {"websocket_latency_ms"}),
        ("handshake", {"total_request_ms"}),
        ("agent_started", {"agent_startup_ms", "total_request_ms"}),
        ("agent_completed", {"message_processing_ms", "total_request_ms"}),
    ],
)
async def test_a_known_delay_moves_its_figure_and_no_other(place, moved, without_delay):
    """400 ms more in one route or frame: the figures that contain it are so much longer, the others as long as before."""
    with embedded_system(delays_ms={place: 400}) as system:
        found = medians(await measured(system.addresses["rest_url"], system.addresses["ws_url"]))
    change = {name: found[name] - without_delay[name] for name in found}
    assert {name for name, ms in change.items() if ms > 200} == moved
    assert all(250 < change[name] < 600 for name in moved)


async def test_a_refused_websocket_leaves_the_rest_figures_standing():
    """With the token refused on the WebSocket, REST is measured and judged, the others say why they are not."""
    with embedded_system(("secret-mismatch",)) as system:
        document = (await measured(system.addresses["rest_url"], system.addresses["ws_url"])).as_json("embedded")
    api, *others = document["figures"]
    assert (api["n"], api["verdict"]) == (8, "met")
    assert {figure["because"] for figure in others} == {"not measured: refused (403), n = 0"}
    assert {figure["verdict"] for figure in others} == {"not-measured"}
    assert {figure["p50_ms"] for figure in others} == {None}


SAID = {"send": ['{"type":"connection_init"}'], "expect": {"type": "connection_ack"}}


async def test_what_a_session_must_say_first_is_said_before_anything_is_timed():
    """A server that waits for a first message is measured once the session is granted, and refused sessions say so."""
    with embedded_system(("first-message-missing",)) as system:
        addresses = (system.addresses["rest_url"], system.addresses["ws_url"])
        granted = await measured(*addresses, session=SAID)
        wrong = await measured(*addresses, session={**SAID, "send": ["hello"]})
    assert all(figure.summary.n == 8 for figure in granted.figures)
    assert [figure.because for figure in wrong.figures if figure.summary.n == 0] == [
        "not measured: closed by the server (4400: Invalid first message: connection_init is expected), n = 0"
    ] * 4


async def test_a_refused_client_does_not_keep_knocking():
    """At most six handshakes are spent on learning that the WebSocket refuses, not one a sample."""
    with embedded_system(("secret-mismatch",)) as system:
        found = await measured(system.addresses["rest_url"], system.addresses["ws_url"])
    assert 2 <= sum(exchange.kind == "handshake" for exchange in found.exchanges) <= 6


async def test_warm_up_and_cold_start_are_kept_apart(healthy):
    """The warm-up sample is dropped and counted, the very first try of each figure is shown by itself."""
    found = await measured(healthy.addresses["rest_url"], healthy.addresses["ws_url"], performance__samples=5)
    assert set(found.dropped.values()) == {1}
    assert set(found.cold_ms) == {figure.name for figure in found.figures}
    assert {figure.summary.n for figure in found.figures} == {5}
    assert {found.phases[name].n for name in ("connect_ms", "upgrade_ms", "first_frame_ms")} == {5}


async def test_the_document_has_one_figure_for_each_objective(healthy):
    """Objectives of one's own are judged in their order, by the quantiles that they name."""
    objectives = {"total_request_ms": {"p50": 5000, "optional": True}, "api_response_ms": 0.01}
    found = await measured(healthy.addresses["rest_url"], healthy.addresses["ws_url"], objectives=objectives)
    document = found.as_json("staging")
    assert [(figure["name"], figure["verdict"]) for figure in document["figures"]] == [
        ("total_request_ms", "met"),
        ("api_response_ms", "missed"),
    ]
    assert document["figures"][0]["objective_ms"] == {"p50": 5000}
    assert document["floor_ms"] > 0


async def test_samples_carry_the_trace_of_their_exchange(healthy):
    """Each sample can be found in the server's log, and each exchange says what it was for."""
    found = await measured(healthy.addresses["rest_url"], healthy.addresses["ws_url"])
    assert {sample.trace_id for sample in found.samples} <= {exchange.trace_id for exchange in found.exchanges}
    assert {exchange.of for exchange in found.exchanges} == {"control", "sample"}


def foreign(socket=None, me=404, delay_s=0.0):
    """A system that is not ours: a health route, a protected route with this status, and a socket."""

    async def health(request):
        return JSONResponse({"status": "ok"})

    async def protected(request):
        await asyncio.sleep(delay_s)
        return JSONResponse({}, status_code=me)

    routes = [Route("/api/health", health), Route("/api/auth/me", protected)]
    return Starlette(routes=[*routes, WebSocketRoute("/ws", socket)] if socket else routes)


async def echo(socket):
    """A socket that gives back what it gets."""
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


async def test_where_no_pong_message_comes_the_protocol_answers():
    """An echo server knows no pong: ping frames are measured instead, and the figure says so."""
    with served(foreign(echo)) as host:
        found = await measured(f"http://{host}", f"ws://{host}/ws", target__timeout_s=0.5, **NO_TOKEN)
    latency = next(figure for figure in found.figures if figure.name == "websocket_latency_ms")
    assert latency.summary.n == 8
    assert "ping frames" in latency.because


async def test_a_system_without_agents_is_not_measured_for_them():
    """No agent event ever comes: n = 0, and the reason names what did not come."""
    with served(foreign(echo)) as host:
        found = await measured(f"http://{host}", f"ws://{host}/ws", target__timeout_s=0.5, **NO_TOKEN)
    startup = next(figure for figure in found.figures if figure.name == "agent_startup_ms")
    assert (startup.summary.n, startup.verdict) == (0, "not-measured")
    assert startup.because == "not measured: no agent_started within 0.5 s, n = 0"


async def test_without_a_protected_route_the_health_route_is_asked():
    """A 404 is no response time; the figure says which route it is of, and why."""
    with served(foreign()) as host:
        found = await measured(f"http://{host}", f"ws://{host}/ws", **NO_TOKEN)
    assert "GET /api/health" in found.figures[0].because
    assert "answered (404)" in found.figures[0].because
    assert found.figures[0].as_json()["asked"] == "GET /api/health with the credential"
    assert found.figures[0].summary.n == 8


async def test_a_target_that_hangs_ends():
    """It takes connections and never answers: some timeouts later the measurement is over and says so."""
    never = await asyncio.start_server(lambda reader, writer: asyncio.sleep(60), "127.0.0.1", 0)
    host = f"127.0.0.1:{never.sockets[0].getsockname()[1]}"
    started_s = time.monotonic()
    found = await measured(f"http://{host}", f"ws://{host}/ws", target__timeout_s=0.3, performance__samples=1000, **NO_TOKEN)
    never.close()
    assert time.monotonic() - started_s < 10
    assert {figure.because for figure in found.figures} == {"not measured: no answer within 0.3 s, n = 0"}


async def test_a_slow_target_is_measured_for_as_long_as_the_budget_says():
    """Each answer takes 0.2 s and only 1 s may be spent: n is what was reached, and the reason says that it was cut."""
    with served(foreign(me=200, delay_s=0.2)) as host:
        found = await measured(f"http://{host}", f"ws://{host}/ws", budget__seconds=1, performance__samples=100, **NO_TOKEN)
    assert 2 <= found.figures[0].summary.n <= 5
    assert "stopped after 1 s" in found.figures[0].because
