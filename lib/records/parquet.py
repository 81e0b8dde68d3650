"""Rows as Parquet and back: one type a column, whatever is nested as JSON text that knows it is JSON."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lib.facts import Exchange, Phases, plain, rfc3339

if TYPE_CHECKING:
    import pyarrow

EXCHANGE_COLUMNS = tuple(field.name for field in fields(Exchange))
_JSON = {b"content": b"json"}


def jsonable(value: Any) -> Any:
    """What JSON cannot say, said in JSON: moments as RFC 3339, facts as maps, sets sorted, paths as texts, NaN and infinity as
    null."""
    match value:
        case datetime():
            return rfc3339(value)
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case set() | frozenset():
            return sorted((jsonable(item) for item in value), key=str)
        case None | bool() | int() | str():
            return value
    return jsonable(plain(value)) if is_dataclass(value) else _scalar(value)


def to_parquet(rows: Sequence[Mapping[str, Any]], columns: Iterable[str] = ()) -> bytes:
    """The rows as one Parquet file, columns in order of appearance; `columns` are there even when no row has them."""
    import pyarrow
    from pyarrow import parquet

    names = list(dict.fromkeys([*columns, *(key for row in rows for key in row)]))
    arrays = [_column(name, [row.get(name) for row in rows]) for name in names]
    table = pyarrow.Table.from_arrays([array for _, array in arrays], schema=pyarrow.schema([field for field, _ in arrays]))
    sink = io.BytesIO()
    parquet.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def from_parquet(content: bytes) -> list[dict[str, Any]]:
    """The rows of a file that `to_parquet` wrote, nested values and aware moments restored."""
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(content))
    nested = {field.name for field in table.schema if (field.metadata or {}).get(b"content") == b"json"}
    rows = table.to_pylist()
    return [{key: json.loads(item) if key in nested and item is not None else item for key, item in row.items()} for row in rows]


def exchange_row(exchange: Exchange, source: str) -> dict[str, Any]:
    """An exchange as a row of `exchanges.parquet`."""
    return {"source": source, **asdict(exchange)}


def exchange_of(row: Mapping[str, Any]) -> Exchange:
    """The exchange that such a row tells of."""
    values: dict[str, Any] = {name: row.get(name) for name in EXCHANGE_COLUMNS}
    for name in ("headers", "request_headers"):
        values[name] = tuple((str(key), str(value)) for key, value in values[name] or ())
    values["frames"] = tuple(values["frames"] or ())
    values["phases"] = Phases(**(values["phases"] or {}))
    return Exchange(**values)


def _column(name: str, values: list[Any]) -> tuple[pyarrow.Field, pyarrow.Array]:
    import pyarrow

    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool} and kinds:
        return pyarrow.field(name, pyarrow.bool_()), pyarrow.array(values, pyarrow.bool_())
    if kinds == {int} and all(abs(value) < 2**63 for value in values if value is not None):
        return pyarrow.field(name, pyarrow.int64()), pyarrow.array(values, pyarrow.int64())
    if kinds and kinds <= {int, float}:
        numbers = [None if value is None else float(value) for value in values]
        return pyarrow.field(name, pyarrow.float64()), pyarrow.array(numbers, pyarrow.float64())
    if kinds == {datetime}:
        kind = pyarrow.timestamp("us", tz="UTC")
        return pyarrow.field(name, kind), pyarrow.array(values, kind)
    if kinds <= {str}:
        return pyarrow.field(name, pyarrow.string()), pyarrow.array([_text(value) for value in values], pyarrow.string())
    texts = [None if value is None else _text(json.dumps(jsonable(value), ensure_ascii=False)) for value in values]
    return pyarrow.field(name, pyarrow.string(), metadata=_JSON), pyarrow.array(texts, pyarrow.string())


def _text(value: str | None) -> str | None:
    # Lone surrogates come from undecodable bytes in a server's answer; UTF-8 has no place for them.
    return value if value is None else value.encode("utf-8", "replace").decode("utf-8")


def _scalar(value: Any) -> Any:
    # numpy's and pandas' scalars know their Python value.
    return jsonable(value.item()) if hasattr(value, "item") else str(value)
