"""Whatever was captured, recognised and read: one request out, or a list to choose from."""

from __future__ import annotations

import json
import os
import re
import select
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lib.captures.collections import is_collection, read_collection
from lib.captures.command import is_command, read_command
from lib.captures.har import read_har
from lib.captures.pasted import cleaned
from lib.captures.request import RUN, VARIABLE, Captured, is_of_the_protocol
from lib.captures.scripts import CALL, POWERSHELL, read_calls, read_powershell
from lib.captures.shells import commands
from lib.parameters import yaml_text
from lib.parameters.errors import BadInput
from lib.parameters.secrets import why_unreadable

MAX_CHARACTERS = 64 * 1024 * 1024
MAX_LISTED = 20
PIPE_S = 10
ACCEPTED = "Copy as cURL, fetch or PowerShell, a HAR, a websocat or wscat line, a raw HTTP request, a Postman or Insomnia export"
_RAW = re.compile(r"([A-Z]{3,10}) (\S+)(?: HTTP/[\d.]+)?[ \t]*\n((?:[ \t]*+:?[\w!#$%&'*+.^`|~-]++:.*+(?:\n|$))+)")
_YAML_EXPORT = re.compile(r"type: [\"']?collection\.insomnia")
_LOCAL = re.compile(r"^(localhost|127\.[\d.]+|\[::1\]|[\w-]+)(:\d+)?$")


def read(text: str, *, entry: int | None = None) -> Captured:
    """The request in a text; of several the one that `entry` numbers (from 1), else the WebSocket's.

    Raises `BadInput` where nothing is recognised, and where there are several handshakes, which it then lists.
    """
    if len(text) > MAX_CHARACTERS:
        raise BadInput("the captured request", "it is longer than 64 MiB", "the one request, or a smaller HAR")
    text = text.removeprefix("\ufeff").strip()
    found = requests_in(text if text.startswith("{") else cleaned(text))
    for captured in found:
        _check(captured)
    return _chosen(found, entry)


def read_file(path: Path, *, entry: int | None = None) -> Captured:
    """The request in a file."""
    try:
        text = _text_of(path)
    except OSError as error:
        raise BadInput("the captured request", f"{path} cannot be read ({why_unreadable(error)})", "a readable file") from None
    return read(text, entry=entry)


def _text_of(path: Path) -> str:
    # A pipe, such as a shell's <(pbpaste), is read as long as something comes through it.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISFIFO(os.fstat(handle).st_mode):
            return (stream.read(MAX_CHARACTERS + 1) or b"").decode("utf-8", "replace")
        content = bytearray()
        while len(content) <= MAX_CHARACTERS:
            if not select.select([handle], [], [], PIPE_S)[0]:
                raise BadInput("the captured request", f"nothing came through {path} within {PIPE_S} s", "a readable file")
            if not (piece := os.read(handle, 65_536)):
                break
            content += piece
    return content.decode("utf-8", "replace")


def requests_in(text: str) -> list[Captured]:
    """All requests in a text, whatever form it has; `BadInput` where none is recognised."""
    if text.startswith("{") or _YAML_EXPORT.match(text):
        return _of_document(text)
    if raw := _RAW.match(re.sub(r"\r\n?", "\n", text) + "\n"):
        return [_raw(raw)]
    if POWERSHELL.search(text):
        return [read_powershell(text)]
    if re.fullmatch(r"wss?://\S+", text):
        return [Captured(url=text, form="an address")]
    if CALL.search(text) and not re.match(r"\W*(curl|websocat|wscat)\b", text):
        return read_calls(text)
    found = [read_command(words) for words in commands(text) if is_command(words)]
    if not found:
        raise BadInput("the captured request", "it is nothing that is recognised", ACCEPTED)
    return found


def _of_document(text: str) -> list[Captured]:
    """The requests of a HAR, or of a collection."""
    try:
        document = json.loads(text) if text.startswith("{") else yaml_text.parse(text)
    except (ValueError, RecursionError, yaml_text.NotUsable):
        document = None
    return read_collection(document) if is_collection(document) else read_har(document)


def _raw(match: re.Match[str]) -> Captured:
    lines = [line.strip() for line in match[3].split("\n") if line.strip()]
    pairs = [(line[: line.index(":", 1)], line[line.index(":", 1) + 1 :].strip()) for line in lines]
    values = {name.lower(): value for name, value in pairs}
    host = values.get("host") or values.get(":authority") or ""
    given = bool(re.match(r"\w+://", match[2]))
    plain = values.get("origin", "").startswith("http://") or bool(_LOCAL.match(host)) or host.endswith(":80")
    scheme = "ws" if plain else "wss"
    return Captured(
        url=match[2] if given else f"{scheme}://{host}{match[2]}",
        form="a raw HTTP request",
        headers=tuple(pairs),
        method=match[1],
        unused=() if given else (f"the scheme, which a raw request does not say: {scheme} is a guess",),
        scheme_guessed=not given,
    )


def _check(captured: Captured) -> None:
    try:
        parts = urlsplit(captured.url)
        acceptable = parts.scheme in {"ws", "wss", "http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        acceptable = False
    if unknown := VARIABLE.search(captured.url.partition("?")[0]):
        raise BadInput("the captured request", f"its address holds ${unknown[1]}", "the address with that variable's value")
    of_use = {name: value for name, value in captured.headers if name.lower() == "host" or not is_of_the_protocol(name)}
    printed = [f"the header {name}" for name, value in of_use.items() if RUN in value]
    if RUN in captured.url or printed:
        where = printed[0] if printed else "its address"
        raise BadInput("the captured command", f"{where} holds $(…), and no command is run here", "the command with its value")
    if not acceptable:
        raise BadInput(
            "the captured request", f"{captured.form} without a usable address", "a ws://, wss:// or http(s):// address"
        )
    if any(ord(char) < 32 or ord(char) == 127 for pair in captured.headers for part in pair for char in part):
        raise BadInput("the captured request", "a header holds a control character", "headers of one line each")


def _chosen(found: Sequence[Captured], entry: int | None) -> Captured:
    handshakes = [captured for captured in found if captured.is_handshake] or list(found)
    if not handshakes:
        raise BadInput("the captured request", "it holds no request", ACCEPTED)
    if entry is not None:
        if not 1 <= entry <= len(handshakes):
            raise BadInput("--entry", f"found {entry}", f"a number from 1 to {len(handshakes)}: {_listed(handshakes)}")
        return handshakes[entry - 1]
    if len({captured.address for captured in handshakes}) > 1:
        raise BadInput("the captured request", f"it holds {len(handshakes)} of them", f"--entry N: {_listed(handshakes)}")
    # A page that reconnects: the last that the capture saw accepted, else the last.
    return next((one for one in reversed(handshakes) if one.answered == 101), handshakes[-1])


def _listed(found: Sequence[Captured]) -> str:
    shown = [
        f"{number} {one.address}" + (f" ({one.answered})" if one.answered else "") for number, one in enumerate(found, start=1)
    ]
    return ", ".join(shown[:MAX_LISTED]) + (f" and {len(shown) - MAX_LISTED} more" if len(shown) > MAX_LISTED else "")
