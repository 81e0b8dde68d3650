"""The Cloud Run Admin API on the loopback, as far as it is read: REST, JSON, pages, and errors in the form of the real one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SERVICE = "projects/p/locations/europe-west1/services/ws"


@dataclass
class Api:
    """What it knows and how it answers. `refuses`: paths' last words that are answered with 403."""

    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    revisions: list[dict[str, Any]] = field(default_factory=list)
    refuses: tuple[str, ...] = ()
    page: int = 2
    canary: str = ""
    asked: list[str] = field(default_factory=list)
    endpoint: str = ""

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        """The status and document that the real API gives for this path."""
        name, _, verb = path.removeprefix("/v2/").partition(":")
        kind = verb or name.rpartition("/")[2] if name.endswith("/revisions") or verb else "service"
        if kind in self.refuses:
            wanted = {"service": "run.services.get", "getIamPolicy": "run.services.getIamPolicy"}.get(kind, "run.revisions.list")
            said = f"Permission '{wanted}' denied on resource '{name}' (or resource may not exist). {self.canary}"
            return 403, {"error": {"code": 403, "message": said, "status": "PERMISSION_DENIED"}}
        if kind == "getIamPolicy":
            return 200, self.policies.get(name, {"etag": "ACAB"})
        if kind == "revisions":
            first = int((query.get("pageToken") or ["0"])[0])
            more = {"nextPageToken": str(first + self.page)} if first + self.page < len(self.revisions) else {}
            return 200, {"revisions": self.revisions[first : first + self.page], **more}
        if name not in self.services:
            return 404, {"error": {"code": 404, "message": f"Resource '{self.canary}' was not found", "status": "NOT_FOUND"}}
        return 200, self.services[name]


@contextmanager
def running(api: Api) -> Iterator[Api]:
    """The API on a free port, its address in `endpoint`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            api.asked.append(f"{parts.path}?{parts.query}")
            status, document = api.answer(parts.path, parse_qs(parts.query))
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    api.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
