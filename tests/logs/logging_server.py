"""A real gRPC server that speaks the Logging API, and misbehaves where it is told to."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from typing import Any

import grpc
from google.cloud.logging_v2.types import ListLogEntriesRequest, ListLogEntriesResponse
from google.cloud.logging_v2.types import LogEntry as WireEntry
from google.protobuf.json_format import ParseDict

from lib.facts import rfc3339
from lib.logs.sources.cloud import CloudSource
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.opening import _client
from tests.logs.made_up import NOON, at


def wire(number: int, *, seconds: float | None = None, **fields: Any) -> dict[str, Any]:
    """A raw entry as the API has it in JSON."""
    moment = rfc3339(at(number if seconds is None else seconds))
    return {
        "insertId": f"w{number:05}",
        "timestamp": moment,
        "logName": "projects/p/logs/x",
        "textPayload": f"line {number}",
        **fields,
    }


class LoggingServer(grpc.GenericRpcHandler):
    """ListLogEntries over entries in memory: pages by offset, bounds on the time in the filter, and scripted failures.

    `script` maps the number of a call (from 1) to a status to answer, to a token to hand out instead of the right one, or to an
    event to wait for. `is_endless`: page after page is empty, each with the token of another.
    """

    def __init__(self, entries: list[dict[str, Any]]):
        self.entries = [ParseDict(entry, WireEntry.pb(WireEntry())) for entry in entries]
        self.script: dict[int, grpc.StatusCode | str | threading.Event] = {}
        self.is_endless = False
        self.always: grpc.StatusCode | None = None
        self.asked: list[Any] = []
        self.endpoint = ""

    def service(self, handler_call_details: Any) -> Any:
        """The handler of the one method."""
        kind = ListLogEntriesRequest.pb(ListLogEntriesRequest())
        return grpc.unary_unary_rpc_method_handler(self._list, request_deserializer=type(kind).FromString)

    def _list(self, asked: Any, context: grpc.ServicerContext) -> bytes:
        self.asked.append(asked)
        instruction = self.always or self.script.get(len(self.asked))
        if isinstance(instruction, grpc.StatusCode):
            context.abort(instruction, f"{instruction.name.lower()} on purpose")
        if isinstance(instruction, threading.Event):
            instruction.wait(60)
        since = re.search(r'timestamp>="([^"]+)"', asked.filter)
        from_at = datetime.fromisoformat(since.group(1)) if since else NOON
        chosen = [entry for entry in self.entries if entry.timestamp.ToDatetime(tzinfo=UTC) >= from_at]
        first = int(asked.page_token or 0)
        page = chosen[first : first + asked.page_size]
        token = str(first + asked.page_size) if first + asked.page_size < len(chosen) else ""
        answer = ListLogEntriesResponse.pb(ListLogEntriesResponse())
        answer.entries.extend(page)
        answer.next_page_token = instruction if isinstance(instruction, str) and token else token
        if self.is_endless:
            answer.next_page_token = str(len(self.asked))
        return answer.SerializeToString()


def source_of(server: LoggingServer, *, filter: str | None = None, slept: list[float] | None = None) -> CloudSource:
    """A source on that server whose pauses are noted, not taken."""
    pauses = slept if slept is not None else []
    return CloudSource(
        "cloud",
        lambda: _client(server.endpoint),
        place=server.endpoint,
        project="p",
        filter=filter,
        shaper=Shaper(),
        sleep=pauses.append,
    )
