"""What nobody exercised: the routes that the target describes and no case asked for."""

from __future__ import annotations

import http.client
import json
import re
import threading
import time
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lib.facts import Exchange

METHODS = ("get", "post", "put", "patch", "delete")
MAX_BYTES = 4 * 1024 * 1024
MAX_ROUTES, MAX_PATH = 5_000, 2_000
DESCRIBED_S = 5.0
"""All that asking for the description may take."""


def described(rest_url: str, *, timeout_s: float) -> Mapping[str, Any] | None:
    """The OpenAPI document at `/openapi.json`, None where there is none that can be read; redirects are not followed."""

    found: list[Any] = []
    within = min(timeout_s, DESCRIBED_S)
    thread = threading.Thread(target=lambda: found.append(_fetched(rest_url, within)), daemon=True)
    thread.start()
    thread.join(within)  # A server that trickles, or answers 1xx for ever, keeps each single read from timing out.
    document = found[0] if found else None
    return document if isinstance(document, dict) and isinstance(document.get("paths"), dict) else None


class _Still(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _fetched(rest_url: str, within_s: float) -> Any:
    give_up, content = time.monotonic() + within_s, bytearray()
    try:
        with urllib.request.build_opener(_Still).open(f"{rest_url.rstrip('/')}/openapi.json", timeout=within_s) as answer:
            while len(content) < MAX_BYTES and time.monotonic() < give_up and (piece := answer.read1(65_536)):
                content += piece
        return json.loads(content)
    except (OSError, ValueError, http.client.HTTPException, RecursionError):
        return None


def unexercised_routes(document: Mapping[str, Any], exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """`METHOD /path` of each route of an OpenAPI document that no exchange asked for, in the document's order.

    A request that a fixed path answers is not counted for a template that would fit it too.
    """
    asked = {(one.method.upper(), urlsplit(one.url).path.rstrip("/") or "/") for one in exchanges}
    routes = [
        (method.upper(), path)
        for path, operations in document["paths"].items()
        if isinstance(operations, Mapping) and len(path) <= MAX_PATH
        for method in METHODS
        if method in operations
    ][:MAX_ROUTES]
    fixed = {(method, path.rstrip("/") or "/") for method, path in routes if "{" not in path}
    return tuple(f"{method} {path}" for method, path in routes if not _was_asked(method, path, asked, fixed))


def _was_asked(method: str, path: str, asked: set[tuple[str, str]], fixed: set[tuple[str, str]]) -> bool:
    if "{" not in path:
        return (method, path.rstrip("/") or "/") in asked
    template = [re.split(r"\{[^{}]*\}", segment) for segment in path.split("/")]
    return any(used == method and (used, where) not in fixed and _fits(template, where.split("/")) for used, where in asked)


def _fits(template: list[list[str]], segments: list[str]) -> bool:
    """Whether each segment is its template's: literal pieces in order, something between each two."""
    return len(template) == len(segments) and all(map(_segment_fits, template, segments))


def _segment_fits(pieces: list[str], segment: str) -> bool:
    if len(pieces) == 1:
        return segment == pieces[0]
    first, *middle, last = pieces
    if not segment.startswith(first) or not segment.endswith(last):
        return False
    position, end = len(first), len(segment) - len(last)
    for piece in middle:
        found = segment.find(piece, position + 1, end)
        if found < 0:
            return False
        position = found + len(piece)
    return position < end
