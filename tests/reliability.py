"""The table of docs/reliability.md: each verb against each fault, as it really ends.

`python -m tests.reliability [VERB]… [-k WORD]` measures these verbs and the faults with this word in their names anew, and leaves
the other rows as they were measured last.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

from tests.faults import FAULTS, TRULY, Target

ROOT = Path(__file__).parents[1]
VERBS = ("whys", "performance", "logs", "suite", "round")
BUDGET_S, STARTING_S = 3, 6
WITHIN_S = {"whys": BUDGET_S + 2 + STARTING_S, "performance": 20, "logs": 20, "suite": 25, "round": 100}
"""What each verb may take: its budget and the 2 s beyond it, or some exchanges that end at their timeouts, and its start."""
MOST_MB = 512
GIVEN_UP_S = 120
AT_ONCE = 2
DOCUMENT, BEGINS = ROOT / "docs" / "reliability.md", "<!-- made by make reliability: "
Key = tuple[str, str]
"""A fault's name and a verb."""


def arguments(verb: str, target: Target, folder: Path) -> list[str]:
    """The command line of a verb against this target."""
    rest, ws = f"http{target.secure}://{target.authority}", f"ws{target.secure}://{target.authority}/ws"
    file, cases = folder / "params.yaml", folder / "test_own.py"
    cases.write_text(f"import urllib.request\ndef test_own():\n    urllib.request.urlopen({rest!r}, timeout=1)\n")
    trust = "".join(f", tls: {{{name}: '{value}'}}" for name, value in target.tls.items())
    file.write_text(
        f"environment: fault\ntarget: {{rest_url: '{rest}', ws_url: '{ws}', timeout_s: 1, watch_s: 1{trust}}}\n"
        f"budget: {{seconds: {BUDGET_S}, handshakes: 20}}\nperformance: {{samples: 3, warmup: 0}}\n"
        # The suite has rows of its own; in a round it would ask the same once more.
        + ("" if verb == "round" else f"suite: {{path: '{cases}', sabotage: false, timeout_s: 10}}\n")
        + (f"logs: {{source: cloud, project: p, endpoint: '{rest}'}}\n" if verb in ("logs", "round") else "")
    )
    own = ["--out", str(folder / "outputs")] if verb == "round" else []
    return [sys.executable, "-m", "lib", verb, "-q", "-f", str(file), *own]


