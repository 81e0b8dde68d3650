"""Cloud Logging's API read page by page: what quotas, expired credentials and odd servers do to it loses and doubles nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.facts import LogEntry, rfc3339
from lib.logs.sources.moments import Unreadable
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.protobuf import entry_of
from lib.logs.sources.reading import Asked, Progress, Reading, SourceRefused, collection_paused, entry_key, in_order
from lib.logs.sources.room import Room
from lib.parameters.errors import BadInput

PAGE_SIZE = 1000
CALL_TIMEOUT_S, NEAR_TIMEOUT_S = 30.0, 10.0
"""For one page, of Google's service and of one that is near."""
READ_TIMEOUT_S = 900.0
"""For a whole reading; 100,000 entries at 60 requests a minute take 100 seconds."""
PATIENCE_S = 90.0
"""How long one page may be retried: the read quota is counted by the minute."""
MAX_FILTER = 20_000
_TRANSIENT = frozenset({"RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "ABORTED"})
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(kw_only=True)
class _Progress:
    # Where a reading has got to, so that it can be resumed after any failure.
    filter: str
    limit: int
    patience_s: float
    tell: Progress
    within_s: float
    began_s: float = field(default_factory=time.monotonic)
    new_s: float = field(default_factory=time.monotonic)
    """When an entry came last, monotonic."""
    seen: int = 0
    token: str = ""
    used: set[str] = field(default_factory=set)
    resumed_at: datetime | None = None
    entries: dict[tuple[str, datetime, str], LogEntry] = field(default_factory=dict)
    room: Room = field(default_factory=Room)
    unreadable: int = 0
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    stopped: bool = False
    ahead: Future[Any] | None = None
    """The next page, on its way while the last one is read."""

    def is_over(self, *, idle_s: float) -> str | None:
        """Why the reading has to end, where it has: pages without anything new may come for ever."""
        now_s = time.monotonic()
        if len(self.entries) > self.seen:
            self.new_s, self.seen = now_s, len(self.entries)
        lasted = f"after {now_s - self.began_s:.0f} s"
        if now_s > self.new_s + idle_s:
            return f"{lasted}, as no new entry came for {now_s - self.new_s:.0f} s"
        return lasted if now_s > self.began_s + self.within_s else None

    def last_at(self) -> datetime | None:
        return max((entry.timestamp for entry in self.entries.values()), default=None)

    def rest(self) -> str:
        last = self.last_at()
        return f"entries after {rfc3339(last)} were not read" if last else "no entry of the window was read"


class CloudSource:
    """Entries of one project, the oldest first, through a client that `connect` opens (and opens anew when its credential
    expired)."""

    is_live = True

    def __init__(
        self,
        kind: str,
        connect: Callable[[], Any],
        *,
        place: str,
        project: str,
        filter: str | None,
        shaper: Shaper,
        is_remote: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.kind, self.place, self.project, self.filter, self.is_remote = kind, place, project, filter, is_remote
        self._connect, self._shaper, self._sleep = connect, shaper, sleep
        self._client: Any = None
        self._call_s = CALL_TIMEOUT_S if is_remote else NEAR_TIMEOUT_S

    def read(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        extra_filter: str | None = None,
        on_progress: Progress | None = None,
    ) -> Reading:
        """See `sources.Source.read`; raises `SourceRefused` when nothing at all could be read."""
        tell = on_progress or (lambda _: None)
        try:
            with collection_paused():
                return self._read(start=start, end=end, limit=limit, extra=extra_filter, tell=tell, patience_s=PATIENCE_S)
        finally:
            self._hang_up()

    def for_traces(self, trace_ids: Iterable[str], *, since: datetime, wait_s: float = 3.0) -> list[LogEntry]:
        """Polls until entries of all traces have come and no new ones for a moment, or `wait_s` has passed.

        Google's own service is asked more seldom (60 requests a minute are all it allows) and waited for at least 10 seconds.
        """
        wanted = sorted(set(trace_ids))
        wait_s, still_s = (max(wait_s, 10.0), 2.0) if self.is_remote else (wait_s, min(0.4, wait_s / 4))
        found: dict[tuple[str, datetime, str], LogEntry] = {}
        until = time.monotonic() + wait_s
        last_new = time.monotonic()
        while wanted:
            before = len(found)
            for text in self._trace_filters(wanted):
                reading = self._read(
                    start=since - timedelta(seconds=60),
                    end=None,
                    limit=10_000,
                    extra=text,
                    tell=lambda _: None,
                    patience_s=wait_s,
                    within_s=wait_s + self._call_s,
                )
                found.update({entry_key(entry): entry for entry in reading.entries})
            now = time.monotonic()
            last_new = now if len(found) > before else last_new
            if now >= until or (now - last_new >= still_s and {entry.trace_id for entry in found.values()} >= set(wanted)):
                break
            self._sleep(max(0.01, min(still_s / 2, until - now)))
        self._hang_up()
        return list(in_order(found.values()))

    def _trace_filters(self, trace_ids: list[str]) -> Iterator[str]:
        terms = [f'trace="projects/{self.project}/traces/{trace_id}"' for trace_id in trace_ids]
        room = max(1, (MAX_FILTER - len(self.filter or "") - 400) // (len(terms[0]) + 4))
        for first in range(0, len(terms), room):
            yield " OR ".join(terms[first : first + room])

    def _joined(self, extra: str | None) -> str | None:
        parts = [f"({text.strip()})" for text in (self.filter, extra) if text and text.strip()]
        return " AND ".join(parts) or None

    def _text(self, start: datetime | None, end: datetime | None, extra: str | None) -> str:
        # The client and the API bound the time on their own where a filter does not: so ours always does.
        bounds = [f'timestamp>="{rfc3339(start or _BEGINNING)}"', *([f'timestamp<="{rfc3339(end)}"'] if end else [])]
        text = " AND ".join([*([joined] if (joined := self._joined(extra)) else []), *bounds])
        if len(text) > MAX_FILTER:
            raise BadInput(
                "logs.filter", f"with the window it has {len(text)} characters", f"a query of at most {MAX_FILTER} characters"
            )
        return text

    def _read(
        self,
        *,
        start: datetime | None,
        end: datetime | None,
        limit: int,
        extra: str | None,
        tell: Progress,
        patience_s: float,
        within_s: float = READ_TIMEOUT_S,
    ) -> Reading:
        text = self._text(start, end, extra)
        at = _Progress(filter=text, limit=limit, patience_s=patience_s, tell=tell, within_s=within_s)
        while (page := self._page(at)) is not None:
            token = page.next_page_token
            is_new = bool(token) and token not in at.used
            if is_new:
                at.token = token
                at.used.add(token)
                if len(at.entries) + len(page.entries) < limit:
                    at.ahead = self._coming(at)
            self._take(at, page.entries)
            if at.stopped or not token:
                break
            if not is_new and not self._resume(at, end=end, extra=extra):
                break
            if why := at.is_over(idle_s=2 * self._call_s):
                at.missing.append(f"reading was ended {why}; {at.rest()}")
                break
            tell(f"{len(at.entries)} log entries read")
        at.missing += [*self._shaper.said(), *at.room.said()]
        if at.unreadable:
            at.missing.append(f"{at.unreadable} entries without a time stamp were left out")
        asked = Asked(start=start, end=end, filter=self._joined(extra), limit=limit)
        return Reading(
            source=self.kind, asked=asked, entries=in_order(at.entries.values()), stopped=at.stopped,
            missing=tuple(at.missing), notes=tuple(dict.fromkeys(at.notes)),
        )  # fmt: skip

    def _resume(self, at: _Progress, *, end: datetime | None, extra: str | None) -> bool:
        """Goes on from the last entry's time: a server that hands out the same token again would be read for ever."""
        last = at.last_at()
        if last is None or last == at.resumed_at:
            at.missing.append(f"the source repeated a page token; {at.rest()}")
            return False
        at.notes.append("the source repeated a page token; reading went on from the last entry's time")
        at.filter, at.token, at.resumed_at = self._text(last, end, extra), "", last
        at.used.clear()
        return True

    def _take(self, at: _Progress, raw_entries: Iterable[Any]) -> None:
        for raw in raw_entries:
            try:
                entry = entry_of(raw, self._shaper)
            except Unreadable:
                at.unreadable += 1
                continue
            key = entry_key(entry)
            if len(at.entries) >= at.limit and key not in at.entries:
                at.stopped = True
                return
            if (held := at.room.let_in(entry)) is not None:
                at.entries[key] = held

    def _page(self, at: _Progress) -> Any:
        """The next raw page, or None when the source stays unwilling; then `missing` says so."""
        began_s, waited_s, delay_s, renewed = time.monotonic(), 0.0, 1.0, False
        while True:
            try:
                coming, at.ahead = at.ahead, None
                return coming.result() if coming else self._ask(at)
            except SourceRefused:
                raise
            except Exception as error:
                code = getattr(getattr(error, "grpc_status_code", None), "name", "") or type(error).__name__
                if code == "UNAUTHENTICATED" and not renewed:
                    self._hang_up()
                    renewed = True
                    continue
                late = time.monotonic() + delay_s > at.began_s + at.within_s
                if code not in _TRANSIENT or late or max(waited_s, time.monotonic() - began_s) >= self._patience_s(code, at):
                    why = f"{code}: {self._shaper.text(str(getattr(error, 'message', '') or error))[:300]}"
                    if not at.entries:
                        raise SourceRefused(self.place, why) from None
                    at.missing.append(f"the source answered {why}; {at.rest()}")
                    return None
                at.tell(f"the log source answered {code}; trying again in {delay_s:.0f} s ({len(at.entries)} entries read)")
                self._sleep(delay_s)
                waited_s, delay_s = waited_s + delay_s, min(delay_s * 2, 30.0)

    def _hang_up(self) -> None:
        # An idle channel complains on standard error when its server goes away.
        if self._client is not None:
            self._client.transport.close()
            self._client = None

    def _ask(self, at: _Progress) -> Any:
        if self._client is None:
            self._client = self._connect()
        request = {
            "resource_names": [f"projects/{self.project}"],
            "filter": at.filter,
            "order_by": "timestamp asc",
            "page_size": min(PAGE_SIZE, at.limit + 1),
            "page_token": at.token,
        }
        pager = self._client.list_log_entries(request=request, retry=None, timeout=self._call_s)
        page = next(iter(pager.pages))
        return type(page).pb(page)

    def _coming(self, at: _Progress) -> Future[Any]:
        """The next page, asked for beside what is done with the last; whoever ends waits for none that never comes."""
        coming: Future[Any] = Future()

        def ask() -> None:
            try:
                coming.set_result(self._ask(at))
            except BaseException as error:
                coming.set_exception(error)

        threading.Thread(target=ask, daemon=True, name="log-pages").start()
        return coming

    def _patience_s(self, code: str, at: _Progress) -> float:
        # A server that never answered is not worth a minute; a quota, or a reading already begun, is.
        if code == "DEADLINE_EXCEEDED":
            return 1.5 * self._call_s if at.entries else 0.0
        return at.patience_s if code == "RESOURCE_EXHAUSTED" or at.entries else 3.0
