"""A token by a login: its request, and where its answer carries the token."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lib.clients.credentials.asking import WORDS, asked, document, refusal, without_body
from lib.clients.credentials.got import Got, NoToken, checked, got
from lib.clients.rest import Answer, Rest
from lib.facts import USUAL_TLS, Request, Tls
from lib.redaction.redact import redact_text

ORIGIN = "token.login"
ERRORS, WORDS_BESIDE = ("error", "errors", "error_description"), ("message", "detail", "reason")
"""Names under which logins say what was wrong; those behind may say anything."""
_MAX_AGE = re.compile(r"(?i)(?:^|;)\s*max-age=([1-9]\d{0,8})\s*(?:;|$)")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The request, read behind its references, and `place`: a path in the answer's JSON, cookie:NAME or header:NAME."""

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
    kind, colon, name = login.place.partition(":")
    lives_s = None
    if colon and kind == "cookie":
        text, lives_s = _of_cookie(login, answer, name)
    elif colon and kind == "header":
        text = _of_header(login, answer, name)
    else:
        text = _of_json(login, answer)
    try:
        return got(checked(text), at=clock(), lives_s=lives_s)
    except ValueError as error:
        raise _without(login, answer, f"with {error} at {login.place}") from None


def _sets(login: Login, answer: Answer) -> bool:
    wanted = f"{login.place.removeprefix('cookie:')}=" if login.place.startswith("cookie:") else None
    return wanted is not None and any(name == "set-cookie" and value.startswith(wanted) for name, value in answer.headers)


def _of_cookie(login: Login, answer: Answer, name: str) -> tuple[str, float | None]:
    """The cookie's value, and how long it lives where it says so."""
    set_ = [value.partition(";") for header, value in answer.headers if header == "set-cookie"]
    for pair, _, attributes in set_:
        key, _, value = pair.strip().partition("=")
        if key == name and value:
            age = _MAX_AGE.search(attributes)
            return value, float(age[1]) if age else None
    names = ", ".join(pair.partition("=")[0].strip()[:40] for pair, _, _ in set_[:8])
    raise _without(login, answer, f"without the cookie {name} (cookies set: {names or 'none'})")


def _of_header(login: Login, answer: Answer, name: str) -> str:
    found = next((value for header, value in answer.headers if header == name.lower()), None)
    if found is None:
        raise _without(login, answer, f"without the header {name}")
    return found


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
    return {dict: "a map", list: "a list", str: "a text", bool: "true or false", type(None): "null"}.get(type(value), "a number")


def _without(login: Login, answer: Answer, what: str) -> NoToken:
    """A successful answer in which no token stands; one that tells of an error is a refusal all the same."""
    exchange = without_body(answer.exchange)
    is_error, words = _words_of(answer)
    said = f", saying: {redact_text(words, login.secrets)[:WORDS]}" if words else ""
    told = f"{exchange.url} answered {exchange.status} {what}{said}"
    advice = f"{ORIGIN}.token, and whether the login was let in"
    return NoToken(ORIGIN, told, refused=is_error, exchange=exchange, advice=advice)


def _words_of(answer: Answer) -> tuple[bool, str]:
    """What an answer in JSON says of itself under the names that are usual for it, and whether it calls that an error."""
    try:
        found = document(answer, origin=ORIGIN)
    except NoToken:
        return False, ""
    if not isinstance(found, Mapping):
        return False, ""
    named = {name: _texts(found[name]) for name in (*ERRORS, *WORDS_BESIDE) if found.get(name)}
    return any(name in named for name in ERRORS), "; ".join(text for texts in named.values() for text in texts)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [" ".join(value.split())]
    if isinstance(value, list):
        return [text for one in value[:4] for text in _texts(one)]
    return (
        [text for name in ("code", "message", "detail") for text in _texts(value.get(name))] if isinstance(value, Mapping) else []
    )