def ended(verb: str, target: Target) -> tuple[int | None, float, float, str]:
    """Status (None: had to be killed), seconds, MB at the peak of it or a child of it, and everything that was said."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as said:
        command, environment = arguments(verb, target, Path(name)), {**os.environ, **target.environment}
        started_s = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said, start_new_session=True)
        clock = threading.Timer(GIVEN_UP_S, process.kill)
        clock.start()
        _, status, usage = os.wait4(process.pid, 0)
        clock.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode("utf-8", "replace")
    killed = None if process.returncode < 0 else process.returncode
    # A child begins with the peak of whoever started it: what is no more than that tells nothing of the child.
    peak = usage.ru_maxrss if usage.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else 0
    return killed, time.monotonic() - started_s, peak / 1024, text


NAMED = re.compile(r"^(?:proved|logged|stated|inferred): ([a-z-]+(?: \+ [a-z-]+)*)", re.MULTILINE | re.IGNORECASE)
JUDGED = re.compile(r"^websocket_latency_ms +(?:met|missed)", re.MULTILINE)


def untrue(fault: str, verb: str, status: int | None, said: str) -> list[str]:
    """What was claimed although no fault of these lets a session be used: each names the one cause that it is, or none."""
    named = {name for found in NAMED.findall(said) for name in found.split(" + ")} if verb in ("whys", "round") else set()
    claims = (
        ("no symptom", verb == "whys" and status in (1, 3) and "  symptom: " not in said),
        ("an objective judged without an answer", verb == "performance" and bool(JUDGED.search(said))),
        ("positive evidence", bool(re.search(r"\b[1-9]\d* of \d+ cases give positive", said))),
        ("logs read that nobody gave", verb == "logs" and (status == 0 or "0 incidents" in said)),
    )
    return [f"names {name}" for name in sorted(named - TRULY.get(fault, set()))] + [what for what, is_so in claims if is_so]


def broken(fault: str, verb: str, status: int | None, seconds: float, megabytes: float, said: str, *, slower: int) -> list[str]:
    """Which promises were not kept, on a machine that may be so many times slower."""
    promises = (
        ("did not end", status is None),
        ("says healthy", verb == "whys" and status == 0),
        ("a status of no meaning", status not in (None, 0, 1, 3)),
        ("a traceback", "Traceback" in said),
        ("a raw escape", "\x1b" in said or "\u202e" in said),
        (f"more than {WITHIN_S[verb]} s", seconds > WITHIN_S[verb] * slower),
        (f"more than {MOST_MB} MB", megabytes > MOST_MB),
    )
    return [what for what, is_so in promises if is_so] + untrue(fault, verb, status, said)


def outcome(said: str) -> str:
    """The first line that tells something, as a cell of a table."""
    line = next((line for line in said.splitlines() if line.strip()), "nothing said")
    line = re.sub(r"(?:127\.0\.0\.1|\[::1\]|localhost):\d+", "TARGET", re.sub(r"/tmp/\S*", "…", line))
    return re.sub(r"[|`<>]|[^\x20-\x7e…→·–]", " ", line).strip()[:90]


async def rows(verbs: Iterable[str], faults: Iterable[str], *, slower: int = 1) -> dict[Key, str]:
    """A row of the table for each fault and verb, servers and commands being real."""
    loop, pool, faults = asyncio.get_running_loop(), ThreadPoolExecutor(AT_ONCE), tuple(faults)

    async def row(fault: str, verb: str, target: Target) -> tuple[Key, str]:
        result = await loop.run_in_executor(pool, ended, verb, target)
        status, seconds, megabytes, said = result
        kept = "; ".join(broken(fault, verb, *result, slower=slower)) or "held"
        told = f"| {fault} | {verb} | {outcome(said)} | {status} | {seconds:.1f} | {megabytes:.0f} | {kept} |"
        print(told, file=sys.stderr)
        return (fault, verb), told

    async with AsyncExitStack() as servers:
        folders = {fault: Path(servers.enter_context(tempfile.TemporaryDirectory())) for fault in faults}
        targets = {fault: await servers.enter_async_context(FAULTS[fault](folders[fault])) for fault in faults}
        return dict(await asyncio.gather(*(row(fault, verb, targets[fault]) for verb in verbs for fault in faults)))


def measured_before(text: str) -> Iterator[tuple[Key, str]]:
    """The rows that stand in the document."""
    for line in text.partition(BEGINS)[2].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 7 and cells[0] in FAULTS and cells[1] in VERBS:
            yield (cells[0], cells[1]), line


def document(text: str, made: dict[Key, str]) -> str:
    """The document with these rows in place of all that stood there."""
    ordered = [made[fault, verb] for verb in VERBS for fault in FAULTS if (fault, verb) in made]
    lines = {verb: [line for key, line in made.items() if key[1] == verb] for verb in VERBS}
    held = {verb: f"{sum(line.endswith('| held |') for line in of)} of {len(of)}" for verb, of in lines.items() if of}
    return (
        f"{text.partition(BEGINS)[0]}{BEGINS}what stands below is written by it alone -->\n## Every fault, as it was\n"
        f"{len({fault for fault, _ in made})} faults; what is promised held for "
        f"{', '.join(f'{verb} in {rows} rows' for verb, rows in held.items())}.\n"
        f"Promised is to end within {', '.join(f'{verb} {WITHIN_S[verb]} s' for verb in held)} (starting included, "
        f"{AT_ONCE} at a time), within {MOST_MB} MB, without a traceback or raw escape, with a status of the contract, `whys` "
        "never as healthy; with no cause named but the one that it is, no objective judged and no evidence counted where nothing "
        "answered.\n\n| fault | verb | what it said first | status | s | MB | promised |\n|---|---|---|---|---|---|---|\n"
        + "\n".join(ordered)
        + "\n"
    )


def main() -> int:
    """Measures the verbs and faults that are named, all otherwise, and writes the document; 1 where a promise was not kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verbs", nargs="*", choices=[*VERBS, []])
    parser.add_argument("-k", default="", metavar="WORD")
    given = parser.parse_args()
    made = asyncio.run(rows(given.verbs or VERBS, [fault for fault in FAULTS if given.k in fault]))
    text = DOCUMENT.read_text(encoding="utf-8")
    written = document(text, {**dict(measured_before(text)), **made})
    DOCUMENT.write_text(written, encoding="utf-8")
    lost = [line for line in made.values() if not line.endswith("| held |")]
    print(*lost, f"{len(made) - len(lost)} of {len(made)} held", sep="\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
