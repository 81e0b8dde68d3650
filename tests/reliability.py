"""The table of docs/reliability.md: each verb against each fault, as it really ends. `python -m tests.reliability [VERB]…`"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

from tests.raw_servers import Handler, accepting, answering, endless, raw, reset

ROOT = Path(__file__).parents[1]
VERBS = ("whys", "performance", "logs", "suite", "round")
BUDGET_S, STARTING_S = 3, 6
WITHIN_S = {"whys": BUDGET_S + 2 + STARTING_S, "performance": 20, "logs": 20, "suite": 25, "round": 90}
"""What each verb may take: its budget and the 2 s beyond it, or some exchanges that end at their timeouts, and its start."""
MOST_MB = 512
GIVEN_UP_S = 120
AT_ONCE = 2
DOCUMENT, BEGINS = ROOT / "docs" / "reliability.md", "<!-- made by make reliability: "
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
NO = b"HTTP/1.1 403 Forbidden\r\n"


def then(piece: bytes, pause_s: float = 0.0) -> Handler:
    """Accepts a handshake, then sends the piece for ever."""

    async def handler(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await accepting()(head, reader, _Unended(writer))  # type: ignore[arg-type]
        await endless(b"", piece, pause_s)(head, reader, writer)

    return handler


class _Unended:
    """A writer that is not told of the end."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.write, self.drain = writer.write, writer.drain

    def write_eof(self) -> None:
        """The connection stays as it is."""


