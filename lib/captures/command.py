"""curl, websocat and wscat lines as requests: what each option says of the handshake, and which options say something unknown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lib.captures.request import RUN, VARIABLE, Captured, basic, with_cookies
from lib.parameters.errors import BadInput

PROGRAMS = ("curl", "websocat", "wscat")
_MEANINGLESS = {
    "curl": "compressed i include v verbose s silent S show-error N no-buffer http1.1 http1.0 http2 0 g globoff f fail "
    "fail-with-body L location path-as-is # progress-bar no-progress-meter tcp-nodelay no-keepalive 4 ipv4 6 ipv6 no-alpn "
    "ssl-no-revoke Z parallel O remote-name J no-sessionid http2-prior-knowledge tr-encoding raw q disable",
    "websocat": "n no-close 1 one-message E exit-on-eof t text b binary v q u unidirectional U unidirectional-reverse S strict 0 "
    "null-terminated no-line linemode-strip-newlines no-fixups async-stdio jsonrpc print-ping-rtts oneshot",
    "wscat": "P show-ping-pong slash no-color",
}
_MEANINGLESS_VALUES = {
    "curl": "m max-time connect-timeout o output w write-out retry retry-delay retry-max-time c cookie-jar D dump-header "
    "trace trace-ascii stderr keepalive-time limit-rate",
    "websocat": "ping-interval ping-timeout B buffer-size max-messages max-messages-rev close-status-code close-reason",
    "wscat": "x execute w wait max-redirects",
}
_NOT_CARRIED = {
    "curl": "I head G get tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 anyauth digest ntlm negotiate basic",
    "websocat": "s server-mode e set-environment",
    "wscat": "L location",
}
_NOT_CARRIED_VALUES = {
    "curl": "x proxy resolve connect-to capath cert-type key-type pass U proxy-user noproxy socks5 "
    "socks5-hostname interface ciphers tls-max F form T upload-file aws-sigv4 unix-socket K config pinnedpubkey proxy-header",
    "websocat": "socks5 socks5-destination tls-domain client-pkcs12-der client-pkcs12-passwd basic-auth-file header-to-env "
    "ws-c-uri server-header restrict-uri",
    "wscat": "p protocol passphrase proxy l listen",
}
_UNVERIFIED = {"curl": "k insecure", "websocat": "k insecure", "wscat": "n no-check"}
"""Flags with which a server's certificate is not looked at."""


