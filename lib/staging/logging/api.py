"""The Logging API of the embedded system: google.logging.v2.LoggingServiceV2.ListLogEntries over plaintext gRPC."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib
import importlib.machinery
import json
import sys
from types import ModuleType
from typing import Any

import google.cloud
import grpc
from google.protobuf.json_format import ParseDict

from .filter import BadFilter, compile_filter
from .journal import PROJECT, Entry, Journal

METHOD = "/google.logging.v2.LoggingServiceV2/ListLogEntries"
DEFAULT_PAGE, MAX_PAGE = 50, 1000
ORDERS = {"": False, "timestamp": False, "timestamp asc": False, "timestamp desc": True}


class LoggingApi(grpc.GenericRpcHandler):
    """Serves the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._request, self._response, self._entry = _types()
        self._server = grpc.aio.server()
        self._server.add_generic_rpc_handlers((self,))

    async def start(self) -> str:
        """The address of the endpoint, as http://host:port."""
        port = self._server.add_insecure_port("127.0.0.1:0")
        await self._server.start()
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Ends it at once."""
        await self._server.stop(0)

    def service(self, handler_call_details: Any) -> Any:
        """The handler of the one method; any other is unimplemented."""
        if handler_call_details.method != METHOD:
            return None
        return grpc.unary_unary_rpc_method_handler(self._list)

    async def _list(self, request: bytes, context: grpc.aio.ServicerContext) -> bytes:
        asked = self._request.FromString(request)
        try:
            chosen, token = self._choose(asked)
        except BadFilter as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except PermissionError as error:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, str(error))
        return await asyncio.to_thread(self._page, chosen, token)

    def _page(self, entries: list[Entry], token: str) -> bytes:
        for entry in entries:
            if entry.message is None:
                entry.message = ParseDict(entry.fields, self._entry())
        return self._response(entries=[entry.message for entry in entries], next_page_token=token).SerializeToString()

    def _choose(self, asked: Any) -> tuple[list[Entry], str]:
        """The entries of one page and the token of the next."""
        if list(asked.resource_names) != [f"projects/{PROJECT}"]:
            raise PermissionError(f"The caller does not have permission on {', '.join(asked.resource_names) or 'no resource'}")
        order = " ".join(asked.order_by.split())
        if order not in ORDERS:
            raise BadFilter(f"order_by: {asked.order_by!r}; accepted are timestamp asc and timestamp desc")
        if asked.page_size < 0:
            raise BadFilter("page_size must not be negative")
        size = min(asked.page_size or DEFAULT_PAGE, MAX_PAGE)
        predicate = compile_filter(asked.filter)
        matching = sorted((entry for entry in self._journal.readable() if predicate(entry)), key=_key, reverse=ORDERS[order])
        signature = hashlib.sha256(f"{asked.filter}\n{order}".encode()).hexdigest()[:16]
        if asked.page_token:
            last = _position(asked.page_token, signature)
            matching = [entry for entry in matching if (_key(entry) < last if ORDERS[order] else _key(entry) > last)]
        page = matching[:size]
        token = (
            base64.urlsafe_b64encode(json.dumps([signature, *_key(page[-1])]).encode()).decode() if len(matching) > size else ""
        )
        return page, token


def _key(entry: Entry) -> tuple[int, str]:
    return entry.at_us, entry.fields["insertId"]


def _position(token: str, signature: str) -> tuple[int, str]:
    try:
        given, at_us, insert_id = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        raise BadFilter("page_token: not a token of this API") from None
    if given != signature:
        raise BadFilter("page_token: the filter and the order must be those of the first page")
    return int(at_us), str(insert_id)


def _types() -> tuple[Any, Any, Any]:
    """The protobuf classes of request, response and entry, as google-cloud-logging generates them.

    Its package imports three service clients when it is entered, which takes half a second and is not needed here; a bare
    module in its place leads to the types alone.
    """
    name = "google.cloud.logging_v2"
    if name not in sys.modules:
        found = importlib.machinery.PathFinder.find_spec(name, google.cloud.__path__)
        assert found is not None
        package = ModuleType(name)
        package.__path__ = list(found.submodule_search_locations or [])
        sys.modules[name] = package
    types = importlib.import_module(f"{name}.types")
    return types.ListLogEntriesRequest.pb(), types.ListLogEntriesResponse.pb(), types.LogEntry.pb()
