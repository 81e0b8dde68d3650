"""A handshake written down to be repeated by hand: curl, websocat and Python lines, and a regression test; secrets are variables.

The token is not copied: the lines that make it anew stand before the others, with the key or the token where its reference says.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from lib import tokens
from lib.captures.session_writing import for_websocat, in_python, judging_parts
from lib.captures.trust import Trust
from lib.facts import USUAL_TLS, Request
from lib.handshake import encoded

NONCE = "dGhlIHNhbXBsZSBub25jZQ=="
"""A Sec-WebSocket-Key; any sixteen bytes do."""

SECRET_CHARACTERS = 6
"""Shorter pieces of a secret are words that could stand anywhere."""

_OTHER_FORM = re.compile(r"\w+_(?:BASE64URL|QUERY)=")
"""A line that makes another form of a secret: it is written where that form is used."""

_TIMES = ("iat", "exp", "nbf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The same handshake in three notations. `before`: shell lines that set the variables which the others use."""

    before: tuple[str, ...]
    curl: str
    websocat: str
    python: str

    @property
    def shell(self) -> str:
        """The lines before, and curl's."""
        return "\n".join([*self.before, self.curl])


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the secrets of a handshake come from: `key` signs its token (None: `issued` is the token), `headers` by value.

    `command` prints the token; `asked` says in words how else it is got, which whoever repeats the handshake has to do.
    `hidden`: what may not be written either, and has no reference of its own.
    """

    key: str | None = None
    issued: str | None = None
    command: tuple[str, ...] = ()
    asked: str | None = None
    headers: Mapping[str, str] | None = None
    hidden: tuple[str, ...] = ()


def written(request: Request, token: str | None, source: Source, *, now: datetime) -> Written:
    """A handshake's request as commands. `now` is the moment of the request: the times in its token are told relative to it."""
    before, variables = _variables(token, source, now)
    request = _without(request, source.hidden, tuple(variables))
    url = _shell(request.url, variables)
    plain = urlunsplit(urlsplit(request.url)._replace(scheme="https" if request.url.startswith("wss") else "http"))
    headers, offered = _headers(request), ", ".join(request.subprotocols)
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": NONCE}
    upgrade |= {"Sec-WebSocket-Protocol": offered} if offered else {}
    given = {name.lower() for name, _ in headers}
    sent = [*((name, value) for name, value in upgrade.items() if name.lower() not in given), *headers]
    direct = [] if request.use_environment_proxy else ["--noproxy '*'"]
    trust = Trust(request.tls if request.url.startswith("wss:") else USUAL_TLS)
    curl = ["curl -sS -o /dev/null -w '%{http_code}\\n' --http1.1 --max-time 5", *trust.curl, *direct, *_options(sent, variables)]
    protocol = [f"--protocol {_shell(offered, variables)}"] if offered else []
    expressions = {value: f'os.environ["{name}"]' for value, name in variables.items()}
    script, connecting = request.session, _connecting(request, expressions, "context")
    said = [_shell(message, variables) for message in script.messages] if script else []
    used = " ".join([*_options(sent, variables), url, *said])
    websocat = " ".join([*trust.before_websocat, "websocat -v", *trust.websocat, *_options(headers, variables), *protocol, url])
    imports = ["import os, ssl" if trust.python else "import os", "from websockets.sync.client import connect", *trust.python]
    python = "; ".join([*imports, f"print({connecting}.response.status_code)"])
    used = f"{used} {_shell(plain, variables)}"
    lines = [line for line in before if not _OTHER_FORM.match(line) or f"${line.partition('=')[0]}" in used]
    if names := [line.partition("=")[0] for line in lines]:
        lines.append(f"export {' '.join(names)}")  # for Python, which reads them from its environment
    return Written(
        before=tuple(lines),
        curl=" ".join([*curl, _shell(plain, variables)]),
        websocat=for_websocat(script, websocat, lambda text: _shell(text, variables)) if script else websocat,
        python=in_python(script, imports, connecting, lambda text: _expression(text, expressions)) if script else python,
    )


