"""Work done elsewhere: in threads, pools, tasks and callbacks, whose failures reach the case only where it looks for them."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
import requests
import socketio
import websocket
import websockets


def ask(rest):
    answer = requests.get(f"{rest}/health", timeout=4)
    answer.raise_for_status()
    return answer.status_code


async def talk(ws):
    async with websockets.connect(ws, open_timeout=4) as made:
        await made.send("ping")
        return await made.recv()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_any_answer_a_threads_exception_is_lost(rest):
    thread = threading.Thread(target=ask, args=(rest,))
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def test_any_answer_a_future_that_nobody_reads(rest):
    with ThreadPoolExecutor(2) as pool:
        pool.submit(ask, rest)
        pool.map(ask, [rest])


def test_any_answer_futures_that_are_done(rest):
    with ThreadPoolExecutor(2) as pool:
        assert all(future.done() for future in as_completed([pool.submit(ask, rest) for _ in range(2)], timeout=20))


async def test_any_answer_waited_for_and_not_read(ws):
    done, pending = await asyncio.wait([asyncio.create_task(talk(ws))], timeout=5)
    assert len(done) == 1
    assert not pending


async def test_any_answer_in_the_background(ws):
    task = asyncio.create_task(talk(ws))
    while not task.done():  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def test_any_answer_exceptions_filtered_away(ws):
    answers = await asyncio.gather(talk(ws), talk(ws), return_exceptions=True)
    for answer in (one for one in answers if not isinstance(one, BaseException)):
        assert answer == "ping"


def test_any_answer_an_app_that_nobody_asks_how_it_went(ws):
    websocket.WebSocketApp(ws, on_open=lambda app: app.close(), on_error=lambda app, error: print(error)).run_forever()


def test_any_answer_an_app_in_a_thread(ws):
    app = websocket.WebSocketApp(ws, on_open=lambda app: app.close())
    thread = threading.Thread(target=app.run_forever, daemon=True)
    thread.start()
    thread.join(5)


def test_any_answer_no_socket_io_either_way(rest):
    with pytest.raises(socketio.exceptions.ConnectionError):
        socketio.Client(reconnection=False).connect(rest, wait_timeout=4)


async def test_any_answer_no_socket_io_asynchronously(rest):
    client = socketio.AsyncClient(reconnection=False)
    try:
        await client.connect(rest, wait_timeout=4)
    except (socketio.exceptions.ConnectionError, TimeoutError):  # its requests end after 5 s on a busy machine
        pass
    assert not client.connected


def test_positive_a_future_that_is_read(rest):
    with ThreadPoolExecutor(2) as pool:
        assert pool.submit(ask, rest).result(20) == 200


def test_positive_a_pools_map_that_is_read(rest):
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, [rest, rest])) == [200, 200]


async def test_positive_a_task_group_raises(ws):
    async with asyncio.TaskGroup() as group:
        group.create_task(talk(ws))
        group.create_task(talk(ws))


async def test_positive_waited_for_and_read(ws):
    done, _ = await asyncio.wait([asyncio.create_task(talk(ws))], timeout=5)
    assert [task.result() for task in done] == ["ping"]


async def test_positive_exceptions_are_counted(ws):
    answers = await asyncio.gather(talk(ws), talk(ws), return_exceptions=True)
    assert not [one for one in answers if isinstance(one, BaseException)]


def test_positive_an_apps_errors_are_collected(ws):
    errors = []
    app = websocket.WebSocketApp(ws, on_open=lambda app: app.send("ping"), on_message=lambda app, text: app.close())
    app.on_error = lambda app, error: errors.append(error)
    app.run_forever()
    assert not errors


def test_positive_an_event_that_is_waited_for(ws):
    opened = threading.Event()
    app = websocket.WebSocketApp(ws, on_open=lambda app: opened.set())
    thread = threading.Thread(target=app.run_forever, daemon=True)
    thread.start()
    assert opened.wait(3)
    app.close()
    thread.join(5)


async def test_positive_connecting_again_for_ever(ws):
    async for made in websockets.connect(ws, open_timeout=4):
        try:
            await made.send("ping")
            assert await made.recv() == "ping"
            break
        except websockets.ConnectionClosed:
            continue


def test_rejection_in_a_pool(rest):
    with ThreadPoolExecutor(2) as pool:
        future = pool.submit(requests.get, f"{rest}/admin", timeout=4)
        assert future.result(20).status_code == 403
