"""One text of SQL for every engine; the only importer of sqlglot."""

from __future__ import annotations

DIALECTS = {"duckdb": "duckdb", "spark": "spark", "bigquery": "bigquery"}


def translated(sql: str, engine: str) -> str:
    """The query in the engine's own SQL."""
    import sqlglot

    return sqlglot.transpile(sql, read="duckdb", write=DIALECTS[engine], pretty=True, comments=False)[0]