async def silent(_: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.sleep(3600)


def on_upgrade(fault: Handler) -> Handler:
    """Behaves at every request but a handshake."""

    async def handler(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (fault if b"upgrade: websocket" in head.lower() else answering(OK))(head, reader, writer)

    return handler


FAULTS: dict[str, tuple[Handler, str]] = {
    "silence": (silent, ""),
    "a reset": (reset, ""),
    "the end at once": (answering(), ""),
    "silence in TLS": (silent, "s"),
    "plain text where TLS is wanted": (answering(OK), "s"),
    "a first line of blanks": (answering(b" " * 65_536), ""),
    "bytes that are no HTTP": (answering(b"\x00\xff garbage\r\n\r\n" * 10), ""),
    "a head without end": (endless(NO, b"X-More: more\r\n" * 100), ""),
    "a head that trickles": (endless(NO, b"X: y\r\n", 0.2), ""),
    "1xx for ever": (endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), ""),
    "a body without end": (endless(NO + b"\r\n", b"x" * 65_536), ""),
    "a body that trickles": (endless(NO + b"Content-Length: 99999\r\n\r\n", b"x", 0.2), ""),
    "a body cut short": (answering(NO + b"Content-Length: 99\r\n\r\nshort"), ""),
    "chunk size -1": (answering(NO + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n"), ""),
    "chunks without end": (endless(NO + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nhello\r\n"), ""),
    "gzip that is none": (answering(NO + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"), ""),
    "a status of 999": (answering(b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"), ""),
    "escapes in the answer": (answering(NO + b"Content-Length: 14\r\n\r\n\x1b[2J\xe2\x80\xaeevil\r\n!"), ""),
    "a redirect to itself": (answering(b"HTTP/1.1 302 Found\r\nLocation: /ws\r\nContent-Length: 0\r\n\r\n"), ""),
    "200 to a handshake": (answering(OK), ""),
    "a 101 without Upgrade": (on_upgrade(answering(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")), ""),
    "a drop behind the 101": (on_upgrade(accepting()), ""),
    "RSV1 in a frame": (on_upgrade(accepting(after=b"\xc1\x01a")), ""),
    "close 1006 on the wire": (on_upgrade(accepting(after=b"\x88\x02\x03\xee")), ""),
    "close 999 on the wire": (on_upgrade(accepting(after=b"\x88\x02\x03\xe7")), ""),
    "no frame behind the 101": (on_upgrade(accepting(after=b"HTTP/1.1 200 OK\r\n\r\n")), ""),
    "a flood of text frames": (on_upgrade(then((b"\x81\x7e\x10\x00" + b"x" * 4096) * 8)), ""),
    "a flood of pings": (on_upgrade(then(b"\x89\x00" * 1000)), ""),
    "fragments without end": (on_upgrade(then(b"\x00\x01x" * 1000)), ""),
    "a frame of 1 TB announced": (on_upgrade(accepting(after=b"\x82\x7f" + (1 << 40).to_bytes(8, "big"))), ""),
}


def arguments(verb: str, authority: str, secure: str, folder: Path) -> list[str]:
    """The command line of a verb against the server at this authority."""
    rest, ws = f"http{secure}://{authority}", f"ws{secure}://{authority}/ws"
    file, cases = folder / "params.yaml", folder / "test_own.py"
    cases.write_text(f"import urllib.request\ndef test_own():\n    urllib.request.urlopen({rest!r}, timeout=1)\n")
    file.write_text(
        f"environment: fault\ntarget: {{rest_url: '{rest}', ws_url: '{ws}', timeout_s: 1, watch_s: 1}}\n"
        f"budget: {{seconds: {BUDGET_S}, handshakes: 20}}\nperformance: {{samples: 3, warmup: 0}}\n"
        f"suite: {{path: '{cases}', sabotage: false, timeout_s: 10}}\n"
        + (f"logs: {{source: cloud, project: p, endpoint: '{rest}'}}\n" if verb == "logs" else "")
    )
    own = ["--out", str(folder / "outputs")] if verb == "round" else []
    return [sys.executable, "-m", "lib", verb, "-q", "-f", str(file), *own]


def ended(verb: str, authority: str, secure: str) -> tuple[int | None, float, float, str]:
    """Status (None: had to be killed), seconds, MB at the peak of it or a child of it, and everything that was said."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as said:
        started_s = time.monotonic()
        process = subprocess.Popen(
            arguments(verb, authority, secure, Path(name)), cwd=ROOT, stdout=said, stderr=said, start_new_session=True
        )
        clock = threading.Timer(GIVEN_UP_S, process.kill)
        clock.start()
        _, status, usage = os.wait4(process.pid, 0)
        clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    return (
        None if process.returncode < 0 else process.returncode,
        time.monotonic() - started_s,
        usage.ru_maxrss / 1024,
        text,
    )


def broken(verb: str, status: int | None, seconds: float, megabytes: float, said: str, *, slower: int) -> list[str]:
    """Which promises were not kept, on a machine that may be so many times slower."""
    return [
        what
        for what, is_so in (
            ("did not end", status is None),
            ("says healthy", verb == "whys" and status == 0),
            ("a status of no meaning", status not in (None, 0, 1, 3)),
            ("a traceback", "Traceback" in said),
            ("a raw escape", "\x1b" in said or "\u202e" in said),
            (f"more than {WITHIN_S[verb]} s", seconds > WITHIN_S[verb] * slower),
            (f"more than {MOST_MB} MB", megabytes > MOST_MB),
        )
        if is_so
    ]


def outcome(said: str) -> str:
    """The first line that tells something, as a cell of a table."""
    line = next((line for line in said.splitlines() if line.strip()), "nothing said")
    line = re.sub(r"127\.0\.0\.1:\d+", "TARGET", line)
    return re.sub(r"[|`<>]|[^\x20-\x7e…→·–]", " ", line).strip()[:90]


async def rows(verbs: tuple[str, ...], faults: tuple[str, ...], *, slower: int = 1) -> list[str]:
    """A row of the table for each fault and verb, servers and commands being real."""
    loop, pool, found = asyncio.get_running_loop(), ThreadPoolExecutor(AT_ONCE), []
    async with AsyncExitStack() as servers:

        async def row(fault: str, verb: str) -> str:
            handler, secure = FAULTS[fault]
            authority = await servers.enter_async_context(raw(handler))
            result = await loop.run_in_executor(pool, ended, verb, authority, secure)
            status, seconds, megabytes, said = result
            kept = "; ".join(broken(verb, *result, slower=slower)) or "held"
            return f"| {fault} | {verb} | {outcome(said)} | {status} | {seconds:.1f} | {megabytes:.0f} | {kept} |"

        found = await asyncio.gather(*(row(fault, verb) for verb in verbs for fault in faults))
    return list(found)


def main() -> None:
    """Makes the table of the verbs that are named, of all five otherwise, and writes it into the document."""
    verbs = tuple(sys.argv[1:]) or VERBS
    made = asyncio.run(rows(verbs, tuple(FAULTS)))
    held = sum(line.endswith("| held |") for line in made)
    text = DOCUMENT.read_text(encoding="utf-8").partition(f"\n{BEGINS}")[0]
    head = (
        f"\n{BEGINS}what stands below is not written by hand -->\n## Every fault, as it was\n"
        f"{len(FAULTS)} faults × {', '.join(verbs)}: {held} of {len(made)} rows held what is promised, which is to end within "
        f"{', '.join(f'{verb} {WITHIN_S[verb]} s' for verb in verbs)}\n(starting included, {AT_ONCE} at a time), "
        f"within {MOST_MB} MB, without a traceback or raw escape, with a status of the contract, `whys` never as healthy.\n\n"
        "| fault | verb | what it said first | status | s | MB | promised |\n|---|---|---|---|---|---|---|\n"
    )
    DOCUMENT.write_text(text + head + "\n".join(made) + "\n", encoding="utf-8")
    print(*(line for line in made if not line.endswith("| held |")), f"{held} of {len(made)} held", sep="\n")


if __name__ == "__main__":
    main()
