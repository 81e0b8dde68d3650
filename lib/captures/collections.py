"""Collections of Postman (2.x) and exports of Insomnia (4, 5): their requests, the WebSocket ones where there are any.

A {{variable}} has the value that the collection itself gives it, else it stays a reference to a variable of that name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lib.captures.request import AUTHENTICATION, Captured, basic, with_cookies
from lib.parameters.errors import BadInput

MAX_DEPTH = 20
MAX_SUBSTITUTED = 5
"""A variable's value may hold variables."""
MAX_CHARACTERS = 65_536
"""Of an address or a header with its variables filled in; more is no handshake's, and could be any size."""
_TEMPLATE = re.compile(r"\{\{-?\s{0,8}(?:_\.|vault:)?([\w.-]{1,100})\s{0,8}-?\}\}")
Document = Mapping[str, Any]


def is_collection(document: Any) -> bool:
    """Whether a document is one of theirs."""
    return isinstance(document, Mapping) and _kind(document) is not None


def read_collection(document: Document) -> list[Captured]:
    """The requests of a collection, handshakes alone where there are any; raises `BadInput` where none can be read."""
    kind = _kind(document)
    try:
        variables = _Variables(dict(_variables(document)))
        found = [_captured(one, auth, kind or "", variables) for one, auth in _requests(document)]
    except (TypeError, AttributeError, KeyError, ValueError, RecursionError):
        found = []
    if not found:
        raise BadInput(
            f"the captured {kind}", "it holds no request that can be read", "a collection with the request, as it was exported"
        )
    return [one for one in found if one.is_handshake] or found


def _kind(document: Document) -> str | None:
    if isinstance(document.get("item"), list) and isinstance(document.get("info"), Mapping):
        return "Postman collection"
    insomnia = document.get("_type") == "export" or str(document.get("type")).startswith("collection.insomnia")
    return "Insomnia export" if insomnia and (document.get("resources") or document.get("collection")) else None


def _requests(document: Document) -> Iterator[tuple[Document, Any]]:
    """Each request, and the authentication that its folders hand down."""
    if "resources" in document:
        for one in document["resources"]:
            if one.get("_type") in ("request", "websocket_request"):
                yield one, one.get("authentication")
    else:
        yield from _below(document.get("item") or document["collection"], document.get("auth"), 0)


def _below(items: Any, auth: Any, depth: int) -> Iterator[tuple[Document, Any]]:
    for one in items if depth < MAX_DEPTH else ():
        own = one.get("auth") or one.get("authentication") or auth
        if children := one.get("item") or one.get("children"):
            yield from _below(children, own, depth + 1)
        elif isinstance(request := one.get("request", one), str):
            yield {"url": request}, own  # a request that is nothing but its address
        elif request.get("url"):
            yield request, request.get("auth") or own


def _variables(document: Document) -> Iterator[tuple[str, str]]:
    """Texts that the collection gives its variables."""
    for one in document.get("variable") or ():
        yield str(one.get("key")), str(one.get("value") or "")
    environments = [one for one in document.get("resources") or () if one.get("_type") == "environment"]
    data = [one.get("data") for one in environments] + [(document.get("environments") or {}).get("data")]
    data += [one.get("environment") for one in document.get("resources") or () if one.get("_type") == "request_group"]
    for given in data:
        yield from ((str(name), value) for name, value in (given or {}).items() if isinstance(value, str))


@dataclass(frozen=True)
class _Variables:
    values: Mapping[str, str]

    def within(self, text: Any) -> str:
        """A text with the values of its variables; those without one are marked as a shell's would be."""
        found = str(text or "")
        for _ in range(MAX_SUBSTITUTED):
            filled = [self.values.get(match[1]) or match[0] for match in _TEMPLATE.finditer(found)]
            if filled and len(found) + sum(map(len, filled)) > MAX_CHARACTERS:
                raise BadInput(
                    "the captured collection",
                    f"a text with its variables filled in has more than {MAX_CHARACTERS} characters",
                    "an address and headers as a handshake has them",
                )
            found = _TEMPLATE.sub(lambda match: self.values.get(match[1]) or match[0], found)
        return _TEMPLATE.sub(lambda match: f"\ue000{re.sub(r'[^A-Za-z0-9_]', '_', match[1])}\ue001", found)