@dataclass
class _Line:
    """A line while its options are read."""

    program: str
    url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    subprotocols: list[str] = field(default_factory=list)
    method: str | None = None
    has_body: bool = False
    unused: list[str] = field(default_factory=list)
    tls: dict[str, Any] = field(default_factory=dict)

    def header(self, value: str) -> None:
        name, colon, content = value.partition(":")
        if value.startswith("@"):
            self.unused.append("-H @FILE")
        elif not colon and value.endswith(";"):
            self.headers.append((value[:-1].strip(), ""))
        elif content.strip():
            self.headers.append((name.strip(), content.strip()))

    def cookie(self, value: str) -> None:
        if "=" in value:
            self.cookies.append(value.strip())
        else:
            self.unused.append("-b FILE")

    def named(self, name: str) -> Callable[[str], None]:
        return lambda value: self.headers.append((name, value))

    def file(self, name: str) -> Callable[[str], None]:
        def take(value: str) -> None:
            path, _, passphrase = (
                value.partition(":") if name == "certificate" and not re.match(r"[A-Za-z]:\\", value) else (value, "", "")
            )
            if VARIABLE.search(path) or RUN in path or path.startswith("pkcs11"):
                self.unused.append(f"the file of target.tls.{name}")
            else:
                self.tls[name] = path
            self.unused += ["the passphrase of the client certificate"] if passphrase else []

        return take

    def set_url(self, value: str) -> None:
        if not self.url:
            self.url = value

    def body(self, value: str) -> None:
        self.has_body = True

    def credentials(self, value: str) -> None:
        # What a command would print is looked for later, which base64 would hide.
        self.headers.append(("Authorization", value if RUN in value else basic(value)))

    def bearer(self, value: str) -> None:
        self.headers.append(("Authorization", f"Bearer {value}"))

    def use_method(self, value: str) -> None:
        self.method = value.upper()

    def subprotocol(self, value: str) -> None:
        self.subprotocols += [item.strip() for item in value.split(",") if item.strip()]

    @property
    def options(self) -> dict[str, Callable[[str], None]]:
        """What each option with a value does."""
        body = dict.fromkeys(["d", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json"], self.body)
        known: dict[str, dict[str, Callable[[str], None]]] = {
            "curl": {
                "H": self.header,
                "header": self.header,
                "A": self.named("User-Agent"),
                "user-agent": self.named("User-Agent"),
            }
            | {"e": self.named("Referer"), "referer": self.named("Referer"), "b": self.cookie, "cookie": self.cookie}
            | {"u": self.credentials, "user": self.credentials, "oauth2-bearer": self.bearer, "url": self.set_url}
            | {"X": self.use_method, "request": self.use_method, **body}
            | {
                "cacert": self.file("ca"),
                "E": self.file("certificate"),
                "cert": self.file("certificate"),
                "key": self.file("key"),
            },
            "websocat": {"H": self.header, "header": self.header, "protocol": self.subprotocol, "origin": self.named("Origin")}
            | {"basic-auth": self.credentials},
            "wscat": {"H": self.header, "header": self.header, "s": self.subprotocol, "subprotocol": self.subprotocol}
            | {"o": self.named("Origin"), "origin": self.named("Origin"), "host": self.named("Host"), "auth": self.credentials}
            | {"c": self.set_url, "connect": self.set_url}
            | {"ca": self.file("ca"), "cert": self.file("certificate"), "key": self.file("key")},
        }
        return known[self.program]


def is_command(words: list[str]) -> bool:
    """Whether one of the words is a program that we read."""
    return _program(words) is not None


def read_command(words: list[str]) -> Captured:
    """The request of one command line; raises `BadInput` where it names no address."""
    at = _program(words)
    assert at is not None  # the caller asked is_command
    line = _Line(program=_name(words[at]))
    rest = words[at + 1 :]
    while rest:
        word = _straight(rest.pop(0))
        if line.url and _name(word) == line.program:
            break  # the line was pasted twice, or another command stands behind it
        if word == "--":
            for positional in rest:
                line.set_url(positional)
            break
        if word.startswith("--"):
            _long(line, word[2:], rest)
        elif word.startswith("-") and len(word) > 1:
            _short(line, word[1:], rest)
        elif word != "-" and (line.program == "curl" or re.match(r"(ws-c:)?wss?://|\ue000", word)):
            line.set_url(word)
    if not line.url:
        raise BadInput(
            "the captured request",
            f"the {line.program} line names no address",
            "a line with a ws://, wss:// or http(s):// address",
        )
    return _captured(line)


def _straight(word: str) -> str:
    """An option whose dashes a chat program has made typographic ones."""
    match = re.match(r"[\u2013\u2014]-?(?=[A-Za-z])", word)
    if match is None:
        return word
    return f"{'-' if len(match[0]) == 1 and word[1:2] and len(word) == 2 else '--'}{word[match.end() :]}"


def _captured(line: _Line) -> Captured:
    headers = with_cookies(list(dict.fromkeys(line.headers)), dict.fromkeys(line.cookies))
    if line.subprotocols:
        headers.append(("Sec-WebSocket-Protocol", ", ".join(line.subprotocols)))
    url = line.url if re.match(r"\w+://", line.url) else f"http://{line.url}"  # curl's own default
    url = re.sub(r"\\([][{}])", r"\1", url)  # what keeps curl from taking them for a pattern
    return Captured(
        url=url,
        form=f"a {line.program} line",
        headers=tuple(headers),
        method=line.method or ("POST" if line.has_body else "GET"),
        unused=tuple(dict.fromkeys(line.unused)),
        tls=line.tls,
    )


def _program(words: list[str]) -> int | None:
    return next((at for at, word in enumerate(words) if _name(word) in PROGRAMS), None)


def _name(word: str) -> str:
    return re.split(r"[/\\]", word)[-1].lower().removesuffix(".exe")


def _long(line: _Line, option: str, rest: list[str]) -> None:
    name, equals, value = option.partition("=")
    if equals and line.program == "curl":  # curl knows no --name=value
        line.unused.append(f"--{name}")
        return
    _apply(line, f"--{name}", name, value if equals else None, rest)


def _short(line: _Line, letters: str, rest: list[str]) -> None:
    """One or more letters behind a dash; one that takes a value takes what follows it in the word, else the next word."""
    while letters:
        letter, letters = letters[0], letters[1:]
        takes = letter in line.options or letter in _words(_MEANINGLESS_VALUES, line) | _words(_NOT_CARRIED_VALUES, line)
        value = letters.removeprefix("=") if takes and letters else None
        known = takes or letter in _words(_MEANINGLESS, line) | _words(_NOT_CARRIED, line) | _words(_UNVERIFIED, line)
        if not known and letters:
            line.unused.append(f"-{letter}{letters if letters.isalpha() and len(letters) < 12 else ''}")
            return
        _apply(line, f"-{letter}", letter, value, rest)
        if takes:
            return


def _apply(line: _Line, shown: str, name: str, value: str | None, rest: list[str]) -> None:
    if name in line.options:
        given = value if value is not None else rest.pop(0) if rest else None
        if given is None:
            line.unused.append(f"{shown} without a value")
        else:
            line.options[name](given)
    elif name in _words(_UNVERIFIED, line):
        line.tls["verify"] = False
    elif name in _words(_MEANINGLESS_VALUES, line) | _words(_NOT_CARRIED_VALUES, line):
        if value is None and rest:
            rest.pop(0)
        if name in _words(_NOT_CARRIED_VALUES, line):
            line.unused.append(shown)
    elif name not in _words(_MEANINGLESS, line):
        line.unused.append(shown)
        unknown = name not in _words(_NOT_CARRIED, line)
        if unknown and value is None and rest and not re.match(r"-|(\w+:)?//|wss?:|https?:", rest[0]):
            rest.pop(0)  # its value, as far as can be told


def _words(table: dict[str, str], line: _Line) -> set[str]:
    return set(table[line.program].split())
