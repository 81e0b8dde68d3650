"""A captured request as parameters: what the handshake carries as keys, what is secret as references beside their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from lib import tokens
from lib.captures.messages import opening
from lib.captures.request import AUTHENTICATION, JWT, VARIABLE, Captured, basic, is_of_the_browser, is_of_the_protocol
from lib.parameters.certificates import UNVERIFIED, absolute
from lib.parameters.errors import BadInput
from lib.redaction.encodings import base64_decoded

_SECRET_NAME = re.compile(
    r"authorization|cookie|key|token|secret|auth|session|sid$|^sid|csrf|xsrf|jwt|bearer|ticket|sign|sig$|passw|pwd|credential|assertion"
    r"|nonce|otp|^code$|^pin$",
    re.IGNORECASE,
)
_TRIVIAL = re.compile(r"\w{0,3}|true|false|null|undefined|none", re.IGNORECASE)
_OF_A_CONNECTION = frozenset({"id", "sid", "connectionId", "connectionToken"})
"""What SignalR and Engine.IO give out for one connection."""
SESSION = "the session begins with a message"
_PLAIN_NAME = re.compile(r"(?:v?\d{1,3}|[A-Za-z]{1,12})(?:[-_.](?:v?\d{1,3}|[A-Za-z]{1,12}))*+")
"""A subprotocol of words and versions, such as actioncable-v1-json."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What a capture becomes: the keys of a parameter file, the values behind its references, and sentences for people.

    `secrets` maps names of environment variables to values; `told` says of each where it stood, and holds none.
    """

    document: dict[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    told: tuple[str, ...] = ()


def converted(captured: Captured, *, prefix: str = "CAPTURED", with_browser: bool = False, has_token: bool = False) -> Converted:
    """The parameters of a capture. `with_browser`: headers that a browser adds by itself are kept too. `has_token`: the token is
    known already, and what the address holds is sent beside it.

    Raises `BadInput` where a credential stands in the path, which no reference can stand for.
    """
    return _Conversion(captured, prefix, with_browser, has_token).done()


def is_secret(name: str, value: str) -> bool:
    """Whether a value is to be kept as a secret: by its name, by its shape, or because it could be one."""
    if VARIABLE.search(value) or _SECRET_NAME.search(name) or JWT.search(value):
        return True
    words = re.findall(r"[A-Za-z0-9+/_=-]{16,}", value)
    return any((re.search(r"\d", word) and re.search(r"[A-Za-z]", word)) or len(word) >= 40 for word in words)


def is_secret_parameter(name: str, value: str) -> bool:
    """The same of a parameter of the query, which may only sound like one: authuser=0, key=true."""
    return is_secret(name, value) and not _TRIVIAL.fullmatch(value)


class _Conversion:
    def __init__(self, captured: Captured, prefix: str, with_browser: bool, has_token: bool):
        self.captured, self.prefix, self.with_browser, self.has_token = captured, prefix, with_browser, has_token
        self.secrets: dict[str, str] = {}
        self.told: list[str] = []
        self.token: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.target: dict[str, Any] = {}

    def done(self) -> Converted:
        self._address()
        self._trust()
        offered = self.captured.header("sec-websocket-protocol")
        if offered and "sec-websocket-protocol" not in self.captured.credentials:
            self._subprotocols(offered)
        added = [name for name, value in self.captured.headers if not self._header(name, value)]
        self._session()
        if added:
            self.told.append(f"left out, because a browser adds them by itself: {', '.join(dict.fromkeys(added))}")
        named = any(AUTHENTICATION in unused for unused in self.captured.unused)
        if not (named or self.secrets or self.token or any(value.startswith("env:") for value in self.headers.values())):
            self.told.append("it holds no credential: no token, no cookie, no header that could be one")
        for unused in self.captured.unused:
            self.told.append(f"not carried over: {unused}")
        document: dict[str, Any] = {"target": self.target}
        document |= {"token": self.token} if self.token else {}
        document |= {"headers": self.headers} if self.headers else {}
        return Converted(document=document, secrets=self.secrets, told=tuple(self.told))

    def _address(self) -> None:
        parts = urlsplit(self.captured.url)
        if any(is_secret("", unquote(part)) and JWT.search(unquote(part)) for part in parts.path.split("/")):
            raise BadInput(
                "the captured request", "a token stands in its path", "a request whose credential is not part of the path"
            )
        if parts.username is not None and self.captured.header("authorization") is None:
            self._reference_header("Authorization", basic(f"{unquote(parts.username)}:{unquote(parts.password or '')}"))
        pairs = parts.query.split("&") if parts.query else []
        token = max(pairs, key=self._is_a_token, default="")  # of several that could be one, an id of a session beside it is none
        query = [self._parameter(pair, is_token=pair == token) for pair in pairs]
        scheme = parts.scheme if parts.scheme.startswith("ws") else f"ws{parts.scheme.removeprefix('http')}"
        if not self.captured.is_handshake:
            self.told.append(
                f"guessed: the WebSocket's address is that of a plain request ({self.captured.method}), as {scheme}://"
            )
        netloc = parts.netloc.rpartition("@")[2]
        kept = "&".join(pair for pair in query if pair is not None)
        self.target["ws_url"] = urlunsplit((scheme, netloc, parts.path, kept, ""))
        if not self.captured.is_handshake or self.captured.scheme_guessed:
            self.target["guessed"] = {"ws_url": self.target["ws_url"]}

    def _trust(self) -> None:
        """Files as the command named them, from where it was run."""
        tls = {name: value if name == "verify" else f"file:{absolute(value)}" for name, value in self.captured.tls.items()}
        if "key" in tls and "certificate" not in tls:
            del tls["key"]
            self.told.append("not carried over: a key without its certificate")
        self.target |= {"tls": tls} if tls else {}
        if "verify" in tls:
            self.told.append(f"as the command says: {UNVERIFIED}")

    def _parameter(self, pair: str, *, is_token: bool) -> str | None:
        """A parameter of the query as it stands; None where it is a secret, which carrier or target.query puts there again."""
        name, value = _named(pair)
        if name.lower() not in self.captured.credentials and not is_secret_parameter(name, value):
            return pair
        where = f"the query parameter {name}"
        if is_token and not (self.token or self.has_token) and re.fullmatch(r"[\w.~!$*'^`|+%&#-]+", name, re.ASCII):
            self._as_token(value, where, carrier="query", carrier_name=name)
            return None
        reference = self._reference(f"QUERY_{re.sub(r'[^A-Za-z0-9]', '_', name).upper()}", value, where)
        query = self.target.setdefault("query", {})
        before = query.get(name, [])
        query[name] = [*([before] if isinstance(before, str) else before), reference] if before else reference
        if name in _OF_A_CONNECTION:
            self.told.append(f"{where} may be of one connection that is over: -p target.query.{name} null leaves it out")
        return None

    def _is_a_token(self, pair: str) -> tuple[bool, bool, bool, bool, bool]:
        """How much a parameter of the query looks like the token: a JWT, called so, a name that says so, anything secret."""
        name, value = _named(pair)
        called = name.lower() in self.captured.credentials
        named = bool(re.search(r"token|jwt|auth", name, re.IGNORECASE))
        return bool(JWT.search(value)), called, is_secret("", value) and named, is_secret("", value), is_secret(name, value)

    def _subprotocols(self, offered: str) -> None:
        items = [item.strip() for item in offered.split(",") if item.strip()]
        carrying = [at for at, item in enumerate(items) if is_secret("", item) and not _PLAIN_NAME.fullmatch(item)]
        if not carrying:
            self.target["subprotocols"] = items
        elif self.token or carrying != [len(items) - 1]:
            # Its place among the others is kept only by the header itself.
            self._reference_header("Sec-WebSocket-Protocol", ", ".join(items))
        else:
            self._last_subprotocol(items)

    def _last_subprotocol(self, items: list[str]) -> None:
        *before, last = items
        jwt = JWT.search(last)
        at = jwt.start() if jwt else last.find("ZXlK")
        token, encoding = last[at:], "plain"
        if not jwt and at >= 0:
            token, encoding = _decoded(last[at:])
        if at > 0 and token:
            self.target["subprotocols"] = before
            self._as_token(token, "the subprotocol", carrier="subprotocol", carrier_name=last[:at], carrier_encoding=encoding)
        elif before and encoding == "plain":
            self.target["subprotocols"] = before[:-1]
            self._as_token(last, "the subprotocols", carrier="subprotocol-list", carrier_name=before[-1])
        else:
            self._reference_header("Sec-WebSocket-Protocol", ", ".join(items))

    def _header(self, name: str, value: str) -> bool:
        """Takes one header; False where a browser adds it by itself, and it is left out."""
        lowered = name.lower()
        if lowered in self.captured.credentials - {"authorization", "cookie"}:
            self._reference_header(name, value)
            return True
        if is_of_the_protocol(name):
            if lowered == "host" and value.lower() != urlsplit(self.captured.url).netloc.lower():
                self.headers[name] = value
            return lowered in {":authority", ":method", ":path", ":scheme", "host"}
        if lowered == "sec-websocket-protocol":
            return True
        if lowered == "origin":
            self.target["origin"] = value
        elif is_of_the_browser(name) and not self.with_browser:
            return False
        elif is_of_the_browser(name) and lowered != "referer":
            self.headers[name] = value
        elif lowered == "authorization":
            self._authorization(name, value)
        elif lowered == "cookie":
            self._cookie(name, value)
        elif is_secret(name, value):
            self._reference_header(name, value)
        elif value:
            self.headers[name] = value
        return True

    def _authorization(self, name: str, value: str) -> None:
        scheme, _, token = value.partition(" ")
        if scheme == "Bearer" and token.strip() and not self.token:
            self._as_token(token.strip(), "the header Authorization: Bearer", carrier="authorization")
        else:
            self._reference_header(name, value)

    def _cookie(self, name: str, value: str) -> None:
        cookie, equals, content = value.partition("=")
        if equals and ";" not in value and JWT.fullmatch(content.strip()) and not self.token:
            self._as_token(content.strip(), f"the cookie {cookie.strip()}", carrier="cookie", carrier_name=cookie.strip())
        else:
            self._reference_header(name, value)

    def _session(self) -> None:
        """Tells how the session begins where its first message carries a credential, which becomes a reference."""
        found = opening(self.captured.messages, self.target.get("subprotocols") or (), is_secret)
        if found is None:
            return
        sent = self.token.get("issued", "")
        token = ""
        if self.secrets.get(sent.removeprefix("env:")) != found.credential:
            name = "MESSAGE_TOKEN" if self.token else "TOKEN"
            token = f"token: {{issued: {self._reference(name, found.credential, 'in the first message')}, carrier: message}} and "
        said = f"{SESSION} that carries a credential, which is not asked"
        if not found.can_be_said:
            self.told.append(f"{said}: it holds a NUL character, which session.send cannot say")
            return
        shown = found.shown or "send with that message, {token} in the credential's place"
        known = "expect" in found.session or "protocol" in found.session
        self.told.append(
            f"{said} unless the parameters say {token}session: {shown}"
            + ("" if known else ", best with an expect (docs/sessions.md)")
            + ("; … could be secret as well" if "…" in shown else "")
        )

    def _as_token(self, value: str, where: str, **keys: str) -> None:
        self.token = {"issued": self._reference("TOKEN", value, where), **keys}

    def _reference_header(self, name: str, value: str) -> None:
        self.headers[name] = self._reference(re.sub(r"\W", "_", name).upper(), value, f"the header {name}")

    def _reference(self, name: str, value: str, where: str) -> str:
        if variable := VARIABLE.fullmatch(value):
            self.told.append(f"env:{variable[1]} is {where}")
            return f"env:{variable[1]}"
        if variable := VARIABLE.search(value):
            raise BadInput(
                "the captured command", f"{where} is put together with ${variable[1]}", "the whole value, or a variable alone"
            )
        name, stem, number = f"{self.prefix}_{name}", f"{self.prefix}_{name}", 2
        while self.secrets.get(name, value) != value:
            name, number = f"{stem}_{number}", number + 1
        self.secrets[name] = value
        self.told.append(f"env:{name} is {where}: {_in_words(value)}")
        return f"env:{name}"


def _named(pair: str) -> tuple[str, str]:
    """A pair of the query, as a name and a value."""
    return (parse_qsl(pair, keep_blank_values=True) or [("", "")])[0]


def _decoded(text: str) -> tuple[str, str]:
    try:
        token = base64_decoded(text).decode("ascii")
    except ValueError:
        return text, "plain"
    return (token, "base64url") if JWT.fullmatch(token) else (text, "plain")


def _in_words(value: str) -> str:
    found = JWT.search(value)
    decoded = tokens.decode(found[0]) if found else None
    if decoded is None or not decoded.claims:
        return f"{len(value)} characters"
    return f"a JWT with the claims {', '.join(sorted(map(str, decoded.claims)))}"
