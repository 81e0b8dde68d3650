"""What shows that a run was real: which servers answered, what they call themselves, what their clocks said, what went over the
wire."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from lib.facts import Exchange
from lib.figures.display.table import Table

IDENTIFYING = ("server", "via", "x-powered-by", "x-cloud-trace-context", "x-revision", "cf-ray")
"""Response headers in which servers and what stands before them say who they are."""
_IDENTIFIER = re.compile(r"(?<=/)[^/]*(?:[0-9a-f]{8,}|\d{4,})[^/]*")


def servers(exchanges: Iterable[Exchange]) -> Table:
    """One row an address that was asked: who answered, as it calls itself, and how far its clock is from ours.

    A Date header counts whole seconds, so its difference is known to one second at best; the range of all exchanges is shown.
    """
    groups: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        groups[urlsplit(exchange.url).netloc].append(exchange)
    rows = [_server(authority, group) for authority, group in sorted(groups.items())]
    columns = {
        "authority": "asked",
        "peers": "answered from",
        "n": "exchanges",
        "headers": "calls itself",
        "clock": "its clock minus ours",
    }
    columns |= {"proxies": "through proxy"}
    return Table(rows, columns, caption="Who answered", empty="No exchange of this run is known.")


def answers(exchanges: Iterable[Exchange]) -> Table:
    """How often each answer came, by kind of request and path (without identifiers): a histogram of statuses and of what came
    instead."""
    counted = Counter((one.kind, shortened(one.url), _outcome(one)) for one in exchanges)
    rows = [
        {"n": n, "kind": kind, "path": path, "answer": outcome}
        for (kind, path, outcome), n in sorted(counted.items(), key=lambda row: -row[1])
    ]
    columns = {"n": "n", "kind": "kind", "path": "path", "answer": "answer"}
    return Table(rows, columns, caption=f"{counted.total()} exchanges by answer", empty="No exchange of this run is known.")


def shortened(url: str) -> str:
    """The path of a URL without the parts that look like identifiers, so that like requests count together."""
    return _IDENTIFIER.sub("…", urlsplit(url).path) or "/"


def traffic(document: Mapping[str, Any]) -> Table:
    """Bytes, sockets and frames of the cases, by the channel of their module's traffic: REST, WebSocket, or neither."""
    groups: dict[str, list[Mapping[str, int]]] = defaultdict(list)
    for case in document["cases"]:
        groups[_channel(case["traffic"])].append(case["traffic"])
    rows = []
    for channel, traffics in groups.items():
        total: Counter[str] = Counter()
        for one in traffics:
            total.update(one)
        rows.append({"channel": channel, "n": len(traffics)} | dict(total))
    columns = {
        "channel": "the case used",
        "n": "cases",
        "connections": "connections",
        "rest_requests": "REST requests",
        "handshakes": "handshakes",
    }
    columns |= {"frames": "frames", "bytes_out": "bytes sent", "bytes_in": "bytes received"}
    return Table(rows, columns, caption="What went over the wire", empty="No case was collected.")


def clock_difference_s(exchange: Exchange) -> tuple[float, float] | None:
    """Between which bounds the server's clock minus ours lies, in seconds, by one answer's Date header; None without one."""
    text = exchange.header("date")
    try:
        said = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if said is None or said.tzinfo is None:
        return None
    # The answer was written between our start and its arrival, within the second that the header names.
    after_start = (said - exchange.at).total_seconds()
    return after_start - exchange.elapsed_ms / 1000, after_start + 1.0


def clock(exchanges: Iterable[Exchange]) -> str:
    """The bounds that all answers share, in words."""
    bounds = [found for exchange in exchanges if (found := clock_difference_s(exchange))]
    if not bounds:
        return "not told (no Date header)"
    low, high = max(low for low, _ in bounds), min(high for _, high in bounds)
    if low > high:
        return (
            f"not steady: from {min(low for low, _ in bounds):+.1f} to {max(high for _, high in bounds):+.1f} s (n "
            f"= {len(bounds)})"
        )
    return f"between {low:+.1f} and {high:+.1f} s (n = {len(bounds)})"


def _server(authority: str, group: list[Exchange]) -> dict[str, Any]:
    named = Counter(
        f"{name}: {value}"
        for one in group
        for name, value in one.headers
        if name in IDENTIFYING and not name.startswith("x-cloud")
    )
    return {
        "authority": authority,
        "peers": sorted({one.peer for one in group if one.peer}) or None,
        "n": len(group),
        "headers": [text for text, _ in named.most_common(4)] or None,
        "clock": clock(group),
        "proxies": sorted({one.via_proxy for one in group if one.via_proxy}) or "no",
    }


def _outcome(exchange: Exchange) -> str:
    if exchange.close_code is not None:
        return f"{exchange.status}, then closed with {exchange.close_code}"
    if exchange.status is not None:
        return str(exchange.status)
    return f"none: ended at {exchange.rung}" + (f" ({exchange.error})" if exchange.error else "")


def _channel(traffic: Mapping[str, int]) -> str:
    names = [name for name, key in (("REST", "rest_requests"), ("WebSocket", "handshakes")) if traffic[key]]
    return " and ".join(names) or ("other sockets" if traffic["connections"] else "no traffic")
