"""What the plug-in told, as facts: CaseResults and Exchanges, redacted. Pure but for the secrets that are handed in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lib import tokens
from lib.clients.trace_context import trace_id_of
from lib.facts import CaseResult, Exchange, Phases, Rung, Traffic
from lib.redaction.exchanges import redacted
from lib.redaction.one_line import in_one_line
from lib.redaction.redact import redact_text

Event = Mapping[str, Any]

_VARYING = (
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*"), "<time>"),
    (re.compile(r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"), "<time>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "<address>"),
    (re.compile(r"(?<=[\w\]]):\d{2,5}(?=\D|$)"), ":<port>"),
    (re.compile(r"\b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{8,}\b"), "<id>"),
    (re.compile(r"(?<=_)(?=[0-9a-f]*\d)[0-9a-f]{8,}\b"), "<id>"),
    (re.compile(r"\b\d+\.\d+\b|\b\d{4,}\b"), "<n>"),
)
_PAGE = re.compile(r"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
MAX_SIGNATURE, MAX_MESSAGE = 200, 20_000
OUTCOMES = frozenset({"passed", "failed", "error", "skipped", "untested"})
DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


@dataclass(frozen=True, slots=True)
class Apart:
    """Traffic that belongs to no case: while importing (`import`), in fixtures, or after a case had ended (`late`)."""

    name: str
    traffic: Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom a case asked, beside what its sockets tell: `hosts` are addresses (`host:port`) outside of its own process.

    `in_process` names clients and servers inside it, `replayed` what gave recorded or stubbed answers, `unseen` clients whose
    traffic cannot be seen, `programs` what it started.
    """

    hosts: tuple[str, ...] = ()
    in_process: tuple[str, ...] = ()
    replayed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()


def asked_of(event: Event) -> Asked:
    """Whom the case of this event asked."""
    inside = set(event.get("inside") or ())
    seen = [*(event.get("hosts") or ())]
    for one in event.get("exchanges") or ():
        if one["peer"] not in inside:
            seen += [one["peer"], _authority(one["url"])]
    names = {name: tuple(event.get(name) or ()) for name in ("in_process", "replayed", "unseen", "programs")}
    return Asked(hosts=tuple(host for host in dict.fromkeys(seen) if host and host not in inside), **names)


def _authority(url: str) -> str:
    """Host and port of a URL; "" where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return ""
    return f"{parts.hostname}:{port}" if parts.hostname and port else ""


def module_of(nodeid: str) -> str:
    """The stem of the file that a node id names."""
    return PurePath(nodeid.partition("::")[0]).stem


def name_of(nodeid: str) -> str:
    """The last part of a node id, parameters included; the file's name where the id is a file."""
    path, separator, inside = nodeid.partition("::")
    if not separator:
        return PurePath(path).name
    head, bracket, parameters = inside.partition("[")
    return head.rpartition("::")[2] + bracket + parameters


def signature(failure: str | None) -> str | None:
    """The first line of a failure with what varies from run to run taken out."""
    first = next((line.strip() for line in (failure or "").splitlines() if line.strip()), None)
    if first is None or failure is None:
        return None
    if _PAGE.search(first):  # the words of a page stand some lines below its beginning
        first = in_one_line(failure[failure.index(first) :], MAX_SIGNATURE, headings_alone=True)
    for pattern, word in _VARYING:
        first = pattern.sub(word, first)
    return first[:MAX_SIGNATURE]


def case_result(event: Event, secrets: Iterable[str] = ()) -> CaseResult:
    """One finished case as a fact; raises ValueError or TypeError for an event that no run of pytest tells."""
    secrets = tuple(secrets)
    if event["outcome"] not in OUTCOMES:
        raise ValueError(event["outcome"])
    seconds = float(event.get("seconds") or 0.0)
    message = redact_text(event["message"], secrets) if event.get("message") else None
    failure = redact_text(event["failure"], secrets) if event.get("failure") else _last_line(message)
    red = event["outcome"] in ("failed", "error")
    return CaseResult(
        module=module_of(event["nodeid"]),
        name=redact_text(name_of(event["nodeid"]), secrets),
        outcome=event["outcome"],
        seconds=round(seconds, 6) if 0 <= seconds < 1e9 else 0.0,
        statuses=tuple(int(status) for status in event.get("statuses") or ()),
        channels=tuple(map(str, event.get("channels") or ())),
        signature=signature(failure) if red else None,
        message=message,
        traffic=traffic(event.get("traffic") or {}),
    )


def traffic(numbers: Mapping[str, Any]) -> Traffic:
    """The contract's counts."""
    return Traffic(**{name: int(numbers.get(name, 0)) for name in Traffic.__dataclass_fields__})


def exchanges_of(event: Event, secrets: Iterable[str] = ()) -> list[Exchange]:
    """The requests of one case, redacted, labelled `module::name`."""
    secrets = tuple(secrets)
    label = f"{module_of(event['nodeid'])}::{redact_text(name_of(event['nodeid']), secrets)}"
    return [_exchange(seen, label, position, secrets) for position, seen in enumerate(event.get("exchanges") or ())]


def _exchange(seen: Mapping[str, Any], label: str, position: int, secrets: tuple[str, ...]) -> Exchange:
    handshake = seen["channel"] == "websocket"
    sent: dict[str, str] = dict(seen["request_headers"])
    token = _token(seen["url"], sent)
    exchange = Exchange(
        id=f"case:{label}:{position}",
        of="case",
        kind="handshake" if handshake else "rest",
        label=label,
        method=seen["method"],
        url=seen["url"],
        rung=_rung(handshake, seen["status"]),
        status=seen["status"],
        headers=_pairs(seen["headers"]),
        body_excerpt=str(seen.get("body") or ""),
        subprotocol=next((value for name, value in seen["headers"] if name == "sec-websocket-protocol"), None),
        first_frame=_text(seen.get("first_frame")),
        close_code=seen.get("close_code"),
        close_reason=_text(seen.get("close_reason")),
        error=None if seen["status"] is not None else "no answer",
        phases=Phases(upgrade_ms=seen["elapsed_ms"]) if handshake and seen["status"] is not None else Phases(),
        elapsed_ms=seen.get("closed_ms") or seen["elapsed_ms"],
        request_headers=_pairs(seen["request_headers"]),
        credential=tokens.fingerprint(token),
        trace_id=trace_id_of(sent.get("traceparent", "")),
        peer=seen["peer"],
        at=datetime.fromtimestamp(seen["started"], UTC),
    )
    return redacted(exchange, (*secrets, token) if token else secrets)


def _pairs(headers: Iterable[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers)


def _text(told: Any) -> str | None:
    return str(told) if told else None


def _rung(handshake: bool, status: int | None) -> Rung:
    if status is None or not handshake:
        return "http"
    return "session" if status == 101 else "upgrade"


def _token(url: str, headers: Mapping[str, str]) -> str | None:
    """The credential of a request, from whichever carrier."""
    scheme, _, credential = headers.get("authorization", "").strip().partition(" ")
    if scheme:
        return credential.strip() or scheme
    for value in parse_qs(urlsplit(url).query).get("token", ()):
        return value
    offered = (item.strip() for item in headers.get("sec-websocket-protocol", "").split(","))
    return next((item.partition("jwt.")[2] for item in offered if item.startswith("jwt.")), None)


def _last_line(message: str | None) -> str | None:
    lines = [line for line in (message or "").splitlines() if line.strip()]
    errors = [line[2:].strip() for line in lines if line.startswith("E ")]
    return errors[0] if errors else lines[-1] if lines else None
