"""A token that a command of one's own prints."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from lib.clients import command
from lib.clients.credentials.got import Got, NoToken, checked, got
from lib.parameters.secrets import resolved
from lib.redaction.redact import redact_text

ORIGIN = "token.command"
ACCEPTED = "on its standard output the token and nothing else"


async def printed_token(argv: Sequence[str], *, folder: Path, clock: Callable[[], datetime]) -> Got:
    """The token that it prints; raises `NoToken` where it hangs, floods, fails or prints something else, else `BadInput`."""
    given_up = threading.Event()
    try:
        printed = await asyncio.to_thread(command.run, argv, key=ORIGIN, folder=folder, given_up=given_up)
    except asyncio.CancelledError:
        given_up.set()
        raise
    name = f"the command {Path(argv[0]).name}"
    if printed.cut:
        raise NoToken(ORIGIN, f"{name} {printed.cut}, and gave no token", advice=ACCEPTED)
    if printed.status:
        said = command.complaint(printed, lambda text: redact_text(text, resolved()))
        raise NoToken(ORIGIN, f"{name} {printed.ending}{f', saying: {said}' if said else ''}", advice=ACCEPTED)
    try:
        token = checked(printed.out.decode("utf-8"))
    except UnicodeDecodeError:
        raise NoToken(ORIGIN, f"{name} printed bytes that are no text; accepted: {ACCEPTED}") from None
    except ValueError as error:
        raise NoToken(ORIGIN, f"{name} printed {error}; accepted: {ACCEPTED}") from None
    return got(token, at=clock())