def regression_test(request: Request, control: Request, token: str | None, source: Source, *, now: datetime) -> str:
    """A test file of its own: the handshake must be accepted and stay open, the control beside it must be refused."""
    expressions = {value: _read(reference) for value, reference in (source.headers or {}).items()}
    request, control = (_without(one, source.hidden, tuple(expressions)) for one in (request, control))
    made = "None"
    if token is not None:
        encoding = "base64.urlsafe_b64encode(token().encode()).decode().rstrip('=')"
        expressions |= {token: "token()", encoded(token, "base64url"): encoding}
        made = _made_in_python(token, source, now)
    for value, expression in list(expressions.items()):
        expressions.setdefault(quote(value, safe=""), f'urllib.parse.quote({expression}, safe="")')
    parts = {"judging": "", "listening": STAYING_OPEN, "messages": "[]", "control_messages": "[]"}
    if request.session is not None:
        parts = judging_parts(request.session, control.session, lambda text: _expression(text, expressions))
    return TEST.format(
        **parts,
        address=urlunsplit(urlsplit(request.url)._replace(query="")),
        token=made,
        handshake=_connecting(request, expressions, "secured()"),
        control=_connecting(control, expressions, "secured()"),
        secured=SECURED.format("\n    ".join(lines)) if (lines := Trust(request.tls).python) else "",
    )


def _without(request: Request, hidden: Sequence[str], kept: Sequence[str]) -> Request:
    """The request with … for what is hidden, unless it is part of a value that has a variable of its own."""

    def clean(text: str) -> str:
        for part in hidden:
            if len(part) >= SECRET_CHARACTERS and part in text and not any(part in value and value in text for value in kept):
                text = text.replace(part, "…")
        return text

    return replace(request, headers=tuple((name, clean(value)) for name, value in request.headers))


def _options(headers: list[tuple[str, str]], variables: Mapping[str, str]) -> list[str]:
    return [f"-H {_shell(f'{name}: {value}', variables)}" for name, value in headers]


def _headers(request: Request) -> list[tuple[str, str]]:
    given = {name.lower() for name, _ in request.headers}
    found = [("Origin", request.origin)] if request.origin is not None and "origin" not in given else []
    found += [("Host", request.host_header)] if request.host_header and "host" not in given else []
    return [*found, *request.headers]


def _variables(token: str | None, source: Source, now: datetime) -> tuple[list[str], dict[str, str]]:
    """Shell lines that set variables, and the variable that stands for each secret text."""
    before, variables = [], {}
    for value, reference in (source.headers or {}).items():
        scheme, _, name = reference.partition(":")
        if scheme == "file":
            path, name = name, re.sub(r"\W+", "_", name).strip("_").upper()
            before.append(f"{name}=$(cat {shlex.quote(path)})")
        variables[value] = name
    if token is not None:
        if source.key is not None or source.issued != "env:TOKEN":
            before.append(f"TOKEN={_made(token, source, now)}")
        variables[token] = "TOKEN"
        before.append("TOKEN_BASE64URL=$(printf %s \"$TOKEN\" | base64 | tr '+/' '-_' | tr -d '=\\n')")
        variables[encoded(token, "base64url")] = "TOKEN_BASE64URL"
    for value, name in list(variables.items()):
        if (in_query := quote(value, safe="")) not in variables:
            before.append(f"{name}_QUERY=$(printf %s \"${name}\" | od -An -v -tx1 | tr -d ' \\n' | sed 's/../%&/g')")
            variables[in_query] = f"{name}_QUERY"
    return before, variables


def _made(token: str, source: Source, now: datetime) -> str:
    if source.key is not None:
        code = f"import jwt, os, time, uuid; print({minting(token, source.key, now=now)})"
        return f"$(${{PYTHON:-.venv/bin/python}} -c {shlex.quote(code)})"
    if source.command:
        return f"$({shlex.join(source.command)})"
    if source.asked:
        return f"${{TOKEN:?{re.sub(r'[^ -~]|[$`}]', '', source.asked)}}}".replace('"', "")
    if source.issued is None:
        return shlex.quote(token)
    return f'"${source.issued[4:]}"' if source.issued.startswith("env:") else f"$(cat {shlex.quote(source.issued[5:])})"


def _made_in_python(token: str, source: Source, now: datetime) -> str:
    if source.command:
        return f"subprocess.run({list(source.command)!r}, capture_output=True, text=True, check=True).stdout.strip()"
    if source.asked:
        return 'os.environ["TOKEN"]'
    return _read(source.issued) if source.issued else minting(token, source.key, now=now) if source.key else repr(token)


def minting(token: str, key: str, *, now: datetime) -> str:
    """An expression in Python that makes a token like this one, at the moment when it is evaluated."""
    decoded = tokens.decode(token)
    claims = ", ".join(f"{json.dumps(name)}: {_claim(name, value, now)}" for name, value in decoded.claims.items())
    header = {name: value for name, value in decoded.header.items() if name not in {"alg", "typ"}}
    more = f", headers={header!r}" if header else ""
    return f"jwt.encode({{{claims}}}, {_read(key)}, {str(decoded.header.get('alg'))!r}{more})"


