"""What both sides know of a request."""

from __future__ import annotations

from lib.facts import Phases
from lib.logs.correlation.requests import entry_row, entry_span, exchange_row, exchange_span, path_of
from tests.logs.made_up import entry, exchange, request_entry

NOON_US = 1772366400_000_000


def test_an_exchange_spans_from_sending_to_its_answer() -> None:
    """Connecting comes before sending; what follows the handshake's answer is not part of it."""
    accepted = exchange(0, status=101, elapsed_ms=520, phases=Phases(dns_ms=1, connect_ms=2, tls_ms=3, upgrade_ms=4))
    span = exchange_span(accepted)
    assert (span.start_us - NOON_US, span.end_us - NOON_US) == (6_000, 10_001)
    assert exchange_span(exchange(0, elapsed_ms=9)).end_us - NOON_US == 9_001


def test_a_request_entry_spans_its_latency() -> None:
    """An accepted WebSocket's end is that of the connection, not of the answer."""
    assert entry_span(request_entry(1, latency_s=0.25)).end_us - NOON_US == 1_250_000
    assert entry_span(request_entry(1, status=101)).is_open


def test_a_path_is_compared_without_host_and_query() -> None:
    """Host and scheme differ between the edge and the service behind it."""
    assert {path_of("wss://a/ws?token=x"), path_of("http://b:1/ws"), path_of("/ws?y=1")} == {"/ws"}
    assert (path_of("https://a"), path_of("https://a?x=/y"), path_of(None), path_of("")) == ("/", "/", None, None)


def test_rows_hold_what_the_query_compares() -> None:
    """Method, path, status and user agent stand in both rows alike."""
    row = exchange_row(exchange(0, request_headers=(("User-Agent", "probe/1"),)))
    told = entry_row(request_entry(0))
    assert (row["method"], row["path"], row["status"], row["user_agent"]) == ("GET", "/ws", 403, "probe/1")
    assert (told["method"], told["path"], told["status"], told["user_agent"]) == ("GET", "/ws", 403, None)
    assert entry_row(entry(0, "text"))["path"] is None
