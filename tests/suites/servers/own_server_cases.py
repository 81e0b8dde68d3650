"""Servers that the suite starts itself: in a thread, in an event loop, in a child process; on a free port and on a fixed one."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import requests
import uvicorn
import websockets
import websockets.sync.client
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

CHILD = """
import http.server, sys
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == '/health' else 403)
        self.end_headers()
        self.wfile.write(b'healthy')
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Healthy)
print(server.server_port, flush=True)
server.serve_forever()
"""


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 403)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"healthy")

    def log_message(self, *args):
        pass


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


@pytest.fixture(params=["free", "fixed"])
def threaded(request):
    with ThreadingHTTPServer(("127.0.0.1", 0 if request.param == "free" else free_port()), Healthy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def application():
    app = Starlette(routes=[Route("/health", lambda request: JSONResponse({"status": "healthy"}))])
    server = uvicorn.Server(uvicorn.Config(app, port=free_port(), log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.02)
    yield f"http://127.0.0.1:{server.config.port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
async def echo():
    async def talk(connection):
        async for message in connection:
            await connection.send(message)

    async with websockets.serve(talk, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture(scope="module")
def child():
    with subprocess.Popen([sys.executable, "-c", CHILD, "0"], stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.kill()


def test_in_process_in_a_thread(threaded):
    assert requests.get(f"{threaded}/health", timeout=4).text == "healthy"


def test_in_process_refused_by_a_thread(threaded):
    assert requests.get(f"{threaded}/admin", timeout=4).status_code == 403


def test_in_process_by_uvicorn(application):
    assert httpx.get(f"{application}/health").json() == {"status": "healthy"}


async def test_in_process_by_uvicorn_async(application):
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{application}/nothing")).status_code == 404


async def test_in_process_over_a_websocket(echo):
    async with websockets.connect(echo) as made:
        await made.send("ping")
        assert await made.recv() == "ping"


def test_unknown_by_a_child(child):
    assert requests.get(f"{child}/health", timeout=4).text == "healthy"


async def test_unknown_by_a_child_async(child):
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{child}/admin")).status_code == 403


@pytest.mark.parametrize("path", ["/health", "/admin"])
def test_unknown_by_a_child_each_path(child, path):
    assert requests.get(child + path, timeout=4).status_code in (200, 403)


def test_no_traffic_though_it_stands(child):
    assert child.startswith("http://")
