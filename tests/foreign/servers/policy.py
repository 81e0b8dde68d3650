"""What a foreign service demands of a handshake, shared by the servers of several frameworks, and not with our own library.

Each server is a program of its own that gets one JSON document as its argument, prints its port,
writes a line for each request that it receives, and ends when its standard input closes.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt

CONFIG: dict[str, Any] = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
STARTED_S = time.monotonic()


def listening() -> socket.socket:
    """A socket on a free port of the loopback, announced on standard output; the program ends when its parent lets go."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", CONFIG.get("port", 0)))
    sock.listen(100)
    sock.setblocking(False)
    print(sock.getsockname()[1], flush=True)
    end_with_parent()
    return sock


def end_with_parent() -> None:
    """Ends this program as soon as standard input closes."""

    def wait() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def record(kind: str, **what: Any) -> None:
    """Takes down one request: `handshake` or `rest`."""
    with Path(CONFIG["seen"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": kind, "after_s": time.monotonic() - STARTED_S, **what}) + "\n")


def kind(headers: Mapping[str, str]) -> str:
    """Whether a request with these headers is a handshake or plain HTTP."""
    return "handshake" if "websocket" in headers.get("Upgrade", "").lower() else "rest"


def log_for(traceparent: str) -> Callable[[str], None]:
    """Writes what a service says of one request, in Cloud Logging's shape, where it keeps a log; `words` says which for which
    refusal."""

    def note(reason: str) -> None:
        if "log" not in CONFIG:
            return
        moment = datetime.now(UTC).isoformat()
        trace = f"projects/foreign/traces/{traceparent.split('-')[1]}" if traceparent.count("-") == 3 else None
        lines = [(trace, text) for text in CONFIG["words"].get(reason, ())] + [(None, text) for text in CONFIG.get("noise", ())]
        with Path(CONFIG["log"]).open("a", encoding="utf-8") as file:
            for position, (owner, text) in enumerate(lines):
                insert_id = f"{time.monotonic_ns()}-{position}"
                entry = {
                    "insertId": insert_id,
                    "timestamp": moment,
                    "severity": "WARNING",
                    "textPayload": text,
                    "logName": "projects/foreign/logs/stderr",
                }
                file.write(json.dumps({**entry, **({"trace": owner} if owner else {})}) + "\n")

    return note


def of_key(token: str) -> str:
    """The id of the key that a token says it was signed with."""
    return str(jwt.get_unverified_header(token).get("kid"))


class Refused(Exception):
    """The handshake is not acceptable; says why (only the server's own record learns it, unless the server tells)."""


class Policy:
    """The demands of one service; a demand that is not configured is not made."""

    def __init__(self, demands: Mapping[str, Any]):
        self.demands = demands
        self.seen_tokens: dict[str, float] = defaultdict(float)
        self.exempt = self.lax = False

    def check(self, headers: Iterable[tuple[str, str]], query: str = "", offered: Iterable[str] = ()) -> dict[str, Any]:
        """The claims of the token (empty where none is demanded); raises `Refused`."""
        given = {name.lower(): value for name, value in headers}
        offered = list(offered)
        demands = self.demands
        self.exempt = "exempting" in demands and demands["exempting"].lower() in given
        if "hosts" in demands and given.get("host", "").split(":")[0] not in demands["hosts"]:
            raise Refused("host")
        if self._names(given) in demands.get("exempt", ()):
            return self.claims(self.token(given, query, offered))
        if "origins" in demands and given.get("origin") not in demands["origins"]:
            raise Refused("origin")
        if "header" in demands and given.get(demands["header"][0].lower()) != demands["header"][1]:
            raise Refused("header")
        if "subprotocol" in demands and demands["subprotocol"] not in offered:
            raise Refused("subprotocol")
        return self.claims(self.token(given, query, offered)) if "key" in demands else {}

    def _names(self, given: Mapping[str, str]) -> str | None:
        """Whom the token in the Authorization header says that it is of, before anything is verified."""
        try:
            return jwt.decode(given.get("authorization", "").partition(" ")[2], options={"verify_signature": False}).get("sub")
        except jwt.PyJWTError:
            return None

    def token(self, given: Mapping[str, str], query: str, offered: list[str]) -> str:
        """The token, from where this service reads it."""
        for carrier in self.demands.get("carriers", ["authorization"]):
            name = self.demands.get("carrier_name", "token")
            self.lax = carrier in self.demands.get("lax_carriers", ())
            if carrier == "authorization":
                scheme, _, token = given.get("authorization", "").partition(" ")
                if token and scheme == self.demands.get("scheme", "Bearer"):
                    return token
            elif carrier == "query" and name in parse_qs(query):
                return parse_qs(query)[name][0]
            elif carrier == "cookie":
                cookies = dict(item.strip().partition("=")[::2] for item in given.get("cookie", "").split(";"))
                if name in cookies:
                    return cookies[name]
            elif carrier == "subprotocol":
                for item in offered:
                    if item.startswith("jwt."):
                        return base64.urlsafe_b64decode(item[4:] + "==").decode() if self.demands.get("base64url") else item[4:]
        raise Refused("no token")

    def claims(self, token: str) -> dict[str, Any]:
        """The token's claims, if it is acceptable."""
        demands = self.demands
        now = time.time() + demands.get("clock_s", 0)
        is_for_whom = "audience" in demands and not self.lax
        try:
            claims = jwt.decode(
                token,
                demands["key"] if "jwks" not in demands else jwt.PyJWKSet.from_dict(demands["jwks"])[of_key(token)].key,
                algorithms=demands.get("algorithms", ["HS256"]),
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": is_for_whom},
                audience=demands.get("audience"),
                issuer=demands.get("issuer"),
            )
        except (jwt.PyJWTError, KeyError) as error:
            raise Refused(type(error).__name__) from None
        if claims.get("exp", 0) < now or claims.get("iat", 0) > now + demands.get("leeway_s", 5):
            raise Refused("time")
        if claims.get("exp", 0) - claims.get("iat", 0) > demands.get("longest_s", 10**9):
            raise Refused("lifetime")
        if any(name not in claims for name in demands.get("claims", ())):
            raise Refused("claim")
        if "kid" in demands and jwt.get_unverified_header(token).get("kid") != demands["kid"]:
            raise Refused("kid")
        if claims.get("sub") in demands.get("quota_spent", ()):
            raise Refused("quota")
        if "users" in demands and not demands["users"].get(claims.get("sub")) and not self.exempt:
            raise Refused("user")
        if "permission" in demands and demands["permission"] not in claims.get("permissions", ()):
            raise Refused("permission")
        return claims


WEBSOCKET = Policy(CONFIG.get("demands", {}))
REST = Policy(
    CONFIG.get(
        "rest_demands", {name: value for name, value in CONFIG.get("demands", {}).items() if name in ("key", "algorithms")}
    )
)
