"""What is said in a session, written down: beside websocat, in Python, in a regression test; secrets are variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lib.facts import SessionScript, Sign
from lib.sessions.matching import PACKET

Quoted = Callable[[str], str]
"""Writes a text in a language, with variables or expressions for the secrets in it."""


def for_websocat(script: SessionScript, command: str, quoted: Quoted) -> str:
    """The command with the messages on its standard input, which stays open long enough to read the answers."""
    lines = " ".join(map(quoted, script.messages))
    speaking = f"printf '%s\\n' {lines}; " if script.messages else ""
    return f"({speaking}sleep {script.timeout_s:g}) | {command}"


def in_python(script: SessionScript, before: Sequence[str], connecting: str, quoted: Quoted) -> str:
    """Lines of Python that say the messages in their turn, print each frame, and say how it ended; `before`: what they need."""
    turn = ["print(socket.recv(timeout=5))"] if script.awaited else []
    said = [f"socket.send({quoted(message)})" for message in script.messages]
    lines = [
        *before,
        f"socket = {connecting}",
        *turn,
        *said,
        "try:",
        f"    while True: print(socket.recv(timeout={script.timeout_s:g}))",
        "except Exception as ended: print(repr(ended))",
    ]
    return "\n".join(lines)


def judging_parts(script: SessionScript, control: SessionScript | None, quoted: Quoted) -> dict[str, str]:
    """What a regression test needs to judge a session: how frames are known, and the messages of both handshakes."""

    def said(of: SessionScript | None) -> str:
        return f"[{', '.join(map(quoted, of.messages if of else ()))}]"

    signs = {"AWAITED": [script.awaited] if script.awaited else [], "GRANTING": script.granting, "REFUSING": script.refusing}
    written = [f"{name} = {[_plain(sign) for sign in found]!r}" for name, found in signs.items()]
    written.append(f"REPLIES = {[(*_plain(sign), text) for sign, text in script.replies]!r}")
    written.append(f"CLOSES = {list(script.closes)!r}")
    return {
        "judging": "\n".join([*written, f"PACKET = {PACKET.pattern!r}", f"TIMEOUT_S = {script.timeout_s:g}", JUDGING]),
        "listening": LISTENING,
        "messages": said(script),
        "control_messages": said(control),
    }


def _plain(sign: Sign | None) -> tuple[str, Any]:
    """A sign without members that hold what was sent: they may hold a token."""
    assert sign is not None
    if sign.kind != "json":
        return sign.kind, sign.value
    return sign.kind, {name: value for name, value in sign.value.items() if name != "identifier"}


LISTENING = """            return granted(socket, said())"""

JUDGING = '''

def known(signs, frame):
    """Whether a frame is one of these: it starts so, holds a text, or has these members."""
    try:
        found = json.loads(re.sub(PACKET, "", frame, count=1))
    except ValueError:
        found = None
    kinds = {"starts": frame.startswith, "holds": frame.__contains__, "json": lambda value: has(found, value)}
    return any(kinds[kind](value) for kind, value in signs)


def has(found, wanted):
    """Whether a JSON value has the members of maps and the elements of lists that are wanted, else is the same value."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(name in found and has(found[name], wanted[name]) for name in wanted)
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) >= len(wanted) and all(map(has, found, wanted))
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def granted(socket, messages):
    """`accepted` once the session is granted and stays so, or what came instead."""
    waiting, began, grant = list(messages), time.monotonic(), None
    until = began + TIMEOUT_S
    while waiting and not AWAITED:
        socket.send(waiting.pop(0))
    while (left := (until if grant is None else grant + OPEN_FOR_S) - time.monotonic()) > 0:
        try:
            frame = socket.recv(timeout=left)
        except TimeoutError:
            break
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            if CLOSES and not GRANTING and code not in CLOSES and time.monotonic() - began >= OPEN_FOR_S:
                return "accepted"  # it was ended, and with none of the codes that refuse
            raise
        frame = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
        if replies := [text for kind, value, text in REPLIES if known([(kind, value)], frame)]:
            socket.send(replies[0])
            continue
        if known(REFUSING, frame):
            return f"closed: the session was refused: {frame[:200]}"
        if known(GRANTING, frame):
            grant = grant or time.monotonic()
        while waiting and known(AWAITED, frame):
            socket.send(waiting.pop(0))
    return "accepted" if grant or not GRANTING else "closed: no frame granted the session"
'''
