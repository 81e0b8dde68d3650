"""Correlation on BigQuery: the text parses, values travel as parameters, answers and refusals are read."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from lib.logs.correlation.bigquery import BigQuery
from lib.logs.correlation.correlate import CLOCK_COLUMNS, EXCHANGE_COLUMNS, QUERY, clock_row
from lib.logs.correlation.requests import exchange_row
from lib.logs.sources.reading import SourceRefused
from lib.parameters.loading import BadInput
from tests.logs.made_up import exchange

ASKED = [exchange_row(exchange(0))]
TABLES = {"exchanges": (EXCHANGE_COLUMNS, ASKED), "clock": (CLOCK_COLUMNS, [clock_row(ASKED, set(), None)])}


class Answering:
    """Stands where an authorised session stands, and answers as it is told."""

    def __init__(self, status_code: int, answer: dict[str, Any]):
        self.status_code, self.answer = status_code, answer
        self.headers = {"Content-Type": "application/json; charset=UTF-8"}
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def post(self, url: str, *, json: dict[str, Any], timeout: float) -> Answering:
        self.sent.append((url, json))
        return self

    def json(self) -> dict[str, Any]:
        return self.answer


def bigquery(session: Answering | None = None) -> BigQuery:
    """The engine on a linked data set."""
    return BigQuery(dataset="p.linked", project=None, session=session)


def test_the_text_parses_as_bigquery_reads_it() -> None:
    """One statement that reads the linked view, with every table that the query names defined in it."""
    (statement,) = sqlglot.parse(bigquery().text(QUERY), read="bigquery")
    assert isinstance(statement, exp.Query)
    defined = {cte.alias for cte in statement.find_all(exp.CTE)}
    read = {table.name for table in statement.find_all(exp.Table)} - {"row"}
    assert defined >= {"exchanges", "clock", "entries", "traced", "near"}
    assert read - defined == {"_AllLogs"}


def test_values_travel_as_parameters() -> None:
    """Nothing that came from outside stands in the text."""
    request = bigquery().request(QUERY, TABLES)
    values = {one["name"]: one["parameterValue"]["value"] for one in request["queryParameters"]}
    assert json.loads(values["given"])["exchanges"] == ASKED
    assert int(values["to_us"]) - int(values["from_us"]) > 720_000_000
    assert ASKED[0]["exchange_id"] not in request["query"]


def test_a_dry_run_reads_nothing_and_tells_the_bytes() -> None:
    """What a query would cost is known before it runs."""
    session = Answering(200, {"totalBytesProcessed": "12345"})
    assert bigquery(session).bytes_needed(QUERY, TABLES) == 12345
    url, body = session.sent[0]
    assert (url, body["dryRun"]) == ("https://bigquery.googleapis.com/bigquery/v2/projects/p/queries", True)


def test_rows_are_read_by_name_and_type() -> None:
    """BigQuery's answer has numbers as text."""
    fields = [{"name": "exchange_id", "type": "STRING"}, {"name": "delta_us", "type": "INTEGER"}]
    session = Answering(200, {"jobComplete": True, "schema": {"fields": fields}, "rows": [{"f": [{"v": "x"}, {"v": "7"}]}]})
    assert bigquery(session).rows(QUERY, TABLES) == [{"exchange_id": "x", "delta_us": 7}]


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (403, {"error": {"message": "Access Denied"}}, "HTTP 403 Access Denied"),
        (200, {"jobComplete": False}, "not done within"),
        (200, {"jobComplete": True, "pageToken": "x"}, "do not fit one answer"),
    ],
)
def test_a_refusal_is_said(status: int, answer: dict[str, Any], why: str) -> None:
    """No partial answer passes for a whole one."""
    with pytest.raises(SourceRefused, match=why):
        bigquery(Answering(status, answer)).rows(QUERY, TABLES)


@pytest.mark.parametrize("dataset", [None, "", "one", "a.b; drop table x", "p.d`.x"])
def test_a_data_set_that_is_none_is_bad_input(dataset: str | None) -> None:
    """It becomes part of the text, so it must be a name."""
    with pytest.raises(BadInput, match=r"logs\.path"):
        BigQuery(dataset=dataset, project="p")
