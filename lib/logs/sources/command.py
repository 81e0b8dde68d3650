"""The lines that a command of one's own prints, such as `kubectl logs`: bounded as `lib.clients.command` has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from lib.clients import command
from lib.facts import LogEntry
from lib.logs.sources.assembly import Assembly
from lib.logs.sources.decoding import records_in
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.reading import Asked, Progress, Reading, SourceRefused, in_order
from lib.parameters.errors import BadInput

KEY = "logs.command"


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
        try:
            seen = [entry for entry in assembly.entries(records, name=name) if _is_inside(entry, start, end)]
        except BadInput as error:
            if error.where == KEY:
                raise
            found = error.found.replace("the file", "it")
            raise SourceRefused(self._place, f"what it printed cannot be read as a log: {found}") from None
        missing += self.shaper.said()
        return Reading(
            source="command", asked=Asked(start=start, end=end, filter=extra_filter, limit=limit), entries=in_order(seen)[:limit],
            stopped=len(seen) > limit, missing=tuple(missing), notes=tuple(assembly.notes), unread=assembly.unread_found(),
            formats=dict(assembly.formats),
        )  # fmt: skip

    def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
        """The entries of these traces, of one run of the command."""
        wanted = set(trace_ids)
        return [entry for entry in self.read(start=None, end=None, limit=100_000).entries if entry.trace_id in wanted]

    @property
    def _place(self) -> str:
        return f"{KEY} ({self.argv[0]})"

    def _printed(self, missing: list[str]) -> Iterator[bytes]:
        printed = command.run(self.argv, key=KEY, folder=self.folder)
        said = command.complaint(printed, self.shaper.text)
        said = f", saying: {said}" if said else ""
        if printed.cut:
            rest = "what it printed until then was read" if "ended" in printed.cut else "what followed was not read"
            missing.append(f"the command {printed.cut}; {rest}")
        if not printed.out and printed.status:
            raise SourceRefused(self._place, f"it {printed.ending}{said}")
        if not printed.out and said:  # as kubectl does, status 0: No resources found
            missing.append(f"the command printed nothing on its standard output{said}")
        if printed.status and not missing:
            missing.append(f"the command {printed.ending}{said}; what it printed until then was read")
        yield printed.out


def _is_inside(entry: LogEntry, start: datetime | None, end: datetime | None) -> bool:
    return not ((start and entry.timestamp < start) or (end and entry.timestamp > end))
