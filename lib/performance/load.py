"""Load from more than one process: Locust, headless, in child processes; its samples land beside the others."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lib.facts import Sample, utc_now
from lib.handshake import Handshake, credential
from lib.parameters.loading import ROOT, BadInput
from lib.parameters.model import Load, Parameters

START_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
HAND_ON_EVERY_S = 0.5
RAMP = 0.1
"""The share of the time in which users arrive one by one; samples from then are warm-up."""


class LoadFailed(Exception):
    """Locust did not do what it was started for: which process, and its last words. Exit status 3."""

    def __init__(self, process: str, said: str):
        super().__init__(process, said)
        self.process, self.said = process, said

    def __str__(self) -> str:
        return f"the load test failed: Locust's {self.process} said {self.said or 'nothing'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadResult:
    """What a load run brought. `requests_per_s` counts operations that were answered, after the ramp; `failures` those that
    were not."""

    users: int
    workers: int
    duration_s: float
    samples: tuple[Sample, ...]
    requests_per_s: float
    failures: int


async def run(parameters: Parameters, handshake: Handshake, *, progress: Callable[[str], None]) -> LoadResult:
    """Runs the load that the parameters ask for: one process, or a master and its workers, on this machine.

    Raises `BadInput` where Locust is not installed and `LoadFailed` where it did not run.
    """
    wanted = parameters.performance.load
    if wanted is None:
        raise BadInput("performance.load", "found null", "a map such as {users: 500, workers: 2, duration_s: 60}")
    if importlib.util.find_spec("locust") is None:
        raise BadInput("performance.load", "Locust is not installed", "pip install '.[load]', or performance.load: null")
    progress(f"{wanted.users} users from {wanted.workers} process(es) for {wanted.duration_s:g} s")
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"worker-{number}.jsonl" for number in range(wanted.workers)]
        now = replace(handshake, token=credential(handshake, now=utc_now()) if handshake.renewed_by else handshake.token)
        scene = {"handshake": asdict(replace(now, renewed_by=None)), "path": parameters.target.protected_path}
        await _run_processes(wanted, files, scene, handshake)
        return _result(wanted, [sample for file in files for sample in _samples(file)])


async def _run_processes(wanted: Load, files: list[Path], scene: dict[str, Any], handshake: Handshake) -> None:
    processes: dict[str, asyncio.subprocess.Process] = {}
    renewing = asyncio.create_task(_hand_on_tokens(processes, handshake))
    try:
        async with asyncio.timeout(wanted.duration_s + START_WITHIN_S + STOP_WITHIN_S):
            for name, options, file in _roles(wanted, files):
                processes[name] = await _start(options, {**scene, "samples": str(file) if file else None})
            said = await asyncio.gather(*(process.stderr.read() for process in processes.values()))  # type: ignore[union-attr]  # a pipe, as asked for
            codes = [await process.wait() for process in processes.values()]
    except TimeoutError:
        raise LoadFailed("processes", f"nothing more within {wanted.duration_s + START_WITHIN_S + STOP_WITHIN_S:g} s") from None
    finally:
        renewing.cancel()
        for process in processes.values():
            _end(process)
    for name, code, words in zip(processes, codes, said, strict=True):
        if code != 0:
            raise LoadFailed(name, words.decode("utf-8", "replace").strip()[-300:])


async def _hand_on_tokens(processes: Mapping[str, asyncio.subprocess.Process], handshake: Handshake) -> None:
    """Writes to each process the token that has taken the place of the one that it has."""
    while handshake.renewed_by:
        await asyncio.sleep(HAND_ON_EVERY_S)
        line = json.dumps({"token": handshake.renewed_by()}).encode() + b"\n"
        for process in processes.values():
            with contextlib.suppress(ConnectionError, RuntimeError):
                process.stdin.write(line)  # type: ignore[union-attr]  # a pipe, as asked for


def _roles(wanted: Load, files: list[Path]) -> Iterator[tuple[str, list[str], Path | None]]:
    """Each process to start: its name, its options, and its sample file."""
    rate = max(1.0, wanted.users / max(wanted.duration_s * RAMP, 1.0))
    test = ["--headless", "--users", str(wanted.users), "--spawn-rate", f"{rate:g}", "--run-time", f"{wanted.duration_s:g}s"]
    test += ["--stop-timeout", f"{STOP_WITHIN_S / 2:g}s", "--exit-code-on-error", "0", "--only-summary", "--loglevel", "WARNING"]
    if wanted.workers == 1:
        yield "process", test, files[0]
        return
    port = str(_free_port())
    master = ["--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", port]
    yield (
        "master",
        [*test, *master, "--expect-workers", str(wanted.workers), "--expect-workers-max-wait", f"{START_WITHIN_S:g}"],
        None,
    )
    for number, file in enumerate(files, start=1):
        yield f"worker {number}", ["--worker", "--master-host", "127.0.0.1", "--master-port", port, "--loglevel", "WARNING"], file


async def _start(options: list[str], scene: dict[str, Any]) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "lib.performance.users", "--configured-by-stdin", *options,
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    # The keys travel through this pipe alone; it stays open, and its end is the child's end, also when we are killed.
    process.stdin.write(json.dumps(scene).encode() + b"\n")  # type: ignore[union-attr]  # a pipe, as asked for
    with contextlib.suppress(ConnectionError):
        await process.stdin.drain()  # type: ignore[union-attr]  # a pipe, as asked for
    return process


def _end(process: asyncio.subprocess.Process) -> None:
    process.stdin.close()  # type: ignore[union-attr]  # a pipe, as asked for
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _samples(file: Path) -> Iterator[Sample]:
    if not file.exists():
        return
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            moments = {name: datetime.fromisoformat(row[name]) for name in ("at", "due_at") if row[name]}
            yield Sample(**{**row, **moments})


def _result(wanted: Load, samples: Iterable[Sample]) -> LoadResult:
    ordered = sorted(samples, key=lambda sample: sample.at)
    if not ordered:
        raise LoadFailed("workers", "that they sent nothing")
    settled_at = ordered[0].at + timedelta(seconds=wanted.duration_s * RAMP)
    marked = tuple(replace(sample, warmup=sample.at < settled_at) for sample in ordered)
    judged = [sample for sample in marked if not sample.warmup]
    operations = {"api_response_ms", "websocket_latency_ms", "total_request_ms"}
    answered = sum(sample.ms is not None and sample.figure in operations for sample in judged)
    return LoadResult(
        users=wanted.users,
        workers=wanted.workers,
        duration_s=wanted.duration_s,
        samples=marked,
        requests_per_s=answered / (wanted.duration_s * (1 - RAMP)),
        failures=sum(sample.ms is None and sample.figure in operations for sample in judged),
    )
