"""What the servers answer that stand in for a target: in its manner and at its pace, as the clean run saw them. Pure."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

from lib.facts import Exchange
from lib.suite.plugin.http_stream import MAX_EXCERPT_BYTES

REFUSALS = frozenset({401, 403, 404, 405, 407, 410, 422, 429})
DENIALS = (403, 401)
"""Of these one is the refusal of a route that refused nobody."""
MAX_DELAY_S = 1.0
FORBIDDEN = b'{"detail": "Forbidden"}'


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a target says no."""

    status: int = 403
    content_type: str = "application/json"
    body: bytes = FORBIDDEN
    challenge: str | None = None

    def as_bytes(self) -> bytes:
        """The whole answer."""
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}", f"Content-Type: {self.content_type}"]
        lines += [f"Content-Length: {len(self.body)}", "Connection: close"]
        lines += [f"WWW-Authenticate: {self.challenge}"] if self.challenge else []
        return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class Route:
    """What the clean run saw of one method and path."""

    refusal: Refusal
    speaks_json: bool
    delay_s: float


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers by method and path, and those for the rest."""

    routes: Mapping[tuple[str, str], Route] = field(default_factory=dict)
    rest: Route = Route(Refusal(), False, 0.0)

    def route(self, method: str, target: str) -> Route:
        """The route of a request as it stands in its first line."""
        return self.routes.get((method, path_of(target)), self.rest)


def path_of(target: str) -> str:
    """The path of a request's target, be it a path or a URL."""
    try:
        return urlsplit(target).path.rstrip("/") or "/"
    except ValueError:
        return "/"


def empty_answer(speaks_json: bool) -> bytes:
    """200 with nothing in it, which is `{}` where the route spoke JSON."""
    body = b"{}" if speaks_json else b""
    kind = "Content-Type: application/json\r\n" if speaks_json else ""
    return f"HTTP/1.1 200 OK\r\n{kind}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def answers_of(exchanges: Iterable[Exchange]) -> Answers:
    """The target's manner, from what the clean run saw."""
    seen: defaultdict[tuple[str, str], list[Exchange]] = defaultdict(list)
    for one in exchanges:
        if one.status is not None:
            seen[one.method.upper(), path_of(one.url)].append(one)
    everything = [one for several in seen.values() for one in several]
    usual = _refusal_among([one for one in everything if one.status in DENIALS]) or Refusal()
    routes = {
        key: Route(_refusal_among(several) or usual, _speaks_json(several), _pace(several)) for key, several in seen.items()
    }
    return Answers(routes, Route(usual, _speaks_json(everything), 0.0))


def _refusal_among(exchanges: list[Exchange]) -> Refusal | None:
    """The refusal that a route gave most often."""
    refusals = [one for one in exchanges if one.status in REFUSALS]
    if not refusals:
        return None
    statuses = [one.status for one in refusals if one.status is not None]
    usual = max(sorted(set(statuses)), key=statuses.count)
    alike = [one for one in refusals if one.status == usual]
    # A client that looks at the status alone may have gone before the body came: what another saw of the same refusal is whole.
    # A handshake's mostly has none: what a REST route says is how the target says no.
    one = next((one for one in sorted(alike, key=lambda one: not one.body_excerpt) if _is_whole(one)), alike[0])
    content_type, body = one.header("content-type") or "", one.body_excerpt.encode()
    if (one.kind == "handshake" and not body) or not _is_whole(one):
        content_type, body = "application/json", FORBIDDEN
    return Refusal(int(usual), content_type or "text/plain", body, one.header("www-authenticate"))


def _is_whole(one: Exchange) -> bool:
    """Whether the body of an answer was seen to its end."""
    body = one.body_excerpt.encode()
    if "json" in (one.header("content-type") or "").lower():
        return len(body) < MAX_EXCERPT_BYTES and _is_json(body)
    return 0 < len(body) < MAX_EXCERPT_BYTES or one.header("content-length") in (None, "0")


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _speaks_json(exchanges: list[Exchange]) -> bool:
    return any("json" in (one.header("content-type") or "").lower() for one in exchanges)


def _pace(exchanges: list[Exchange]) -> float:
    """How long the route took, seconds: the time of a handshake to its answer, not to its end."""
    times = [one.phases.upgrade_ms if one.kind == "handshake" else one.elapsed_ms for one in exchanges]
    return min(statistics.median([ms / 1000 for ms in times if ms is not None] or [0.0]), MAX_DELAY_S)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