def _captured(request: Document, auth: Any, kind: str, variables: _Variables) -> Captured:
    given = request["url"]
    url = variables.within(given.get("raw") if isinstance(given, Mapping) else given)
    listed = request.get("header") or request.get("headers") or ()
    pairs = (
        _lines(listed)
        if isinstance(listed, str)
        else [(one.get("key") or one.get("name"), one.get("value")) for one in _on(listed)]
    )
    headers = [(variables.within(name), variables.within(value)) for name, value in pairs]
    added = [
        (variables.within(one.get("name")), variables.within(one.get("value"))) for one in _on(request.get("parameters") or ())
    ]
    credential, in_query, unread = _credential(auth or {}, variables)
    added += in_query
    taken = {name.lower() for name, _ in headers}
    headers += [pair for pair in credential if pair[0].lower() not in taken - {"cookie"}]
    return Captured(
        url=_with(url, [pair for pair in added if pair[0]]),
        form=f"{'an' if kind.startswith('I') else 'a'} {kind}",
        headers=tuple(with_cookies([pair for pair in headers if pair[0]], ())),
        method=str(request.get("method") or "GET").upper(),
        unused=unread,
        credentials=frozenset(name.lower() for name, _ in [*credential, *in_query]),
    )


def _lines(text: str) -> list[tuple[str, str]]:
    """The headers in a text of lines, as they may stand in place of a list; those behind // are switched off."""
    cut = [line.partition(":") for line in text.splitlines() if not line.lstrip().startswith("//")]
    return [(name.strip(), value.strip()) for name, _, value in cut]


def _on(listed: Any) -> list[Document]:
    return [one for one in listed if isinstance(one, Mapping) and not one.get("disabled")]


def _with(url: str, added: list[tuple[str, str]]) -> str:
    # A variable's mark has to stay one.
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe=chr(0xE000) + chr(0xE001))}" for name, value in added)
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def _credential(auth: Document, variables: _Variables) -> tuple[list[tuple[str, str]], list[tuple[str, str]], tuple[str, ...]]:
    """The headers and the parameters that an authentication becomes, and what of it the export does not hold."""
    kind = str(auth.get("type") or "none")
    own = auth.get(kind, auth)
    if isinstance(own, list):
        own = {str(one.get("key")): one.get("value") for one in own}
    if auth.get("disabled") or kind in ("none", "noauth", "inherit"):
        return [], [], ()
    text = {name: variables.within(value) for name, value in own.items() if isinstance(value, (str, int))}
    match kind:
        case "bearer" if text.get("token"):
            return [("Authorization", f"{text.get('prefix') or 'Bearer'} {text['token']}")], [], ()
        case "basic" if not any("\ue000" in text.get(part, "") for part in ("username", "password")):
            return [("Authorization", basic(f"{text.get('username', '')}:{text.get('password', '')}"))], [], ()
        case "oauth2" if text.get("accessToken"):
            if "query" in text.get("addTokenTo", "").lower():
                return [], [("access_token", text["accessToken"])], ()
            prefix = text.get("headerPrefix") or text.get("tokenPrefix") or "Bearer"
            return [("Authorization", f"{prefix.strip()} {text['accessToken']}")], [], ()
        case "apikey" if text.get("key") and text.get("value"):
            pair, place = (text["key"], text["value"]), (text.get("in", "") + text.get("addTo", "")).lower()
            if "query" in place:
                return [], [pair], ()
            return [("Cookie", "=".join(pair)) if "cookie" in place else pair], [], ()
    return [], [], (f"its {AUTHENTICATION} ({kind}), of which the export holds no credential as it would be sent",)
