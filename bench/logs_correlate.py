"""500 exchanges beside the entries of one export: ours against DuckDB by hand, pandas and polars, each in a process of its own.

`python -m bench.logs_correlate --entries 1000000 --form jsonl` (or gz, zst, parquet) prints seconds, memory and pairs;
`run()` is the moderate size that `make bench` takes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import logs_generate
from bench.table import Row, compared

MODERATE = 200_000
NEAR_US = 2_000_000
BY_HAND = """
with x as (select * from asked),
e as (
    select insertId, lower(right(trace, 32)) as trace_id, http.requestMethod as method, epoch_us(ts) as at_us,
        split_part(regexp_replace(http.requestUrl, '^[a-z]+://[^/]*', ''), '?', 1) as path, cast(http.status as bigint) as status
    from entries where http is not null
)
select x.exchange_id, e.insertId from x join e on e.trace_id = x.trace_id
union all
select x.exchange_id, e.insertId from x join e on x.trace_id is null and e.method = x.method and e.path = x.path
    and e.status = x.status and e.at_us between x.start_us - 2000000 and x.end_us + 2000000
"""


def ours(path: Path, total: int) -> int:
    """What the tool does with a large export, but for incidents."""
    from lib.logs import large_exports
    from lib.logs.correlation import correlate
    from lib.logs.correlation.engines import DuckDB
    from lib.logs.sources.normalise import Shaper
    from lib.logs.sources.reading import Asked, Reading, in_order

    exchanges, shaper = logs_generate.exchanges(total), Shaper()
    untraced = [exchange for exchange in exchanges if not exchange.trace_id]
    with DuckDB.connection() as connection:
        large_exports.open_view(connection, [path], with_words=False)
        rows = large_exports.picked(
            connection,
            exchanges,
            alike=untraced,
            around_s=large_exports.NEAR_S,
            most=large_exports.MOST_ENTRIES,
            with_incidents=False,
        )
    reading = Reading(
        source="file", asked=Asked(), entries=in_order(shaper.entry({**row, "httpRequest": row["http"]}) for row in rows)
    )
    pairs, _ = correlate.correlate(exchanges, reading, DuckDB())
    return sum(len(pair.insert_ids) for pair in pairs)


def duckdb(path: Path, total: int) -> int:
    """The query that one would write by hand, columns given, the clock known to be right, nothing chosen among rivals."""
    import duckdb as engine
    import pyarrow as pa

    from lib.logs.correlation.requests import exchange_row

    connection = engine.connect()
    connection.execute("set timezone = 'UTC'")
    asked = [exchange_row(exchange) for exchange in logs_generate.exchanges(total)]
    connection.register("asked", pa.Table.from_pylist(asked))
    if path.suffix == ".parquet":
        connection.read_parquet(str(path)).create_view("raw")
    else:
        request = "struct(requestMethod varchar, requestUrl varchar, status varchar)"
        columns = {"insertId": "varchar", "trace": "varchar", "timestamp": "varchar", "httpRequest": request}
        connection.read_json(str(path), format="newline_delimited", columns=columns).create_view("raw")
    connection.execute(
        "create view entries as select insertId, trace, httpRequest as http, timestamp::timestamptz as ts from raw"
    )
    return len(connection.execute(BY_HAND).fetchall())


def pandas(path: Path, total: int, chunksize: int | None = 50_000) -> int:
    """Chunks of 50,000 lines; see `pandas_at_once`."""
    import pandas as pd

    from lib.logs.correlation.requests import exchange_row

    asked = pd.DataFrame([exchange_row(exchange) for exchange in logs_generate.exchanges(total)])
    read: Any = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_json(path, lines=True, chunksize=chunksize)
    chunks = read if chunksize and path.suffix != ".parquet" else [read]
    found = 0
    for chunk in chunks:
        requests = chunk[chunk["httpRequest"].notna()]
        entries = pd.json_normalize(requests["httpRequest"].tolist())
        entries["insertId"] = requests["insertId"].to_numpy()
        entries["trace_id"] = requests["trace"].str[-32:].to_numpy()
        entries["at_us"] = (
            pd.to_datetime(requests["timestamp"], format="ISO8601", utc=True)
            .astype("datetime64[us, UTC]")
            .astype("int64")
            .to_numpy()
        )
        entries["path"] = entries["requestUrl"].str.replace(r"^[a-z]+://[^/]*", "", regex=True).str.split("?").str[0]
        found += len(asked.dropna(subset="trace_id").merge(entries.dropna(subset="trace_id"), on="trace_id"))
        near = asked[asked["trace_id"].isna()].merge(entries, on=["path", "status"])
        found += int(((near["at_us"] >= near["start_us"] - NEAR_US) & (near["at_us"] <= near["end_us"] + NEAR_US)).sum())
    return found


def pandas_at_once(path: Path, total: int) -> int:
    """As one would write it first; holds eight times the file in memory, so it takes part only where it is named."""
    return pandas(path, total, chunksize=None)


def polars(path: Path, total: int) -> int:
    """Lazy scan, streaming collection."""
    import polars as pl

    from lib.logs.correlation.requests import exchange_row

    asked = pl.DataFrame([exchange_row(exchange) for exchange in logs_generate.exchanges(total)], infer_schema_length=None).lazy()
    request = pl.Struct({"requestMethod": pl.String, "requestUrl": pl.String, "status": pl.Int64})
    schema = {"insertId": pl.String, "trace": pl.String, "timestamp": pl.String, "httpRequest": request}
    lazy = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_ndjson(path, schema=schema)
    http, stamp = pl.col("httpRequest").struct, pl.col("timestamp")
    entries = lazy.filter(http.field("requestUrl").is_not_null()).select(
        "insertId",
        trace_id=pl.col("trace").str.slice(-32),
        path=http.field("requestUrl").str.replace(r"^[a-z]+://[^/]*", "").str.split("?").list.first(),
        status=http.field("status").cast(pl.Int64),
        at_us=(stamp if path.suffix == ".parquet" else stamp.str.to_datetime(time_unit="us", time_zone="UTC")).dt.epoch("us"),
    )
    traced = asked.filter(pl.col("trace_id").is_not_null()).join(entries.filter(pl.col("trace_id").is_not_null()), on="trace_id")
    near = asked.filter(pl.col("trace_id").is_null()).join(entries, on=["path", "status"])
    near = near.filter(pl.col("at_us").is_between(pl.col("start_us") - NEAR_US, pl.col("end_us") + NEAR_US))
    return sum(lazy.select(pl.len()).collect(engine="streaming").item() for lazy in (traced, near))


WAYS: dict[str, Callable[[Path, int], int]] = {way.__name__: way for way in (ours, duckdb, pandas, polars, pandas_at_once)}
USUAL = ["ours", "duckdb", "pandas", "polars"]


def peak_mib() -> float:
    """The most memory that this program has held, nan where the system has no /proc; `ru_maxrss` begins with what its starter
    held."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), math.nan)


