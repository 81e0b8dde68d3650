"""A captured request: what a browser or a command sends, as far as the capture says it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

JWT = re.compile(r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))eyJ[\w-]{8,8192}+\.[\w-]*(?:\.[\w-]*)?")
VARIABLE = re.compile("\ue000([A-Za-z_][A-Za-z0-9_]*)\ue001")
"""Where a shell would have put a variable's value; private characters, which no capture holds."""
RUN = "\ue002"
"""Where a shell would have put what another command prints."""

_OF_THE_PROTOCOL = re.compile(
    r"^(:.*|host|upgrade|connection|sec-websocket-(key|version|extensions|accept)|content-length|transfer-encoding)$",
    re.IGNORECASE,
)
_OF_THE_BROWSER = re.compile(
    r"^(user-agent|accept|accept-(encoding|language|charset)|cache-control|pragma|dnt|te|priority|referer|upgrade-insecure-requests"
    r"|if-(none-match|modified-since)|content-type|x-client-data|save-data|downlink|rtt|ect|device-memory|viewport-width"
    r"|sec-(ch-.+|fetch-.+|gpc|purpose)|purpose|authority|method|path|scheme|version)$",
    re.IGNORECASE,
)
AUTHENTICATION = "authentication"
"""By this word `Captured.unused` names an authentication that the capture tells of, and does not hold ready to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """One request as it was captured. `headers` keep their order; `method` tells a copied POST from a handshake.

    `unused` names flags and parts that are not carried over, never with their values; `form` is what was read, in words.
    `tls` names the files that a command trusts and presents (ca, certificate, key), and verify where it looks at nothing.
    `answered` is the status that the capture itself tells of; `messages` the session's first, whether sent, and their text.
    `scheme_guessed`: it says an address, and not whether over TLS. `credentials`: headers and parameters of the query that the
    capture itself calls its credential, by their names in small letters.
    """

    url: str = field(repr=False)
    form: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    method: str = "GET"
    unused: tuple[str, ...] = ()
    answered: int | None = None
    tls: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[tuple[bool, str], ...] = field(default=(), repr=False)
    scheme_guessed: bool = False
    credentials: frozenset[str] = frozenset()

    @property
    def is_handshake(self) -> bool:
        """Whether it is a WebSocket's, by its address or by the upgrade that it asks for."""
        return self.url.lower().startswith(("ws:", "wss:")) or (self.header("upgrade") or "").lower() == "websocket"

    @property
    def address(self) -> str:
        """The address without query, user and password: what may be shown."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def header(self, name: str) -> str | None:
        """The first header of this name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


def is_of_the_protocol(name: str) -> bool:
    """Whether each client writes a header of this name itself, for each handshake anew."""
    return bool(_OF_THE_PROTOCOL.match(name))


def is_of_the_browser(name: str) -> bool:
    """Whether browsers add a header of this name by themselves."""
    return bool(_OF_THE_BROWSER.match(name))


def basic(user_and_password: str) -> str:
    """The Authorization header that a user and a password become."""
    return f"Basic {base64.b64encode(user_and_password.encode()).decode()}"


def with_cookies(headers: list[tuple[str, str]], cookies: Iterable[str]) -> list[tuple[str, str]]:
    """The headers with all cookies in one Cookie header, as a browser sends them."""
    found = [value for name, value in headers if name.lower() == "cookie"] + list(cookies)
    kept = [(name, value) for name, value in headers if name.lower() != "cookie"]
    return [*kept, ("Cookie", "; ".join(found))] if found else kept
