"""Exports that are too large to hold: counted where they lie, and only what can matter is read.

The same reading as of a small file, but for its entries: those of our exchanges, of requests like them, and of incidents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lib.facts import Exchange, LogEntry, rfc3339
from lib.logs.correlation.clock_skew import MAX_SKEW_US
from lib.logs.correlation.correlate import estimate_skew
from lib.logs.correlation.engines import DuckDB
from lib.logs.correlation.requests import exchange_row, microseconds
from lib.logs.sources.decoding import first_fields
from lib.logs.sources.files import FileSource
from lib.logs.sources.moments import Unreadable
from lib.logs.sources.normalise import Shaper
from lib.logs.sources.reading import ROUND_LIMITS, Asked, Reading, in_order
from lib.logs.sources.sieve import MOST_ENTRIES, Sieve
from lib.parameters.secrets import open_regular

PICK = (Path(__file__).parent / "large_exports.sql").read_text(encoding="utf-8")
NEAR_S = 0.5
"""Most clocks are this near; where the estimate says otherwise the files are gone through once more."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INCIDENTS = """(
    severity in ('WARNING', 'ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY')
    or logName like '%cloudaudit%'
    or (coalesce(severity, '') in ('', 'DEFAULT') and http is null)
)"""
LARGE_BYTES = 256 << 20
_GOOGLES = frozenset({"logName", "timestamp"})

_REQUEST = (
    'struct(requestMethod varchar, request_method varchar, "method" varchar, requestUrl varchar, request_url varchar, '
    "url varchar,"
    " status varchar, latency varchar, userAgent varchar, user_agent varchar)"
)
_COLUMNS = {
    "insertId": "varchar", "insert_id": "varchar", "timestamp": "varchar", "receiveTimestamp": "varchar", "severity": "varchar",
    "logName": "varchar", "trace": "varchar", "spanId": "varchar", "textPayload": "varchar", "jsonPayload": "json",
    "protoPayload": "json",
    "httpRequest": _REQUEST, "resource": "json", "labels": "json",
}  # fmt: skip
_WORDS = frozenset({"receiveTimestamp", "spanId", "textPayload", "jsonPayload", "protoPayload", "resource", "labels"})
_COUNTS = """
select
    severity, count(*) as entries, min(at_us) as first_us, max(at_us) as last_us,
    count(*) filter (
        where http is null and coalesce(textPayload, '') = '' and coalesce(jsonPayload, '{}') = '{}' and protoPayload is null
    ) as empty,
    list(distinct resource ->> '$.labels.revision_name') as revisions, list(distinct labels ->> '$.instanceId') as instances
