"""What nobody exercised: the routes that the target describes and no case asked for."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from lib.facts import Exchange

METHODS = ("get", "post", "put", "patch", "delete")
MAX_BYTES = 4 * 1024 * 1024


def described(rest_url: str, *, timeout_s: float) -> Mapping[str, Any] | None:
    """The OpenAPI document at `/openapi.json`, None where there is none that can be read; redirects are not followed."""

    class Still(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        with urllib.request.build_opener(Still).open(f"{rest_url.rstrip('/')}/openapi.json", timeout=timeout_s) as answer:
            document = json.loads(answer.read(MAX_BYTES))
    except (OSError, ValueError, urllib.error.URLError, RecursionError):
        return None
    return document if isinstance(document, dict) and isinstance(document.get("paths"), dict) else None


def unexercised_routes(document: Mapping[str, Any], exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """`METHOD /path` of each route of an OpenAPI document that no exchange asked for, in the document's order.

    A request that a fixed path answers is not counted for a template that would fit it too.
    """
    asked = {(one.method.upper(), urlsplit(one.url).path.rstrip("/") or "/") for one in exchanges}
    routes = [
        (method.upper(), path)
        for path, operations in document["paths"].items()
        if isinstance(operations, Mapping)
        for method in METHODS
        if method in operations
    ]
    fixed = {(method, path.rstrip("/") or "/") for method, path in routes if "{" not in path}
    return tuple(f"{method} {path}" for method, path in routes if not _was_asked(method, path, asked, fixed))


def _was_asked(method: str, path: str, asked: set[tuple[str, str]], fixed: set[tuple[str, str]]) -> bool:
    if "{" not in path:
        return (method, path.rstrip("/") or "/") in asked
    pattern = re.compile(
        "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^{}]*\})", path))
    )
    return any(used == method and (used, where) not in fixed and pattern.fullmatch(where) for used, where in asked)
