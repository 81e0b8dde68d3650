"""A small real target: REST on one port, WebSocket on another, both in threads, for the length of a `with`."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from websockets.sync.server import ServerConnection, serve

TOKEN = "token-of-someone"
SLOW_S = 0.25


@dataclass(frozen=True)
class Addresses:
    """Where the target listens."""

    rest: str
    ws: str


class Rest(BaseHTTPRequestHandler):
    """`/health` and `/agents` for all, `/me` for who has logged in, `/admin` for nobody, 404 for the rest; also when asked as a
    proxy. What is below `/slow` takes its time."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        path, known = urlsplit(self.path).path, self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if path.startswith("/slow"):
            time.sleep(SLOW_S)
        match path:
            case "/slow":
                self._answer(200, {"status": "done"})
            case "/agents":
                self._answer(200, {"agents": [{"id": "a", "state": "idle"}, {"id": "b", "state": "busy"}]})
            case "/health":
                self._answer(200, {"status": "healthy"})
            case "/me":
                self._answer(200, {"user": "someone"}) if known else self._answer(401, {"error": "not authenticated"})
            case "/admin":
                self._answer(403, {"error": "forbidden"})
            case _:
                self._answer(404, {"error": "not found"})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200, {"token": TOKEN}) if self.path == "/login" else self._answer(404, {})

    def _answer(self, status: int, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _refuse(connection: ServerConnection, request):
    return connection.respond(403, "") if request.path.endswith("/refused") else None


def _echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@contextmanager
def target_server() -> Iterator[Addresses]:
    """The target, listening."""
    rest = ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    rest.daemon_threads = True
    ws = serve(_echo, "127.0.0.1", 0, process_request=_refuse)
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in (rest, ws)]
    for thread in threads:
        thread.start()
    try:
        yield Addresses(f"http://127.0.0.1:{rest.server_port}", f"ws://127.0.0.1:{ws.socket.getsockname()[1]}")
    finally:
        rest.shutdown()
        rest.server_close()
        ws.shutdown()
