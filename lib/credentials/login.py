"""A token by a login: its request, and where its answer carries the token."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any

from lib.clients.rest import Answer, Rest
from lib.credentials.asking import asked, document, refusal, without_body
from lib.credentials.got import Got, NoToken, checked, got
from lib.facts import USUAL_TLS, Request, Tls

ORIGIN = "token.login"
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The request, read behind its references, and `place`: a path in the answer's JSON, or cookie:NAME."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    json: Any = field(default=None, repr=False)
    place: str
    secrets: tuple[str, ...] = field(default=(), repr=False)
    timeout_s: float = 10.0
    tls: Tls = USUAL_TLS


async def login_token(login: Login, *, door: Rest, clock: Callable[[], datetime]) -> Got:
    """The token that it answers with; raises `NoToken`."""
    headers, body = list(login.headers), None
    names = {name.lower() for name, _ in headers}
    if login.json is not None:
        body = json.dumps(login.json).encode()
        headers += [("Content-Type", "application/json")] if "content-type" not in names else []
    headers += [("Accept", "application/json")] if "accept" not in names else []
    request = Request(
        url=login.url, method=login.method, headers=tuple(headers), body=body, timeout_s=login.timeout_s, secrets=login.secrets,
        tls=login.tls,
    )  # fmt: skip
    answer = await asked(door, request, origin=ORIGIN, label=f"{ORIGIN} {login.method}", enough=lambda one: _sets(login, one))
    if (answer.exchange.status or 0) >= 400:
        raise refusal(answer, origin=ORIGIN, secrets=login.secrets)
    text, lives_s = _of_cookie(login, answer) if login.place.startswith("cookie:") else (_of_json(login, answer), None)
    try:
        return got(checked(text), at=clock(), lives_s=lives_s)
    except ValueError as error:
        raise _without(login, answer, f"with {error} at {login.place}") from None


def _sets(login: Login, answer: Answer) -> bool:
    wanted = f"{login.place.removeprefix('cookie:')}=" if login.place.startswith("cookie:") else None
    return wanted is not None and any(name == "set-cookie" and value.startswith(wanted) for name, value in answer.headers)


def _of_cookie(login: Login, answer: Answer) -> tuple[str, float | None]:
    """The cookie's value, and how long it lives where it says so."""
    name, seen = login.place.removeprefix("cookie:"), []
    for header, value in answer.headers:
        if header != "set-cookie":
            continue
        try:
            cookies = SimpleCookie(value)
        except CookieError:
            continue
        if name in cookies:
            age = cookies[name]["max-age"]
            return cookies[name].value, float(age) if str(age).isdigit() and int(age) else None
        seen += list(cookies)
    raise _without(login, answer, f"without the cookie {name} (cookies set: {', '.join(seen[:8]) or 'none'})")


def _of_json(login: Login, answer: Answer) -> str:
    try:
        found = document(answer, origin=ORIGIN)
    except NoToken:
        if login.place != "$":
            raise
        found = answer.body.decode("utf-8", "replace")  # the token stands there alone
    for name, number in _STEP.findall(login.place.removeprefix("$")):
        key = name or number
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            raise _without(login, answer, f"without {login.place}: {_told(found, key)}")
    if not isinstance(found, str):
        raise _without(login, answer, f"with {_kind(found)} at {login.place}, not a text")
    return found


def _told(found: Any, key: str) -> str:
    """What stands where a step of the path was looked for: the names alone, whose values may be anything."""
    if isinstance(found, Mapping):
        return f"no {key} among {', '.join(str(name)[:40] for name in list(found)[:12]) or 'nothing'}"
    return f"no {key} in {_kind(found)}"


def _kind(value: Any) -> str:
    return {dict: "a map", list: "a list", str: "a text", type(None): "null"}.get(type(value), f"a {type(value).__name__}")


def _without(login: Login, answer: Answer, what: str) -> NoToken:
    exchange = without_body(answer.exchange)
    advice = f"{ORIGIN}.token, and whether the login was let in"
    return NoToken(ORIGIN, f"{exchange.url} answered {exchange.status} {what}", exchange=exchange, advice=advice)
