"""The lines that a command of one's own prints, such as `kubectl logs`: no shell, bounded in time and size."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lib.facts import LogEntry
from lib.logs.sources.assembly import Assembly
from lib.logs.sources.decoding import records_in
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.reading import Asked, Progress, Reading, SourceRefused, in_order
from lib.parameters.errors import BadInput

SECONDS = 30.0
MOST_BYTES = 1 << 20


class CommandSource:
    """What `argv` prints, read anew each time it is asked; standard error is told where the command fails."""

    kind = "command"
    is_live = False

    def __init__(self, argv: Sequence[str], *, folder: Path, shaper: Shaper, format: str | None = None):
        self.argv, self.folder, self.shaper, self.format = list(argv), folder, shaper, format

    def read(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        extra_filter: str | None = None,
        on_progress: Progress | None = None,
    ) -> Reading:
        """See `opening.Source.read`. Raises `BadInput` where there is no such command, `SourceRefused` where it fails."""
        if on_progress:
            on_progress(f"running {' '.join(self.argv)}")
        missing: list[str] = []
        assembly = Assembly(shaper=self.shaper, near=datetime.now(UTC), format=self.format)
        records = records_in(self._printed(missing), missing.append)
        name = Path(self.argv[0]).name
        seen = [entry for entry in assembly.entries(records, name=name) if _is_inside(entry, start, end)]
        return Reading(
            source="command", asked=Asked(start=start, end=end, filter=extra_filter, limit=limit), entries=in_order(seen)[:limit],
            stopped=len(seen) > limit, missing=tuple(missing), notes=tuple(assembly.notes), unread=assembly.unread_found(),
            formats=dict(assembly.formats),
        )  # fmt: skip

    def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
        """The entries of these traces, of one run of the command."""
        wanted = set(trace_ids)
        return [entry for entry in self.read(start=None, end=None, limit=100_000).entries if entry.trace_id in wanted]

    def _printed(self, missing: list[str]) -> Iterator[bytes]:
        try:
            process = subprocess.Popen(
                self.argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            accepted = "a command and its arguments, as a list"
            raise BadInput("logs.command", f"{self.argv[0]!r} cannot be run ({type(error).__name__})", accepted) from None
        try:
            out, err = _outputs(process, missing)
        finally:
            _end(process)
        if not out and process.returncode:
            said = self.shaper.text(err.decode("utf-8", "replace").strip().partition("\n")[0][:200])
            raise SourceRefused(f"logs.command ({self.argv[0]})", said or f"it ended with status {process.returncode}")
        if process.returncode and not missing:
            missing.append(f"the command ended with status {process.returncode}; what it printed until then was read")
        yield out


def _outputs(process: subprocess.Popen[bytes], missing: list[str]) -> tuple[bytes, bytes]:
    found = {"out": bytearray(), "err": bytearray()}
    until = time.monotonic() + SECONDS
    with selectors.DefaultSelector() as selector:
        for name, stream in (("out", process.stdout), ("err", process.stderr)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map():
            left_s = until - time.monotonic()
            if left_s <= 0:
                missing.append(f"the command was ended after {SECONDS:.0f} s; what it printed until then was read")
                break
            for key, _ in selector.select(left_s):
                piece = os.read(key.fd, 65_536)
                if not piece:
                    selector.unregister(key.fileobj)
                found[key.data] += piece[: MOST_BYTES - len(found[key.data])]
                if key.data == "out" and len(found["out"]) >= MOST_BYTES:
                    missing.append(f"the command printed more than {MOST_BYTES >> 20} MiB; what followed was not read")
                    return bytes(found["out"]), bytes(found["err"])
    return bytes(found["out"]), bytes(found["err"])


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(0.2)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def _is_inside(entry: LogEntry, start: datetime | None, end: datetime | None) -> bool:
    return not ((start and entry.timestamp < start) or (end and entry.timestamp > end))