def measured(way: str, path: Path, total: int) -> dict[str, float]:
    """Seconds, MiB and pairs of one way in a fresh process; the start of Python and its imports count."""
    command = [sys.executable, "-m", "bench.logs_correlate", "--way", way, "--path", str(path), "--entries", str(total)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=True)
    return {"s": time.perf_counter() - started, **json.loads(done.stdout)}


@contextmanager
def export(total: int, form: str) -> Iterator[Path]:
    """An export in a temporary folder, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="logs-bench-") as folder:
        lines = Path(folder) / "entries.jsonl"
        if form in {"gz", "zst"}:
            yield logs_generate.write(lines.with_name(f"entries.jsonl.{form}"), total)
            return
        logs_generate.write(lines, total)
        if form == "parquet":
            import duckdb as engine

            table = Path(folder) / "entries.parquet"
            engine.read_json(str(lines), format="newline_delimited").write_parquet(str(table), compression="zstd")
            lines.unlink()
            lines = table
        yield lines


def run() -> list[Row]:
    """The moderate size, JSON lines: ours against DuckDB by hand, pandas, and polars where it is installed."""
    with export(MODERATE, "jsonl") as path:

        def seconds_of(way: str) -> Callable[[], float]:
            return lambda: measured(way, path, MODERATE)["s"]

        what = f"500 exchanges beside {MODERATE:,} log entries"
        peers = [("duckdb", "DuckDB by hand", 5), ("pandas", "pandas in chunks", 3), ("polars", "polars, streaming", 5)]
        return [
            compared(what, seconds_of("ours"), seconds_of(way), unit="s", peer_name=name, n=n)
            for way, name, n in peers
            if importlib.util.find_spec(way)
        ]


def main() -> None:
    """One way, for a measuring parent; or all of them beside each other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=MODERATE)
    parser.add_argument("--form", choices=["jsonl", "gz", "zst", "parquet"], default="jsonl")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=USUAL)
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    if given.way:
        pairs = WAYS[given.way](given.path, given.entries)
        print(json.dumps({"mib": peak_mib(), "pairs": pairs}))
        return
    ways = [way for way in given.ways if way == "ours" or importlib.util.find_spec(way.partition("_")[0])]
    with export(given.entries, given.form) as path:
        lacking = ", ".join(set(given.ways) - set(ways))
        print(
            f"{given.entries:,} entries, {given.form}, {path.stat().st_size / 1e6:.0f} "
            f"MB{lacking and f'; not installed: {lacking}'}"
        )
        runs = [{way: measured(way, path, given.entries) for way in ways} for _ in range(given.repeat)]
    for way in ways:
        best = sorted(runs, key=lambda one: one[way]["s"])[len(runs) // 2][way]
        against = sorted(one["ours"]["s"] / one[way]["s"] for one in runs)[len(runs) // 2]
        print(f"{way:14} {best['s']:7.2f} s {best['mib']:7.0f} MiB {best['pairs']:6.0f} pairs   ours takes {against:.2f} of it")


if __name__ == "__main__":
    main()
