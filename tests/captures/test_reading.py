"""Captures are recognised by what they look like; of several handshakes one is chosen, and nothing in them is run."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from lib.captures.reading import read, read_file
from lib.parameters.loading import BadInput


def har(*urls: str, status: int = 101) -> str:
    """A HAR of WebSocket entries."""
    entries = [{"request": {"url": url, "headers": [], "method": "GET"}, "response": {"status": status}} for url in urls]
    return json.dumps({"log": {"entries": entries}})


def test_of_several_handshakes_one_is_chosen_by_its_number() -> None:
    """A HAR with two WebSockets lists them without their queries; --entry takes one."""
    text = har("wss://a.example/chat?token=s3cr3t", "wss://a.example/feed")
    with pytest.raises(BadInput, match=r"1 wss://a\.example/chat.*2 wss://a\.example/feed") as refusal:
        read(text)
    assert "s3cr3t" not in str(refusal.value)
    assert read(text, entry=2).address == "wss://a.example/feed"
    with pytest.raises(BadInput, match="--entry"):
        read(text, entry=3)


def test_a_pipe_is_read_and_not_waited_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shell's substitution gives is read to its end; a pipe into which nobody writes is refused in a sentence."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=pipe.write_text, args=(har("wss://a.example/feed"),))
    writing.start()
    assert read_file(pipe).address == "wss://a.example/feed"
    writing.join()
    monkeypatch.setattr("lib.captures.reading.PIPE_S", 0.1)
    with pytest.raises(BadInput, match=r"nothing came through"):
        read_file(pipe)


def test_a_page_that_reconnects_is_one_handshake() -> None:
    """Entries of one address need no choice: the last that was accepted is taken."""
    assert read(har("wss://a.example/ws?n=1", "wss://a.example/ws?n=2")).url.endswith("n=2")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{}",
        '{"log": 3}',
        "curl -H 'X: y'",
        "fetch(window.url)",
        "curl 'ftp://a.example'",
        "Invoke-WebRequest -Method GET",
    ]
    + [
        "curl -H 'Authorization: Bearer $(cat token)' \"wss://a.example/$(id)\"",
        "curl `id` wss://a.example",
        "fetch(`wss://${host}/ws`)",
    ],
)
def test_what_cannot_be_read_is_bad_input(text: str) -> None:
    """Neither guessed nor run: one sentence says what would be accepted."""
    with pytest.raises(BadInput) as refusal:
        read(text)
    assert refusal.value.accepted


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        (r"curl $'wss://a.example/ws' -H $'X-A: it\'s \u0021 \x41\102'", {"X-A": "it's ! AB"}),
        ('curl wss://a.example/ws -H "X-A: \\"q\\" \\$5" -H X-B:c\\ d', {"X-A": '"q" $5', "X-B": "c d"}),
        ('curl ^"wss://a.example/ws^" ^\n  -H ^"X-A: ^\\^"q^\\^" 50^% ^^^"', {"X-A": '"q" 50% ^'}),
        ("curl.exe 'wss://a.example/ws' `\n -H 'X-A: it''s' -H \"X-B: `$5 `\"q`\"\"", {"X-A": "it's", "X-B": '$5 "q"'}),
        ("curl wss://a.example/ws -sSkHX-A:b -XGET", {"X-A": "b"}),
        ("curl wss://a.example/ws -H 'X-A: b' 2>/dev/null | head -1", {"X-A": "b"}),
    ],
)
def test_each_shell_splits_as_it_does(text: str, headers: dict[str, str]) -> None:
    """Quotes, escapes and continuations of bash, cmd and PowerShell mean what they mean there."""
    found = read(text)
    assert (found.url, dict(found.headers)) == ("wss://a.example/ws", headers)


def test_a_request_that_is_no_handshake_is_told_from_one() -> None:
    """Among several copied commands the WebSocket's is taken; a plain request alone is what there is."""
    both = "curl 'https://a.example/api' ;\ncurl 'wss://a.example/ws'"
    assert read(both).is_handshake
    assert not read("curl https://a.example/api").is_handshake
