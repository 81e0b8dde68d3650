"""Libraries whose asking is no socket of ours: clients of an application inside the process, stubs, clients outside Python.

Each is recognised by the calls with which it asks, and what it asked is counted for whoever asked. Nothing is imported for
that: what the suite itself has imported, or imports later, is watched. Standard library only.
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import sys
from collections.abc import Callable
from typing import Any

from . import attribution

IN_PROCESS, REPLAYED, UNSEEN = "in_process", "replayed", "unseen"

_TABLE = """
in_process  Starlette's TestClient | starlette.testclient | _TestClientTransport.handle_request WebSocketTestSession.__enter__
in_process  Starlette's TestClient | starlette.testclient | _ASGIAdapter.send
in_process  ASGITransport          | httpx._transports.asgi | ASGITransport.handle_async_request
in_process  WSGITransport          | httpx._transports.wsgi | WSGITransport.handle_request
in_process  ASGITransport          | httpx2._transports.asgi | ASGITransport.handle_async_request
in_process  WSGITransport          | httpx2._transports.wsgi | WSGITransport.handle_request
in_process  httpx-ws's ASGIWebSocketTransport | httpx_ws.transport | ASGIWebSocketTransport.handle_async_request
in_process  Werkzeug's or Flask's test client | werkzeug.test | Client.open run_wsgi_app
in_process  Django's test client   | django.test.client | ClientHandler.__call__ AsyncClientHandler.__call__
in_process  WebTest                | webtest.app | TestApp.do_request
in_process  Falcon's test client   | falcon.testing.client | simulate_request _simulate_request_asgi
in_process  Litestar's TestClient  | litestar.testing.transport | TestClientTransport.handle_request
in_process  Litestar's TestClient  | litestar.testing.websocket_test_session | WebSocketTestSession.__enter__
in_process  Litestar's TestClient  | litestar.testing.client.async_client | AsyncTestClient.__init__
in_process  Quart's test client    | quart.testing.client | QuartClient.open QuartClient.websocket
in_process  asgiref's or Channels' communicator | asgiref.testing | ApplicationCommunicator.send_input
in_process  async-asgi-testclient  | async_asgi_testclient.testing | TestClient.open TestClient.websocket_connect
in_process  Flask-SocketIO's test client | flask_socketio.test_client | SocketIOTestClient.connect SocketIOTestClient.emit
in_process  Django Ninja's test client | ninja.testing.client | NinjaClientBase.request
in_process  Sanic's ASGI test client | sanic_testing.testing | SanicASGITestClient.request
in_process  BlackSheep's TestClient | blacksheep.testing.simulator | TestSimulator._send
in_process  wsgi-intercept         | wsgi_intercept | WSGI_HTTPConnection.connect
in_process  requests-wsgi-adapter  | wsgiadapter | WSGIAdapter.send
replayed    responses              | responses | RequestsMock._on_request
replayed    respx                  | respx.router | Router.handler Router.async_handler
replayed    requests-mock          | requests_mock.adapter | Adapter.send
replayed    VCR.py                 | vcr.cassette | Cassette.play_response
replayed    pytest-httpx           | pytest_httpx._httpx_mock | HTTPXMock._handle_request HTTPXMock._handle_async_request
replayed    Betamax                | betamax.adapter | BetamaxAdapter.send
replayed    aioresponses           | aioresponses.core | aioresponses._request_mock
replayed    HTTPretty              | httpretty.core | URIMatcher.get_next_entry
replayed    Mocket                 | mocket.socket | MocketSocket.sendall MocketSocket.send
replayed    Mocket                 | mocket.mocket | MocketSocket.sendall
replayed    Pook                   | pook.engine | Engine.match
replayed    MockTransport          | httpx._transports.mock | MockTransport.handle_request MockTransport.handle_async_request
replayed    MockTransport          | httpx2._transports.mock | MockTransport.handle_request MockTransport.handle_async_request
replayed    Moto                   | moto.core.botocore_stubber | BotocoreStubber.__call__
replayed    Botocore's Stubber     | botocore.stub | Stubber._get_response_handler
unseen      Playwright             | playwright._impl._connection | Channel.send Channel.send_return_as_dict Channel.send_no_reply
unseen      Playwright             | playwright._impl.connection | Connection.send_message_to_server
unseen      Playwright             | playwright._impl._sync_base | SyncBase._sync
unseen      Pyppeteer              | pyppeteer.connection | Connection.send CDPSession.send
unseen      Selenium               | selenium.webdriver.remote.webdriver | WebDriver.execute
unseen      gRPC                   | grpc._channel | _UnaryUnaryMultiCallable.__call__ _UnaryUnaryMultiCallable.with_call
unseen      gRPC                   | grpc._channel | _UnaryUnaryMultiCallable.future _UnaryStreamMultiCallable.__call__
unseen      gRPC                   | grpc._channel | _StreamUnaryMultiCallable.__call__ _StreamUnaryMultiCallable.with_call
unseen      gRPC                   | grpc._channel | _StreamUnaryMultiCallable.future _StreamStreamMultiCallable.__call__
unseen      gRPC                   | grpc._channel | _SingleThreadedUnaryStreamMultiCallable.__call__
unseen      gRPC                   | grpc.aio._channel | UnaryUnaryMultiCallable.__call__ UnaryStreamMultiCallable.__call__
unseen      gRPC                   | grpc.aio._channel | StreamUnaryMultiCallable.__call__ StreamStreamMultiCallable.__call__
unseen      pycurl                 | pycurl | Curl+perform CurlMulti+perform
unseen      curl_cffi              | curl_cffi.curl | Curl.perform
unseen      curl_cffi              | curl_cffi.aio | AsyncCurl.add_handle
unseen      uvloop                 | uvloop | Loop.create_connection Loop.sock_connect Loop.create_datagram_endpoint
unseen      tls-client             | tls_client.sessions | Session.execute_request
unseen      a Rust client          | primp | Client.request
"""
"""Kind, name as people know it, module, and the callables with which it asks (`Class+method`: a class that is written in C)."""


def _rows() -> dict[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in _TABLE.strip().splitlines():
        head, module, places = (part.strip() for part in line.split("|"))
        kind, _, name = head.partition(" ")
        found.setdefault(module, []).extend((kind, name.strip(), place) for place in places.split())
    return found


_WATCHED = _rows()
_ALSO: dict[str, Callable[[Any], None]] = {}


def also(module: str, watch: Callable[[Any], None]) -> None:
    """`watch(module)` is called once this module has been imported."""
    _ALSO[module] = watch


def install() -> Callable[[], None]:
    """Watches what is imported already and what will be; returns what undoes the latter."""
    for name in {*_WATCHED, *_ALSO} & sys.modules.keys():
        _watch(name, sys.modules[name])
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    return lambda: sys.meta_path.remove(finder) if finder in sys.meta_path else None


class _Finder:
    """Lets the others find a module, and watches it once it has been executed."""

    def __init__(self) -> None:
        self._finding: set[str] = set()

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name in self._finding or (name not in _WATCHED and name not in _ALSO):
            return None
        self._finding.add(name)
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError, AttributeError):
            return None
        finally:
            self._finding.discard(name)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            spec.loader = _Loader(spec.loader)
        return spec


class _Loader:
    """The loader of one module, which is watched once it has been executed; it gives its place back to the true one first."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__loader__ = module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _watch(module.__name__, module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def _watch(name: str, module: Any) -> None:
    for kind, library, place in _WATCHED.get(name, ()):
        if "+" in place:
            _subclass(module, *place.split("+"), kind, library)
        else:
            _replace(module, place, kind, library)
    if name in _ALSO:
        _ALSO[name](module)


