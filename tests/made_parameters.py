"""Parameter files as people write them, made by chance: keys with values that stand in real ones, a few odd ones among them."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from typing import Any

import yaml

ODD = (
    None,
    True,
    0,
    -1,
    1e308,
    10**30,
    "",
    " ",
    "x" * 3000,
    [],
    {},
    [[]],
    {"a": None},
    "env:",
    "file:",
    "file:/dev/zero",
    "a\nb",
    "\u202e",
    "yes",
    "1_000",
    "0o17",
    "12:30:45",
    "2026-13-45",
    "{{ x }}",
    "${HOME}",
    "%s",
    "*",
    "&a",
    "!!int x",
    "ws://",
    "wss://a b/ws",
    "/",
    "..",
)
HOSTS = (
    "api.staging.example",
    "127.0.0.1:8000",
    "localhost",
    "[::1]:9",
    "API.Staging.Example.",
    "bücher.example",
    "10.0.0.7:443",
    "a",
)
REFERENCES = (*("env:HOME", "env:PATH") * 6, "env:NOT_SET_ANYWHERE", "file:~/nothing-here", "file:params.yaml")
CLAIMS = {
    "iss": "netra",
    "aud": ["api", "ws"],
    "permissions": ["read"],
    "scope": "a b",
    "exp": 4_102_444_800,
    "admin": False,
    "n": None,
}
LOOSE = frozenset({"target", "token", "alternatives", "budget", "suite", "redact"})
"""Groups of which any keys stand without the others."""
CARRIERS = ("authorization", "subprotocol", "subprotocol-list", "query", "cookie", "message")


def made(chance: random.Random) -> bytes:
    """One file: some groups, some keys of each; in one of three files something is odd or stands where it should not."""
    document: dict[str, Any] = {"environment": chance.choice(("staging", "a.b-c_1", "x"))}
    for name, group in _groups(chance).items():
        if name == "target" or chance.random() < 0.4:
            document[name] = deepcopy(_some(group, chance) if name in LOOSE else group)
    document["target"]["ws_url"] = (
        f"{chance.choice(('ws', 'wss'))}://{chance.choice(HOSTS)}{chance.choice(('/ws', '', '/ws?room=1', '/a/b/'))}"
    )
    _agree(document)
    document["target"]["allow_hosts"] = chance.choice((None, [host for host in HOSTS if host.isascii()]))
    if chance.random() < 0.25:
        _spoil(document, chance)
    style = chance.choice((None, True, False))
    if chance.random() < 0.2:
        return json.dumps(document).encode("utf-8", "replace")
    return yaml.safe_dump(document, default_flow_style=style, allow_unicode=chance.random() < 0.5).encode("utf-8", "replace")


def _some(group: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return {name: value for name, value in group.items() if chance.random() < 0.4}


def _agree(document: dict[str, Any]) -> None:
    """Takes out what wants another group that is not there."""
    if "performance" not in document:
        document.pop("objectives", None)
    elif document["target"].get("rest_url") is None:
        document["performance"]["load"] = None
    if document.get("session") is None:
        document.get("token", {}).pop("carrier", None)


def _spoil(document: dict[str, Any], chance: random.Random) -> None:
    """Puts something odd in place of a value somewhere, or a key beside it that nobody knows."""
    place: Any = document
    while isinstance(place, dict) and place:
        key = chance.choice(list(place))
        inner = place[key]
        if not isinstance(inner, dict) or not inner or chance.random() < 0.3:
            place[key if chance.random() < 0.8 else f"{key}s"] = chance.choice((*ODD, {"b": inner}, [inner]))
            return
        place = inner


def _groups(chance: random.Random) -> dict[str, Any]:
    host, reference, one = chance.choice(HOSTS), chance.choice(REFERENCES), chance.choice
    session = one(
        (
            {"protocol": one(("graphql-transport-ws", "socket.io", "actioncable")), "payload": None},
            {"send": ['{"type":"auth","token":"{token}"}', {"type": "sub", "id": 1}], "expect": one(("ok", {"type": "ok"}))},
            {"send": ["{token}"], "refuse": {"text": {"type": "error"}, "close": [4401, 1008]}, "timeout_s": one((1, 0.5))},
        )
    )
    way = one(
        (
            {
                "secret": reference,
                "algorithm": one(("HS256", "HS256", "HS512", "RS256")),
                "user": one(("alice", "user 1", "é@a.example")),
            },
            {"command": ["printf", "%s", "abc.def.ghi"]},
            {"issued": reference},
            {
                "oauth2": {
                    "url": f"https://{host}/token",
                    "client_id": "c",
                    "client_secret": reference,
                    "scope": "a b",
                    "audience": "x",
                }
            },
            {
                "login": {
                    "request": "POST /login",
                    "json": {"email": "a@b.example", "password": reference},
                    "token": one(("data.token", "cookie:sid", "$")),
                }
            },
        )
    )
    figures = {"login_ms": {"request": "POST /login"}, "first_ms": {"send": {"a": 1}, "after": "open", "until": {"type": "ok"}}}
    return {
        "target": {
            "rest_url": f"http{one(('', 's'))}://{host}{one(('', '/', '/base'))}",
            "health_path": "/health",
            "protected_path": "/me?x=1",
            "query": {"room": "1", "list": ["a", "b"], "gone": None, "token": reference},
            "origin": one(("https://app.example", "null", "https://bücher.example")),
            "subprotocols": ["chat.v1", "jwt"],
            "timeout_s": one((1, 2.5, 10)),
            "watch_s": one((1, 7)),
            "idle_s": one((None, 30)),
            "tls": {"verify": one((True, False))},
            "guessed": {"health_path": "/health"},
        },
        "token": {
            "claims": CLAIMS,
            "lifetime_s": one((1, 60, 900, 10**9)),
            "carrier": one(CARRIERS),
            "carrier_name": one((None, "auth", "x-y")),
            "carrier_encoding": one(("plain", "base64url")),
            **way,
        },
        "headers": one(({}, {"X-A": "b", "X-Api-Key": reference}, {"Authorization": reference, "Cookie": reference})),
        "session": one((None, session)),
        "alternatives": {
            "secrets": [reference],
            "algorithms": ["HS512", "ES256"],
            "users": ["bob", "ü"],
            "tokens": [reference],
            "origins": ["null", "https://é.example"],
            "claims": {"aud": ["x", ["y"]], "exp": [1], "roles": [["a"], None]},
            "paths": ["/ws/", "/s?x=1&y", "/%2e%2e"],
            "carriers": list(CARRIERS[:5]),
            "schemes": ["JWT", "Token"],
            "subprotocols": [["a", "b"], []],
            "hosts": [host],
            "host_headers": [host],
            "headers": [{"X-B": reference}, {}],
        },
        "budget": {
            "handshakes": one((1, 20, 120)),
            "seconds": one((0.5, 60)),
            "concurrency": one((1, 8)),
            "spacing_ms": one((0, 5.5)),
        },
        "evidence": {
            "configuration": [{"path": "params.yaml"}],
            "users": one(
                (
                    None,
                    {"path": "users.json", "id": "id", "active": "a.b"},
                    {"request": "GET /u/{user}", "active": "active"},
                    {"url": reference, "query": "SELECT active FROM users WHERE id = :user", "active": "active"},
                )
            ),
        },
        "logs": {
            "source": one(("none", "file", "command")),
            "path": "export.log",
            "command": ["kubectl", "logs"],
            "format": one((None, "nginx", "text")),
            "fields": {"time": "when", "text": "a.b"},
            "engine": "duckdb",
            "from": one((None, "2026-11-24T03:20:00Z", "2026-11-24")),
            "limit": one((1, 1000)),
        },
        "objectives": one(
            (
                {},
                {"api_response_ms": 100},
                {"login_ms": {"p95": 150, "optional": True}, "websocket_latency_ms": {"p50": 1, "p99": 2}},
            )
        ),
        "suite": {
            "path": one((None, ".", "test_x.py")),
            "args": ["-k", "not slow"],
            "env": {"A": "b"},
            "timeout_s": 5,
            "repeat": 2,
            "sabotage": False,
        },
        "performance": {
            "samples": 3,
            "warmup": 0,
            "rate_per_s": one((None, 5)),
            "load": one((None, {"users": 5, "duration_s": 2})),
            "figures": figures,
        },
        "redact": {"personal": one((True, False))},
        "features": {"chat": ["test_x"]},
        "notebooks": ["examples/06.ipynb"],
        "fail_on_findings": one((True, False)),
    }