from raw where at_us between $from_us and $to_us group by severity
"""


_MOMENT = (
    r"(19(7[1-9]|[89]\d)|20\d\d|21\d\d|22[0-5]\d)-\d\d-\d\d[T ]([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?"
    r"(Z|[+-](0\d|1[0-4]):[0-5]\d)"
)
"""A moment that DuckDB reads as we do; of others it takes some that are none, and others differently."""
_PLAIN = """
select count(*) as n from raw
where at_us is not null and "logName" is not null and regexp_full_match("timestamp", $moment)
"""


def is_large(source: FileSource) -> bool:
    """Whether a source is better counted than held: above 256 MiB (compressed text counts eightfold)."""
    files = source.files()
    return (
        sum(path.stat().st_size * (8 if path.suffix.lower() in {".gz", ".zst", ".parquet"} else 1) for path in files)
        > LARGE_BYTES
    )


def read_large(
    source: FileSource, exchanges: Sequence[Exchange], *, start: datetime | None, end: datetime | None, limit: int
) -> Reading:
    """The reading of a large export; what a whole count says stands in `counts`, as not all entries are held."""
    if not _is_scannable(source):
        sieve = Sieve(joins=bool(exchanges), start=start, end=end)
        return source.read(start=start, end=end, limit=limit, sieve=sieve)
    bounds = {"from_us": microseconds(start) if start else 0, "to_us": microseconds(end) if end else 1 << 60}
    most = min(limit, MOST_ENTRIES)
    with DuckDB.connection() as connection:
        open_view(connection, source.files())
        counted = DuckDB.fetched(connection, _COUNTS, bounds)
        found = _picked_entries(connection, exchanges, shaper=source.shaper, most=most + 1)
    entries = [entry for entry in found if bounds["from_us"] <= microseconds(entry.timestamp) <= bounds["to_us"]]
    counts = _seen(counted)
    missing = (f"more than {most} entries matter; the others were counted and not read",) if len(found) > most else ()
    missing = (*missing, *source.shaper.said())
    return Reading(
        source="file", asked=Asked(start=start, end=end, limit=limit), entries=in_order(entries[:most]), counts=counts,
        stopped=counts["entries"] > limit, missing=missing,
        notes=(f"{counts['entries']} entries were counted in the files; the {min(len(entries), most)} that can matter "
               "were read",),
    )  # fmt: skip


def open_view(connection: Any, files: Sequence[Path], *, with_words: bool = True) -> None:
    """Makes the files the view `raw`, every column named and typed: guessing them costs a third more time.

    Payloads and labels are most of an entry's weight; `with_words` False leaves them in the files.
    """
    connection.execute("set timezone = 'UTC'")
    names, wanted = [str(path) for path in files], {name: _COLUMNS[name] for name in _COLUMNS if with_words or name not in _WORDS}
    if files[0].suffix.lower() == ".parquet":
        table = connection.read_parquet(names, union_by_name=True)
        there = dict(zip(table.columns, map(str, table.types), strict=True))
        table = table.select(", ".join(f'{_column(name, kind, there)} as "{name}"' for name, kind in wanted.items()))
    else:
        table = connection.read_json(names, format="newline_delimited", columns=wanted, ignore_errors=True)
    kept = ", ".join(f'"{name}"' for name in wanted if name not in {"httpRequest", "insert_id", "insertId"})
    moment = 'epoch_us(try_cast("timestamp" as timestamptz)) as at_us'
    table.select(f'{kept}, coalesce("insertId", "insert_id") as "insertId", "httpRequest" as http, {moment}').create_view("raw")


def _column(name: str, kind: str, there: Mapping[str, str]) -> str:
    """A column of a Parquet file in the type that the query wants; moments stay moments, as text and back they cost a second a
    million."""
    if name not in there:
        return f"cast(null as {kind})"
    return f'"{name}"' if there[name].startswith("TIMESTAMP") else f'cast("{name}" as {kind})'


def picked(
    connection: Any, exchanges: Sequence[Exchange], *, alike: Sequence[Exchange], around_s: float, most: int, with_incidents: bool
) -> list[dict[str, Any]]:
    """The rows of scan.sql, in one pass: entries of the traces of `exchanges`, and around those of `alike` the requests like
    them."""
    asked = [exchange_row(exchange) for exchange in alike]
    traces = [{"trace_id": name} for name in {exchange.trace_id for exchange in exchanges if exchange.trace_id}]
    slot_us = int(around_s * 500_000)  # half of what is looked around: two of them before a request, and two after it
    slots = {
        (row["method"], row["path"], row["status"], slot)
        for row in asked
        if row["status"]
        for slot in range(int(row["start_us"]) // slot_us - 2, int(row["end_us"]) // slot_us + 3)
    }
    DuckDB.load(connection, "traces", {"trace_id": "varchar"}, traces)
    columns = {"method": "varchar", "path": "varchar", "status": "bigint", "slot": "bigint"}
    DuckDB.load(connection, "slots", columns, [dict(zip(columns, key, strict=True)) for key in slots])
    picking = PICK.replace("{incidents}", INCIDENTS if with_incidents else "false")
    moments = {"timestamp", "receiveTimestamp"} & set(connection.view("raw").columns)
    told = ", ".join(f'cast("{name}" as varchar) as "{name}"' for name in sorted(moments))
    query = f"select * replace ({told}) from (\n{picking}\n)"  # noqa: S608  names of ours
    return DuckDB.fetched(connection, query, {"most": most, "slot_us": slot_us})


def _picked_entries(connection: Any, exchanges: Sequence[Exchange], *, shaper: Shaper, most: int) -> list[LogEntry]:
    """Looks first for our trace ids, and near exchanges without one for requests like them; farther only where that does not
    do."""
    untraced = [exchange for exchange in exchanges if not exchange.trace_id]
    for alike, around_s in ((untraced, NEAR_S), (exchanges, NEAR_S), (exchanges, MAX_SKEW_US / 1e6)):
        rows = picked(connection, exchanges, alike=alike, around_s=around_s, most=most, with_incidents=True)
        entries = [entry for row in rows if (entry := _entry(row, shaper))]
        if _will_do(exchanges, alike, around_s, entries):
            break
    return entries


def _will_do(exchanges: Sequence[Exchange], alike: Sequence[Exchange], around_s: float, entries: Sequence[LogEntry]) -> bool:
    found = {entry.trace_id for entry in entries if entry.trace_id}
    looked_for = {exchange.id for exchange in alike}
    if any(exchange.status and exchange.trace_id not in found and exchange.id not in looked_for for exchange in exchanges):
        return False
    skew = estimate_skew(exchanges, entries)
    return not exchanges or (skew is not None and not skew.is_ambiguous and abs(skew.estimate_ms) < around_s * 900)


def _entry(row: Mapping[str, Any], shaper: Shaper) -> LogEntry | None:
    request = {name: value for name, value in (row["http"] or {}).items() if value is not None}
    try:
        return shaper.entry({**row, "httpRequest": request or None})
    except Unreadable:
        return None


def _seen(counted: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    named = [row for row in counted if row["severity"] not in (None, "", "DEFAULT")]
    total = sum(row["entries"] for row in counted)
    stamps = [row[name] for row in counted for name in ("first_us", "last_us") if row[name] is not None]
    first_at, last_at = (
        (rfc3339(_EPOCH + timedelta(microseconds=us)) for us in (min(stamps), max(stamps))) if stamps else (None, None)
    )
    return {
        "entries": total,
        "first_at": first_at,
        "last_at": last_at,
        "limit_hit": total in ROUND_LIMITS or any(row["entries"] in ROUND_LIMITS for row in named),
        "payload_missing": sum(row["empty"] for row in counted),
        "without_severity": total - sum(row["entries"] for row in named),
        "revisions": sorted({name for row in counted for name in row["revisions"] or () if name}),
        "instances": len({name for row in counted for name in row["instances"] or () if name}),
    }


def _is_scannable(source: FileSource) -> bool:
    """Parquet, or files each line of which is an entry of Cloud Logging: what is arranged otherwise goes by as a stream."""
    files = source.files()
    if all(path.suffix.lower() == ".parquet" for path in files):
        return True
    if (
        source.format
        or source.shaper.fields
        or not all(path.suffix.lower() not in {".gz", ".zst"} and first_fields(path) >= _GOOGLES for path in files)
    ):
        return False
    with DuckDB.connection() as connection:
        open_view(connection, files, with_words=False)
        (found,) = DuckDB.fetched(connection, _PLAIN, {"moment": _MOMENT})
    return bool(found["n"] == sum(_lines_in(path) for path in files))


def _lines_in(path: Path) -> int:
    lines, last = 0, b""
    with open_regular(path) as stream:
        while chunk := stream.read(1 << 20):
            lines, last = lines + chunk.count(b"\n"), chunk[-1:]
    return lines + (last not in (b"\n", b""))
