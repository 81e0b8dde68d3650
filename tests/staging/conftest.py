"""The real child process, and a client that changes one thing about a handshake at a time."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHeader,
    InvalidMessage,
    InvalidProxyStatus,
    InvalidStatus,
    InvalidURI,
    NegotiationError,
)
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).parents[2]
FIRST_USER, PROJECT = "staging-e2e-user-001", "projects/embedded-staging"
KEYS = {
    "jwt": "rest-key-" + "a" * 60,
    "jwt_websocket": "socket-key-" + "b" * 60,
    "bypass": "bypass-" + "c" * 20,
    "service": "service-" + "d" * 20,
}


@dataclass
class Staging:
    """A running embedded system: its addresses, and what a client needs to talk to it."""

    process: subprocess.Popen[str]
    addresses: dict[str, Any]
    keys: dict[str, str] = field(default_factory=lambda: dict(KEYS))

    def __getattr__(self, name: str) -> Any:
        return self.addresses[name]

    @property
    def port(self) -> int:
        return int(self.addresses["rest_url"].rpartition(":")[2])

    def token(
        self, *, key: str = "jwt", algorithm: str = "HS256", lifetime_s: int = 900, issued_ago_s: int = 0, **claims: Any
    ) -> str:
        now = int(time.time())
        base = {
            "iss": "netra-auth-service",
            "aud": "netra-platform",
            "sub": FIRST_USER,
            "permissions": ["read", "write", "websocket"],
            "token_type": "access",
        }
        whole = {**base, "iat": now - issued_ago_s, "exp": now + lifetime_s, "jti": uuid.uuid4().hex, **claims}
        return jwt.encode({name: value for name, value in whole.items() if value is not None}, self.keys.get(key, key), algorithm)

    def bearer(self, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(**claims)}"}

    @contextmanager
    def session(
        self,
        *,
        token: str | None = None,
        carrier: str = "authorization",
        scheme: str = "Bearer",
        path: str = "/ws",
        host: str = "127.0.0.1",
        host_header: str | None = None,
        origin: str | None = "http://app.staging.localhost",
        subprotocols: tuple[str, ...] = (),
        headers: dict[str, str] | None = None,
        proxy: str | None = None,
        url: str | None = None,
        trust: str | None = None,
        certified: bool = False,
        **token_changes: Any,
    ) -> Iterator[ClientConnection]:
        token = self.token(**token_changes) if token is None else token
        sent, offered = dict(headers or {}), list(subprotocols)
        if carrier == "authorization" and token:
            sent["Authorization"] = f"{scheme} {token}"
        elif carrier == "cookie":
            sent["Cookie"] = f"token={token}"
        elif carrier == "query":
            path += f"?token={token}"
        elif carrier == "subprotocol":
            offered += ["jwt-auth", "jwt." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")]
        # The name in the URI becomes the Host header; the connection goes to our own loopback port either way.
        scheme, _, address = (url or self.addresses["ws_url"]).removesuffix("/ws").partition("://")
        port = int(address.rpartition(":")[2])
        wire = None if proxy else socket.create_connection(("127.0.0.1", port), timeout=5)
        given = {"proxy": proxy, "origin": origin, "subprotocols": offered or None, "additional_headers": sent}
        context = self.context(trust, certified=certified) if scheme == "wss" else None
        url = f"{scheme}://{host_header or f'{host}:{port}'}{path}"
        with connect(url, sock=wire, ssl=context, open_timeout=10, **given) as ws:
            yield ws

    def context(self, trust: str | None = None, *, certified: bool = False) -> ssl.SSLContext:
        """What a client trusts (the authority that it was told, or `trust`), and the certificate that it has."""
        tls = self.addresses["tls"]
        context = ssl.create_default_context(cafile=trust or tls["ca"])
        if certified:
            context.load_cert_chain(tls["certificate"], tls["key"])
        return context

    def knock(self, **changes: Any) -> str:
        """One handshake, in a word: `open`, an HTTP status, a close code, `proxy STATUS`, `broken off` or `dropped`."""
        try:
            with self.session(**changes) as ws:
                while True:
                    frame = json.loads(ws.recv(timeout=2))
                    if frame["type"] == "system_message":
                        return "open"
        except InvalidStatus as refusal:
            return str(refusal.response.status_code)
        except InvalidProxyStatus as refusal:
            return f"proxy {refusal.response.status_code}"
        except ConnectionClosed as closed:
            return _alert(closed) or str(closed.rcvd.code if closed.rcvd else 1006)
        except InvalidURI as redirected:  # raised while the refusal was being looked at
            return str(redirected.__context__.response.status_code)  # type: ignore[union-attr]
        except (NegotiationError, InvalidHeader):
            return "broken off"
        except (InvalidMessage, OSError) as error:
            return _alert(error) or "dropped"

    def knock_traced(self, **changes: Any) -> str:
        """Knocks with a trace of its own; the filter for its entries, once they are readable."""
        trace = uuid.uuid4().hex
        self.knock(headers={"traceparent": f"00-{trace}-{'1' * 16}-01"}, **changes)
        time.sleep(0.2)
        return f'trace="{PROJECT}/traces/{trace}"'

    def entries(self, text: str, **request: Any) -> list[Any]:
        """Log entries by filter, through the real client; `request` are further fields of the call."""
        channel = grpc.insecure_channel(self.addresses["logs_endpoint"].removeprefix("http://"))
        with LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel)) as client:
            return list(client.list_log_entries({"resource_names": [PROJECT], "filter": text, **request}))

    def told(self, text: str) -> list[str]:
        """What applications wrote in the entries that a filter finds."""
        return [
            entry.text_payload or str(dict(entry.json_payload))
            for entry in self.entries(text)
            if "requests" not in entry.log_name
        ]


def _alert(error: BaseException | None) -> str | None:
    """What TLS said, where it is what ended the connection."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error and f"tls {getattr(error, 'verify_message', None) or error.reason}"


@contextmanager
def started(faults: tuple[str, ...] = (), **config: Any) -> Iterator[Staging]:
    """The child process for the length of the block; it has to end cleanly when its standard input closes."""
    command = [sys.executable, "-m", "lib.staging"]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"keys": KEYS, "faults": list(faults), **config}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, process.communicate(timeout=5)[1]
        yield Staging(process, json.loads(line))
        process.stdin.close()
        assert process.wait(timeout=5) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Staging]]:
    """Starts systems with faults, options and delays; all end with the test."""
    with ExitStack() as stack:
        yield lambda *faults, **config: stack.enter_context(started(faults, **config))


@pytest.fixture(scope="session")
def healthy() -> Iterator[Staging]:
    """One system without a fault, shared by the tests that leave it as it is."""
    with started() as staging:
        yield staging
