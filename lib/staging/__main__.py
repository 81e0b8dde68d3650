"""Starts the embedded staging system: one JSON line in, one out, until standard input closes or a signal comes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

from .config import MAX_LINE_BYTES, BadConfiguration, Config, parse

STDIN = 0
GOODBYE_S = 1.0
"""So long it takes leave of its clients once whoever started it has gone: nobody is left who would wait for it."""
LOOK_EVERY_S = 0.05
PARENT = os.getppid()


def main() -> int:
    """The exit status: 0 after a clean end, 2 for a configuration that cannot be used."""
    try:
        config = parse(_first_line())
        return asyncio.run(_serve(config, _Lifeline()))
    except BadConfiguration as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


class _Lifeline:
    """Standard input, whose end ends us once we serve; before that (imports take long on a busy machine) it does so where whoever
    started us has gone, as another may want to read a refusal."""

    def __init__(self) -> None:
        self.at_end: Callable[[], object] | None = None
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while os.read(STDIN, 65536):
            pass
        while (at_end := self.at_end) is None:
            if os.getppid() != PARENT or PARENT == 1:
                os._exit(0)
            time.sleep(LOOK_EVERY_S)
        at_end()
        time.sleep(GOODBYE_S)
        os._exit(0)


async def _serve(config: Config, lifeline: _Lifeline) -> int:
    from .system import System

    system = System(config)  # inside the loop, which gRPC binds its server to
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)

    def end() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(ended.set)

    lifeline.at_end = end
    try:
        addresses = json.dumps(await system.start())
        try:
            print(addresses, flush=True)
        except BrokenPipeError:
            return 0  # whoever started us has gone already
        await ended.wait()
    finally:
        await system.stop()
    return 0


def _first_line() -> str:
    # os.read rather than sys.stdin: a thread that blocks in the buffered reader would hold its lock when the interpreter ends.
    line = b""
    while not line.endswith(b"\n") and len(line) <= MAX_LINE_BYTES:
        byte = os.read(STDIN, 1)
        if not byte:
            break
        line += byte
    if not line.strip() or len(line) > MAX_LINE_BYTES:
        raise BadConfiguration(f"standard input: one line of JSON with at most {MAX_LINE_BYTES} bytes is expected.")
    return line.decode("utf-8", errors="replace")


if __name__ == "__main__":
    sys.exit(main())
