"""The Logging API read page by page into rows: ours against the documented client's entries into a DataFrame, on one fake server.

The server runs in a process of its own and serves ready-made pages of 1,000, so that only the client is measured.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from typing import Any

from bench import logs_generate
from bench.table import Row, compared

PAGES = 20
PER_PAGE = 1000


def serve() -> None:
    """Serves until standard input closes; prints the port."""
    import grpc
    from google.cloud.logging_v2.types import ListLogEntriesRequest, ListLogEntriesResponse, LogEntry
    from google.protobuf.json_format import ParseDict

    chance, total = random.Random(1), PAGES * PER_PAGE  # noqa: S311  seeded on purpose
    pages = []
    for first in range(0, total, PER_PAGE):
        page = ListLogEntriesResponse.pb(ListLogEntriesResponse())
        for number in range(first, first + PER_PAGE):
            page.entries.append(ParseDict(logs_generate.entry(number, total, chance), LogEntry.pb(LogEntry())))
        page.next_page_token = str(len(pages) + 1) if first + PER_PAGE < total else ""
        pages.append(page.SerializeToString())

    class Handler(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, handler_call_details: Any) -> Any:
            parse = type(ListLogEntriesRequest.pb(ListLogEntriesRequest())).FromString
            return grpc.unary_unary_rpc_method_handler(
                lambda asked, _: pages[int(asked.page_token or 0)], request_deserializer=parse
            )

    server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[Handler()])
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    sys.stdin.read()
    server.stop(0)


@contextmanager
def server() -> Iterator[str]:
    """A fake server's endpoint, for as long as the block lasts."""
    command = [sys.executable, "-m", "bench.logs_paging", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield f"http://127.0.0.1:{int(child.stdout.readline())}"
        assert child.stdin is not None
        child.stdin.close()


def ours(endpoint: str, *, redacting: bool = True) -> float:
    """Entries a second of the tool's own source, ready for the cache; redaction is what costs most."""
    from lib.logs.sources.cloud import CloudSource
    from lib.logs.sources.normalise import Shaper
    from lib.logs.sources.opening import _client

    shaper = Shaper(["a-known-secret"])
    if not redacting:
        shaper.text = lambda text: text
    source = CloudSource("cloud", lambda: _client(endpoint), place=endpoint, project="p", filter=None, shaper=shaper)
    started = time.perf_counter()
    reading = source.read(start=logs_generate.START, end=None, limit=10_000_000)
    assert len(reading.entries) == PAGES * PER_PAGE, reading.missing
    return len(reading.entries) / (time.perf_counter() - started)


def documented(endpoint: str) -> float:
    """Entries a second of `Client.list_entries` and `json_normalize`, as the documentation shows them; nothing is redacted."""
    import grpc
    import pandas as pd
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import logging
    from google.cloud.logging_v2._gapic import _LoggingAPI
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport

    client = logging.Client(project="p", credentials=AnonymousCredentials())
    channel = grpc.insecure_channel(endpoint.removeprefix("http://"))
    client._logging_api = _LoggingAPI(LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel)), client)
    started = time.perf_counter()
    entries = client.list_entries(resource_names=["projects/p"], filter_="", page_size=PER_PAGE)
    frame = pd.json_normalize([entry.to_api_repr() for entry in entries])
    assert len(frame) == PAGES * PER_PAGE
    return len(frame) / (time.perf_counter() - started)


def run() -> list[Row]:
    """Entries a second, the more the better."""
    with server() as endpoint:
        ours(endpoint), documented(endpoint)
        what, peer = f"{PAGES * PER_PAGE:,} log entries through the API into rows", "Client.list_entries into a DataFrame"
        ways = ((f"{what}, redacted", lambda: ours(endpoint)), (f"{what}, not redacted", lambda: ours(endpoint, redacting=False)))
        return [
            compared(name, way, lambda: documented(endpoint), unit="entries/s", goal="≥ 5", peer_name=peer, n=9)
            for name, way in ways
        ]


if __name__ == "__main__":
    serve() if "--serve" in sys.argv else print(*run(), sep="\n")
