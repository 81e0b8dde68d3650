"""One query, three engines."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

import pytest

from lib.logs.correlation import engines
from lib.logs.correlation.correlate import QUERY, candidates, estimate_skew
from lib.logs.correlation.dialects import translated
from lib.logs.correlation.engines import DuckDB, Engine, open_engine
from lib.logs.correlation.requests import entry_row
from lib.parameters.loading import BadInput
from tests.logs.correlation.test_correlate import crowd

LACKING = ", ".join(
    name for name, found in {"java": shutil.which("java"), "pyspark": importlib.util.find_spec("pyspark")}.items() if not found
)
ON_SPARK = """
from tests.logs.correlation.test_engines import answers
from lib.logs.correlation.engines import DuckDB, Spark
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
spark.config("spark.sql.shuffle.partitions", "1").getOrCreate()
duckdb, spark = answers(DuckDB(), Spark())
assert duckdb and spark == duckdb
print("the same rows")
"""


def answers(*engines: Engine) -> list[list[dict[str, object]]]:
    """What each engine answers about sixty exchanges in a crowd, some of them traced."""
    exchanges, entries, _ = crowd(3, seed=2, with_traces=True, clients=2)
    rows = [{**entry_row(entry), **({"trace_id": None} if number % 3 else {})} for number, entry in enumerate(entries)]
    return [candidates(exchanges, rows, estimate_skew(exchanges, entries), engine) for engine in engines]


@pytest.mark.skipif(bool(LACKING), reason=f"a Spark session needs {LACKING}")
def test_spark_gives_the_same_rows_as_duckdb(pytestconfig: pytest.Config) -> None:
    """A local cluster, for real, in a process of its own (a Java machine outlives its test otherwise)."""
    done = subprocess.run(
        [sys.executable, "-c", ON_SPARK], cwd=pytestconfig.rootpath, capture_output=True, text=True, timeout=240
    )
    assert done.stdout.strip() == "the same rows", done.stderr[-2000:]


def test_duckdb_is_the_default_and_bounded() -> None:
    """Its memory has a limit, whatever it is given."""
    engine = open_engine("duckdb")
    assert isinstance(engine, DuckDB)
    with engine.connection() as connection:
        assert engine.fetched(connection, "select current_setting('memory_limit') as bound")[0]["bound"] in {
            "286.1 MiB",
            "300.0 MB",
            "300MB",
        }


def test_spark_without_pyspark_is_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine says what to install."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(BadInput, match="pyspark is not installed"):
        open_engine("spark")


def test_a_table_may_be_empty() -> None:
    """No entries is a table too."""
    table = ({"a": "varchar", "n": "bigint"}, [])
    assert DuckDB().rows("select a, n from t", {"t": table}) == []


@pytest.mark.parametrize("engine", ["spark", "bigquery"])
def test_the_translation_has_no_null_ordering_that_engines_disagree_on(engine: str) -> None:
    """Nulls come first by default in both, so neither needs to be told, and BigQuery's windows accept nothing else."""
    assert "NULLS" not in translated(QUERY, engine)


@pytest.mark.parametrize("few", [0, 1_000])
def test_rows_are_handed_over_alike_be_they_few_or_many(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As lists or as an Arrow table: the same values of the same types, nothing for nothing, and an empty table is one."""
    monkeypatch.setattr(engines, "FEW_VALUES", few)
    columns = {"name": "varchar", "count": "bigint", "share": "double"}
    rows = [{"name": "it's – \U0001f600", "count": 2**60, "share": 0.5}, {"name": None, "count": None, "share": 2}, {}]
    tables = {"filled": (columns, rows), "empty": (columns, [])}
    query = "select *, typeof(count) || typeof(share) as kinds, (select count(*) from empty) as none from filled order by count"
    told = [tuple(row.values()) for row in DuckDB().rows(query, tables)]
    assert told[0] == ("it's – \U0001f600", 2**60, 0.5, "BIGINTDOUBLE", 0)
    assert sorted(told[1:], key=str) == [(None, None, 2.0, "BIGINTDOUBLE", 0), (None, None, None, "BIGINTDOUBLE", 0)]
