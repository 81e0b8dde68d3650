"""Rows of Parquet files, whose few kilobytes can stand for gigabytes: repeated values stay one, and what bursts is left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.logs.sources.buffer import Record, Report
from lib.logs.sources.normalise import MAX_TEXT

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MOST_COLUMNS = 1_000
MOST_UNPACKED = 64 << 20
"""Bytes that a column of one group of rows may unpack to where that is more than `MOST_RATIO`-fold; a writer's page has 1 MB."""
MOST_RATIO = 100
MOST_ITEMS = 2_000_000
"""Values of a list's column in one group of rows, where they are far more than rows or bytes: all can stand in one row."""
MOST_FOOTER = 16 << 20
_BATCH, _AT_ONCE = 5_000, 50


def parquet_rows(path: Path, report: Report) -> Iterator[Record]:
    """The rows of a Parquet file, one by one; what it holds beyond these bounds goes to `report`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, buffer_size=1 << 20, thrift_string_size_limit=MOST_FOOTER,
                            thrift_container_size_limit=100_000) as table:  # fmt: skip
            taken = _columns(table, report)
            texts = [field.name for field in table.schema_arrow if field.name in taken and _is_text(pa, field.type)]
        if not taken:
            return
        with pq.ParquetFile(path, buffer_size=1 << 20, read_dictionary=texts) as table:
            for batch in table.iter_batches(batch_size=_batch_size(table, taken, texts), columns=taken):
                whole = _shortened(pa, batch)
                for first in range(0, whole.num_rows, _AT_ONCE):
                    yield from whole.slice(first, _AT_ONCE).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        # The footer stands at the end: of a Parquet file that was cut off nothing can be read.
        report(f"it is not a whole Parquet file ({str(error)[:120]}); nothing of it was read")


def _chunks(table: pq.ParquetFile) -> Iterator[tuple[str, int, Any]]:
    """Each column of each group of rows: the top-level name that it belongs to, the number of rows, what it says of itself."""
    metadata = table.metadata
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            chunk = metadata.row_group(group).column(place)
            yield chunk.path_in_schema.split(".")[0], metadata.row_group(group).num_rows, chunk


def _columns(table: pq.ParquetFile, report: Report) -> list[str]:
    """The columns that can be held; of the others it is said why they were left out."""
    names = list(dict.fromkeys(table.schema_arrow.names))
    if len(names) > MOST_COLUMNS or table.metadata.num_columns > 5 * MOST_COLUMNS:
        report(f"it has {table.metadata.num_columns} columns, more than can be held; nothing of it was read")
        return []
    repeated = {table.schema.column(place).path.split(".")[0] for place in range(table.metadata.num_columns)
                if table.schema.column(place).max_repetition_level}  # fmt: skip
    bursting = {
        name
        for name, rows, chunk in _chunks(table)
        if (name in repeated and _is_burst(chunk, rows))
        or chunk.total_uncompressed_size > max(MOST_UNPACKED, MOST_RATIO * chunk.total_compressed_size)
    }
    for name in sorted(bursting):
        report(f"column {name[:80]} unpacks to more than can be held and was left out")
    return [name for name in names if name not in bursting]


def _is_burst(chunk: Any, rows: int) -> bool:
    return bool(chunk.num_values > max(MOST_ITEMS, min(1_000 * rows, 20 * chunk.total_compressed_size)))


def _is_text(pa: Any, kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _batch_size(table: pq.ParquetFile, taken: list[str], texts: list[str]) -> int:
    """Rows at once: a value that stands once in the file may stand in each of them, where texts are not kept as numbers."""
    largest = max(
        (chunk.total_uncompressed_size for name, _, chunk in _chunks(table) if name in taken and name not in texts), default=0
    )
    return max(2, min(_BATCH, MOST_UNPACKED // max(1, largest)))


def _shortened(pa: Any, batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with its texts little longer than they are kept in an entry, which tells that they were: each row gets a copy."""
    import pyarrow.compute as pc

    columns = []
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _is_text(pa, column.type.value_type):
            values = pc.utf8_slice_codeunits(column.dictionary, 0, MAX_TEXT + 1)
            column = pa.DictionaryArray.from_arrays(column.indices, values)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
