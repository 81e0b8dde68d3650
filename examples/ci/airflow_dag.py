"""An Airflow DAG with PapermillOperator: the diagnosis alone, each hour; the task fails where there are findings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow import DAG
from airflow.providers.papermill.operators.papermill import PapermillOperator

PROJECT = Path("/opt/websocket-investigation")

with DAG("staging_websocket", start_date=datetime(2026, 1, 1, tzinfo=UTC), schedule="17 * * * *", catchup=False) as dag:
    PapermillOperator(
        task_id="five_whys",
        input_nb=str(PROJECT / "notebooks" / "02-five-whys-403.ipynb"),
        output_nb="/var/lib/airflow/records/five-whys-{{ ts_nodash }}.ipynb",
        parameters={"environment": str(PROJECT / "params" / "staging.yaml"), "overrides": {"fail_on_findings": True}},
        execution_timeout=timedelta(minutes=30),
    )
