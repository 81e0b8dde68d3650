"""What the plug-in says of a case: numbers, exchanges and failures as JSON can hold them. Standard library only."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from .attribution import Scope
from .conversation import WireExchange
from .sockets import Connection

PIPE_VARIABLE = "INVESTIGATION_PIPE"
MAX_MESSAGE = 20_000
PUBLIC_HEADERS = frozenset(
    {
        "host",
        "user-agent",
        "content-type",
        "content-length",
        "server",
        "date",
        "traceparent",
        "upgrade",
        "origin",
        "via",
        "retry-after",
    }
)


def case(scope: Scope, *, private: bool) -> dict[str, Any]:
    """The traffic of a scope. `private` False is for a pipe to our runner, which redacts; True leaves out what may be secret."""
    tally = scope.tally
    exchanges = [exchange(seen, connection, private=private) for seen, connection in tally.exchanges]
    return {
        "traffic": tally.numbers(),
        "hosts": tally.hosts,
        "inside": sorted(tally.inside),
        "programs": tally.programs,
        "in_process": tally.in_process,
        "replayed": tally.replayed,
        "unseen": tally.unseen,
        "statuses": [seen["status"] for seen in exchanges if seen["status"] is not None],
        "channels": sorted({seen["channel"] for seen in exchanges}),
        "exchanges": exchanges,
    }


def exchange(seen: WireExchange, connection: Connection, *, private: bool) -> dict[str, Any]:
    """One request and its answer."""
    target = seen.target.partition("?")[0] if private else seen.target
    document = {
        "channel": seen.channel,
        "method": seen.method,
        "url": _url(seen, connection, target),
        "peer": connection.host,
        "status": seen.status,
        "request_headers": _headers(seen.request_headers, private=private),
        "headers": _headers(seen.headers, private=private),
        "started": seen.started,
        "elapsed_ms": _since(seen.started, seen.ended or seen.started),
        "closed_ms": None if seen.closed is None else _since(seen.started, seen.closed),
        "close_code": seen.close_code,
    }
    if not private:
        document["body"] = bytes(seen.body).decode("utf-8", "replace")
        document["first_frame"], document["close_reason"] = seen.first_frame, seen.close_reason
    return document


def _since(started: float, moment: float) -> float:
    return round((moment - started) * 1000, 3)


def failure(excinfo: Any) -> str:
    """The first line of a failure, as pytest's short summary would say it."""
    first = next((line for line in excinfo.exconly(tryshort=True).splitlines() if line.strip()), excinfo.typename)
    return first[:1000]


def skip_reason(report: Any) -> str | None:
    """Why a case was skipped, where it says so."""
    if isinstance(report.longrepr, tuple):
        return clipped(str(report.longrepr[2]))
    return getattr(report, "wasxfail", None)


def clipped(text: str) -> str:
    """The text, or its first and last parts."""
    return text if len(text) <= MAX_MESSAGE else f"{text[: MAX_MESSAGE // 2]}\n…\n{text[-MAX_MESSAGE // 2 :]}"


def _url(seen: WireExchange, connection: Connection, target: str) -> str:
    if urlsplit(target).scheme:
        return target  # As a proxy is asked.
    host = next((value for name, value in seen.request_headers if name == "host"), connection.host)
    scheme = ("ws" if seen.handshake else "http") + ("s" if connection.secure else "")
    return f"{scheme}://{host}{target}"


def _headers(headers: list[tuple[str, str]], *, private: bool) -> list[list[str]]:
    return [[name, value] for name, value in headers if not private or name in PUBLIC_HEADERS]