def _replace(module: Any, place: str, kind: str, library: str) -> None:
    *path, last = place.split(".")
    owner = module
    for part in path:
        owner = getattr(owner, part, None)
    original = getattr(owner, last, None)
    if callable(original) and not hasattr(original, "_asks"):
        try:
            setattr(owner, last, _noting(original, kind, library))
        except (AttributeError, TypeError):
            pass  # A class that takes no attribute.


def _noting(original: Any, kind: str, library: str) -> Any:
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def asking_later(*args: Any, **kwargs: Any) -> Any:
            note(kind, library)
            return await original(*args, **kwargs)

        asking_later._asks = library  # type: ignore[attr-defined]
        return asking_later

    @functools.wraps(original)
    def asking(*args: Any, **kwargs: Any) -> Any:
        note(kind, library)
        return original(*args, **kwargs)

    asking._asks = library  # type: ignore[attr-defined]
    return asking


def _subclass(module: Any, name: str, method: str, kind: str, library: str) -> None:
    original = getattr(module, name, None)
    if isinstance(original, type) and not hasattr(original, "_asks"):
        members = {"_asks": library, "__module__": original.__module__, method: _noting(getattr(original, method), kind, library)}
        setattr(module, name, type(name, (original,), members))


def note(kind: str, library: str) -> None:
    """Whoever is running has asked by this library."""
    counted: dict[str, int] = getattr(attribution.current().tally, kind)
    counted[library] = counted.get(library, 0) + 1