def _claim(name: str, value: Any, now: datetime) -> str:
    if name == "jti" and isinstance(value, str) and re.fullmatch(r"[0-9a-f]{32}", value):
        return "uuid.uuid4().hex"
    if name in _TIMES and isinstance(value, (int, float)) and abs(value - now.timestamp()) < 10**8:
        return f"int(time.time()) + {round(value - now.timestamp())}"
    return repr(value)


def _read(reference: str) -> str:
    """A Python expression for what stands behind a reference."""
    if reference.startswith("env:"):
        return f'os.environ["{reference[4:]}"]'
    return f"open({reference[5:]!r}).read().rstrip()"


def _parts(text: str, variables: Mapping[str, str]) -> list[tuple[str, bool]]:
    """A text cut at the secrets in it: pieces, and whether each is a variable's name."""
    forms = [form for form in sorted(variables, key=len, reverse=True) if form]
    if not forms:
        return [(text, False)]
    pieces = re.split("(" + "|".join(map(re.escape, forms)) + ")", text)
    return [(variables[piece], True) if piece in variables else (piece, False) for piece in pieces if piece]


def _shell(text: str, variables: Mapping[str, str]) -> str:
    return "".join(f'"${piece}"' if secret else shlex.quote(piece) for piece, secret in _parts(text, variables)) or "''"


def _expression(text: str, expressions: Mapping[str, str]) -> str:
    return " + ".join(piece if secret else repr(piece) for piece, secret in _parts(text, expressions)) or "''"


def _connecting(request: Request, expressions: Mapping[str, str], context: str) -> str:
    """The call of websockets' client that sends this handshake; `context` is the expression of its TLS context."""
    headers = [pair for pair in _headers(request) if pair[0].lower() not in {"host", "origin", "user-agent"}]
    special = {name.lower(): value for name, value in _headers(request) if name.lower() in {"origin", "user-agent"}}
    options = [f"origin={_expression(special['origin'], expressions)}"] if "origin" in special else []
    options += [f"user_agent_header={_expression(special['user-agent'], expressions)}"] if "user-agent" in special else []
    given = ", ".join(f"({name!r}, {_expression(value, expressions)})" for name, value in headers)
    options += [f"additional_headers=[{given}]"] if given else []
    offered = ", ".join(_expression(item, expressions) for item in request.subprotocols)
    options += [f"subprotocols=[{offered}]"] if offered else []
    options += [] if request.use_environment_proxy else ["proxy=None"]
    options += [f"ssl={context}"] if request.url.startswith("wss:") and request.tls != USUAL_TLS else []
    return f"connect({', '.join([_expression(request.url, expressions), *options])})"


SECURED = '''
def secured():
    """What is trusted and presented."""
    {}
    return context

'''

STAYING_OPEN = """            until = time.monotonic() + OPEN_FOR_S
            while (left := until - time.monotonic()) > 0:
                try:
                    socket.recv(timeout=left)
                except TimeoutError:
                    break
            return "accepted\""""


TEST = '''"""The handshake with {address} is accepted, and its control is not.

Written by `whys --pytest`. Red while the handshake is refused, green once it is accepted and stays open. The control must stay
refused, so that green says more than that everybody is let in. Needs websockets and PyJWT, and the variables that it names.
"""

import base64  # noqa: F401
import json  # noqa: F401
import os  # noqa: F401
import re  # noqa: F401
import ssl  # noqa: F401
import subprocess  # noqa: F401
import time
import urllib.parse  # noqa: F401
import uuid  # noqa: F401

import jwt  # noqa: F401
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

OPEN_FOR_S = 0.5
{judging}

def token():
    """The credential, made anew each time."""
    return {token}

{secured}
def outcome(connecting, said):
    """`accepted`, or what came instead."""
    try:
        with connecting() as socket:
{listening}
    except ConnectionClosed as closed:
        return f"closed: {{closed}}"
    except (InvalidHandshake, OSError, TimeoutError) as refused:
        return f"refused: {{refused}}"


def test_the_handshake_is_accepted():
    """The configured handshake gets its 101, its session is granted where one is asked for, and it stays open."""
    assert outcome(lambda: {handshake}, lambda: {messages}) == "accepted"


def test_the_control_is_refused():
    """The same with a credential that is none, or where no credential is sent at a path that does not exist."""
    assert outcome(lambda: {control}, lambda: {control_messages}).startswith(("refused: server rejected", "closed: "))
'''
