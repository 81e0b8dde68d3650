"""An answer as a client reads it, and the sentences in it: text, JSON or HTML, challenge, close reason.

What the request itself sent is taken out before anything is matched: a server that repeats our path or Origin says nothing by it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote

MAX_CHARACTERS = 20_000
MAX_PAGE_CHARACTERS = 2_500
"""An HTML page with more text than this is a page for people: only its title and headings are read."""
MAX_SENTENCES = 60
"""Different ones, the most deliberate first: whoever refuses says so early."""
MAX_CHALLENGE = 4_096
ECHO = "~"
_ECHOED_KEYS = re.compile(
    r"path|ur[il]|href|method|timestamp|time|date|trace\w*|(?:request|correlation)_?id|"
    r"instance|identifier|docs?|documentation\w*|help\w*|link\w*|"
    r"support|more_?info|received|input|you_sent|request|stack\w*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+| [—–|·] | - ")
_CODE = re.compile(r"[A-Za-z][\w-]*(?:(?:/|\.|:(?!//))[A-Za-z][\w-]*)+")
"""A code of several words, as `auth/id-token-expired` or `urn:acme:jwt.expired`."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_JOINED = re.compile(r"\b(web|sub|sock) (sockets?|protocols?|js)\b")
_TAG = re.compile(
    r"<(?:script|style|svg|noscript|template)\b.*?</(?:script|style|svg|noscript|"
    r"template)\s*>|<!--.*?-->",
    re.S | re.I,
)
_OF_A_REASON = re.compile(
    r"grpc-message|(?:x-)?(?:[\w-]+-)?(?:error|reject|denied|deny|refus\w+)(?:-(?:reason|message|description|details?|type|code))?"
)
"""Headers in which servers and gateways word a refusal, as X-WebSocket-Reject-Reason."""
_BLOCK = re.compile(
    r"</?(?:p|div|h\d|title|br|hr|li|ul|ol|tr|td|th|table|body|head|html|center|section|pre|"
    r"address|form)\b[^>]*>",
    re.I,
)
_HEADING = re.compile(r"<(title|h1|h2|h3)\b[^>]*>(.*?)</\1\s*>", re.S | re.I)
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9._-]*)(?=\s|,|$)(?!\s*=)")
_PARAMETER = re.compile(r'(?<![\w*-])([A-Za-z_][\w*-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the handshake carried: the word before the token, its carrier, and everything that an answer may repeat.

    `scheme` is ws or wss; `host` without a port; `session` the protocol that was spoken in it.
    `values` are further texts of our own (query values, user, claims).
    """

    has_credential: bool = True
    word: str | None = "Bearer"
    carrier: str | None = "authorization"
    scheme: str = "wss"
    host: str = ""
    path: str = ""
    origin: str = ""
    subprotocols: tuple[str, ...] = ()
    session: str | None = None
    values: tuple[str, ...] = ()

    def own(self) -> Iterator[str]:
        """Texts to be taken out, the longest first."""
        texts = {self.path, self.path.partition("?")[0], self.origin, self.host, *self.subprotocols, *self.values}
        return iter(sorted((text for text in texts if len(text.strip("/")) > 1), key=len, reverse=True))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back. Header names are in lower case; `violation` is what the client itself found wrong, as a certificate."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    close_code: int | None = None
    close_reason: str = ""
    violation: str = ""

    @property
    def in_session(self) -> bool:
        """Whether the handshake got its 101, so that these are words of a session; the body is then its frame."""
        return self.status == 101


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer: as it stands, as it is matched, and where it stood."""

    quote: str
    words: str
    where: str


@dataclass(frozen=True)
class Challenge:
    """One scheme of WWW-Authenticate with its parameters (names in lower case)."""

    scheme: str
    parameters: Mapping[str, str]


def sentences(answer: Answer, sent: Sent) -> list[Sentence]:
    """The first `MAX_SENTENCES` sentences, the most deliberate first: close reason, challenge, body."""
    return list(islice(_all_sentences(answer, sent), MAX_SENTENCES))


def _all_sentences(answer: Answer, sent: Sent) -> Iterator[Sentence]:
    yield from _split(answer.close_reason, "close reason", sent)
    yield from _split(answer.violation, "handshake", sent)
    for challenge in challenges(answer.headers.get("www-authenticate", "")):
        for name in ("error", "error_description"):
            yield from _split(challenge.parameters.get(name, ""), "WWW-Authenticate", sent)
    for name, value in answer.headers.items():
        if _OF_A_REASON.fullmatch(name) and name not in ("x-squid-error",):
            yield from _split(unquote(value), name, sent)
    for text in _texts(answer):
        yield from _split(text, "body", sent)


def challenges(value: str) -> list[Challenge]:
    """The challenges of a WWW-Authenticate header, several in one value among them: those within `MAX_CHALLENGE` characters."""
    value = value[:MAX_CHALLENGE]
    blanked = _PARAMETER.sub(lambda match: " " * len(match.group(0)), value)
    starts = [(match.group(1), match.start(1), match.end(1)) for match in _SCHEME.finditer(blanked)]
    ends = [*(start for _, start, _ in starts[1:]), len(value)][: len(starts)]
    found = []
    for (scheme, _, begin), end in zip(starts, ends, strict=True):
        parameters = {one[1].lower(): _unquoted(one) for one in _PARAMETER.finditer(value, begin, end)}
        found.append(Challenge(scheme, parameters))
    return found


def _unquoted(parameter: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", parameter[2]) if parameter[2] is not None else parameter[3]


def _texts(answer: Answer) -> Iterator[str]:
    body, kind = answer.body[:MAX_CHARACTERS].strip(), answer.headers.get("content-type", "").lower()
    if body[:1] in "{[" and (document := _json(body)) is not None:
        yield from _of_json(document, "")
    elif "html" in kind or re.match(r"(?:<!--.*?-->\s*)?<(?:!doctype html|html|head|body|h1|center)", body, re.I | re.S):
        if answer.status is None or answer.status >= 300:
            yield _of_page(body)
    else:
        yield body


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _of_json(value: Any, key: str, depth: int = 0) -> Iterator[str]:
    if depth > 6:
        return
    if isinstance(value, dict):
        place = value.get("loc")
        if isinstance(place, list) and isinstance(value.get("msg"), str):  # a validation error, with the place that it is about
            yield f"{' '.join(map(str, place))}: {value['msg']}"
            return
        for name, inner in value.items():
            if not _ECHOED_KEYS.fullmatch(str(name)):
                yield from _of_json(inner, str(name), depth + 1)
    elif isinstance(value, list):
        for inner in value[:50]:
            yield from _of_json(inner, key, depth + 1)
    elif isinstance(value, str) and not re.match(r"https?://\S+$", value):
        yield value


def _of_page(body: str) -> str:
    bare = _TAG.sub(" ", body)
    text = _plain(bare)
    if len(text) <= MAX_PAGE_CHARACTERS:
        return text
    return "\n".join(_plain(match.group(2)) for match in _HEADING.finditer(bare))


def _plain(page: str) -> str:
    text = re.sub(r"<[^>]{0,2000}>", " ", _BLOCK.sub("\n", page))
    return re.sub(r"[ \t\r\f]+", " ", html.unescape(text)).strip()


def _split(text: str, where: str, sent: Sent) -> Iterable[Sentence]:
    quotes = dict.fromkeys(quote for piece in _SENTENCE.split(text) if (quote := piece.strip()))
    for quote in islice(quotes, MAX_SENTENCES):
        yield Sentence(quote[:300], words_of(quote[:600], sent), where)


def words_of(text: str, sent: Sent) -> str:
    """A sentence as phrases are tried on it."""
    for own in sent.own():
        text = text.replace(own, ECHO)
    if _CODE.fullmatch(text):
        text = re.sub(r"[./:]+", " ", text)
    text = _CAMEL.sub(" ", text.replace("’", "'"))
    text = re.sub(r"(?<=\w)[_-]+(?=\w)", " ", text).lower()
    text = _JOINED.sub(r"\1\2", text)
    return re.sub(r"\s+", " ", text).strip()
