"""correlate.sql on BigQuery, where a log bucket is linked as a data set: nothing is downloaded but the pairs.

Needs the roles BigQuery Job User and Logs Viewer on the linked data set, and application default credentials.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lib.logs.correlation.dialects import translated
from lib.logs.sources.reading import SourceRefused
from lib.parameters.errors import BadInput

SHAPE = (Path(__file__).parent / "bigquery.sql").read_text(encoding="utf-8")
ENDPOINT = "https://bigquery.googleapis.com/bigquery/v2"
QUERY_TIMEOUT_S = 120.0
MARGIN_US = 360_000_000
"""Entries are looked for this far around the exchanges: the widest clock difference, and a minute."""
_TABLE = re.compile(r"[A-Za-z0-9_-]+(?::[A-Za-z0-9_-]+)?(?:\.[A-Za-z0-9_-]+){1,2}")


class BigQuery:
    """Runs correlation on a linked data set, `project.dataset` or `project.dataset.view`; the view's default is `_AllLogs`."""

    name = "bigquery"

    def __init__(self, *, dataset: str | None, project: str | None, session: Any = None):
        if not dataset or not _TABLE.fullmatch(dataset):
            raise BadInput("logs.path", f"found {dataset!r} with the engine bigquery", "the linked data set, project.dataset")
        self.table = dataset if dataset.count(".") > 1 else f"{dataset}._AllLogs"
        self.project = project or dataset.partition(".")[0]
        self._session = session

    def text(self, sql: str) -> str:
        """The whole query: the shape of the linked view, then the query itself in BigQuery's SQL."""
        own = translated(sql, "bigquery")
        return SHAPE.replace("{table}", self.table).rstrip() + ",\n" + re.sub(r"^\s*WITH\s+", "", own, count=1)

    def rows(self, sql: str, tables: Mapping[str, tuple[Mapping[str, str], Sequence[Mapping[str, Any]]]]) -> list[dict[str, Any]]:
        """See `engines.Engine.rows`; `entries` is not sent, as BigQuery has them. Raises `SourceRefused`."""
        answer = self._ask(self.request(sql, tables))
        names = [(field["name"], field["type"]) for field in answer.get("schema", {}).get("fields", [])]
        return [
            {name: _value(cell["v"], kind) for (name, kind), cell in zip(names, row["f"], strict=True)}
            for row in answer.get("rows", [])
        ]

    def bytes_needed(self, sql: str, tables: Mapping[str, tuple[Mapping[str, str], Sequence[Mapping[str, Any]]]]) -> int:
        """A dry run: how many bytes the query would read, without reading any."""
        return int(self._ask({**self.request(sql, tables), "dryRun": True}).get("totalBytesProcessed", 0))

    def request(self, sql: str, tables: Mapping[str, tuple[Mapping[str, str], Sequence[Mapping[str, Any]]]]) -> dict[str, Any]:
        """The body of jobs.query: text and parameters apart, so that no value becomes SQL."""
        exchanges, (clock,) = tables["exchanges"][1], tables["clock"][1]
        first = min((row["start_us"] for row in exchanges), default=0) - MARGIN_US
        last = max((row["end_us"] for row in exchanges), default=0) + MARGIN_US
        given = json.dumps({"exchanges": list(exchanges), "clock": clock})
        return {
            "query": self.text(sql),
            "useLegacySql": False,
            "parameterMode": "NAMED",
            "timeoutMs": int(QUERY_TIMEOUT_S * 1000),
            "queryParameters": [
                _parameter("given", "STRING", given), _parameter("from_us", "INT64", first), _parameter("to_us", "INT64", last),
            ],
        }  # fmt: skip

    def _ask(self, body: Mapping[str, Any]) -> dict[str, Any]:
        response = self._opened().post(f"{ENDPOINT}/projects/{self.project}/queries", json=body, timeout=QUERY_TIMEOUT_S + 10)
        answer = response.json() if response.headers.get("Content-Type", "").startswith("application/json") else {}
        if response.status_code != 200:
            why = str(answer.get("error", {}).get("message", ""))[:300]
            raise SourceRefused("BigQuery", f"HTTP {response.status_code} {why}".strip())
        if not body.get("dryRun") and not answer.get("jobComplete"):
            raise SourceRefused("BigQuery", f"the query was not done within {QUERY_TIMEOUT_S:.0f} s")
        if answer.get("pageToken"):
            raise SourceRefused("BigQuery", "the pairs do not fit one answer; a smaller window (logs.from, logs.to) does")
        return dict(answer)

    def _opened(self) -> Any:
        if self._session is None:
            import google.auth
            from google.auth.transport.requests import AuthorizedSession

            try:
                credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/bigquery.readonly"])
            except google.auth.exceptions.GoogleAuthError as error:
                raise SourceRefused("BigQuery", f"no application default credentials ({type(error).__name__})") from None
            self._session = AuthorizedSession(credentials)
        return self._session


def _parameter(name: str, kind: str, value: Any) -> dict[str, Any]:
    return {"name": name, "parameterType": {"type": kind}, "parameterValue": {"value": str(value)}}


def _value(cell: Any, kind: str) -> Any:
    return int(cell) if cell is not None and kind in {"INTEGER", "INT64"} else cell
