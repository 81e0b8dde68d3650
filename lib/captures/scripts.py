"""Requests in JavaScript and PowerShell: `fetch(…)`, `new WebSocket(…)`, `Invoke-WebRequest …`, read as data and never run."""

from __future__ import annotations

import json
import re
from typing import Any

from lib.captures.request import Captured, with_cookies
from lib.captures.shells import powershell_strings
from lib.parameters import yaml_text
from lib.parameters.errors import BadInput

_OPTIONS = frozenset(
    ["headers", "method", "body", "mode", "credentials", "referrer", "referrerPolicy", "cache", "redirect", "origin"]
    + ["integrity", "keepalive", "signal", "priority"]
)
CALL = re.compile(r"\b(fetch|new\s+WebSocket)\s*\(")
POWERSHELL = re.compile(r"\bInvoke-(?:WebRequest|RestMethod)\b", re.IGNORECASE)


def read_calls(text: str) -> list[Captured]:
    """The requests of all calls in a piece of JavaScript."""
    return [_call(match[1], _arguments(text, match.end())) for match in CALL.finditer(text)]


def _arguments(text: str, at: int) -> list[Any]:
    """What stands between the parentheses of a call whose first begins before `at`."""
    depth, quote, start = 1, "", at
    while at < len(text) and depth:
        char = text[at]
        if char == "\\" and quote:
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'`":
            quote = char
        else:
            depth += (char in "([{") - (char in ")]}")
        at += 1
    source = text[start : at - 1]
    if "${" in source:
        raise BadInput("the captured call", "it holds ${…}, and no code is run here", "the call with its value")
    try:
        return list(json.loads(f"[{source}]"))
    except ValueError:
        return _loose(source)


def _loose(source: str) -> list[Any]:
    """Written by hand: names without quotes, single quotes, commas at the end; YAML's flow style reads all of them."""
    try:
        found = yaml_text.parse(f"[{re.sub(r'`([^`]*)`', lambda text: json.dumps(text[1]), source)}]")
    except yaml_text.NotUsable:
        found = None
    if not isinstance(found, list) or not found or not isinstance(found[0], str):
        raise BadInput("the captured call", "its arguments are no plain values", "fetch or new WebSocket with texts and objects")
    return found


def _call(function: str, arguments: list[Any]) -> Captured:
    options: dict[str, Any] = next((one for one in arguments[1:] if isinstance(one, dict)), {})
    headers = options.get("headers") or {}
    pairs = (
        headers.items() if isinstance(headers, dict) else [pair for pair in headers if isinstance(pair, list) and len(pair) == 2]
    )
    found = [(str(name), str(value)) for name, value in pairs]
    protocols = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], (str, list)) else []
    offered = [protocols] if isinstance(protocols, str) else [str(item) for item in protocols]
    if offered and function != "fetch":
        found.append(("Sec-WebSocket-Protocol", ", ".join(offered)))
    referrer, origin = options.get("referrer"), options.get("origin")
    if isinstance(origin, str):
        found.append(("Origin", origin))
    known = _OPTIONS | ({"perMessageDeflate", "followRedirects"} if function != "fetch" else set())
    unused = [str(name) for name in options if name not in known]
    if function == "fetch" and str(arguments[0] if arguments else "").startswith("ws"):
        unused.append("Origin and Sec-WebSocket-Protocol, which no copied fetch of a handshake holds")
    without = options.get("credentials") in ("include", "same-origin") and not any(name.lower() == "cookie" for name, _ in found)
    if without and function == "fetch":
        unused.append("the cookies, which the browser sends and a copied fetch does not hold (Copy as Node.js fetch does)")
    if isinstance(referrer, str) and referrer.startswith("http"):
        found.append(("Referer", referrer))
    return Captured(
        url=str(arguments[0]) if arguments else "",
        form="a fetch call" if function == "fetch" else "a WebSocket constructor",
        headers=tuple(found),
        method=str(options.get("method") or "GET").upper(),
        unused=tuple(unused),
    )


def read_powershell(text: str) -> Captured:
    """The request of a copied PowerShell script, with the cookies and the user agent of its session."""
    words = list(powershell_strings(text))
    headers, cookies, unused = [], [], []
    url, method = "", "GET"
    at = 0
    while at < len(words):
        word, following = words[at].lower(), words[at + 1] if at + 1 < len(words) else ""
        value = following.removeprefix('"')
        if word == "system.net.cookie" and following == "(":
            strings = [item[1:] for item in words[at + 2 : at + 10] if item.startswith('"')]
            cookies.append("=".join(strings[:2]))
        elif word in {"-uri", "-url"}:
            url = value
        elif word == "-method":
            method = value.upper()
        elif word in {"-useragent", "$session.useragent"}:
            agent = words[at + 2].removeprefix('"') if following == "=" and at + 2 < len(words) else value
            headers.append(("User-Agent", agent))
        elif word == "-headers":
            headers += _table(words, at + 2)
        elif re.fullmatch(r"-[a-z]+", word) and word not in {
            "-usebasicparsing",
            "-websession",
            "-contenttype",
            "-body",
            "-typename",
        }:
            unused.append(words[at])
        at += 1
    if not url:
        raise BadInput("the captured script", "its Invoke-WebRequest names no -Uri", "the whole script that the browser copied")
    if url.startswith("ws") and not cookies:
        unused.append("the cookies, which a copied PowerShell script of a handshake does not hold")
    headers = with_cookies(list(dict.fromkeys(headers)), cookies)
    return Captured(url=url, form="a PowerShell script", headers=tuple(headers), method=method, unused=tuple(unused))


def _table(words: list[str], at: int) -> list[tuple[str, str]]:
    """The entries of a hash table `@{ "name"="value" … }` whose brace stands at or before `at`."""
    found, place = [], at
    while place + 2 < len(words) and words[place] != "}":
        if words[place + 1] == "=":
            found.append((words[place].removeprefix('"'), words[place + 2].removeprefix('"')))
            place += 3
        else:
            place += 1
    return found
