"""Where the SQL runs: DuckDB in this process, a Spark session, or BigQuery on a linked data set; the same text for all.

The only importer of DuckDB and pyspark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from lib.logs.correlation.dialects import translated
from lib.parameters.errors import BadInput

Columns = Mapping[str, str]
"""Column names and their types, `varchar` or `bigint`."""
Table = tuple[Columns, Sequence[Mapping[str, Any]]]

FEW_VALUES = 200_000
"""So many are handed to DuckDB one by one: its way for Arrow tables imports pandas, which takes as long as reading 300 MB."""

SPARK_SETTINGS = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "4"}


class Engine(Protocol):
    """Runs one query on tables that are handed in."""

    name: str

    def rows(self, sql: str, tables: Mapping[str, Table]) -> list[dict[str, Any]]:
        """The result's rows by column name."""


def open_engine(name: str, *, dataset: str | None = None, project: str | None = None) -> Engine:
    """The engine that `logs.engine` names; raises `BadInput` when what it needs is not installed or not said."""
    match name:
        case "duckdb":
            return DuckDB()
        case "spark":
            return Spark()
    from lib.logs.correlation.bigquery import BigQuery

    return BigQuery(dataset=dataset, project=project)


class DuckDB:
    """DuckDB in memory, bounded to 300 MB; what does not fit goes to a temporary folder."""

    name = "duckdb"

    def rows(self, sql: str, tables: Mapping[str, Table]) -> list[dict[str, Any]]:
        """See `Engine.rows`."""
        with self.connection() as connection:
            for name, (columns, rows) in tables.items():
                self.load(connection, name, columns, rows)
            return self.fetched(connection, sql)

    @staticmethod
    def connection() -> Any:
        """A new connection; close it."""
        import duckdb

        return duckdb.connect(config={"memory_limit": "300MB", "preserve_insertion_order": False})

    @staticmethod
    def load(connection: Any, name: str, columns: Columns, rows: Sequence[Mapping[str, Any]]) -> None:
        """Makes these rows a table, handed over in columns and not row by row."""
        values = {column: [row.get(column) for row in rows] for column in columns}
        if len(rows) * len(columns) <= FEW_VALUES:
            told = ", ".join(f'unnest(${column}::{kind}[]) as "{column}"' for column, kind in columns.items())
            connection.execute(f'create or replace temp table "{name}" as select {told}', values)
            return
        import pyarrow as pa

        types = {"varchar": pa.string(), "bigint": pa.int64(), "double": pa.float64()}
        arrays = [pa.array(values[column], type=types[kind]) for column, kind in columns.items()]
        connection.register(name, pa.Table.from_arrays(arrays, names=list(columns)))

    @staticmethod
    def fetched(connection: Any, sql: str, values: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The rows of a query by column name; `values` stand for its `$name`s."""
        cursor = connection.execute(sql, dict(values) if values else None)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


class Spark:
    """A Spark session: the one that is already running, else a local one."""

    name = "spark"

    def __init__(self) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise BadInput(
                "logs.engine", "spark, but pyspark is not installed", "duckdb, or the extra: pip install -e .[spark]"
            ) from None
        self.session = SparkSession.getActiveSession() or _local(SparkSession.builder)

    def rows(self, sql: str, tables: Mapping[str, Table]) -> list[dict[str, Any]]:
        """See `Engine.rows`."""
        for name, (columns, rows) in tables.items():
            schema = ", ".join(f"`{column}` {'string' if kind == 'varchar' else kind}" for column, kind in columns.items())
            values = [tuple(row.get(column) for column in columns) for row in rows]
            self.session.createDataFrame(values, schema=schema).createOrReplaceTempView(name)
        return [row.asDict() for row in self.session.sql(translated(sql, "spark")).collect()]


def _local(builder: Any) -> Any:
    for key, value in SPARK_SETTINGS.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()
