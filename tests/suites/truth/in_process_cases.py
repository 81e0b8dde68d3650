"""What these ask is an application inside their own process: nothing of it is the target."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient


async def health(request):
    return JSONResponse({"status": "healthy"})


async def talk(socket):
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


APP = Starlette(routes=[Route("/health", health), WebSocketRoute("/ws", talk)])


def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"healthy"]


class Healthy(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"healthy")

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.fixture(scope="module")
def client():
    with TestClient(APP) as made:
        yield made


def test_with_a_test_client():
    assert TestClient(APP).get("/health").json() == {"status": "healthy"}


def test_with_a_client_of_a_fixture(client):
    assert client.get("/health").status_code == 200


def test_a_websocket_of_a_test_client(client):
    with client.websocket_connect("/ws") as socket:
        assert socket.receive_text() == "hello"


async def test_with_an_asgi_transport():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=APP), base_url="http://app") as made:
        assert (await made.get("/health")).json()["status"] == "healthy"


def test_with_a_wsgi_transport():
    with httpx.Client(transport=httpx.WSGITransport(app=wsgi), base_url="http://app") as made:
        assert made.get("/").text == "healthy"


def test_a_server_in_a_thread_of_a_fixture(server):
    assert requests.get(server, timeout=5).text == "healthy"


@pytest.mark.parametrize("times", [1, 2])
def test_an_import_inside_the_case(times):
    from starlette.testclient import TestClient as Late

    assert [Late(APP).get("/health").status_code for _ in range(times)] == [200] * times
